//! What can go wrong, as facts; drawing them is the caller's.
use std::fmt;

/// Why a template could not be compiled or a conversation not be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Facts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    class: Class,
    kind: &'static str,
    message: String,
    position: Option<Position>,
    hint: Option<String>,
}

/// Where in a template, both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Line of the template.
    pub line: u32,
    /// Character in that line.
    pub column: u32,
}

/// The classes a caller may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The template is no valid Jinja.
    Syntax,
    /// Valid Jinja that this engine refuses to guess at.
    Unsupported,
    /// The render failed as it fails in the reference.
    Render,
    /// The template called `raise_exception`.
    Raised,
    /// The render used more than its limits allow.
    Budget,
    /// This call can't be reproduced exactly.
    Input,
}

impl Error {
    /// An error of `class`; `kind` names the exception that the reference raises.
    pub fn new(class: Class, kind: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Facts { class, kind, message: message.into(), position: None, hint: None }))
    }

    /// The same error at a place in the template, unless it has one already.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.0.position.get_or_insert(position);
        self
    }

    /// The same error with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Its class.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// The name of the exception that the reference raises, such as `TypeError`.
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// What happened, without the place; for [`Class::Raised`] exactly what the template said.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where in the template, if it is known.
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// What to do about it, if there is advice.
    pub fn advice(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message)?;
        if let Some(Position { line, column }) = self.0.position {
            write!(f, " (template line {line}, column {column})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
