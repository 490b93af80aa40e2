//! Ranges of a text, in order and apart.
use std::ops::Range;

/// In order; none empty, none touching the next.
pub(crate) fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// What of a range is in none of `holes`, which are [`merged`].
pub(crate) fn without(
    range: Range<usize>,
    holes: &[Range<usize>],
) -> impl Iterator<Item = Range<usize>> + use<'_> {
    let mut holes = touching(&range, holes);
    let mut at = Some(range.start);
    let rest = std::iter::from_fn(move || {
        let start = at?;
        let hole = holes.next();
        at = hole.map(|hole| hole.end);
        Some(start..hole.map_or(range.end, |hole| hole.start))
    });
    rest.filter(|range| range.start < range.end)
}

/// What of a range is in some of `holes`, which are [`merged`].
pub(crate) fn within(
    range: Range<usize>,
    holes: &[Range<usize>],
) -> impl Iterator<Item = Range<usize>> + use<'_> {
    touching(&range, holes).map(move |hole| hole.start.max(range.start)..hole.end.min(range.end))
}

/// Whether a range and any of `holes`, which are [`merged`], share a byte.
pub(crate) fn touches(range: &Range<usize>, holes: &[Range<usize>]) -> bool {
    touching(range, holes).next().is_some()
}

fn touching<'h>(
    range: &Range<usize>,
    holes: &'h [Range<usize>],
) -> impl Iterator<Item = &'h Range<usize>> + use<'h> {
    let (start, end) = (range.start, range.end);
    let first = holes.partition_point(|hole| hole.end <= start);
    holes[first..].iter().take_while(move |hole| hole.start < end)
}

#[cfg(test)]
mod tests {
    use super::{merged, within, without};
    use proptest::prelude::*;
    use std::ops::Range;

    fn any_ranges() -> impl Strategy<Value = Vec<Range<usize>>> {
        prop::collection::vec((0..30usize, 0..6usize), 0..8)
            .prop_map(|pairs| pairs.into_iter().map(|(start, length)| start..start + length).collect())
    }

    fn members(ranges: &[Range<usize>]) -> Vec<usize> {
        (0..40).filter(|at| ranges.iter().any(|range| range.contains(at))).collect()
    }

    proptest! {
        #[test]
        fn merging_keeps_the_members(ranges in any_ranges()) {
            let merged = merged(ranges.clone());
            prop_assert_eq!(members(&merged), members(&ranges));
            prop_assert!(merged.windows(2).all(|pair| pair[0].end < pair[1].start));
        }

        #[test]
        fn each_member_is_without_or_within(range in (0..30usize, 0..9usize), holes in any_ranges()) {
            let range = range.0..range.0 + range.1;
            let holes = merged(holes);
            let in_hole = |at: &usize| holes.iter().any(|hole| hole.contains(at));
            let (inside, outside): (Vec<_>, Vec<_>) = range.clone().partition(in_hole);
            prop_assert_eq!(members(&without(range.clone(), &holes).collect::<Vec<_>>()), outside);
            prop_assert_eq!(members(&within(range, &holes).collect::<Vec<_>>()), inside);
        }
    }
}
