//! What a run may choose.
use crate::ControlPolicies;
use chatloom_template::Settings;
use std::collections::BTreeSet;

/// How conversations become examples.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose text carries loss.
    pub labels: LabelPolicy,
    /// Whether an assistant's reasoning does.
    pub reasoning: Reasoning,
    /// What opens and closes reasoning in a text; `None` for the tags that template or vocabulary have.
    pub reasoning_tags: Option<(String, String)>,
    /// Which text of an assistant's tool calls carries loss.
    pub tool_calls: ToolCalls,
    /// Whose end tokens carry loss.
    pub end_tokens: EndTokens,
    /// When a token that straddles the border of trained text carries loss.
    pub boundary: Boundary,
    /// What becomes of control tokens in the row's own text.
    pub control_tokens: ControlPolicies,
    /// How many tokens an example may have; `None` for any number.
    pub max_length: Option<usize>,
    /// What becomes of a longer one.
    pub overflow: Overflow,
    /// What of a longer one is kept where it is truncated.
    pub keep: Keep,
    /// What becomes of conversations of which a beginning renders otherwise alone than within the whole.
    pub unstable: Unstable,
    /// What becomes of halves of characters in a row; for what reads rows to do.
    pub surrogates: Surrogates,
    /// Special tokens, run variables, the clock and the limits of a render.
    pub settings: Settings,
    /// What read the model's files; it decides nothing but the fingerprint.
    pub read_by: String,
}

/// Whose text carries loss.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum LabelPolicy {
    /// That of every assistant's turn, from the end of its header to its end token.
    #[default]
    Assistant,
    /// That of the last one.
    Last,
    /// What `{% generation %}` blocks of the template print.
    Generation,
    /// All text.
    All,
    /// The turns of messages of these roles. Of a role other than `assistant` that is what stands between the
    /// first byte of its own data and its end token.
    Roles(BTreeSet<String>),
}

/// Whether an assistant's reasoning carries loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reasoning {
    /// As all of the turn does.
    #[default]
    Trained,
    /// It carries none: neither reasoning fields, nor text between reasoning tags and the tags around it.
    LeftOut,
}

/// Which text of an assistant's tool calls carries loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ToolCalls {
    /// As all of the turn does.
    #[default]
    All,
    /// Only their arguments.
    Arguments,
    /// None of it.
    None,
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

/// What becomes of halves of characters (lone surrogates), which text in UTF-8 can't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Surrogates {
    /// They are an error.
    #[default]
    Error,
    /// U+FFFD takes their place.
    Replace,
}

/// What becomes of control tokens in a row's own text: in whatever messages, tools, documents and variables say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ControlPolicy {
    /// They are encoded as the template's own are.
    #[default]
    Allow,
    /// That text is encoded as any other text is: only the template and the run write control tokens.
    Template,
    /// As `Allow`, and told in [`Example::look_alikes`](crate::Example::look_alikes).
    Report,
    /// They are an error.
    Error,
}

/// What becomes of an example that is longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overflow {
    /// It is an error.
    #[default]
    Error,
    /// It is left out.
    Drop,
    /// It is cut, at turns where that is enough.
    Truncate,
    /// It becomes several.
    Split,
}

/// What of an example that is too long is kept beside what the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Keep {
    /// Its last turns.
    #[default]
    End,
    /// Its first turns.
    Start,
}

/// What becomes of conversations of which a beginning renders otherwise alone than within the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unstable {
    /// They are one example, as any other, and counted.
    #[default]
    Whole,
    /// They become as many examples as it takes to train each turn after the text that it renders with alone.
    Split,
    /// They are an error.
    Error,
}
