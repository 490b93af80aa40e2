//! Control tokens that came out of a row's own text.
use crate::ranges::merged;
use crate::{Encoding, LookAlike};
use chatloom_template::{Origin, Rendered, Segment};
use std::collections::HashSet;
use std::ops::Range;

/// The bytes that the row wrote: in order and apart.
pub(crate) fn untrusted(rendered: &Rendered) -> Vec<Range<usize>> {
    merged(rendered.segments.iter().filter(|segment| is_data(segment)).map(bytes).collect())
}

/// The control tokens that hold a byte of the row's.
pub(crate) fn find(rendered: &Rendered, encoding: &Encoding, control: &HashSet<u32>) -> Vec<LookAlike> {
    let look_alike = |(token, (&id, span)): (usize, (&u32, &Range<usize>))| {
        let (message, path) = owner(rendered, span)?;
        Some(LookAlike { message, path: path.to_owned(), id, token })
    };
    let is_control = |(_, (id, _)): &(usize, (&u32, &Range<usize>))| control.contains(id);
    encoding.ids.iter().zip(&encoding.spans).enumerate().filter(is_control).filter_map(look_alike).collect()
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
