//! How few packs could do.
use crate::PackError;
use crate::order::longest_first;
use crate::plan::check;

/// The L2 lower bound of Martello and Toth: no plan for these lengths has fewer packs.
///
/// For a threshold t up to half a pack: examples longer than `max_length - t` stand alone, those longer than
/// half a pack each need their own, and what of the rest (of at least t) does not fit beside these needs more.
/// The bound is the best over all t, so never below the volume bound (all tokens by `max_length`, rounded up).
///
/// # Errors
/// As [`plan`](crate::plan()).
pub fn lower_bound(lengths: &[u32], max_length: u32) -> Result<usize, PackError> {
    check(lengths, max_length)?;
    let mut sorted: Vec<u32> =
        longest_first(lengths).iter().map(|&example| lengths[example as usize]).collect();
    sorted.reverse();
    let sums = prefix_sums(&sorted);
    let small = sorted.partition_point(|&length| length <= max_length / 2);
    let halves = Halves { sorted: &sorted, sums: &sums, small, capacity: u64::from(max_length) };
    let thresholds = sorted[..small].chunk_by(|one, other| one == other).map(|equal| equal[0]);
    Ok(thresholds.map(|threshold| halves.bound(threshold)).fold(halves.bound(0), usize::max))
}

struct Halves<'a> {
    sorted: &'a [u32],
    sums: &'a [u64],
    small: usize,
    capacity: u64,
}

impl Halves<'_> {
    fn bound(&self, threshold: u32) -> usize {
        let first = self.sorted.partition_point(|&length| length < threshold);
        let alone =
            self.sorted.partition_point(|&length| u64::from(length) <= self.capacity - u64::from(threshold));
        let rest = self.sums[self.small] - self.sums[first.min(self.small)];
        let beside = (alone - self.small) as u64 * self.capacity - (self.sums[alone] - self.sums[self.small]);
        let more = rest.saturating_sub(beside).div_ceil(self.capacity);
        self.sorted.len() - self.small + usize::try_from(more).unwrap_or(usize::MAX)
    }
}

fn prefix_sums(values: &[u32]) -> Vec<u64> {
    let mut sum = 0;
    let ends = values.iter().map(|&value| {
        sum += u64::from(value);
        sum
    });
    std::iter::once(0).chain(ends).collect()
}
