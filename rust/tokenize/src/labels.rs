//! Which text of a rendered conversation carries loss: what the model would have to produce.
//!
//! The text of an assistant's turn is header | body | end | rest. The header is what the generation prompt
//! prints, the end is the control token that closes the turn, and body and end carry loss. All of it is found
//! from where each byte came from; no tokenizer is asked.
mod control;
mod end;
mod facts;
mod header;
mod omit;
mod turn;

#[cfg(test)]
mod tests;

pub(crate) use control::{ControlTokens, control_tokens};
pub(crate) use facts::learn;
pub(crate) use header::unsettled;
pub(crate) use omit::{Omit, known_tags};
pub(crate) use turn::{Turn, collect};

use crate::ranges::{merged, within, without};
use crate::{EndKind, EndTokens, LabelPolicy, TurnReport};
use chatloom_template::{Origin, Rendered, Segment};
use std::ops::Range;

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
    /// Whose text does.
    pub(crate) policy: &'a LabelPolicy,
    /// What of it doesn't.
    pub(crate) omit: Omit<'a>,
    /// The weight of each message's loss; messages beyond the end of the list have 1.
    pub(crate) weights: &'a [f32],
}

/// A message whose turn is looked at, and the tail of the generation prompt that would call for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) message: u32,
    /// Whether it may carry loss; one that may not is looked at all the same, since it bounds the others.
    pub(crate) trained: bool,
    /// Whether an assistant wrote it; of others only the data and the end carry loss.
    pub(crate) is_assistant: bool,
    pub(crate) prompt: Option<&'a str>,
    /// Where the generation prompt itself begins in that tail, if that is known: what stands before is printed anyway.
    pub(crate) asks_from: usize,
}

/// The rule's verdict on a rendered conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Labels {
    /// Byte ranges that carry loss: in order, none empty, none touching the next.
    pub(crate) trained: Vec<Range<usize>>,
    /// The same, cut where the weight changes; empty where all of it is 1.
    pub(crate) weights: Vec<(Range<usize>, f32)>,
    /// What would carry loss but is left out: in order, none touching the next.
    pub(crate) left_out: Vec<Range<usize>>,
    /// One report for each answer that may carry loss and printed something.
    pub(crate) turns: Vec<TurnReport>,
}

impl Rule<'_> {
    /// Labels the text of `answers`, whose `turns` these are. From `prompt_start` on the text is the generation
    /// prompt that the call itself asked for.
    pub(crate) fn apply(
        &self,
        rendered: &Rendered,
        answers: &[Answer],
        mut turns: Vec<Turn>,
        prompt_start: usize,
    ) -> Labels {
        turns.retain(|turn| turn.trained && (turn.is_assistant || turn.has_own_data(rendered)));
        let reports: Vec<_> =
            turns.iter().map(|turn| self.report(rendered, turn, answers, prompt_start)).collect();
        let read = || turns.iter().zip(&reports);
        let mut omitted: Vec<_> =
            read().flat_map(|(turn, report)| self.omit.ranges(rendered, turn, report)).collect();
        omitted.extend(self.untrained_ends(&reports));
        let omitted = merged(omitted);
        let wanted: Vec<Piece> = match self.policy {
            LabelPolicy::All => every(rendered, |_| true).collect(),
            LabelPolicy::Generation => every(rendered, |segment| segment.generation).collect(),
            _ => read().flat_map(|(turn, report)| pieces(rendered, turn, report)).collect(),
        };
        self.weigh(&wanted, &omitted, reports)
    }

    /// Less what is left out or weighs nothing.
    fn weigh(&self, wanted: &[Piece], omitted: &[Range<usize>], turns: Vec<TurnReport>) -> Labels {
        let weight = |turn: Option<u32>| {
            let said = turn.and_then(|message| self.weights.get(message as usize));
            said.copied().unwrap_or(1.0)
        };
        let kept = wanted
            .iter()
            .flat_map(|(range, turn)| without(range.clone(), omitted).map(|range| (range, weight(*turn))));
        let mut weights: Vec<_> = kept.filter(|(_, weight)| *weight > 0.0).collect();
        weights.sort_unstable_by_key(|(range, _)| range.start);
        let trained = merged(weights.iter().map(|(range, _)| range.clone()).collect());
        let left_out = merged(wanted.iter().flat_map(|(range, _)| within(range.clone(), omitted)).collect());
        if weights.iter().all(|(_, weight)| weight.to_bits() == 1.0_f32.to_bits()) {
            weights = Vec::new();
        }
        Labels { trained, weights, left_out, turns }
    }

    fn report(
        &self,
        rendered: &Rendered,
        turn: &Turn,
        answers: &[Answer],
        prompt_start: usize,
    ) -> TurnReport {
        let (header, body_start) = header::find(self, rendered, turn);
        let may_print = self.prints_end || !turn.is_assistant;
        let printed = end::printed(self, rendered, turn, body_start).filter(|_| may_print);
        let follows =
            || end::follows(self, rendered, turn, answers).filter(|token| token.start < prompt_start);
        let (end, end_token) = match printed {
            Some(token) => (EndKind::Printed, Some(token)),
            None => follows().map_or((EndKind::None, None), |token| (EndKind::Follows, Some(token))),
        };
        let body_end = end_token.as_ref().map_or(turn.end(), |token| token.start.min(turn.end()));
        TurnReport { message: turn.message, header, body: body_start..body_end, end, end_token }
    }

    /// The end tokens that carry no loss.
    fn untrained_ends(&self, reports: &[TurnReport]) -> Vec<Range<usize>> {
        let count = match self.end_tokens {
            EndTokens::Turn => 0,
            EndTokens::Last => reports.len().saturating_sub(1),
            EndTokens::None => reports.len(),
        };
        reports[..count].iter().filter_map(|report| report.end_token.clone()).collect()
    }
}

/// A range that may carry loss, and the message whose weight counts for it.
type Piece = (Range<usize>, Option<u32>);

/// What the turn printed between header and end, its literals and its own message's fields, and the end.
fn pieces(rendered: &Rendered, turn: &Turn, report: &TurnReport) -> Vec<Piece> {
    let own = |segment: &&Segment| match segment.origin {
        Origin::Literal | Origin::Variable => true,
        Origin::Data(_) => rendered.message(segment.origin) == Some(turn.message),
    };
    let clipped = |segment: &Segment| segment.start.max(report.body.start)..segment.end.min(report.body.end);
    let body = turn.segments.iter().filter(own).map(clipped).filter(|range| range.start < range.end);
    body.chain(report.end_token.clone()).map(|range| (range, Some(turn.message))).collect()
}

fn every(rendered: &Rendered, wanted: impl Fn(&Segment) -> bool) -> impl Iterator<Item = Piece> {
    let segments = rendered.segments.iter().filter(move |segment| wanted(segment));
    segments.map(|segment| (segment.start..segment.end, segment.turn))
}
