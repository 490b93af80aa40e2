//! Rendered text as plain Python values: positions in code points beside those in bytes.
use chatloom_template::{Origin, Rendered};
use std::ops::Range;

/// `start, end, byte_start, byte_end, origin, turn, message, path, generation`.
pub(crate) type Segment =
    (usize, usize, usize, usize, &'static str, Option<u32>, Option<u32>, Option<String>, bool);

/// Counts code points up to byte positions that never go back.
struct CodePoints<'a> {
    text: &'a str,
    byte: usize,
    count: usize,
}

impl CodePoints<'_> {
    fn at(&mut self, byte: usize) -> usize {
        self.count += self.text.get(self.byte..byte).map_or(0, |passed| passed.chars().count());
        self.byte = byte;
        self.count
    }
}

/// The segments of a rendered conversation.
pub(crate) fn segments(rendered: &Rendered) -> Vec<Segment> {
    let mut points = CodePoints { text: &rendered.text, byte: 0, count: 0 };
    let segment = |segment: &chatloom_template::Segment| {
        let (origin, path) = origin(rendered, segment.origin);
        let (start, end) = (points.at(segment.start), points.at(segment.end));
        let message = rendered.message(segment.origin);
        (start, end, segment.start, segment.end, origin, segment.turn, message, path, segment.generation)
    };
    rendered.segments.iter().map(segment).collect()
}

fn origin(rendered: &Rendered, origin: Origin) -> (&'static str, Option<String>) {
    match origin {
        Origin::Literal => ("literal", None),
        Origin::Variable => ("variable", None),
        Origin::Data(field) => ("data", rendered.fields.get(field as usize).map(|field| field.path.clone())),
    }
}

/// Ordered byte ranges of a text in code points.
pub(crate) fn code_points(text: &str, ranges: &[Range<usize>]) -> Vec<(usize, usize)> {
    let mut points = CodePoints { text, byte: 0, count: 0 };
    ranges.iter().map(|range| (points.at(range.start), points.at(range.end))).collect()
}
