//! The control token that ends a turn.
use super::turn::{self, Turn, literal_text};
use super::{Answer, Rule};
use chatloom_template::Rendered;
use std::ops::Range;

/// The last control token that the turn prints after its data and its header.
pub(super) fn printed(
    rule: &Rule,
    rendered: &Rendered,
    turn: &Turn,
    header_end: usize,
) -> Option<Range<usize>> {
    let from = turn.data_end().unwrap_or(0).max(header_end);
    turn.literals_from(from).into_iter().rev().find_map(|run| {
        let last = rule.control.matches(rendered.text.get(run.clone())?).last()?;
        Some(run.start + last.start..run.start + last.end)
    })
}

/// The control token that directly follows the turn, unless it is printed in the turn of another answer.
pub(super) fn follows(
    rule: &Rule,
    rendered: &Rendered,
    turn: &Turn,
    answers: &[Answer],
) -> Option<Range<usize>> {
    let start = turn.end();
    let text = literal_text(rendered, start, rule.control.longest());
    let length = rule.control.opens(text.as_bytes())?;
    let next = turn::segment_at(rendered, start).and_then(|next| turn::answer_of(next, answers));
    let in_answer = next.is_some_and(|answer| answer.is_assistant);
    (!in_answer).then_some(start..start + length)
}
