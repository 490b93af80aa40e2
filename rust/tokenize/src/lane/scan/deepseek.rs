//! The three patterns of `DeepSeek`, each applied to the words of the one before: `\p{N}{1,3}`, `[一-龥぀-ゟ゠-ヿ]+`, and
//! ``[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*``
//! `|\s*[\r\n]+|\s+(?!\S)|\s+`. What the last doesn't match is a word, too.
use super::text::is_line_end;
use super::{Scanner, Steps, Text};
use crate::lane::classes::{LETTER, LINE_END, MARK, NUMBER, OTHER, PUNCTUATION, SPACE, SYMBOL, Set, decode};

const WORD: Set = LETTER | MARK;
const SIGN: Set = PUNCTUATION | SYMBOL;

pub(in crate::lane) struct DeepSeek;

impl Scanner for DeepSeek {
    #[inline(always)]
    fn words(&self, text: Text, mut word: impl FnMut(usize, usize)) {
        let mut start = 0;
        while start < text.bytes.len() {
            let (class, after) = text.peek(start);
            if class & NUMBER != 0 {
                let end = text.run_of(after, NUMBER, 2);
                word(start, end);
                start = end;
                continue;
            }
            let end = stretch(text, start);
            Inner.words(Text { bytes: &text.bytes[start..end], ..text }, |from, to| {
                word(start + from, start + to);
            });
            start = end;
        }
    }
}

/// The end of the text without numbers that is Chinese or Japanese throughout, or nowhere.
#[inline]
fn stretch(text: Text, start: usize) -> usize {
    let wanted = is_cjk(text.bytes, start);
    let mut at = start;
    loop {
        let (class, next) = text.peek(at);
        if class == 0 || class & NUMBER != 0 || is_cjk(text.bytes, at) != wanted {
            return at;
        }
        at = next;
    }
}

#[inline]
fn is_cjk(bytes: &[u8], at: usize) -> bool {
    bytes[at] >= 0xe3 && matches!(decode(bytes, at).0, 0x4e00..=0x9fa5 | 0x3040..=0x30ff)
}

/// The last pattern.
struct Inner;

impl Steps for Inner {
    #[inline(always)]
    fn end(&self, text: Text, at: usize) -> usize {
        let (class, after) = text.peek(at);
        if class & WORD != 0 {
            return text.run_of_letters(after, WORD);
        }
        let byte = text.bytes[at];
        if byte.is_ascii_punctuation() && text.byte(after).is_some_and(|next| next.is_ascii_alphabetic()) {
            return text.run_of_bytes(after, |byte| byte.is_ascii_alphabetic());
        }
        if class & SIGN != 0 {
            return signs(text, after);
        }
        let (next, end) = text.peek(after);
        if class & LINE_END == 0 && next & WORD != 0 {
            return text.run_of_letters(end, WORD);
        }
        if byte == b' ' && next & SIGN != 0 {
            return signs(text, end);
        }
        if class & SPACE == 0 { unmatched(text, after) } else { text.spaces_by_lines(at) }
    }
}

#[inline]
fn signs(text: Text, at: usize) -> usize {
    text.run_of_bytes(text.run(at, SIGN), is_line_end)
}

/// Other characters go together up to one from which the pattern matches: at the latest the one before a word.
fn unmatched(text: Text, mut at: usize) -> usize {
    loop {
        let (class, next) = text.peek(at);
        if class & OTHER == 0 || text.peek(next).0 & WORD != 0 {
            return at;
        }
        at = next;
    }
}
