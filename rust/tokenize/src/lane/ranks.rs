//! Which pairs of tokens merge, in which order, and to what.

#![allow(clippy::cast_possible_truncation, reason = "parts are taken out of packed numbers")]

/// What [`Ranks::of`] gives for a pair that doesn't merge.
pub(super) const NEVER: u32 = u32::MAX;
/// Ids and ranks must stay below this, so that a pair and its rank fit into one word.
pub(super) const LIMIT: u32 = (1 << 21) - 1;

const EMPTY: u64 = u64::MAX;
/// Bits for each slot, as a power of two.
const SEEN: u32 = 3;
/// Slots at least, as a power of two: bits for them fill a word.
const FEWEST: u32 = u64::BITS.trailing_zeros() - SEEN;

/// An open-addressed table of `left | right | rank`, 21 bits each.
#[derive(Debug)]
pub(super) struct Ranks {
    slots: Vec<u64>,
    shift: u32,
    /// A bit for each hash: most pairs that have no rank are told by it, without a look at the slots, which are too
    /// many for the nearer caches of a processor.
    seen: Vec<u64>,
    results: Vec<u32>,
}

/// One merge; its rank is its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) result: u32,
}

impl Ranks {
    /// Ids and the number of merges must be below [`LIMIT`]. Of merges with the same pair the last one counts.
    pub(super) fn new(merges: &[Merge]) -> Self {
        let bits = (merges.len() * 3 / 2).next_power_of_two().trailing_zeros().max(FEWEST);
        let mut ranks = Self {
            slots: vec![EMPTY; 1 << bits],
            shift: 64 - bits,
            seen: vec![0; 1 << (bits - FEWEST)],
            results: merges.iter().map(|merge| merge.result).collect(),
        };
        for (rank, merge) in (0..).zip(merges) {
            let pair = pair(merge.left, merge.right);
            let slot = ranks.slot(pair);
            ranks.slots[slot] = pair << 21 | rank;
            let (word, bit) = ranks.bit(pair);
            ranks.seen[word] |= bit;
        }
        ranks
    }

    #[inline]
    pub(super) fn of(&self, left: u32, right: u32) -> u32 {
        let pair = pair(left, right);
        let (word, bit) = self.bit(pair);
        if self.seen[word] & bit == 0 {
            return NEVER;
        }
        match self.slots[self.slot(pair)] {
            EMPTY => NEVER,
            found => (found & u64::from(LIMIT)) as u32,
        }
    }

    #[inline]
    pub(super) fn result(&self, rank: u32) -> u32 {
        self.results[rank as usize]
    }

    /// The word of `seen` in which the pair has a bit, and the bit.
    #[inline]
    fn bit(&self, pair: u64) -> (usize, u64) {
        let bit = hash(pair) >> (self.shift - SEEN);
        ((bit >> 6) as usize, 1 << (bit & 63))
    }

    /// Where the pair stands, or where it would.
    #[inline]
    fn slot(&self, pair: u64) -> usize {
        let mut slot = (hash(pair) >> self.shift) as usize;
        while self.slots[slot] != EMPTY && self.slots[slot] >> 21 != pair {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        slot
    }
}

#[inline]
fn hash(pair: u64) -> u64 {
    pair.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline]
fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 21 | u64::from(right)
}
