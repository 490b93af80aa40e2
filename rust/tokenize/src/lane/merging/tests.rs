//! Both ways of merging against the definition.
use super::{Room, long, short};
use crate::lane::ranks::{Merge, NEVER, Ranks};
use proptest::prelude::*;

fn naive(mut symbols: Vec<u32>, merges: &[Merge]) -> Vec<u32> {
    let rank = |pair: &[u32]| merges.iter().rposition(|merge| [merge.left, merge.right] == *pair);
    loop {
        let ranked = symbols.windows(2).enumerate().filter_map(|(at, pair)| Some((rank(pair)?, at)));
        let Some((rank, at)) = ranked.min() else { return symbols };
        symbols.splice(at..at + 2, [merges[rank].result]);
    }
}

fn merged(symbols: &[u32], ranks: &Ranks, merge: impl Fn(&mut Room, &Ranks)) -> Vec<u32> {
    let pairs = symbols.windows(2).map(|pair| ranks.of(pair[0], pair[1])).collect();
    let mut room = Room { symbols: symbols.to_vec(), ranks: pairs };
    merge(&mut room, ranks);
    room.symbols
}

/// Merges of four letters: each joins two of the tokens before it to a new one.
fn merges() -> impl Strategy<Value = Vec<Merge>> {
    prop::collection::vec((any::<u32>(), any::<u32>()), 0..30).prop_map(|seeds| {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (count, (left, right)) in (4..).zip(seeds) {
            pairs.push((left % count, right % count));
        }
        let result = |(place, (left, right))| Merge { left, right, result: place };
        (4..).zip(pairs).map(result).collect()
    })
}

proptest! {
    #[test]
    fn short_and_long_words_are_merged_as_defined(
        merges in merges(),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8),
        symbols in prop::collection::vec(0..4u32, 0..60),
    ) {
        let mut merges = merges;
        let count = merges.len();
        for (one, other) in swaps.iter().filter(|_| count > 0) {
            merges.swap(one.index(count), other.index(count));
        }
        // Of merges with the same pair `tokenizers` keeps the last.
        let ranks = Ranks::new(&merges);
        let expected = naive(symbols.clone(), &merges);
        prop_assert_eq!(&merged(&symbols, &ranks, short::merge), &expected);
        prop_assert_eq!(&merged(&symbols, &ranks, long::merge), &expected);
    }

    #[test]
    fn ranks_are_those_of_the_list(merges in merges()) {
        let ranks = Ranks::new(&merges);
        for left in 0..34 {
            for right in 0..34 {
                let rank = merges.iter().rposition(|merge| (merge.left, merge.right) == (left, right));
                prop_assert_eq!(ranks.of(left, right), rank.map_or(NEVER, |rank| u32::try_from(rank).unwrap_or(NEVER)));
            }
        }
    }
}
