//! From text that carries loss to tokens that do.
use crate::ranges::{merged, without};
use crate::{Boundary, Trace};
use chatloom_template::Origin;
use std::ops::Range;

/// The data bytes that are no trained assistant's, as ranges in order: a token that holds one of them is never
/// trained.
pub(crate) fn foreign_data(trace: &Trace) -> Vec<Range<usize>> {
    let known = merged(trace.trained.iter().chain(&trace.left_out).cloned().collect());
    let segments = trace.rendered.segments.iter();
    let data = segments.filter(|segment| matches!(segment.origin, Origin::Data(_)));
    data.flat_map(|segment| without(segment.start..segment.end, &known)).collect()
}

/// The weight of each token's loss, 0 where it carries none: that of the first weighted byte in it. The spans'
/// starts and `weights` are in order.
pub(crate) fn token_weights(
    spans: &[Range<usize>],
    trained: &[bool],
    weights: &[(Range<usize>, f32)],
) -> Vec<f32> {
    let weight = |(span, trained): (&Range<usize>, &bool)| {
        let first = weights.partition_point(|(range, _)| range.end <= span.start);
        weights.get(first).filter(|_| *trained).map_or(0.0, |(_, weight)| *weight)
    };
    spans.iter().zip(trained).map(weight).collect()
}

/// Whether each token carries loss. The spans' starts, `trained` and `foreign` are in order.
pub(crate) fn trained_tokens(
    spans: &[Range<usize>],
    trained: &[Range<usize>],
    foreign: &[Range<usize>],
    boundary: Boundary,
) -> Vec<bool> {
    let (mut trained, mut forbidden) = (Cursor::new(trained), Cursor::new(foreign));
    let mut carries_loss = |span: &Range<usize>| {
        let wanted = match boundary {
            Boundary::Any => trained.touches(span),
            Boundary::All => trained.covers(span),
        };
        wanted && !span.is_empty() && !forbidden.touches(span)
    };
    spans.iter().map(&mut carries_loss).collect()
}

/// A walk over ordered ranges, for queries whose starts never fall.
struct Cursor<'a> {
    ranges: &'a [Range<usize>],
}

impl<'a> Cursor<'a> {
    fn new(ranges: &'a [Range<usize>]) -> Self {
        Self { ranges }
    }

    /// The first range that ends after `start`.
    fn at(&mut self, start: usize) -> Option<&Range<usize>> {
        let passed = self.ranges.iter().take_while(|range| range.end <= start).count();
        self.ranges = &self.ranges[passed..];
        self.ranges.first()
    }

    fn touches(&mut self, span: &Range<usize>) -> bool {
        self.at(span.start).is_some_and(|range| range.start < span.end)
    }

    fn covers(&mut self, span: &Range<usize>) -> bool {
        self.at(span.start).is_some_and(|range| range.start <= span.start && span.end <= range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::trained_tokens;
    use crate::Boundary;
    use proptest::prelude::*;
    use std::ops::Range;

    /// Byte by byte.
    fn naive(
        spans: &[Range<usize>],
        trained: &[Range<usize>],
        forbidden: &[Range<usize>],
        boundary: Boundary,
    ) -> Vec<bool> {
        let within = |ranges: &[Range<usize>], byte| ranges.iter().any(|range| range.contains(&byte));
        let verdict = |span: &Range<usize>| {
            let mut bytes = span.clone();
            let wanted = match boundary {
                Boundary::Any => bytes.any(|byte| within(trained, byte)),
                Boundary::All => !span.is_empty() && bytes.all(|byte| within(trained, byte)),
            };
            wanted && !span.clone().any(|byte| within(forbidden, byte))
        };
        spans.iter().map(verdict).collect()
    }

    fn ranges(gap: Range<usize>) -> impl Strategy<Value = Vec<Range<usize>>> {
        let steps = prop::collection::vec((gap, 1..6usize), 0..8);
        steps.prop_map(|steps| {
            let mut at = 0;
            let mut range = |(gap, length): (usize, usize)| {
                let start = at + gap;
                at = start + length;
                start..at
            };
            steps.into_iter().map(&mut range).collect()
        })
    }

    fn spans() -> impl Strategy<Value = Vec<Range<usize>>> {
        prop::collection::vec((0..4usize, 0..6usize), 0..20).prop_map(|steps| {
            let mut start = 0;
            let mut span = |(step, length): (usize, usize)| {
                start += step;
                start..start + length
            };
            steps.into_iter().map(&mut span).collect()
        })
    }

    proptest! {
        #[test]
        fn equals_the_naive_twin(spans in spans(), trained in ranges(1..6), forbidden in ranges(0..12)) {
            for boundary in [Boundary::Any, Boundary::All] {
                let ours = trained_tokens(&spans, &trained, &forbidden, boundary);
                prop_assert_eq!(ours, naive(&spans, &trained, &forbidden, boundary));
            }
        }
    }
}
