//! How rows are to be read: what the user chose, and what is recognized by itself.
use crate::row::{Row, RowShapeError};
use crate::shape::{Format, Shape, recognize};
use crate::{adapter, json, surrogates};
use chatloom_template::{Conversation, Data, Template};
use json::JsonError;
use std::borrow::Cow;
use std::fmt;

/// Our names of keys that a row may have under another name.
const NAMES: &[&str] = &[
    "answer",
    "assistant",
    "chat_template_kwargs",
    "completion",
    "content",
    "context",
    "conversations",
    "data",
    "documents",
    "input",
    "instruction",
    "messages",
    "output",
    "prompt",
    "role",
    "system",
    "tools",
    "user",
];

/// What the user says of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    format: Option<Format>,
    map: Vec<(String, String)>,
    input_apart: bool,
    replaces_surrogates: bool,
}

/// Why rows can't be read so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadingError {
    /// There is no format of that name.
    Format(String),
    /// There is no key of that name to be found elsewhere.
    Name(String),
    /// A key was said to be found in two places.
    Twice(String),
}

impl Reading {
    /// Rows of the format of that name, or of whichever shape they have. `map` pairs our name of a key with the
    /// row's own, such as `("role", "from")`.
    ///
    /// # Errors
    /// A name that is not known, or one that is there twice.
    ///
    /// # Example: columns of other names
    /// ```
    /// use chatloom_dataset::{Reading, json};
    /// let map = [("user", "question"), ("assistant", "reply")];
    /// let reading = Reading::new(None, map)?;
    /// let conversation = reading.conversation(json::parse(br#"{"question": "2 + 2?", "reply": "4"}"#)?)?;
    /// assert_eq!(conversation.messages.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new<K: Into<String>, V: Into<String>>(
        format: Option<&str>,
        map: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ReadingError> {
        let named = |name: &str| Format::named(name).ok_or_else(|| ReadingError::Format(name.to_owned()));
        let mut reading = Self { format: format.map(named).transpose()?, ..Self::default() };
        for (ours, theirs) in map {
            let ours = ours.into();
            if !NAMES.contains(&ours.as_str()) {
                return Err(ReadingError::Name(ours));
            }
            if reading.is_mapped(&ours) {
                return Err(ReadingError::Twice(ours));
            }
            reading.map.push((ours, theirs.into()));
        }
        Ok(reading)
    }

    /// The same for conversations that this template shall render: where it prints `message.input`, the input
    /// of an instruction is not joined to it, but stays under that name.
    #[must_use]
    pub fn for_template(self, template: Option<&Template>) -> Self {
        let input_apart = template.is_some_and(|template| template.source().contains("message.input"));
        Self { input_apart, ..self }
    }

    /// The same, where `replaces` is true with U+FFFD for each escape for half a character (a lone surrogate) in JSON
    /// text; by default they are errors.
    #[must_use]
    pub fn replacing_surrogates(self, replaces: bool) -> Self {
        Self { replaces_surrogates: replaces, ..self }
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// As [`json::parse`].
    pub fn parse(&self, text: &[u8]) -> Result<Data, JsonError> {
        match json::parse(text) {
            Err(error) if self.replaces_surrogates && error.is_lone_surrogate() => {
                json::parse(&surrogates::replaced(text))
            }
            parsed => parsed,
        }
    }

    /// Reads a row, whatever its shape.
    ///
    /// # Errors
    /// A row of no known shape or of several, or one whose parts are not what its shape says.
    pub fn conversation(&self, row: Data) -> Result<Conversation, RowShapeError> {
        let row = Row::new(row)?;
        let shape = recognize(&row, self)?;
        adapter::convert(row, shape, self)
    }

    /// Reads a row that shall have the shape of those before it.
    pub(crate) fn expect(&self, row: Data, expected: Option<&Shape>) -> Result<Conversation, RowShapeError> {
        let row = Row::new(row)?;
        let shape = recognize(&row, self)?;
        match expected.filter(|expected| self.format.is_none() && **expected != shape) {
            Some(expected) => {
                let expected = format!("the shape of the file's first row, {}", expected.in_words(self));
                Err(RowShapeError::whole(expected, shape.in_words(self)))
            }
            None => adapter::convert(row, shape, self),
        }
    }

    /// The shape of a row, if it has one, and in words, with the optional keys that this row has.
    pub(crate) fn shape(&self, row: Data) -> Option<(Shape, String)> {
        let row = Row::new(row).ok()?;
        let shape = recognize(&row, self).ok()?;
        Some((shape, shape.described(&row, self)))
    }

    /// The format that was chosen.
    pub(crate) fn format(&self) -> Option<Format> {
        self.format
    }

    /// Whether an instruction's input stays under a name of its own.
    pub(crate) fn input_apart(&self) -> bool {
        self.input_apart
    }

    /// Whether the user said where a key is.
    pub(crate) fn is_mapped(&self, ours: &str) -> bool {
        self.map.iter().any(|(known, _)| known == ours)
    }

    /// The row's own name of a key.
    pub(crate) fn key(&self, ours: &'static str) -> Cow<'static, str> {
        match self.map.iter().find(|(known, _)| known == ours) {
            Some((_, theirs)) => Cow::Owned(theirs.clone()),
            None => Cow::Borrowed(ours),
        }
    }
}

impl fmt::Display for ReadingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(name) => {
                write!(
                    f,
                    "format `{name}`: expected one of {}",
                    Format::names().collect::<Vec<_>>().join(", ")
                )
            }
            Self::Name(name) => write!(f, "map `{name}`: expected one of {}", NAMES.join(", ")),
            Self::Twice(name) => write!(f, "map `{name}`: expected one place, found two"),
        }
    }
}

impl std::error::Error for ReadingError {}
