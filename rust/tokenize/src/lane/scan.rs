//! Words, as the split patterns of the families cut them: one scanner for each pattern.
//!
//! A scanner stands where a word starts and tells where it ends. It takes the alternatives of its pattern in
//! their order and thinks through what backtracking would find, so that it never goes back.
mod cased;
mod cl100k;
mod deepseek;
mod gpt2;
mod text;

#[cfg(test)]
mod tests;

pub(super) use cased::Cased;
pub(super) use cl100k::Cl100k;
pub(super) use deepseek::DeepSeek;
pub(super) use gpt2::{DigitsApart, Gpt2};
pub(super) use text::Text;

/// Cuts texts into words.
pub(super) trait Scanner {
    /// Tells the start and end of each word, in order; together they are the text.
    fn words(&self, text: Text, word: impl FnMut(usize, usize));
}

/// A scanner for which no word depends on the words before it.
trait Steps {
    /// The end of the word that starts at `at`, which is within the text.
    fn end(&self, text: Text, at: usize) -> usize;
}

impl<S: Steps> Scanner for S {
    #[inline(always)]
    fn words(&self, text: Text, mut word: impl FnMut(usize, usize)) {
        let mut at = 0;
        while at < text.bytes.len() {
            let end = self.end(text, at);
            word(at, end);
            at = end;
        }
    }
}
