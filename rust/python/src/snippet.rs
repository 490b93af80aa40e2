//! The piece of a template that an error points at.
use chatloom_template::Position;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const BEFORE: usize = 40;
const AFTER: usize = 40;

/// The line around `position`, cut to a window since templates are often one long line, and a caret below.
pub(crate) fn draw(source: &str, position: Position) -> Option<String> {
    let line = source.lines().nth(position.line.checked_sub(1)? as usize)?;
    let column = position.column.checked_sub(1)? as usize;
    let start = column.saturating_sub(BEFORE);
    let lead = if start > 0 { "… " } else { "" };
    let before: String = line.chars().skip(start).take(column - start).map(printable).collect();
    let after: String = line.chars().skip(column).take(AFTER).map(printable).collect();
    let tail = if line.chars().nth(column + AFTER).is_some() { " …" } else { "" };
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    let indent = " ".repeat(lead.width() + before.width());
    Some(format!("{number} | {lead}{before}{after}{tail}\n{gutter} | {indent}^"))
}

fn printable(character: char) -> char {
    if character.width().is_none() { ' ' } else { character }
}
