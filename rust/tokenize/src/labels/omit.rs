//! What of a turn the options leave out: reasoning, and tool calls but for their arguments.
use super::turn::{Turn, is_data, segment_at};
use crate::TurnReport;
use crate::fields::Part;
use crate::options::{Reasoning, ToolCalls};
use crate::ranges::{merged, without};
use chatloom_template::{Origin, Rendered, Segment};
use std::ops::Range;

/// What opens and closes reasoning in the models there are.
const KNOWN_TAGS: [(&str, &str); 15] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<think:opensource>", "</think:opensource>"),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_think|>", "<|end_think|>"),
    ("<|think:start|>", "<|think:end|>"),
    ("<longcat_think>", "</longcat_think>"),
    ("<mm:think>", "</mm:think>"),
    ("<|channel>thought", "<channel|>"),
    ("<|channel|>analysis<|message|>", ENDS_ANY),
];

/// Closes whatever the model says, and so reasoning only where that was opened.
const ENDS_ANY: &str = "<|end|>";

/// Those of which a text that the template prints, or an added token, holds the closing one.
pub(crate) fn known_tags(texts: &[&str]) -> Vec<(String, String)> {
    let holds = |tag: &str| texts.iter().any(|text| text.contains(tag));
    let known = |(open, close): &&(&str, &str)| holds(close) && (*close != ENDS_ANY || holds(open));
    KNOWN_TAGS.iter().filter(known).map(|&(open, close)| (open.to_owned(), close.to_owned())).collect()
}

/// What shall be left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Omit<'a> {
    pub(crate) reasoning: Reasoning,
    pub(crate) tool_calls: ToolCalls,
    /// What opens and closes reasoning in a text.
    pub(crate) tags: &'a [(String, String)],
    /// The part of a message that each field of the render is; needed where anything is left out.
    pub(crate) parts: &'a [Part],
}

impl Omit<'_> {
    /// Leaves out nothing.
    pub(crate) const NOTHING: Self =
        Self { reasoning: Reasoning::Trained, tool_calls: ToolCalls::All, tags: &[], parts: &[] };

    /// What of a turn is left out, in order and apart.
    pub(super) fn ranges(&self, rendered: &Rendered, turn: &Turn, report: &TurnReport) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        if self.reasoning == Reasoning::LeftOut {
            ranges.extend(self.of_part(turn, |part| part == Part::Reasoning));
            for (open, close) in self.tags {
                ranges.extend(self.between_tags(rendered, turn, report, open, close));
            }
        }
        if self.tool_calls != ToolCalls::All {
            ranges.extend(self.calls(rendered, turn, report));
        }
        merged(ranges)
    }

    /// The part of the turn's own message that a segment is of.
    pub(super) fn part(&self, segment: &Segment) -> Option<Part> {
        match segment.origin {
            Origin::Data(field) => self.parts.get(field as usize).copied(),
            Origin::Literal | Origin::Variable => None,
        }
    }

    fn of_part<'t>(
        &'t self,
        turn: &'t Turn,
        wanted: impl Fn(Part) -> bool + 't,
    ) -> impl Iterator<Item = Range<usize>> + 't {
        let segments = turn.segments.iter().filter(move |segment| self.part(segment).is_some_and(&wanted));
        segments.map(|segment| segment.start..segment.end)
    }

    /// From each opening tag to its closing one, where there is anything between. The first may have been opened
    /// by the prompt, unless it closes other things too; a tag in a tool call is none, nor is one that is never closed.
    fn between_tags(
        &self,
        rendered: &Rendered,
        turn: &Turn,
        report: &TurnReport,
        open: &str,
        close: &str,
    ) -> Vec<Range<usize>> {
        let text = rendered.text.get(..report.body.end).unwrap_or_default();
        let in_call =
            |at: usize| segment_at(rendered, at).and_then(|segment| self.part(segment)).is_some_and(is_call);
        let mut found = Vec::new();
        let mut from = turn.start();
        while let Some(end) = text.get(from..).and_then(|rest| rest.find(close)).map(|at| from + at) {
            let opened = text[from..end].find(open).map(|at| from + at);
            let may_be_open = from == turn.start() && close != ENDS_ANY;
            let start = opened.or(may_be_open.then_some(report.body.start));
            from = end + close.len();
            let Some(start) = start.filter(|_| !in_call(end)) else { continue };
            let inner = text.get(start + opened.map_or(0, |_| open.len())..end);
            if inner.is_some_and(|inner| !inner.trim().is_empty()) {
                found.push(start..from);
            }
        }
        found
    }

    /// From the last text before the first call to the next data after the last, less the arguments where those
    /// carry loss.
    fn calls(&self, rendered: &Rendered, turn: &Turn, report: &TurnReport) -> Vec<Range<usize>> {
        let of_call = |segment: &Segment| self.part(segment).is_some_and(is_call);
        let Some(first) = turn.segments.iter().position(of_call) else { return Vec::new() };
        let last = turn.segments.iter().rposition(of_call).unwrap_or(first);
        let data_before = turn.segments[..first].iter().rfind(|segment| is_data(segment));
        let start = data_before.map_or(0, |segment| segment.end).max(report.body.start);
        let start = self.after_tags(rendered, start..turn.segments[first].start);
        let data_after = turn.segments[last + 1..].iter().find(|segment| is_data(segment));
        let end = data_after.map_or(report.body.end, |segment| segment.start);
        let arguments = |part| self.tool_calls == ToolCalls::Arguments && part == Part::Arguments;
        without(start..end.max(start), &merged(self.of_part(turn, arguments).collect())).collect()
    }

    /// Where a stretch of text goes on after the last closing tag in it.
    fn after_tags(&self, rendered: &Rendered, stretch: Range<usize>) -> usize {
        let text = rendered.text.get(stretch.clone()).unwrap_or_default();
        let closes = self.tags.iter().filter_map(|(_, close)| Some(text.rfind(close)? + close.len()));
        stretch.start + closes.max().unwrap_or(0)
    }
}

fn is_call(part: Part) -> bool {
    matches!(part, Part::Call | Part::Arguments)
}
