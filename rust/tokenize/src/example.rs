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
    /// The control tokens that came out of the row's own text, where the options ask for them.
    pub look_alikes: Vec<LookAlike>,
    /// How many of the tokens hold bytes that carry loss, and others that don't.
    pub straddling: usize,
}

/// A control token that came out of the row's own text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LookAlike {
    /// Index of the message that it, or its first byte of data, is from; none for tools, documents, variables.
    pub message: Option<u32>,
    /// The field, in the user's own names; empty unless [`Call::paths`](chatloom_template::Call::paths) is set.
    pub path: String,
    /// Its id.
    pub id: u32,
    /// Its place among the tokens.
    pub token: usize,
    /// Whether the row can't be used for it: whether [`ControlPolicy::Error`](crate::ControlPolicy::Error) holds for
    /// any of its bytes.
    pub is_error: bool,
}

/// The tokens of a traced conversation and the text each stands for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tokens {
    /// Ids and labels.
    pub example: Example,
    /// The bytes of the text that each token stands for; see [`Encoding::spans`](crate::Encoding::spans).
    pub spans: Vec<Range<usize>>,
    /// The places of the tokens that hold bytes that carry loss, and others that don't.
    pub straddling: Vec<usize>,
}
