//! Long words: a heap of pairs over a linked list of symbols, so that time grows hardly faster than length.
use super::Room;
use crate::lane::ranks::{NEVER, Ranks};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const GONE: u32 = u32::MAX;

struct Chain<'a> {
    symbols: &'a mut Vec<u32>,
    /// The rank of each symbol with the next one; a heap entry of another rank is outdated.
    pairs: &'a mut Vec<u32>,
    next: Vec<usize>,
    before: Vec<usize>,
    queue: BinaryHeap<Reverse<(u32, usize)>>,
}

pub(super) fn merge(room: &mut Room, ranks: &Ranks) {
    let count = room.symbols.len();
    room.pairs_of_last();
    let queue = (0..count).filter(|&at| room.ranks[at] != NEVER).map(|at| Reverse((room.ranks[at], at)));
    let mut chain = Chain {
        queue: queue.collect(),
        next: (1..=count).collect(),
        before: (0..count).map(|at| at.wrapping_sub(1)).collect(),
        symbols: &mut room.symbols,
        pairs: &mut room.ranks,
    };
    while let Some(Reverse((rank, at))) = chain.queue.pop() {
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
        let taken = self.next[at];
        self.symbols[at] = result;
        self.symbols[taken] = GONE;
        self.pairs[taken] = NEVER;
        self.next[at] = self.next[taken];
        if let Some(before) = self.before.get_mut(self.next[at]) {
            *before = at;
        }
        self.rank(at, ranks);
        if at > 0 {
            self.rank(self.before[at], ranks);
        }
    }

    /// Ranks the pair of the symbol at `at` and the next one anew.
    fn rank(&mut self, at: usize, ranks: &Ranks) {
        let next = self.symbols.get(self.next[at]);
        self.pairs[at] = next.map_or(NEVER, |&next| ranks.of(self.symbols[at], next));
        if self.pairs[at] != NEVER {
            self.queue.push(Reverse((self.pairs[at], at)));
        }
    }
}
