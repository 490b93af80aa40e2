//! From text that carries loss to tokens that do.
use crate::outline::Outline;
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

/// The bytes at which the verdict may change, in order: the ends of these ranges.
pub(crate) fn borders<'a>(ranges: impl Iterator<Item = &'a Range<usize>>) -> Vec<usize> {
    let mut borders: Vec<_> = ranges.flat_map(|range| [range.start, range.end]).collect();
    borders.sort_unstable();
    borders
}

/// Which tokens carry loss.
#[derive(Debug, PartialEq)]
pub(crate) struct Learnt {
    /// The runs of tokens that do, each with the bytes that tell about it; in order.
    pub(crate) runs: Vec<(Range<usize>, Range<usize>)>,
    /// The places of the tokens of which some bytes are trained and some are not.
    pub(crate) straddling: Vec<usize>,
}

/// Decides which tokens carry loss. The spans' starts, `trained` and `foreign` are in order, and their ends among the
/// bytes that the outline was asked for.
pub(crate) fn learnt(
    outline: &Outline,
    trained: &[Range<usize>],
    foreign: &[Range<usize>],
    boundary: Boundary,
) -> Learnt {
    let (mut wanted, mut forbidden) = (Cursor::new(trained), Cursor::new(foreign));
    let mut straddling = Vec::new();
    let runs = outline.runs().filter(|(tokens, span)| {
        if span.is_empty() || !wanted.touches(span) {
            return false;
        }
        let is_covered = wanted.covers(span);
        if !is_covered {
            straddling.extend(tokens.clone());
        }
        (is_covered || boundary == Boundary::Any) && !forbidden.touches(span)
    });
    Learnt { runs: runs.collect(), straddling }
}

/// The weight of a token's loss: that of the first weighted byte in its span. `weights` are in order.
pub(crate) fn weight(span: &Range<usize>, weights: &[(Range<usize>, f32)]) -> f32 {
    let first = weights.partition_point(|(range, _)| range.end <= span.start);
    weights.get(first).map_or(0.0, |(_, weight)| *weight)
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
    use super::{Learnt, borders, learnt, weight};
    use crate::Boundary;
    use crate::outline::{Known, Outline};
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

    /// Tokens side by side.
    fn pieces() -> impl Strategy<Value = Vec<Range<usize>>> {
        prop::collection::vec(1..4usize, 1..24).prop_map(|lengths| {
            let mut end = 0;
            let mut piece = |length: usize| {
                end += length;
                end - length..end
            };
            lengths.into_iter().map(&mut piece).collect()
        })
    }

    fn outline(spans: &[Range<usize>], is_known: impl Fn(&Range<usize>) -> bool) -> Outline {
        let all = spans.iter().enumerate().filter(|(token, span)| *token == 0 || is_known(span));
        let known = all.map(|(token, span)| Known { token, span: span.clone() }).collect();
        Outline { ids: vec![0; spans.len()], known }
    }

    fn carry_loss(
        outline: &Outline,
        trained: &[Range<usize>],
        foreign: &[Range<usize>],
        boundary: Boundary,
    ) -> Vec<bool> {
        let mut all = vec![false; outline.ids.len()];
        let runs = learnt(outline, trained, foreign, boundary).runs;
        runs.into_iter().for_each(|(tokens, _)| all[tokens].fill(true));
        all
    }

    proptest! {
        #[test]
        fn equals_the_naive_twin(spans in spans(), trained in ranges(1..6), forbidden in ranges(0..12)) {
            for boundary in [Boundary::Any, Boundary::All] {
                let outline = outline(&spans, |_| true);
                prop_assert_eq!(
                    carry_loss(&outline, &trained, &forbidden, boundary),
                    naive(&spans, &trained, &forbidden, boundary)
                );
                let within = |byte: &usize| trained.iter().any(|range| range.contains(byte));
                let straddles = |place: &usize| {
                    let span = spans[*place].clone();
                    span.clone().any(|byte| within(&byte)) && !span.clone().all(|byte| within(&byte))
                };
                let straddling = learnt(&outline, &trained, &forbidden, boundary).straddling;
                prop_assert_eq!(straddling, (0..spans.len()).filter(straddles).collect::<Vec<_>>());
            }
        }

        #[test]
        fn the_spans_at_the_borders_are_enough(
            pieces in pieces(), trained in ranges(1..6), forbidden in ranges(0..12)
        ) {
            let borders = borders(trained.iter().chain(&forbidden));
            let at_border = |span: &Range<usize>| borders.iter().any(|border| span.contains(border));
            let (some, all) = (outline(&pieces, at_border), outline(&pieces, |_| true));
            let weights: Vec<_> = trained.iter().zip(1_u8..).map(|(range, weight)| (range.clone(), weight.into())).collect();
            for boundary in [Boundary::Any, Boundary::All] {
                let [some, all] = [&some, &all].map(|outline| {
                    let mut all = vec![0.0; pieces.len()];
                    let Learnt { runs, straddling } = learnt(outline, &trained, &forbidden, boundary);
                    runs.into_iter().for_each(|(tokens, span)| all[tokens].fill(weight(&span, &weights)));
                    (all, straddling)
                });
                prop_assert_eq!(some, all);
            }
        }
    }
}
