//! The piece of a template that an error points at.
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::Position;

/// Columns that are shown of a line.
const WINDOW: usize = 88;
/// Characters to a column, since marks that have no width can be stacked.
const MOST_MARKS: usize = 4;

/// The line around `position`, cut to a window since templates are often one long line, and a caret below.
pub(crate) fn draw(source: &str, position: Position) -> Option<String> {
    let line = source.split('\n').nth(position.line.checked_sub(1)? as usize)?;
    let column = position.column.checked_sub(1)? as usize;
    let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let half = first_columns(&line[at..], WINDOW / 2).0.width();
    let (before, cut_before) = last_columns(&line[..at], WINDOW - half);
    let (after, cut_after) = first_columns(&line[at..], WINDOW - before.width());
    let lead = if cut_before { "… " } else { "" };
    let tail = if cut_after { " …" } else { "" };
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    let indent = " ".repeat(lead.width() + before.width());
    Some(format!("{number} | {lead}{before}{after}{tail}\n{gutter} | {indent}^"))
}

/// The end of a text, as wide as `most` allows, and whether something is missing.
fn last_columns(text: &str, most: usize) -> (String, bool) {
    let starts = text.char_indices().rev().take(MOST_MARKS * most);
    let starts = starts.filter(|(_, c)| printable(*c).width() != Some(0)).map(|(at, _)| at);
    let start = starts.take_while(|&at| printed(&text[at..]).width() <= most).last().unwrap_or(text.len());
    (printed(&text[start..]), start > 0)
}

/// The start of a text, as wide as `most` allows, and whether something is missing.
fn first_columns(text: &str, most: usize) -> (String, bool) {
    let ends = text.char_indices().take(MOST_MARKS * most).map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|&end| printed(&text[..end]).width() <= most).last().unwrap_or(0);
    (printed(&text[..end]), end < text.len())
}

/// A character of the width that terminals give it: tabs and what else controls one become a space, and so do
/// the marks that change the direction of writing.
fn printable(c: char) -> char {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if turns || c.width().is_none() { ' ' } else { c }
}

fn printed(text: &str) -> String {
    text.chars().map(printable).collect()
}
