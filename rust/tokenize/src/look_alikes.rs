//! Control tokens that came out of a row's own text.
use crate::LookAlike;
use crate::control_ids::IdSet;
use crate::outline::{Known, Outline};
use crate::ranges::merged;
use chatloom_template::{Origin, Rendered, Segment};
use std::ops::Range;

/// The bytes that the row wrote: in order and apart.
pub(crate) fn untrusted(rendered: &Rendered) -> Vec<Range<usize>> {
    merged(rendered.segments.iter().filter(|segment| is_data(segment)).map(bytes).collect())
}

/// The control tokens that hold a byte of the row's; their spans have to be known.
pub(crate) fn find(rendered: &Rendered, outline: &Outline, control: &IdSet) -> Vec<LookAlike> {
    let look_alike = |Known { token, span }: &Known| {
        let id = outline.ids.get(*token).copied().filter(|id| control.contains(*id))?;
        let (message, path) = owner(rendered, span)?;
        Some(LookAlike { message, path: path.to_owned(), id, token: *token })
    };
    outline.known.iter().filter_map(look_alike).collect()
}

/// Message and field of the first data in a span.
fn owner<'r>(rendered: &'r Rendered, span: &Range<usize>) -> Option<(Option<u32>, &'r str)> {
    let first = rendered.segments.partition_point(|segment| segment.end <= span.start);
    let near = rendered.segments[first..].iter().take_while(|segment| segment.start < span.end);
    near.filter(|segment| is_data(segment)).find_map(|segment| match segment.origin {
        Origin::Data(field) => {
            rendered.fields.get(field as usize).map(|field| (field.message, field.path.as_str()))
        }
        Origin::Literal | Origin::Variable => None,
    })
}

fn is_data(segment: &Segment) -> bool {
    matches!(segment.origin, Origin::Data(_))
}

fn bytes(segment: &Segment) -> Range<usize> {
    segment.start..segment.end
}
