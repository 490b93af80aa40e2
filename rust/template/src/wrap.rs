//! Python's `textwrap.wrap`, on ranges of a line.
use std::ops::Range;

use crate::Error;
use crate::arena::Arena;
use crate::fail::{unsupported_input, value_error};
use crate::members::{byte_of, characters};
use crate::source::is_space;

/// How lines are broken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrapping {
    pub(crate) width: i64,
    pub(crate) break_long_words: bool,
    pub(crate) break_on_hyphens: bool,
}

/// The whitespace at which lines break.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The parts that a line is broken into.
pub(crate) fn wrap(line: &str, how: &Wrapping, arena: &Arena) -> Result<Vec<Range<usize>>, Error> {
    arena.work(line.len())?;
    arena.charge(line.len().saturating_mul(size_of::<Range<usize>>()))?;
    if how.break_on_hyphens && line.contains('-') {
        return Err(unsupported_input("`wordwrap` of text with hyphens"));
    }
    let Some(width) = usize::try_from(how.width).ok().filter(|width| *width > 0) else {
        return Err(value_error(format!("invalid width {} (must be > 0)", how.width)));
    };
    let mut chunks = chunks(line);
    chunks.reverse();
    let mut parts: Vec<Range<usize>> = Vec::new();
    while let Some(next) = chunks.last() {
        arena.scan(next.len())?;
        if line[next.clone()].chars().all(is_space) && !parts.is_empty() {
            chunks.pop();
        }
        let taken = fill(line, &mut chunks, width, how.break_long_words);
        if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
            parts.push(first.start..last.end);
        }
    }
    Ok(parts)
}

/// Runs of whitespace and of anything else, in turn.
fn chunks(line: &str) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    for (at, c) in line.char_indices() {
        let end = at + c.len_utf8();
        match chunks.last_mut() {
            Some(chunk) if before == Some(is_blank(c)) => chunk.end = end,
            _ => chunks.push(at..end),
        }
        before = Some(is_blank(c));
    }
    chunks
}

/// Takes the chunks of one part from the end of a stack.
fn fill(
    line: &str,
    chunks: &mut Vec<Range<usize>>,
    width: usize,
    break_long_words: bool,
) -> Vec<Range<usize>> {
    let length = |chunk: &Range<usize>| characters(&line[chunk.clone()]);
    let mut taken = Vec::new();
    let mut used = 0;
    while let Some(chunk) = chunks.pop_if(|chunk| used + length(chunk) <= width) {
        used += length(&chunk);
        taken.push(chunk);
    }
    if let Some(chunk) = chunks.last_mut().filter(|chunk| length(chunk) > width) {
        if break_long_words {
            let end = chunk.start + byte_of(&line[chunk.clone()], width - used);
            taken.push(chunk.start..end);
            chunk.start = end;
        } else if taken.is_empty() {
            taken.extend(chunks.pop());
        }
    }
    if taken.last().is_some_and(|last| line[last.clone()].chars().all(is_space)) {
        taken.pop();
    }
    taken
}
