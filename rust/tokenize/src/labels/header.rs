//! Where a turn's header ends.
use super::Rule;
use super::turn::{Turn, literal_text};
use crate::HeaderKind;
use chatloom_template::Rendered;

/// How the header was found and where the body begins.
pub(super) fn find(rule: &Rule, rendered: &Rendered, turn: &Turn) -> (HeaderKind, usize) {
    let within = |end: usize| end.clamp(turn.start(), turn.end());
    if let Some(end) = derived(rule, rendered, turn) {
        (HeaderKind::Derived, within(end))
    } else if let Some(end) = guessed(rule, rendered, turn) {
        (HeaderKind::Guessed, within(end))
    } else {
        (HeaderKind::None, turn.start())
    }
}

/// As far as the text after the last data agrees with the generation prompt, whichever turn printed it.
fn derived(rule: &Rule, rendered: &Rendered, turn: &Turn) -> Option<usize> {
    let prompt = turn.prompt?;
    let text = literal_text(rendered, turn.data_before, prompt.len() + rule.control.longest());
    let agreed = rule.control.agreement(prompt, text);
    let says_something = !text.get(..agreed)?.trim().is_empty();
    says_something.then_some(turn.data_before + agreed)
}

/// After the first place where the turn's opening says what opens a plain answer.
fn guessed(rule: &Rule, rendered: &Rendered, turn: &Turn) -> Option<usize> {
    let guess = rule.guess?;
    turn.opening().into_iter().find_map(|run| {
        let found = rendered.text.get(run.clone())?.find(guess)?;
        Some(run.start + found + guess.len())
    })
}
