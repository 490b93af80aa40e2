//! The pattern of GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
use super::{Scanner, Steps, Text};
use crate::lane::classes::{LETTER, NUMBER, SPACE, Set, decode};

const PLAIN: Set = !(SPACE | LETTER | NUMBER);

pub(in crate::lane) struct Gpt2;

impl Steps for Gpt2 {
    #[inline(always)]
    fn end(&self, text: Text, at: usize) -> usize {
        let byte = text.bytes[at];
        if byte == b'\''
            && let Some(end) = text.contraction(at)
        {
            return end;
        }
        let (mut class, mut after) = text.peek(at);
        if byte == b' ' {
            let (next, end) = text.peek(after);
            if next & !SPACE != 0 {
                (class, after) = (next, end);
            }
        }
        match [LETTER, NUMBER, PLAIN].into_iter().find(|kind| class & kind != 0) {
            Some(LETTER) => text.run_of_letters(after, LETTER),
            Some(kind) => text.run(after, kind),
            None => text.spaces(at),
        }
    }
}

/// The same between numeric characters, each of which is a word.
pub(in crate::lane) struct DigitsApart;

impl Scanner for DigitsApart {
    #[inline(always)]
    fn words(&self, text: Text, mut word: impl FnMut(usize, usize)) {
        let mut start = 0;
        while start < text.bytes.len() {
            let (digit, end) = next_digit(text.bytes, start);
            Gpt2.words(Text { bytes: &text.bytes[start..digit], ..text }, |from, to| {
                word(start + from, start + to);
            });
            if digit < end {
                word(digit, end);
            }
            start = end;
        }
    }
}

/// The place of the first numeric character from `at` on, or the end.
#[inline]
fn next_digit(bytes: &[u8], mut at: usize) -> (usize, usize) {
    while let Some(&byte) = bytes.get(at) {
        let next = if byte < 0x80 { at + 1 } else { at + decode(bytes, at).1 };
        if is_numeric(bytes, at) {
            return (at, next);
        }
        at = next;
    }
    (at, at)
}

/// `tokenizers` asks the standard library here, not Oniguruma.
#[inline]
fn is_numeric(bytes: &[u8], at: usize) -> bool {
    if bytes[at] < 0x80 {
        return bytes[at].is_ascii_digit();
    }
    char::from_u32(decode(bytes, at).0).is_some_and(char::is_numeric)
}
