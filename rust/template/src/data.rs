//! What a caller hands in: JSON-like values, owned.
use compact_str::CompactString;
use num_bigint::BigInt;

/// A value of a row: what JSON can hold, and the few Python types that survive in a template's inputs.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Python's `None`, JSON's `null`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// Any other integer.
    BigInt(BigInt),
    /// A float; NaN and the infinities included.
    Float(f64),
    /// Text; what is short, as most keys are, needs no memory of its own.
    Str(CompactString),
    /// A list.
    List(Vec<Data>),
    /// A tuple; prints and compares otherwise than a list.
    Tuple(Vec<Data>),
    /// A mapping in insertion order, its keys unique; see [`Data::dict`].
    Dict(Vec<(Data, Data)>),
}

impl Data {
    /// A mapping of text keys, where a repeated key keeps its first place and its last value, as in Python.
    pub fn dict<K: Into<CompactString>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        let mut entries: Vec<(Self, Self)> = Vec::new();
        for (key, value) in pairs {
            let key = Self::Str(key.into());
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
        }
        Self::Dict(entries)
    }

    /// The value under a text key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().find(|(known, _)| known.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<bool> for Data {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Data {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
