//! The door to the `tokenizers` crate.
use crate::{EncodeError, LoadError};
use std::ops::Range;

/// A model's tokenizer, as its `tokenizer.json` describes it. Shareable between threads.
#[derive(Debug)]
pub struct Vocabulary {
    added: Vec<AddedToken>,
    fingerprint: String,
}

/// A token that is matched in the text before anything else is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddedToken {
    /// Its id.
    pub id: u32,
    /// Its text.
    pub content: String,
    /// Whether decoding may skip it.
    pub special: bool,
}

/// The tokens of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// The id of each token.
    pub ids: Vec<u32>,
    /// The bytes of the text that each token stands for; as long as `ids`. In order; tokens that share a
    /// character of the text share its range, and a token that stands for no text has an empty range.
    pub spans: Vec<Range<usize>>,
}

impl Vocabulary {
    /// Reads the content of a `tokenizer.json`. Its truncation and padding sections are not heeded.
    pub fn from_json(_json: &[u8]) -> Result<Self, LoadError> {
        todo!()
    }

    /// The added tokens, by id.
    pub fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    /// Encodes a text as it is, with no special tokens put around it.
    pub fn encode(&self, _text: &str) -> Result<Encoding, EncodeError> {
        todo!()
    }

    /// The text that ids stand for.
    pub fn decode(&self, _ids: &[u32], _skip_special_tokens: bool) -> Result<String, EncodeError> {
        todo!()
    }

    /// The id of a token, given as the vocabulary writes it.
    pub fn token_id(&self, _token: &str) -> Option<u32> {
        todo!()
    }

    /// How many tokens there are, added ones included.
    pub fn size(&self) -> usize {
        todo!()
    }

    /// The blake3 hash of the JSON it was read from, in hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
