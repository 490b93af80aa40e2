//! Which example goes into which pack.
use crate::PackError;
use crate::bins::OpenBins;
use crate::order::longest_first;

/// Examples placed into packs.
///
/// Packs stand in the order they were opened, examples in the order they were placed, so the longest of a
/// pack comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    order: Vec<usize>,
    starts: Vec<usize>,
}

/// Packs examples of the given lengths into as few packs of `max_length` tokens as best-fit-decreasing finds.
///
/// The longest example is placed first, each into the pack with the least room that is enough, ties between
/// examples by source order and between packs by the earliest opened. No lengths make an empty plan.
///
/// # Errors
/// An example longer than `max_length` or of no tokens, named by its index; a `max_length` outside 1 to
/// 2³¹ − 1; more than 2³² − 1 examples.
///
/// # Example: two packs of ten tokens
/// ```
/// let plan = chatloom_pack::plan(&[4, 7, 6, 3], 10)?;
/// assert_eq!(plan.order(), [1, 3, 2, 0]);
/// assert_eq!(plan.starts(), [0, 2, 4]);
/// # Ok::<(), chatloom_pack::PackError>(())
/// ```
pub fn plan(lengths: &[u32], max_length: u32) -> Result<Plan, PackError> {
    check(lengths, max_length)?;
    let sorted = longest_first(lengths);
    let mut bins = OpenBins::default();
    let mut places = Vec::with_capacity(sorted.len());
    for equal in sorted.chunk_by(|&one, &other| lengths[one as usize] == lengths[other as usize]) {
        let length = lengths[equal[0] as usize];
        place(length, equal.len(), max_length, &mut bins, &mut places);
    }
    Ok(Plan::gathered(&sorted, &places, bins.opened() as usize))
}

pub(crate) fn check(lengths: &[u32], max_length: u32) -> Result<(), PackError> {
    if max_length == 0 || i32::try_from(max_length).is_err() {
        return Err(PackError::Capacity { max_length });
    }
    if u32::try_from(lengths.len()).is_err() {
        return Err(PackError::TooMany { examples: lengths.len() });
    }
    match lengths.iter().position(|&length| length == 0 || length > max_length) {
        None => Ok(()),
        Some(example) if lengths[example] == 0 => Err(PackError::Empty { example }),
        Some(example) => Err(PackError::TooLong { example, length: lengths[example], max_length }),
    }
}

/// Places `count` examples of one length and appends the pack of each to `places`.
///
/// The pack with the least room that is enough stays that pack until the next one no longer fits: so a pack
/// is filled with as many as it takes at once.
fn place(length: u32, mut count: usize, capacity: u32, bins: &mut OpenBins, places: &mut Vec<u32>) {
    while count > 0 {
        let taken = bins.take(length, count, capacity);
        let each = taken.room / length;
        let Some((&last, full)) = taken.bins.split_last() else { return };
        for &bin in full {
            places.extend(std::iter::repeat_n(bin, each as usize));
        }
        bins.put(full, taken.room - each * length);
        count -= full.len() * each as usize;
        let in_last = each.min(u32::try_from(count).unwrap_or(u32::MAX));
        places.extend(std::iter::repeat_n(last, in_last as usize));
        bins.put(&[last], taken.room - in_last * length);
        count -= in_last as usize;
    }
}

impl Plan {
    fn gathered(sorted: &[u32], places: &[u32], packs: usize) -> Self {
        let mut starts = vec![0; packs + 1];
        for &pack in places {
            starts[pack as usize + 1] += 1;
        }
        for pack in 0..packs {
            starts[pack + 1] += starts[pack];
        }
        let mut order = vec![0; sorted.len()];
        let mut next = starts.clone();
        for (&example, &pack) in sorted.iter().zip(places) {
            let place = &mut next[pack as usize];
            order[*place] = example as usize;
            *place += 1;
        }
        Self { order, starts }
    }

    /// The packs, each as the indexes of its examples in placement order.
    pub fn packs(&self) -> impl ExactSizeIterator<Item = &[usize]> + DoubleEndedIterator + Clone {
        self.starts.windows(2).map(|ends| &self.order[ends[0]..ends[1]])
    }

    /// How many packs there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no pack, because there was no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The indexes of all examples, pack after pack.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Where in [`Plan::order`] each pack starts, and, last, where the last one ends: one more than packs.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }
}
