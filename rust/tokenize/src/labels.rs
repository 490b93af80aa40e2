//! Which text of a rendered conversation carries loss: what the model would have to produce.
//!
//! The text of an assistant's turn is header | body | end | rest. The header is what the generation prompt
//! prints, the end is the control token that closes the turn, and body and end carry loss. All of it is found
//! from where each byte came from; no tokenizer is asked.
mod control;
mod end;
mod facts;
mod header;
mod turn;

#[cfg(test)]
mod tests;

pub(crate) use control::ControlTokens;
pub(crate) use facts::learn;
pub(crate) use header::unsettled;

use crate::{EndKind, EndTokens, TurnReport};
use chatloom_template::{Origin, Rendered, Segment};
use std::ops::Range;
use turn::Turn;

/// What the rule knows beside the rendered text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'a> {
    /// The control tokens of the vocabulary and the template.
    pub(crate) control: &'a ControlTokens,
    /// The header to look for where the generation prompt can't tell.
    pub(crate) guess: Option<&'a str>,
    /// Whether a plain answer prints its own end token.
    pub(crate) prints_end: bool,
    /// Whose end tokens carry loss.
    pub(crate) end_tokens: EndTokens,
}

/// An assistant message and the tail of the generation prompt that would call for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) message: u32,
    /// Whether it may carry loss; one that may not is looked at all the same, since it bounds the others.
    pub(crate) trained: bool,
    pub(crate) prompt: Option<&'a str>,
    /// Where the generation prompt itself begins in that tail: what stands before is printed anyway.
    pub(crate) asks_from: usize,
}

/// The rule's verdict on a rendered conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Labels {
    /// Byte ranges that carry loss: in order, none empty, none touching the next.
    pub(crate) trained: Vec<Range<usize>>,
    /// One report for each answer that may carry loss and printed something.
    pub(crate) turns: Vec<TurnReport>,
}

impl Rule<'_> {
    /// Labels the text of `answers`, which are in order of messages. From `prompt_start` on the text is the
    /// generation prompt that the call itself asked for.
    pub(crate) fn apply(&self, rendered: &Rendered, answers: &[Answer], prompt_start: usize) -> Labels {
        let mut turns = turn::collect(rendered, answers);
        turns.retain(|turn| turn.trained);
        let reports: Vec<_> =
            turns.iter().map(|turn| self.report(rendered, turn, answers, prompt_start)).collect();
        let mut pieces: Vec<_> =
            turns.iter().zip(&reports).flat_map(|(turn, report)| body(rendered, turn, report)).collect();
        pieces.extend(self.trained_ends(&reports));
        Labels { trained: merged(pieces), turns: reports }
    }

    fn report(
        &self,
        rendered: &Rendered,
        turn: &Turn,
        answers: &[Answer],
        prompt_start: usize,
    ) -> TurnReport {
        let (header, body_start) = header::find(self, rendered, turn);
        let printed = end::printed(self, rendered, turn, body_start).filter(|_| self.prints_end);
        let follows =
            || end::follows(self, rendered, turn, answers).filter(|token| token.start < prompt_start);
        let (end, end_token) = match printed {
            Some(token) => (EndKind::Printed, Some(token)),
            None => follows().map_or((EndKind::None, None), |token| (EndKind::Follows, Some(token))),
        };
        let body_end = end_token.as_ref().map_or(turn.end(), |token| token.start.min(turn.end()));
        TurnReport { message: turn.message, header, body: body_start..body_end, end, end_token }
    }

    fn trained_ends(&self, reports: &[TurnReport]) -> Vec<Range<usize>> {
        let first = match self.end_tokens {
            EndTokens::Turn => 0,
            EndTokens::Last => reports.len().saturating_sub(1),
            EndTokens::None => reports.len(),
        };
        reports[first..].iter().filter_map(|report| report.end_token.clone()).collect()
    }
}

/// What the turn printed between header and end: its literals, and its own message's fields.
fn body(rendered: &Rendered, turn: &Turn, report: &TurnReport) -> Vec<Range<usize>> {
    let own = |segment: &&Segment| match segment.origin {
        Origin::Literal | Origin::Variable => true,
        Origin::Data(_) => rendered.message(segment.origin) == Some(turn.message),
    };
    let clipped = |segment: &Segment| segment.start.max(report.body.start)..segment.end.min(report.body.end);
    turn.segments.iter().filter(own).map(clipped).collect()
}

fn merged(mut pieces: Vec<Range<usize>>) -> Vec<Range<usize>> {
    pieces.retain(|piece| !piece.is_empty());
    pieces.sort_unstable_by_key(|piece| piece.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for piece in pieces {
        match merged.last_mut() {
            Some(last) if piece.start <= last.end => last.end = last.end.max(piece.end),
            _ => merged.push(piece),
        }
    }
    merged
}
