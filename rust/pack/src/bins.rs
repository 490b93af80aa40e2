//! Open packs, found by the room they have left.
use std::collections::BTreeMap;

/// Packs that are neither untouched nor full, grouped by room.
///
/// Lengths come in falling order, and equal ones together. So the packs of one room are moved in bulk, and a
/// group is never added to after packs were taken from it but when it is empty: sorting it once, when it is
/// first taken from, keeps the earliest pack at hand.
#[derive(Default)]
pub(crate) struct OpenBins {
    by_room: BTreeMap<u32, Group>,
    opened: u32,
}

/// Packs of equal room; once sorted, the earliest stands last.
#[derive(Default)]
struct Group {
    bins: Vec<u32>,
    sorted: bool,
}

/// A number of packs taken at once, earliest first, and the room each of them has.
pub(crate) struct Taken {
    pub(crate) room: u32,
    pub(crate) bins: Vec<u32>,
}

impl OpenBins {
    /// How many packs were ever opened.
    pub(crate) fn opened(&self) -> u32 {
        self.opened
    }

    /// Takes the packs that best fit shall use for `count` examples of `length`: those with the least room
    /// that is enough, or else new ones of `capacity`; never more than the examples need, perhaps fewer.
    pub(crate) fn take(&mut self, length: u32, count: usize, capacity: u32) -> Taken {
        let Some((&room, group)) = self.by_room.range_mut(length..).next() else {
            return self.open(needed(count, capacity, length), capacity);
        };
        let bins = group.take_earliest(needed(count, room, length));
        if group.bins.is_empty() {
            self.by_room.remove(&room);
        }
        Taken { room, bins }
    }

    /// Gives packs back with the room each of them has now.
    pub(crate) fn put(&mut self, bins: &[u32], room: u32) {
        if room > 0 && !bins.is_empty() {
            let group = self.by_room.entry(room).or_default();
            group.bins.extend_from_slice(bins);
            group.sorted = false;
        }
    }

    fn open(&mut self, count: usize, room: u32) -> Taken {
        let bins: Vec<u32> = (self.opened..).take(count).collect();
        self.opened = bins.last().map_or(self.opened, |last| last + 1);
        Taken { room, bins }
    }
}

impl Group {
    fn take_earliest(&mut self, count: usize) -> Vec<u32> {
        if !self.sorted {
            self.bins.sort_by_key(|&bin| std::cmp::Reverse(bin));
            self.sorted = true;
        }
        let kept = self.bins.len().saturating_sub(count);
        let mut taken = self.bins.split_off(kept);
        taken.reverse();
        taken
    }
}

fn needed(count: usize, room: u32, length: u32) -> usize {
    count.div_ceil((room / length) as usize)
}
