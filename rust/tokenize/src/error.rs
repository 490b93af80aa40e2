//! What can go wrong, as facts.
use crate::Rewrite;
use std::fmt;

/// Why a `tokenizer.json` could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    field: Option<String>,
    message: String,
}

impl LoadError {
    pub(crate) fn new(field: Option<&str>, message: impl Into<String>) -> Self {
        Self { field: field.map(str::to_owned), message: message.into() }
    }

    /// The part of the file that is wrong, such as `post_processor`, where that can be told.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What is wrong with it.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "tokenizer JSON, field `{field}`: {}", self.message),
            None => write!(f, "tokenizer JSON: {}", self.message),
        }
    }
}

impl std::error::Error for LoadError {}

/// Why a text could not be encoded, or ids not be decoded. Holds nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    message: String,
}

impl EncodeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tokenizer failed: {}", self.message)
    }
}

impl std::error::Error for EncodeError {}

/// Why a conversation did not become an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It could not be rendered.
    Template(chatloom_template::Error),
    /// Its text could not be encoded.
    Encode(EncodeError),
    /// It is longer than [`Options::max_length`](crate::Options::max_length) and
    /// [`Overflow::Error`](crate::Overflow::Error) was chosen.
    TooLong {
        /// Tokens it has.
        tokens: usize,
        /// Tokens it may have.
        max_length: usize,
    },
    /// A part of it alone renders otherwise than within the whole, and
    /// [`Unstable::Error`](crate::Unstable::Error) was chosen.
    Unstable(Rewrite),
    /// A message says how much loss it carries, but not in a way that can be read.
    Share {
        /// Index of the message.
        message: usize,
        /// The key that says it.
        key: &'static str,
        /// What was expected under it.
        expected: &'static str,
    },
    /// The row's own text holds a control token, and [`ControlPolicy::Error`](crate::ControlPolicy::Error) was
    /// chosen.
    ControlToken {
        /// Index of the message; none for tools, documents and variables.
        message: Option<u32>,
        /// The field, in the user's own names.
        path: String,
        /// The token, as the vocabulary writes it.
        token: String,
    },
    /// An option names a text by a role or field that the model's templates don't know.
    UnknownText {
        /// The name.
        name: String,
    },
    /// The model has chat templates, but none of the name that this call needs.
    NoTemplate {
        /// The names there are.
        names: Vec<String>,
    },
}

impl From<chatloom_template::Error> for Error {
    fn from(error: chatloom_template::Error) -> Self {
        Self::Template(error)
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::TooLong { tokens, max_length } => {
                write!(f, "the conversation has {tokens} tokens, more than max_length={max_length}; ")?;
                f.write_str("raise max_length or choose overflow=\"drop\", \"truncate\" or \"split\"")
            }
            Self::Unstable(rewrite) => {
                write!(f, "{rewrite}; choose unstable=\"split\" for an example of each such beginning, ")?;
                f.write_str("or \"whole\" to train on the whole all the same")
            }
            Self::ControlToken { message, path, token } => {
                match message {
                    Some(message) => write!(f, "message {message}, `{path}`")?,
                    None => write!(f, "`{path}`")?,
                }
                write!(f, ": it holds the control token `{token}`; ")?;
                f.write_str("choose control_tokens=\"template\" to encode it as plain text")
            }
            Self::Share { message, key, expected } => {
                write!(f, "message {message}: `{key}` says how much loss it carries; expected {expected}")
            }
            Self::UnknownText { name } => {
                write!(
                    f,
                    "control_tokens has `{name}`, expected a role that the chat template knows (user), a "
                )?;
                f.write_str(
                    "field of one (assistant.reasoning_content), tools, documents, variables or default",
                )
            }
            Self::NoTemplate { names } if names.is_empty() => {
                f.write_str("there is no chat template; name one with chat_template")
            }
            Self::NoTemplate { names } => {
                write!(f, "there is no chat template named `default`, only `{}`; ", names.join("`, `"))?;
                f.write_str("name one with chat_template")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Template(error) => Some(error),
            Self::Encode(error) => Some(error),
            _ => None,
        }
    }
}
