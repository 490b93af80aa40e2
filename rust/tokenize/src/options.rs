//! What a run may choose.
use chatloom_template::Settings;

/// How conversations become examples.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose end tokens carry loss.
    pub end_tokens: EndTokens,
    /// When a token that straddles the border of trained text carries loss.
    pub boundary: Boundary,
    /// How many tokens an example may have; `None` for any number.
    pub max_length: Option<usize>,
    /// What becomes of a longer one.
    pub overflow: Overflow,
    /// Special tokens, run variables, the clock and the limits of a render.
    pub settings: Settings,
}

/// Whose end tokens carry loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EndTokens {
    /// Those of every trained turn.
    #[default]
    Turn,
    /// That of the conversation's last trained turn.
    Last,
    /// None.
    None,
}

/// When a token that straddles the border of trained text carries loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Boundary {
    /// If any of its bytes is trained.
    #[default]
    Any,
    /// If all of its bytes are.
    All,
}

/// What becomes of an example that is longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overflow {
    /// It is an error.
    #[default]
    Error,
    /// It is left out.
    Drop,
}
