//! The patterns of o200k and Tekken, which cut words where a lower-case letter is followed by an upper-case one:
//! `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
//! `|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
//! `|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
use super::text::is_line_end;
use super::{Steps, Text};
use crate::lane::classes::{
    LETTER, LINE_END, LOWER, MARK, MODIFIER, NUMBER, OTHER_LETTER, SPACE, Set, TITLE, UPPER,
};

const CASELESS: Set = MODIFIER | OTHER_LETTER | MARK;
const RISING: Set = UPPER | TITLE | CASELESS;
const FALLING: Set = LOWER | CASELESS;
const PLAIN: Set = !(SPACE | LETTER | NUMBER);

/// `DIGITS` is how many stand together; `CONTRACTIONS` whether they belong to the word.
pub(in crate::lane) struct Cased<const DIGITS: usize, const CONTRACTIONS: bool>;

impl<const DIGITS: usize, const CONTRACTIONS: bool> Cased<DIGITS, CONTRACTIONS> {
    /// The first two alternatives: with what stands before the letters, then without, each in this order.
    #[inline]
    fn word(text: Text, at: usize, class: Set, after: usize) -> Option<usize> {
        let prefixed =
            if class & (LINE_END | LETTER | NUMBER) == 0 { letters(text, after) } else { NO_LETTERS };
        let bare = if prefixed.falling.is_none() && class & (LETTER | MARK) != 0 {
            letters(text, at)
        } else {
            NO_LETTERS
        };
        let end = prefixed.falling.or(bare.falling).or(prefixed.rising).or(bare.rising)?;
        Some(if CONTRACTIONS { with_contraction(text, end) } else { end })
    }

    #[inline]
    fn plain(text: Text, at: usize) -> usize {
        text.run_of_bytes(text.run(at, PLAIN), |byte| is_line_end(byte) || byte == b'/')
    }
}

impl<const DIGITS: usize, const CONTRACTIONS: bool> Steps for Cased<DIGITS, CONTRACTIONS> {
    #[inline(always)]
    fn end(&self, text: Text, at: usize) -> usize {
        let (class, after) = text.peek(at);
        if let Some(end) = Self::word(text, at, class, after) {
            return end;
        }
        if class & NUMBER != 0 {
            return text.run_of(after, NUMBER, DIGITS - 1);
        }
        if text.bytes[at] == b' ' {
            let (next, end) = text.peek(after);
            if next & PLAIN != 0 {
                return Self::plain(text, end);
            }
        }
        if class & SPACE == 0 { Self::plain(text, after) } else { text.spaces_by_lines(at) }
    }
}

struct Letters {
    /// Where the word ends if it has to end with a character that can follow a lower-case letter.
    falling: Option<usize>,
    /// Where it ends if it only has to start with one that can stand before an upper-case letter.
    rising: Option<usize>,
}

const NO_LETTERS: Letters = Letters { falling: None, rising: None };

#[inline]
fn letters(text: Text, start: usize) -> Letters {
    let (mut at, mut caseless) = (start, None);
    loop {
        let (class, next) = text.peek(at);
        if class & LOWER != 0 {
            return Letters { falling: Some(text.run(next, FALLING)), rising: None };
        }
        if class & RISING == 0 {
            return Letters { falling: caseless, rising: (at > start).then_some(at) };
        }
        if class & CASELESS != 0 {
            caseless = Some(next);
        }
        at = next;
    }
}

#[inline]
fn with_contraction(text: Text, end: usize) -> usize {
    let contraction = || text.contraction_in_any_case(end);
    text.byte(end).filter(|&byte| byte == b'\'').and_then(|_| contraction()).unwrap_or(end)
}
