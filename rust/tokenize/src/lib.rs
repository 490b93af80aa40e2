//! Rendered conversations to token ids and labels.
//!
//! A [`Formatter`] holds a model's chat templates, its [`Vocabulary`] and the [`Options`] of a run. It renders
//! a conversation, decides from the origin of each byte which text the model has to learn, encodes the whole
//! text once and carries that decision over to the tokens.
mod error;
mod example;
mod fingerprint;
mod formatter;
mod labels;
mod load;
mod options;
mod panics;
mod project;
mod report;
mod spans;
mod templates;
mod vocabulary;

pub use error::{EncodeError, Error, LoadError};
pub use example::{Example, NO_LOSS, Outcome, Tokens};
pub use formatter::Formatter;
pub use options::{Boundary, EndTokens, Options, Overflow};
pub use report::{EndKind, Facts, HeaderKind, Trace, TurnReport};
pub use templates::Templates;
pub use vocabulary::{AddedToken, Encoding, TOKENIZERS_VERSION, Vocabulary};
