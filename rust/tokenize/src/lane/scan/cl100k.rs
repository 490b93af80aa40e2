//! The pattern of cl100k, Llama 3 and Qwen:
//! `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
use super::text::is_line_end;
use super::{Steps, Text};
use crate::lane::classes::{LETTER, LINE_END, MARK, NUMBER, SPACE, Set};

/// `DIGITS` is how many stand together; `MARKS` whether marks are taken for letters, as Qwen 3.5
/// does; `ANY_CASE` whether contractions are known in capitals.
pub(in crate::lane) struct Cl100k<const DIGITS: usize, const MARKS: bool, const ANY_CASE: bool>;

impl<const DIGITS: usize, const MARKS: bool, const ANY_CASE: bool> Cl100k<DIGITS, MARKS, ANY_CASE> {
    const WORD: Set = if MARKS { LETTER | MARK } else { LETTER };
    const PLAIN: Set = !(SPACE | Self::WORD | NUMBER);

    #[inline]
    fn contraction(text: Text, at: usize) -> Option<usize> {
        if ANY_CASE { text.contraction_in_any_case(at) } else { text.contraction(at) }
    }

    #[inline]
    fn plain(text: Text, at: usize) -> usize {
        text.run_of_bytes(text.run(at, Self::PLAIN), is_line_end)
    }
}

impl<const DIGITS: usize, const MARKS: bool, const ANY_CASE: bool> Steps for Cl100k<DIGITS, MARKS, ANY_CASE> {
    #[inline(always)]
    fn end(&self, text: Text, at: usize) -> usize {
        let (class, after) = text.peek(at);
        if class & Self::WORD != 0 {
            return text.run_of_letters(after, Self::WORD);
        }
        if class & NUMBER != 0 {
            return text.run_of(after, NUMBER, DIGITS - 1);
        }
        let byte = text.bytes[at];
        if byte == b'\''
            && let Some(end) = Self::contraction(text, at)
        {
            return end;
        }
        if class & LINE_END == 0 {
            let (next, end) = text.peek(after);
            if next & Self::WORD != 0 {
                return text.run_of_letters(end, Self::WORD);
            }
            if byte == b' ' && next & Self::PLAIN != 0 {
                return Self::plain(text, end);
            }
        }
        if class & SPACE == 0 { Self::plain(text, after) } else { text.spaces_by_lines(at) }
    }
}
