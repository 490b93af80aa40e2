//! Words met before and their tokens.
//!
//! Each thread has its own caches, which grow up to a fixed size: two words share a line of memory, and a new one
//! takes the place of the older.

#![allow(clippy::cast_possible_truncation, reason = "parts are taken out of packed numbers")]

/// Words of up to `16 * N - 1` bytes and `5 * N` tokens.
#[derive(Debug)]
pub(super) struct Cache<const N: usize> {
    lines: Box<[Line<N>]>,
    /// How many words may still be put in before it grows.
    room: usize,
    most: usize,
}

/// A word's bytes, its length in the last one.
pub(super) type Key<const N: usize> = [u128; N];

/// The tokens of a word: five to a number, 24 bits each, above their count in the low byte of the first one.
pub(super) type Value<const N: usize> = [u128; N];

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line<const N: usize>([Entry<N>; 2]);

#[derive(Debug, Clone, Copy)]
struct Entry<const N: usize> {
    key: Key<N>,
    value: Value<N>,
}

/// Ids must be below this to be cached.
pub(super) const LIMIT: u32 = 1 << 24;
const EACH: usize = 5;
const FIRST_LINES: usize = 1 << 9;

impl<const N: usize> Cache<N> {
    pub(super) const LONGEST: usize = 16 * N - 1;

    /// An empty one that grows up to so many lines of `64 * N` bytes, a power of two.
    pub(super) fn new(most: usize) -> Self {
        Self::of_lines(most.min(FIRST_LINES), most)
    }

    fn of_lines(count: usize, most: usize) -> Self {
        let empty = Line([Entry { key: [0; N], value: [0; N] }; 2]);
        Self { lines: vec![empty; count].into(), room: count, most }
    }

    #[inline]
    pub(super) fn get(&self, key: Key<N>) -> Option<Value<N>> {
        let Line([new, old]) = &self.lines[self.line(key)];
        if new.key == key {
            Some(new.value)
        } else if old.key == key {
            Some(old.value)
        } else {
            None
        }
    }

    pub(super) fn put(&mut self, key: Key<N>, tokens: &[u32]) {
        let Some(value) = pack(tokens) else { return };
        if self.room == 0 && self.lines.len() < self.most {
            self.grow();
        }
        self.room = self.room.saturating_sub(1);
        self.enter(Entry { key, value });
    }

    fn enter(&mut self, entry: Entry<N>) {
        let line = self.line(entry.key);
        let Line([new, old]) = &mut self.lines[line];
        *old = *new;
        *new = entry;
    }

    fn grow(&mut self) {
        let wider = Self::of_lines((self.lines.len() * 4).min(self.most), self.most);
        let lines = std::mem::replace(self, wider).lines;
        for entry in lines.iter().flat_map(|Line([new, old])| [old, new]).filter(|entry| entry.key != [0; N])
        {
            self.enter(*entry);
        }
    }

    #[inline]
    fn line(&self, key: Key<N>) -> usize {
        (hash(key) >> 20) as usize & (self.lines.len() - 1)
    }
}

/// The key of the bytes from `start` to `end`: at least one, and no more than [`Cache::LONGEST`].
#[inline]
pub(super) fn key<const N: usize>(bytes: &[u8], start: usize, end: usize) -> Key<N> {
    let mut left = end - start;
    let mut key = [0; N];
    for (part, at) in key.iter_mut().zip((start..).step_by(16)) {
        *part = first(bytes, at, left.min(16));
        left = left.saturating_sub(16);
    }
    key[N - 1] |= ((end - start) as u128) << 120;
    key
}

#[inline]
fn first(bytes: &[u8], at: usize, count: usize) -> u128 {
    if count == 0 {
        return 0;
    }
    let number = match bytes.get(at..at + 16).and_then(|word| word.try_into().ok()) {
        Some(word) => u128::from_le_bytes(word),
        None => bytes[at..].iter().rev().fold(0, |number, &byte| number << 8 | u128::from(byte)),
    };
    number & (u128::MAX >> (128 - 8 * count))
}

#[inline]
pub(super) fn hash<const N: usize>(key: Key<N>) -> u64 {
    key.iter().fold(0, |hash, part| {
        let low = (*part as u64) ^ 0x9e37_79b9_7f4a_7c15 ^ hash;
        let high = (*part >> 64) as u64 ^ 0xa24b_aed4_963e_e407;
        let product = u128::from(low) * u128::from(high);
        (product as u64) ^ (product >> 64) as u64
    })
}

fn pack<const N: usize>(tokens: &[u32]) -> Option<Value<N>> {
    if tokens.len() > N * EACH {
        return None;
    }
    let mut value = [0; N];
    for (part, tokens) in value.iter_mut().zip(tokens.chunks(EACH)) {
        *part = tokens.iter().rev().fold(0, |part, &id| part << 24 | u128::from(id)) << 8;
    }
    value[0] |= tokens.len() as u128;
    Some(value)
}

/// Writes out the tokens of a word.
#[inline]
pub(super) fn unpack<const N: usize>(value: Value<N>, ids: &mut Vec<u32>) {
    let mut count = (value[0] & 0xff) as usize;
    if count == 1 {
        ids.push((value[0] >> 8) as u32 & (LIMIT - 1));
        return;
    }
    for part in value {
        let mut part = part >> 8;
        for _ in 0..count.min(EACH) {
            ids.push(part as u32 & (LIMIT - 1));
            part >>= 24;
        }
        count = count.saturating_sub(EACH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn remembers<const N: usize>(
        words: &HashMap<Vec<u8>, Vec<u32>>,
        most: usize,
    ) -> Result<(), TestCaseError> {
        let mut cache = Cache::<N>::new(most);
        for (word, tokens) in words {
            let mut around = word.clone();
            around.extend([7; 20]);
            let key = key(word, 0, word.len());
            prop_assert_eq!(key, super::key(&around, 0, word.len()));
            cache.put(key, tokens);
            let mut found = Vec::new();
            if let Some(value) = cache.get(key) {
                unpack(value, &mut found);
                prop_assert_eq!(&found, tokens);
            } else {
                prop_assert!(tokens.len() > N * EACH);
            }
        }
        Ok(())
    }

    fn words(longest: usize) -> impl Strategy<Value = HashMap<Vec<u8>, Vec<u32>>> {
        let word = prop::collection::vec(prop::sample::select(vec![0, 1, 255]), 1..=longest);
        prop::collection::hash_map(word, prop::collection::vec(0..LIMIT, 1..12), 0..40)
    }

    proptest! {
        #[test]
        fn what_is_put_is_found(short in words(15), long in words(31)) {
            remembers::<1>(&short, 4)?;
            remembers::<2>(&long, 4)?;
        }

        #[test]
        fn growing_forgets_no_word_that_has_its_place(words in words(15)) {
            let mut cache = Cache::<1>::of_lines(1 << 7, 1 << 9);
            words.iter().for_each(|(word, tokens)| cache.put(key(word, 0, word.len()), tokens));
            let found = |cache: &Cache<1>| words.keys().filter(|word| cache.get(key(word, 0, word.len())).is_some()).count();
            let before = found(&cache);
            cache.grow();
            prop_assert!(cache.lines.len() == 1 << 9 && found(&cache) == before);
        }

        #[test]
        fn words_are_told_apart(one in prop::collection::vec(0..2u8, 1..31), other in prop::collection::vec(0..2u8, 1..31)) {
            prop_assert_eq!(key::<2>(&one, 0, one.len()) == key::<2>(&other, 0, other.len()), one == other);
        }
    }
}
