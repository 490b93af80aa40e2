//! What a thread remembers of the words that it met.
use super::alphabet::Alphabet;
use super::cache::{Cache, Key, key, unpack};
use super::merging::Room;
use super::tokens::Tokens;

/// Caches, which grow up to 10 MiB, and room to work in.
#[derive(Debug)]
pub(super) struct Memory {
    short: Cache<1>,
    long: Cache<2>,
    room: Room,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { short: Cache::new(1 << 17), long: Cache::new(1 << 14), room: Room::default() }
    }

    /// Writes out the tokens of a word: the bytes from `start` to `end`, at least one.
    #[inline(always)]
    pub(super) fn word(
        &mut self,
        tokens: &Tokens<impl Alphabet>,
        bytes: &[u8],
        start: usize,
        end: usize,
        ids: &mut Vec<u32>,
    ) {
        let Self { short, long, room } = self;
        match end - start {
            1..=Cache::<1>::LONGEST => {
                cached(short, key(bytes, start, end), &bytes[start..end], tokens, room, ids);
            }
            ..=Cache::<2>::LONGEST => {
                cached(long, key(bytes, start, end), &bytes[start..end], tokens, room, ids);
            }
            _ => ids.extend_from_slice(tokens.of(&bytes[start..end], room)),
        }
    }
}

#[inline(always)]
fn cached<const N: usize>(
    cache: &mut Cache<N>,
    key: Key<N>,
    word: &[u8],
    tokens: &Tokens<impl Alphabet>,
    room: &mut Room,
    ids: &mut Vec<u32>,
) {
    match cache.get(key) {
        Some(value) => unpack(value, ids),
        None => meet(cache, key, word, tokens, room, ids),
    }
}

#[cold]
fn meet<const N: usize>(
    cache: &mut Cache<N>,
    key: Key<N>,
    word: &[u8],
    tokens: &Tokens<impl Alphabet>,
    room: &mut Room,
    ids: &mut Vec<u32>,
) {
    let tokens = tokens.of(word, room);
    cache.put(key, tokens);
    ids.extend_from_slice(tokens);
}
