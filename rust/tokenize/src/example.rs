//! What a conversation becomes.
use std::ops::Range;

/// The label of a token that carries no loss.
pub const NO_LOSS: i32 = -100;

/// A tokenized conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Example {
    /// The id of each token.
    pub input_ids: Vec<i32>,
    /// The same id where the token carries loss, else [`NO_LOSS`]; as long as `input_ids`.
    pub labels: Vec<i32>,
    /// How much each token's loss counts, 0 where it carries none; `None` where every loss counts 1.
    pub weights: Option<Vec<f32>>,
}

/// What encoding a conversation gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An example.
    Example(Example),
    /// Nothing: it was longer than the options allow, and they say to leave such out.
    Dropped {
        /// Tokens it had.
        tokens: usize,
    },
}

/// The tokens of a traced conversation and the text each stands for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tokens {
    /// Ids and labels.
    pub example: Example,
    /// The bytes of the text that each token stands for; see [`Encoding::spans`](crate::Encoding::spans).
    pub spans: Vec<Range<usize>>,
}
