//! Control tokens that came out of a row's own text.
use crate::control_ids::IdSet;
use crate::outline::{Known, Outline};
use crate::policies::Held;
use crate::ranges::merged;
use crate::{ControlPolicy, LookAlike};
use chatloom_template::{Field, Rendered, Segment};
use std::ops::Range;

/// The bytes of the row that may not become control tokens: in order and apart.
pub(crate) fn untrusted(rendered: &Rendered, held: Held) -> Vec<Range<usize>> {
    let is_untrusted = |segment: &&Segment| matches!(held.of(segment), Some((_, ControlPolicy::Template)));
    let untrusted = rendered.segments.iter().filter(is_untrusted);
    merged(untrusted.map(|segment| segment.start..segment.end).collect())
}

/// The control tokens that hold a byte of the row's that is to be told of; their spans have to be known.
pub(crate) fn find(rendered: &Rendered, outline: &Outline, control: &IdSet, held: Held) -> Vec<LookAlike> {
    let look_alike = |Known { token, span }: &Known| {
        let id = outline.ids.get(*token).copied().filter(|id| control.contains(*id))?;
        let (field, is_error) = told(rendered, span, held)?;
        let Field { message, path } = rendered.fields.get(field as usize)?.clone();
        Some(LookAlike { message, path, id, token: *token, is_error })
    };
    outline.known.iter().filter_map(look_alike).collect()
}

/// The field of the first data in a span that is an error, else of the first that is reported, and which it is.
fn told(rendered: &Rendered, span: &Range<usize>, held: Held) -> Option<(u32, bool)> {
    let first = rendered.segments.partition_point(|segment| segment.end <= span.start);
    let near = rendered.segments[first..].iter().take_while(|segment| segment.start < span.end);
    let found: Vec<_> = near.filter_map(|segment| held.of(segment)).collect();
    let of = |asked| found.iter().find(|(_, policy)| *policy == asked).map(|(field, _)| *field);
    let error = of(ControlPolicy::Error).map(|field| (field, true));
    error.or_else(|| of(ControlPolicy::Report).map(|field| (field, false)))
}
