//! The spans of tokens, noted on the way where they are wanted.
use super::alphabet::Alphabet;
use super::spans::{ceiling, floor};
use super::tokens::Tokens;
use crate::outline::{Known, Spans};
use std::ops::Range;

/// The spans noted so far, and what is wanted next.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    pub(super) known: Vec<Known>,
    /// Where in the source the text begins whose words are told.
    pub(super) base: usize,
    /// Words that end after this byte are wanted.
    next: usize,
    borders: Option<&'a [usize]>,
}

impl<'a> Notes<'a> {
    /// The first word is always wanted.
    pub(super) fn new(spans: Spans<'a>) -> Self {
        let borders = match spans {
            Spans::All => None,
            Spans::At(borders) => Some(borders),
        };
        Self { known: Vec::new(), base: 0, next: 0, borders }
    }

    /// Whether the word that ends there is wanted.
    #[inline]
    pub(super) fn wants(&self, end: usize) -> bool {
        self.base + end > self.next
    }

    /// Wants the next word, whatever stands before it.
    pub(super) fn want_next(&mut self) {
        self.next = 0;
    }

    /// Notes the tokens of a word, of which `first` is the first.
    #[cold]
    pub(super) fn word(
        &mut self,
        tokens: &Tokens<impl Alphabet>,
        text: &str,
        word: Range<usize>,
        ids: &[u32],
        first: usize,
    ) {
        let mut at = word.start;
        for (token, &id) in (first..).zip(ids) {
            let end = at + tokens.length(id);
            let span = self.base + floor(text, at)..self.base + ceiling(text, end);
            self.known.push(Known { token, span });
            at = end;
        }
        self.pass(self.base + word.end);
    }

    /// Notes an added token.
    pub(super) fn token(&mut self, token: usize, span: Range<usize>) {
        let end = span.end;
        self.known.push(Known { token, span });
        self.pass(end);
    }

    /// Goes on behind a byte of the source.
    pub(super) fn pass(&mut self, end: usize) {
        if let Some(borders) = &mut self.borders {
            let passed = borders.iter().take_while(|&&border| border < end).count();
            *borders = &borders[passed..];
            self.next = borders.first().copied().unwrap_or(usize::MAX);
        }
    }
}
