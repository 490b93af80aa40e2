//! What encoding a conversation gives.
use crate::{Example, Rewrite};

/// What encoding a conversation gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Its examples, in the order of what they train: one, but where the options give several or leave it out.
    pub examples: Vec<Example>,
    /// How it fits into the length that the options allow; of several renders the worst.
    pub fit: Fit,
    /// Tokens it had, of several renders the most.
    pub tokens: usize,
    /// Tokens that carried loss and were cut away or left out, or came to stand behind such.
    pub lost: usize,
    /// Where a part of it alone renders otherwise than within the whole, as far as that was looked for; of several
    /// places the first.
    pub rewrite: Option<Rewrite>,
    /// Whether not all of its parts were compared with the whole, since that would have taken longer than rendering
    /// the whole.
    pub unchecked: bool,
}

/// How a conversation fits into the length that the options allow, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Fit {
    /// All of it.
    #[default]
    Whole,
    /// In several examples, which share out all that carries loss.
    Split,
    /// With something cut away.
    Truncated,
    /// Not at all: nothing that carries loss would be left.
    Emptied,
    /// Not at all, and the options say to leave such out.
    Dropped,
}

impl Outcome {
    /// All of a conversation as one example.
    pub fn whole(example: Example) -> Self {
        Self { tokens: example.input_ids.len(), examples: vec![example], ..Self::default() }
    }

    /// Nothing of a conversation of so many tokens, of which some carried loss, because it was too long.
    pub fn dropped(tokens: usize, lost: usize) -> Self {
        Self { fit: Fit::Dropped, tokens, lost, ..Self::default() }
    }

    /// What several renders of a conversation gave.
    pub(crate) fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.examples.extend(part.examples);
            all.fit = all.fit.max(part.fit);
            all.tokens = all.tokens.max(part.tokens);
            all.lost += part.lost;
            all
        })
    }
}
