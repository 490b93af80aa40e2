//! What encodes text: the `tokenizers` crate, or the fast lane beside it.
use crate::outline::{Outline, Wanted};
use crate::{EncodeError, Encoding, panics, spans};
use std::fmt::Debug;
use tokenizers::Tokenizer;

/// Encodes texts as they are, with no special tokens put around them.
pub(crate) trait Encoder: Debug + Send + Sync {
    /// Whether it can do a text; the `tokenizers` crate can do any.
    fn takes(&self, _text: &str) -> bool {
        true
    }

    /// The tokens of a text that it takes.
    fn encoding(&self, text: &str) -> Result<Encoding, EncodeError>;

    /// The same, with the spans that are wanted. A lane keeps added tokens out of bytes that aren't trusted, but not
    /// the words that the model knows by the name of one; the `tokenizers` crate keeps nothing out.
    fn outline(&self, text: &str, _wanted: Wanted) -> Result<Outline, EncodeError> {
        self.encoding(text).map(Outline::from)
    }
}

impl Encoder for Tokenizer {
    fn encoding(&self, text: &str) -> Result<Encoding, EncodeError> {
        let encoded = guarded(|| self.encode(text, false))?;
        Ok(spans::encoding(self, text, &encoded))
    }
}

/// A panic's message may quote the text, so it is not passed on.
pub(crate) fn guarded<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, EncodeError> {
    match panics::caught(work) {
        Ok(result) => result.map_err(|error| EncodeError::new(error.to_string())),
        Err(_) => Err(EncodeError::new("it panicked; its tokenizer.json is probably damaged")),
    }
}
