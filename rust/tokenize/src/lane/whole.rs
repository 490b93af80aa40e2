//! Words that are tokens as a whole.
use super::cache::{Cache, Key, hash, key};
use std::collections::HashMap;

/// From a word's bytes to the id of the one token that it becomes.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// Open-addressed, at most half full; an empty slot has the key 0.
    short: Vec<(Key<1>, u32)>,
    long: HashMap<Box<[u8]>, u32>,
}

impl Whole {
    pub(super) fn new<'a>(tokens: impl IntoIterator<Item = (&'a [u8], u32)>) -> Self {
        let (short, long): (Vec<_>, Vec<_>) =
            tokens.into_iter().partition(|(word, _)| word.len() <= Cache::<1>::LONGEST);
        let mut whole = Self {
            short: vec![([0], 0); (short.len() * 2).next_power_of_two()],
            long: long.into_iter().map(|(word, id)| (word.into(), id)).collect(),
        };
        for (word, id) in short.into_iter().filter(|(word, _)| !word.is_empty()) {
            let key = key(word, 0, word.len());
            let slot = whole.slot(key);
            whole.short[slot] = (key, id);
        }
        whole
    }

    /// The id of a word that is not empty.
    pub(super) fn get(&self, word: &[u8]) -> Option<u32> {
        if word.len() > Cache::<1>::LONGEST {
            return self.long.get(word).copied();
        }
        let key = key(word, 0, word.len());
        let (found, id) = self.short[self.slot(key)];
        (found == key).then_some(id)
    }

    fn slot(&self, key: Key<1>) -> usize {
        let mask = self.short.len() - 1;
        let mut slot = usize::try_from(hash(key) >> 1).unwrap_or(0) & mask;
        while self.short[slot].0 != [0] && self.short[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        slot
    }
}
