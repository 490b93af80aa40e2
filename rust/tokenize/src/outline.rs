//! Tokens, with the spans of those at which something changes.
#[cfg(test)]
mod tests;

use crate::Encoding;
use crate::control_ids::IdSet;
use crate::ranges::touches;
use std::ops::Range;

/// What is asked of a text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// Which spans.
    pub(crate) spans: Spans<'a>,
    /// What may not come from where.
    pub(crate) ban: Option<Ban<'a>>,
}

/// The tokens whose spans are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Spans<'a> {
    /// Every token's.
    #[default]
    All,
    /// That of the first token, those of added tokens, of the tokens that hold one of these bytes, which are in
    /// order, and of any others that are hard to tell from their lengths.
    At(&'a [usize]),
}

/// Tokens that may not come from some bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ban<'a> {
    pub(crate) control: &'a IdSet,
    /// Bytes, as ranges in order and apart.
    pub(crate) untrusted: &'a [Range<usize>],
}

impl Ban<'_> {
    /// Whether a token may not come from these bytes.
    pub(crate) fn refuses(&self, id: u32, bytes: &Range<usize>) -> bool {
        self.control.contains(id) && touches(bytes, self.untrusted)
    }

    /// Whether an outline surely keeps to it.
    pub(crate) fn is_kept(&self, outline: &Outline) -> bool {
        let is_refused = |known: &Known| self.refuses(outline.ids[known.token], &known.span);
        outline.tells_all(self.control) && !outline.known.iter().any(is_refused)
    }
}

/// The tokens of a text; between two of which the span is known stand those of the text between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outline {
    /// The id of each token.
    pub(crate) ids: Vec<u32>,
    /// In order, the first token among them.
    pub(crate) known: Vec<Known>,
}

/// A token of which the span is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its place among the tokens.
    pub(crate) token: usize,
    /// As [`Encoding::spans`] tells it.
    pub(crate) span: Range<usize>,
}

impl Outline {
    /// Whether the span of each of these tokens is known.
    pub(crate) fn tells_all(&self, ids: &IdSet) -> bool {
        let known = || self.known.iter().map(|known| known.token);
        let starts = [0].into_iter().chain(known().map(|token| token + 1));
        let mut between = starts.zip(known().chain([self.ids.len()]));
        between.all(|(start, end)| !ids.contains_any(self.ids.get(start..end).unwrap_or_default()))
    }

    /// Runs of tokens that hold the same asked-for bytes or none, each with a span that stands for its tokens': that of
    /// a single known token, or the first byte of those between two.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let next = self.known.iter().skip(1).map(|next| next.token).chain([self.ids.len()]);
        let runs = self.known.iter().zip(next).flat_map(|(Known { token, span }, next)| {
            [(*token..token + 1, span.clone()), (token + 1..next, span.end..span.end + 1)]
        });
        runs.filter(|(tokens, _)| !tokens.is_empty())
    }
}

impl From<Encoding> for Outline {
    fn from(Encoding { ids, spans }: Encoding) -> Self {
        let known = spans.into_iter().enumerate().map(|(token, span)| Known { token, span });
        Self { ids, known: known.collect() }
    }
}

impl From<Outline> for Encoding {
    /// Of an outline that has all spans.
    fn from(Outline { ids, known }: Outline) -> Self {
        Self { ids, spans: known.into_iter().map(|known| known.span).collect() }
    }
}
