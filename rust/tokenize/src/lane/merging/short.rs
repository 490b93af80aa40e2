//! Short words: all pairs are looked through for each merge.
use super::Room;
use crate::lane::ranks::{NEVER, Ranks};

pub(super) fn merge(Room { symbols, ranks: pairs }: &mut Room, ranks: &Ranks) {
    while let Some((place, rank)) = lowest(pairs) {
        symbols[place] = ranks.result(rank);
        symbols.remove(place + 1);
        pairs.remove(place);
        if place > 0 {
            pairs[place - 1] = ranks.of(symbols[place - 1], symbols[place]);
        }
        if let Some(&next) = symbols.get(place + 1) {
            pairs[place] = ranks.of(symbols[place], next);
        }
    }
}

#[inline]
fn lowest(pairs: &[u32]) -> Option<(usize, u32)> {
    let (mut lowest, mut place) = (NEVER, 0);
    for (at, &rank) in pairs.iter().enumerate() {
        if rank < lowest {
            (lowest, place) = (rank, at);
        }
    }
    (lowest != NEVER).then_some((place, lowest))
}
