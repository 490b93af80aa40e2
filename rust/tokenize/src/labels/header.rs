//! Where a turn's header ends.
use super::turn::{Turn, collect, literal_text};
use super::{Answer, ControlTokens, Rule};
use crate::HeaderKind;
use crate::fields::Part;
use chatloom_template::{Rendered, Segment};

/// How the header was found and where the body begins.
pub(super) fn find(rule: &Rule, rendered: &Rendered, turn: &Turn) -> (HeaderKind, usize) {
    let within = |end: usize| end.clamp(turn.start(), turn.end());
    if !turn.is_assistant {
        return (HeaderKind::Guessed, rule.data_start(rendered, turn));
    }
    if let Some(end) = derived(rule, rendered, turn) {
        (HeaderKind::Derived, within(end))
    } else if let Some(end) = guessed(rule, rendered, turn) {
        (HeaderKind::Guessed, within(end))
    } else {
        (HeaderKind::None, turn.start())
    }
}

impl Rule<'_> {
    /// Where the first data of the turn's own message begins, its role aside.
    fn data_start(&self, rendered: &Rendered, turn: &Turn) -> usize {
        let own = |segment: &&Segment| {
            rendered.message(segment.origin) == Some(turn.message)
                && self.omit.part(segment) != Some(Part::Role)
        };
        turn.segments.iter().find(own).map_or(turn.end(), |segment| segment.start)
    }
}

/// As far as the text after the last data agrees with the generation prompt, whichever turn printed it. What
/// the template prints with and without a generation prompt settles nothing, unless the turn itself prints it.
fn derived(rule: &Rule, rendered: &Rendered, turn: &Turn) -> Option<usize> {
    let (text, agreed) = agreement(rule.control, rendered, turn)?;
    let settles_from = turn.asks_from.min(turn.start() - turn.data_before);
    let says_something = !text.get(settles_from..agreed)?.trim().is_empty();
    says_something.then_some(turn.data_before + agreed)
}

/// The text after the last data before the turn, and how far it agrees with the tail of the prompt.
fn agreement<'r>(control: &ControlTokens, rendered: &'r Rendered, turn: &Turn) -> Option<(&'r str, usize)> {
    let prompt = turn.prompt?;
    let text = literal_text(rendered, turn.data_before, prompt.len() + control.longest());
    Some((text, control.agreement(prompt, text)))
}

/// The messages of which the prompt prints nothing in their own turn, so that it must be known where the
/// generation prompt itself begins.
pub(crate) fn unsettled(control: &ControlTokens, rendered: &Rendered, answers: &[Answer]) -> Vec<u32> {
    let is_unsettled = |turn: &Turn| {
        let (text, agreed) = agreement(control, rendered, turn)?;
        Some(text.get(turn.start() - turn.data_before..agreed).is_none_or(|own| own.trim().is_empty()))
    };
    let turns = collect(rendered, answers);
    turns.iter().filter(|turn| is_unsettled(turn) == Some(true)).map(|turn| turn.message).collect()
}

/// After the first place where the turn's opening says what opens a plain answer.
fn guessed(rule: &Rule, rendered: &Rendered, turn: &Turn) -> Option<usize> {
    let guess = rule.guess?;
    turn.opening().into_iter().find_map(|run| {
        let found = rendered.text.get(run.clone())?.find(guess)?;
        Some(run.start + found + guess.len())
    })
}
