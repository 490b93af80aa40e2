//! Where a turn's header ends.
use super::Rule;
use super::turn::Turn;
use crate::HeaderKind;
use crate::fields::Part;
use chatloom_template::{Rendered, Segment};

/// How the header was found and where the body begins.
pub(super) fn find(rule: &Rule, rendered: &Rendered, turn: &Turn) -> (HeaderKind, usize) {
    let within = |end: usize| end.clamp(turn.start(), turn.end());
    if !turn.is_assistant {
        return (HeaderKind::Guessed, rule.data_start(rendered, turn));
    }
    if let Some(end) = derived(rendered, turn) {
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
fn derived(rendered: &Rendered, turn: &Turn) -> Option<usize> {
    turn.prompt?;
    let end = turn.data_before + turn.agreed;
    let settles_from = turn.start().min(turn.data_before + turn.asks_from);
    let says_something = !rendered.text.get(settles_from..end)?.trim().is_empty();
    says_something.then_some(end)
}

/// The messages of which the prompt prints nothing in their own turn, so that it must be known where the
/// generation prompt itself begins.
pub(crate) fn unsettled(rendered: &Rendered, turns: &[Turn]) -> Vec<u32> {
    let is_settled = |turn: &&Turn| {
        let own = rendered.text.get(turn.start()..turn.data_before + turn.agreed);
        turn.prompt.is_none() || own.is_some_and(|own| !own.trim().is_empty())
    };
    turns.iter().filter(|turn| !is_settled(turn)).map(|turn| turn.message).collect()
}

/// After the first place where the turn's opening says what opens a plain answer.
fn guessed(rule: &Rule, rendered: &Rendered, turn: &Turn) -> Option<usize> {
    let guess = rule.guess?;
    turn.opening().into_iter().find_map(|run| {
        let found = rendered.text.get(run.clone())?.find(guess)?;
        Some(run.start + found + guess.len())
    })
}
