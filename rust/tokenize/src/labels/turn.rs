//! The text of one assistant's turn.
use super::{Answer, ControlTokens};
use chatloom_template::{Origin, Rendered, Segment};
use std::ops::Range;

/// An assistant's turn that printed something.
#[derive(Debug, Clone)]
pub(crate) struct Turn<'a> {
    pub(crate) message: u32,
    /// Whether it may carry loss.
    pub(super) trained: bool,
    pub(super) is_assistant: bool,
    /// The tail of the generation prompt that would call for it.
    pub(crate) prompt: Option<&'a str>,
    /// How far the text after the last data before the turn agrees with that tail.
    pub(super) agreed: usize,
    /// Where the generation prompt itself begins in that tail: what stands before is printed anyway.
    pub(crate) asks_from: usize,
    /// One past the last byte of data before the turn.
    pub(super) data_before: usize,
    /// What it printed: in order, at least one, possibly with other turns' text between.
    pub(super) segments: Vec<Segment>,
}

/// The turns of `answers`, which are in order of messages.
pub(crate) fn collect<'a>(
    control: &ControlTokens,
    rendered: &Rendered,
    answers: &[Answer<'a>],
) -> Vec<Turn<'a>> {
    let mut turns: Vec<Option<Turn>> = vec![None; answers.len()];
    let mut data_before = 0;
    for segment in &rendered.segments {
        if let Some(place) = place_of(segment, answers) {
            let begin = || Turn::new(control, rendered, &answers[place], data_before);
            turns[place].get_or_insert_with(begin).segments.push(*segment);
        }
        if is_data(segment) {
            data_before = segment.end;
        }
    }
    turns.into_iter().flatten().collect()
}

fn place_of(segment: &Segment, answers: &[Answer]) -> Option<usize> {
    answers.binary_search_by_key(&segment.turn?, |answer| answer.message).ok()
}

pub(super) fn answer_of<'b, 'a>(segment: &Segment, answers: &'b [Answer<'a>]) -> Option<&'b Answer<'a>> {
    answers.get(place_of(segment, answers)?)
}

impl<'a> Turn<'a> {
    fn new(control: &ControlTokens, rendered: &Rendered, answer: &Answer<'a>, data_before: usize) -> Self {
        let Answer { message, trained, is_assistant, prompt, asks_from } = *answer;
        let text = |prompt: &str| literal_text(rendered, data_before, prompt.len() + control.longest());
        let agreed = prompt.map_or(0, |prompt| control.agreement(prompt, text(prompt)));
        Self { message, trained, is_assistant, prompt, agreed, asks_from, data_before, segments: Vec::new() }
    }

    pub(super) fn start(&self) -> usize {
        self.segments.first().map_or(0, |segment| segment.start)
    }

    pub(super) fn end(&self) -> usize {
        self.segments.last().map_or(0, |segment| segment.end)
    }

    /// Whether any data of its own message is in it.
    pub(super) fn has_own_data(&self, rendered: &Rendered) -> bool {
        self.segments.iter().any(|segment| rendered.message(segment.origin) == Some(self.message))
    }

    /// One past the last byte of data it printed.
    pub(super) fn data_end(&self) -> Option<usize> {
        self.segments.iter().rev().find(|segment| is_data(segment)).map(|segment| segment.end)
    }

    /// The runs of its literals before its first byte of data.
    pub(super) fn opening(&self) -> Vec<Range<usize>> {
        runs(self.segments.iter().take_while(|segment| !is_data(segment)), 0)
    }

    /// The runs of its literals from a place on.
    pub(super) fn literals_from(&self, from: usize) -> Vec<Range<usize>> {
        runs(self.segments.iter().filter(|segment| !is_data(segment)), from)
    }
}

pub(super) fn is_data(segment: &Segment) -> bool {
    matches!(segment.origin, Origin::Data(_))
}

fn runs<'s>(segments: impl Iterator<Item = &'s Segment>, from: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for segment in segments.filter(|segment| segment.end > from) {
        match runs.last_mut() {
            Some(run) if run.end == segment.start => run.end = segment.end,
            _ => runs.push(segment.start.max(from)..segment.end),
        }
    }
    runs
}

/// The text from `start` up to the next byte of data, at least `enough` bytes of it where there are so many.
pub(super) fn literal_text(rendered: &Rendered, start: usize, enough: usize) -> &str {
    let next = rendered.segments.partition_point(|segment| segment.end <= start);
    let near =
        rendered.segments[next..].iter().take_while(|segment| segment.start < start.saturating_add(enough));
    let end = near.take_while(|segment| !is_data(segment)).last().map_or(start, |segment| segment.end);
    rendered.text.get(start..end).unwrap_or_default()
}

/// The segment that holds the byte at `at`.
pub(super) fn segment_at(rendered: &Rendered, at: usize) -> Option<&Segment> {
    rendered.segments.get(rendered.segments.partition_point(|segment| segment.end <= at))
}
