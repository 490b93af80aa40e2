//! Words that are tokens as a whole.
use super::cache::{Cache, Key, hash, key};
use ahash::AHashMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// The tokens by their bytes, each with whether merging its bytes gives that token alone. That is found out when it is
/// first asked for.
#[derive(Debug)]
pub(super) struct Whole {
    /// Open-addressed, at most two thirds full; an empty slot has the key 0.
    short: Vec<(Key<1>, Token)>,
    long: AHashMap<Box<[u8]>, Token>,
}

/// An id, and a bit that is set once the token is known to be whole.
#[derive(Debug, Default)]
pub(super) struct Token(AtomicU32);

const SURE: u32 = 1 << 31;

impl Token {
    /// `id` is below [`SURE`].
    fn new(id: u32, is_sure: bool) -> Self {
        Self(AtomicU32::new(if is_sure { id | SURE } else { id }))
    }

    /// Its id, if the word is known to become this token.
    pub(super) fn sure(&self) -> Option<u32> {
        let id = self.0.load(Ordering::Relaxed);
        (id & SURE != 0).then_some(id & !SURE)
    }

    /// Tells what the word became.
    pub(super) fn settle(&self, tokens: &[u32]) {
        let id = self.0.load(Ordering::Relaxed);
        if *tokens == [id] {
            self.0.store(id | SURE, Ordering::Relaxed);
        }
    }
}

impl Whole {
    /// Of tokens with the same bytes the last is kept.
    pub(super) fn new(tokens: Vec<(Box<[u8]>, u32)>, is_sure: bool) -> Self {
        let (short, long): (Vec<_>, Vec<_>) =
            tokens.into_iter().partition(|(word, _)| word.len() <= Cache::<1>::LONGEST);
        let slots = (short.len() * 3 / 2 + 1).next_power_of_two();
        let mut whole = Self {
            short: std::iter::repeat_with(Default::default).take(slots).collect(),
            long: long.into_iter().map(|(word, id)| (word, Token::new(id, is_sure))).collect(),
        };
        for (word, id) in short.into_iter().filter(|(word, _)| !word.is_empty()) {
            let key = key(&word, 0, word.len());
            let slot = whole.slot(key);
            whole.short[slot] = (key, Token::new(id, is_sure));
        }
        whole
    }

    /// The token that a word which isn't empty may become.
    pub(super) fn get(&self, word: &[u8]) -> Option<&Token> {
        if word.len() > Cache::<1>::LONGEST {
            return self.long.get(word);
        }
        let key = key(word, 0, word.len());
        let (found, token) = &self.short[self.slot(key)];
        (*found == key).then_some(token)
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
