//! A row as its entries, and how to say that it is no conversation.
use chatloom_template::{CompactString, Data};
use std::fmt;

/// Why a row is no conversation: which part of it, what was expected, what was found. Holds keys and types,
/// never contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowShapeError {
    flaw: Flaw,
    part: String,
    expected: String,
    found: String,
}

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The row as a whole has no known shape, several, or not that of its file.
    Shape,
    /// A part of it is missing or has the wrong type.
    Field,
    /// Somebody speaks who has no role.
    Speaker,
    /// There are no messages.
    Empty,
}

impl RowShapeError {
    pub(crate) fn new(
        part: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { flaw: Flaw::Field, part: part.into(), expected: expected.into(), found: found.into() }
    }

    /// A fault of the row as a whole.
    pub(crate) fn whole(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new("row", expected, found).with(Flaw::Shape)
    }

    /// A list without items.
    pub(crate) fn empty(part: &str) -> Self {
        Self::new(quoted(part), "a message", "an empty list").with(Flaw::Empty)
    }

    pub(crate) fn with(self, flaw: Flaw) -> Self {
        Self { flaw, ..self }
    }

    /// A short name of what is wrong, which stays as it is.
    pub fn code(&self) -> &'static str {
        match self.flaw {
            Flaw::Shape => "shape",
            Flaw::Field => "field",
            Flaw::Speaker => "speaker",
            Flaw::Empty => "empty",
        }
    }
}

impl fmt::Display for RowShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.part, self.expected, self.found)
    }
}

impl std::error::Error for RowShapeError {}

/// The entries of a row; a part is taken out of it, not copied.
pub(crate) struct Row(Vec<(Data, Data)>);

impl Row {
    pub(crate) fn new(row: Data) -> Result<Self, RowShapeError> {
        match row {
            Data::Dict(entries) => Ok(Self(entries)),
            other => Err(RowShapeError::whole("an object", type_name(&other))),
        }
    }

    /// Whether it has a key, and under it something else than `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| *value != Data::None)
    }

    /// Whether it has a key, whatever is under it.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn get(&self, key: &str) -> Option<&Data> {
        self.0.iter().find(|(known, _)| known.as_str() == Some(key)).map(|(_, value)| value)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Data> {
        let place = self.0.iter().position(|(known, _)| known.as_str() == Some(key))?;
        Some(self.0.swap_remove(place).1)
    }

    /// The text under a key.
    pub(crate) fn text(&mut self, key: &str) -> Result<CompactString, RowShapeError> {
        match self.take(key) {
            Some(Data::Str(text)) => Ok(text),
            other => Err(RowShapeError::new(quoted(key), "text", type_of(other.as_ref()))),
        }
    }

    /// The text under a key that may be absent; empty text is as good as none.
    pub(crate) fn optional_text(&mut self, key: &str) -> Result<Option<CompactString>, RowShapeError> {
        if !self.has(key) {
            return Ok(None);
        }
        self.text(key).map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    pub(crate) fn keys(&self) -> String {
        key_list(&self.0)
    }
}

pub(crate) fn quoted(part: &str) -> String {
    format!("`{part}`")
}

pub(crate) fn key_list(entries: &[(Data, Data)]) -> String {
    const SHOWN: usize = 12;
    if entries.is_empty() {
        return "no keys".to_owned();
    }
    let keys: Vec<String> = entries.iter().take(SHOWN).map(|(key, _)| shown(key)).collect();
    let more = if entries.len() > SHOWN { ", …" } else { "" };
    format!("the keys {}{more}", keys.join(", "))
}

/// A name; one that is longer than any name may be content.
pub(crate) fn shown(key: &Data) -> String {
    match key.as_str() {
        Some(name) if name.len() <= 64 => format!("`{}`", name.escape_debug()),
        Some(_) => "a very long key".to_owned(),
        None => type_name(key).to_owned(),
    }
}

pub(crate) fn type_of(value: Option<&Data>) -> &'static str {
    value.map_or("nothing", type_name)
}

pub(crate) fn type_name(value: &Data) -> &'static str {
    match value {
        Data::None => "null",
        Data::Bool(_) => "a boolean",
        Data::Int(_) | Data::BigInt(_) | Data::Float(_) => "a number",
        Data::Str(_) => "text",
        Data::List(_) | Data::Tuple(_) => "a list",
        Data::Dict(_) => "an object",
    }
}
