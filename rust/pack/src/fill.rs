//! The arrays of packs.
use crate::Plan;

/// The label of a token that carries no loss.
pub const IGNORED: i32 = -100;

/// Positions of the tokens of sequences that stand one after another; they restart at each sequence.
///
/// ```
/// assert_eq!(chatloom_pack::position_ids(&[3, 2]), [0, 1, 2, 0, 1]);
/// ```
pub fn position_ids(seq_lengths: &[i32]) -> Vec<i32> {
    seq_lengths.iter().flat_map(|&length| 0..length).collect()
}

/// Where each sequence starts, from 0, and, last, where the last one ends: one more than sequences.
///
/// ```
/// assert_eq!(chatloom_pack::cu_seqlens(&[3, 2]), [0, 3, 5]);
/// ```
pub fn cu_seqlens(seq_lengths: &[i32]) -> Vec<i32> {
    let mut end = 0;
    let ends = seq_lengths.iter().map(|&length| {
        end += length;
        end
    });
    std::iter::once(0).chain(ends).collect()
}

/// Sets the label of each sequence's first token to [`IGNORED`]: a trainer that shifts labels by one would
/// otherwise learn it from the last token of the sequence before.
///
/// ```
/// let mut labels = [1, 2, 3, 4, 5];
/// chatloom_pack::mask_first_labels(&mut labels, &[3, 2]);
/// assert_eq!(labels, [-100, 2, 3, -100, 5]);
/// ```
pub fn mask_first_labels(labels: &mut [i32], seq_lengths: &[i32]) {
    let mut first = 0;
    for &length in seq_lengths {
        if let Some(label) = labels.get_mut(first).filter(|_| length > 0) {
            *label = IGNORED;
        }
        first += usize::try_from(length).unwrap_or(0);
    }
}

/// The length of each sequence, in the order of the plan.
///
/// # Panics
/// If `lengths` are not those the plan was made for.
///
/// ```
/// let lengths = [3, 5, 2, 6];
/// let plan = chatloom_pack::plan(&lengths, 8)?;
/// assert_eq!(chatloom_pack::seq_lengths(&plan, &lengths), [6, 2, 5, 3]);
/// # Ok::<(), chatloom_pack::PackError>(())
/// ```
pub fn seq_lengths(plan: &Plan, lengths: &[u32]) -> Vec<i32> {
    plan.order().iter().map(|&example| lengths[example].cast_signed()).collect()
}

/// The token at which each pack starts, and, last, how many tokens there are: one more than packs.
///
/// # Panics
/// If `lengths` are not those the plan was made for.
///
/// ```
/// let lengths = [3, 5, 2, 6];
/// let plan = chatloom_pack::plan(&lengths, 8)?;
/// assert_eq!(chatloom_pack::pack_offsets(&plan, &lengths), [0, 8, 16]);
/// # Ok::<(), chatloom_pack::PackError>(())
/// ```
pub fn pack_offsets(plan: &Plan, lengths: &[u32]) -> Vec<i64> {
    let mut end = 0;
    let ends = plan.packs().map(|pack| {
        end += pack.iter().map(|&example| i64::from(lengths[example])).sum::<i64>();
        end
    });
    std::iter::once(0).chain(ends).collect()
}

/// The values of all examples, such as token ids, in the order of the plan. Example `i` has those from
/// `offsets[i]` to `offsets[i + 1]`.
///
/// # Panics
/// If `offsets` name no part of `values`, or fewer examples than the plan has.
///
/// ```
/// let plan = chatloom_pack::plan(&[1, 3, 2], 4)?;
/// let ids = [10, 20, 21, 22, 30, 31];
/// assert_eq!(chatloom_pack::gather(&plan, &[0, 1, 4, 6], &ids), [20, 21, 22, 10, 30, 31]);
/// # Ok::<(), chatloom_pack::PackError>(())
/// ```
pub fn gather<T: Copy>(plan: &Plan, offsets: &[usize], values: &[T]) -> Vec<T> {
    let mut gathered = Vec::with_capacity(values.len());
    for &example in plan.order() {
        gathered.extend_from_slice(&values[offsets[example]..offsets[example + 1]]);
    }
    gathered
}
