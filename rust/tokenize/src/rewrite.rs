//! Templates that print an earlier turn otherwise once others follow.
//!
//! A model answers a conversation that ends before the answer. Where the messages up to a trained answer, rendered
//! alone, are no beginning of the whole, the whole teaches the answer after a text that the model will never see.
use crate::{EndKind, Trace, TurnReport};
use chatloom_template::{Conversation, Origin, Rendered};
use std::fmt;

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
pub(crate) fn difference(beginning: &Rendered, whole: &Rendered, turn: &TurnReport) -> Option<Rewrite> {
    let common = whole.text.get(..end(turn)).unwrap_or_default();
    (!beginning.text.starts_with(common))
        .then(|| Rewrite { message: turn.message, change: change(beginning, whole, turn.message) })
}

/// The first message up to `last` of which more is printed in one than in the other.
fn change(beginning: &Rendered, whole: &Rendered, last: u32) -> Change {
    let (alone, within) = (printed(beginning, last), printed(whole, last));
    let change =
        (0..).zip(alone.iter().zip(&within)).find_map(|(message, (alone, within))| match alone.cmp(within) {
            std::cmp::Ordering::Greater => Some(Change::LeavesOut(message)),
            std::cmp::Ordering::Less => Some(Change::Adds(message)),
            std::cmp::Ordering::Equal => None,
        });
    change.unwrap_or(Change::Template)
}

/// How many bytes of each message up to `last` are printed.
fn printed(rendered: &Rendered, last: u32) -> Vec<usize> {
    let mut printed = vec![0; last as usize + 1];
    for segment in rendered.segments.iter().filter(|segment| matches!(segment.origin, Origin::Data(_))) {
        let message = rendered.message(segment.origin).and_then(|message| printed.get_mut(message as usize));
        message.into_iter().for_each(|bytes| *bytes += segment.end - segment.start);
    }
    printed
}
