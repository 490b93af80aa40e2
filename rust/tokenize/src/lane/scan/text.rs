//! A text as the scanners read it.
use crate::lane::classes::{Classes, LINE_END, SPACE, Set, decode};

/// UTF-8, and the classes of its characters.
#[derive(Clone, Copy)]
pub(in crate::lane) struct Text<'a> {
    pub(in crate::lane) bytes: &'a [u8],
    pub(in crate::lane) classes: &'a Classes,
}

impl Text<'_> {
    /// The kind of the character at `at` and where it ends; no kind at the end of the text.
    #[inline(always)]
    pub(super) fn peek(self, at: usize) -> (Set, usize) {
        match self.bytes.get(at) {
            Some(&byte) if byte < 0x80 => (self.classes.ascii(byte), at + 1),
            Some(_) => self.peek_beyond_ascii(at),
            None => (0, at),
        }
    }

    #[inline(never)]
    fn peek_beyond_ascii(self, at: usize) -> (Set, usize) {
        let (code, length) = decode(self.bytes, at);
        (self.classes.of(code), at + length)
    }

    #[inline]
    pub(super) fn byte(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Where the characters of a kind end that start at `at`.
    #[inline]
    pub(super) fn run(self, mut at: usize, set: Set) -> usize {
        loop {
            let (class, next) = self.peek(at);
            if class & set == 0 {
                return at;
            }
            at = next;
        }
    }

    /// The same for a kind that has all letters and nothing else of ASCII, eight bytes at a time.
    #[inline]
    pub(super) fn run_of_letters(self, mut at: usize, set: Set) -> usize {
        while let Some(Ok(eight)) = self.bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
            match leading_letters(eight) {
                8 => at += 8,
                count => {
                    at += count;
                    break;
                }
            }
        }
        self.run(at, set)
    }

    /// The same, for no more than `most` characters.
    #[inline]
    pub(super) fn run_of(self, mut at: usize, set: Set, most: usize) -> usize {
        for _ in 0..most {
            let (class, next) = self.peek(at);
            if class & set == 0 {
                return at;
            }
            at = next;
        }
        at
    }

    /// `[\r\n]*`, with other bytes allowed beside them.
    #[inline]
    pub(super) fn run_of_bytes(self, mut at: usize, wanted: impl Fn(u8) -> bool) -> usize {
        while self.byte(at).is_some_and(&wanted) {
            at += 1;
        }
        at
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`, at a space.
    #[inline]
    pub(super) fn spaces_by_lines(self, at: usize) -> usize {
        let (mut end, mut last, mut after_line) = (at, at, None);
        loop {
            let (class, next) = self.peek(end);
            if class & SPACE == 0 {
                break;
            }
            if class & LINE_END != 0 {
                after_line = Some(next);
            }
            (last, end) = (end, next);
        }
        after_line.unwrap_or_else(|| self.but_last(at, last, end))
    }

    /// `\s+(?!\S)|\s+`, at a space.
    #[inline]
    pub(super) fn spaces(self, at: usize) -> usize {
        let (mut end, mut last) = (at, at);
        loop {
            let (class, next) = self.peek(end);
            if class & SPACE == 0 {
                return self.but_last(at, last, end);
            }
            (last, end) = (end, next);
        }
    }

    /// A run of spaces leaves its last one to the word that follows, unless it is all there is.
    fn but_last(self, start: usize, last: usize, end: usize) -> usize {
        if end == self.bytes.len() || last == start { end } else { last }
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`, at an apostrophe.
    pub(super) fn contraction(self, at: usize) -> Option<usize> {
        match self.bytes[at + 1..] {
            [b's' | b't' | b'm' | b'd', ..] => Some(at + 2),
            [b'r' | b'v', b'e', ..] | [b'l', b'l', ..] => Some(at + 3),
            _ => None,
        }
    }

    /// The same in any case; Oniguruma takes the long s for an s.
    pub(super) fn contraction_in_any_case(self, at: usize) -> Option<usize> {
        match self.bytes[at + 1..] {
            [b's' | b't' | b'm' | b'd' | b'S' | b'T' | b'M' | b'D', ..] => Some(at + 2),
            [b'r' | b'v' | b'R' | b'V', b'e' | b'E', ..]
            | [b'l' | b'L', b'l' | b'L', ..]
            | [0xc5, 0xbf, ..] => Some(at + 3),
            _ => None,
        }
    }
}

/// How many ASCII letters come first.
#[inline]
fn leading_letters(eight: [u8; 8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let bytes = u64::from_le_bytes(eight);
    let lower = (bytes | ONES << 5) & !HIGH;
    // Adding carries into the high bit of each byte from `a` on, and from what follows `z` on.
    let (from_a, beyond_z) = (lower + ONES * (0x80 - 0x61), lower + ONES * (0x80 - 0x7b));
    let letters = from_a & !beyond_z & !bytes & HIGH;
    (letters ^ HIGH).trailing_zeros() as usize / 8
}

pub(super) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::leading_letters;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_a_letter_or_none() {
        for byte in 0..=255_u8 {
            let count = if byte.is_ascii_alphabetic() { 8 } else { 0 };
            assert_eq!(leading_letters([byte; 8]), count, "{byte}");
        }
    }

    proptest! {
        #[test]
        fn letters_are_counted(eight in prop::array::uniform8(prop::sample::select(b"azAZ@[`{\0\xe1\xc1".to_vec()))) {
            let count = eight.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            prop_assert_eq!(leading_letters(eight), count);
        }
    }
}
