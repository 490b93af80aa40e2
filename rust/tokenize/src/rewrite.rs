//! Templates that print an earlier turn otherwise once others follow.
//!
//! A model answers a conversation that ends before the answer. Where the messages up to a trained answer, rendered
//! alone, are no beginning of the whole, the whole teaches the answer after a text that the model will never see.
use crate::{EndKind, Trace, TurnReport};
use chatloom_template::{Alone, Conversation, Rendered};
use std::fmt;
use std::ops::Range;

/// Where a conversation's beginning renders otherwise alone than within the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rewrite {
    /// The trained message that the beginning ends with.
    pub message: u32,
    /// What differs.
    pub change: Change,
}

/// What a template does to earlier text once further messages follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It leaves out some of what a message says.
    LeavesOut(u32),
    /// It prints some of what a message says only then.
    Adds(u32),
    /// It prints other text of its own, or the same in another place.
    Template,
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, change } = self;
        write!(
            f,
            "the conversation up to message {message} renders otherwise alone than within the whole: {change}"
        )
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("once others follow, the template ")?;
        match self {
            Self::LeavesOut(message) => write!(f, "leaves out some of what message {message} says"),
            Self::Adds(message) => write!(f, "prints more of what message {message} says"),
            Self::Template => f.write_str("prints other text of its own"),
        }
    }
}

/// A conversation cut off after a message, with only some of its messages trained.
pub(crate) fn beginning(whole: &Conversation, last: u32, trained: impl Fn(u32) -> bool) -> Conversation {
    let messages = whole.messages.iter().take(last as usize + 1).cloned().collect();
    let may = |message: u32| *whole.trained.get(message as usize).unwrap_or(&true) && trained(message);
    Conversation { messages, trained: (0..=last).map(may).collect(), ..whole.clone() }
}

/// The turns that are not surely printed alike whatever follows: all but the last message's, and but those of which
/// the template can't tell.
pub(crate) fn suspects<'t>(
    whole: &Conversation,
    trace: &'t Trace,
    horizon: Option<usize>,
) -> impl DoubleEndedIterator<Item = &'t TurnReport> + use<'t> {
    let last = whole.messages.len().saturating_sub(1);
    let is_sure =
        move |message: usize| message >= last || horizon.is_some_and(|horizon| message + 1 >= horizon);
    trace.turns.iter().filter(move |turn| !is_sure(turn.message as usize))
}

/// Where a turn ends: with its own end token, if it has one.
pub(crate) fn end(turn: &TurnReport) -> usize {
    match (turn.end, &turn.end_token) {
        (EndKind::Printed, Some(token)) => token.end,
        _ => turn.body.end,
    }
}

/// How a beginning differs from the whole up to the end of a turn; `None` where it doesn't.
pub(crate) fn difference(alone: &Alone, whole: &Rendered, turn: &TurnReport) -> Option<Rewrite> {
    let common = whole.text.get(..end(turn)).unwrap_or_default();
    (!begin_with(alone.pieces(&whole.text), common))
        .then(|| Rewrite { message: turn.message, change: change(alone, whole, turn.message) })
}

/// Whether pieces of a text begin with another, of which they may be.
fn begin_with<'t>(pieces: impl Iterator<Item = &'t str>, text: &str) -> bool {
    let mut rest = text.as_bytes();
    for piece in pieces {
        let (now, later) = rest.split_at(piece.len().min(rest.len()));
        let piece = &piece.as_bytes()[..now.len()];
        if !std::ptr::eq(now, piece) && now != piece {
            return false;
        }
        rest = later;
    }
    rest.is_empty()
}

/// The first message up to `last` of which more is printed in one than in the other.
fn change(alone: &Alone, whole: &Rendered, last: u32) -> Change {
    let mut difference = vec![0_isize; last as usize + 1];
    let own = each_printed(&alone.rendered, 0..usize::MAX);
    let kept = alone.skipped.iter().flat_map(|skipped| each_printed(whole, skipped.range.clone()));
    let alone = own.chain(kept).map(|(message, bytes)| (message, bytes.cast_signed()));
    let within = each_printed(whole, 0..usize::MAX).map(|(message, bytes)| (message, -bytes.cast_signed()));
    for (message, bytes) in alone.chain(within) {
        if let Some(difference) = difference.get_mut(message as usize) {
            *difference += bytes;
        }
    }
    let change = (0..).zip(difference).find_map(|(message, difference)| match difference.signum() {
        1 => Some(Change::LeavesOut(message)),
        -1 => Some(Change::Adds(message)),
        _ => None,
    });
    change.unwrap_or(Change::Template)
}

/// Bytes of messages that are printed in a range.
fn each_printed(rendered: &Rendered, range: Range<usize>) -> impl Iterator<Item = (u32, usize)> {
    let first = rendered.segments.partition_point(|segment| segment.end <= range.start);
    let segments = rendered.segments[first..].iter().take_while(move |segment| segment.start < range.end);
    segments.filter_map(move |segment| {
        let bytes = segment.end.min(range.end) - segment.start.max(range.start);
        Some((rendered.message(segment.origin)?, bytes))
    })
}
