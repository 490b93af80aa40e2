//! Spans between characters.

/// The start of the character that `at` is in.
#[inline]
pub(super) fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The end of the character whose bytes end at `at` or later.
#[inline]
pub(super) fn ceiling(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
