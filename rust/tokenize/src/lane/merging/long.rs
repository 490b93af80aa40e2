//! Long words: a heap of pairs over a linked list of symbols, so that time grows hardly faster than length.

#![allow(clippy::cast_possible_truncation, reason = "words have fewer symbols than u32::MAX")]

use super::Room;
use crate::lane::ranks::{NEVER, Ranks};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const GONE: u32 = u32::MAX;

struct Chain<'a> {
    symbols: &'a mut Vec<u32>,
    /// The rank of each symbol with the next one; an entry of the queue with another rank is outdated.
    pairs: &'a mut Vec<u32>,
    next: Vec<u32>,
    before: Vec<u32>,
    /// A rank, and below it the place.
    queue: BinaryHeap<Reverse<u64>>,
}

fn entry(rank: u32, at: usize) -> Reverse<u64> {
    Reverse(u64::from(rank) << 32 | at as u64)
}

pub(super) fn merge(room: &mut Room, ranks: &Ranks) {
    let count = room.symbols.len();
    room.pairs_of_last();
    let queue = (0..count).filter(|&at| room.ranks[at] != NEVER).map(|at| entry(room.ranks[at], at));
    let mut chain = Chain {
        queue: queue.collect(),
        next: (1..=count as u32).collect(),
        before: (0..count as u32).map(|at| at.wrapping_sub(1)).collect(),
        symbols: &mut room.symbols,
        pairs: &mut room.ranks,
    };
    while let Some(Reverse(entry)) = chain.queue.pop() {
        let (rank, at) = ((entry >> 32) as u32, entry as u32 as usize);
        if chain.pairs[at] == rank {
            chain.join(at, ranks.result(rank), ranks);
        }
    }
    room.symbols.retain(|&symbol| symbol != GONE);
}

impl Room {
    /// The last symbol has no pair.
    fn pairs_of_last(&mut self) {
        self.ranks.resize(self.symbols.len(), NEVER);
    }
}

impl Chain<'_> {
    /// The symbol at `at` and the next one become `result`.
    fn join(&mut self, at: usize, result: u32, ranks: &Ranks) {
        let taken = self.next[at] as usize;
        self.symbols[at] = result;
        self.symbols[taken] = GONE;
        self.pairs[taken] = NEVER;
        self.next[at] = self.next[taken];
        if let Some(before) = self.before.get_mut(self.next[at] as usize) {
            *before = at as u32;
        }
        self.rank(at, ranks);
        if at > 0 {
            self.rank(self.before[at] as usize, ranks);
        }
    }

    /// Ranks the pair of the symbol at `at` and the next one anew.
    fn rank(&mut self, at: usize, ranks: &Ranks) {
        let next = self.symbols.get(self.next[at] as usize);
        self.pairs[at] = next.map_or(NEVER, |&next| ranks.of(self.symbols[at], next));
        if self.pairs[at] != NEVER {
            self.queue.push(entry(self.pairs[at], at));
        }
    }
}
