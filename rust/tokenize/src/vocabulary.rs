//! The door to the `tokenizers` crate.
use crate::{EncodeError, LoadError, load, panics, spans};
use std::ops::Range;
use tokenizers::Tokenizer;

/// The version of the `tokenizers` crate whose ids these are.
pub const TOKENIZERS_VERSION: &str = "0.23.2";

/// A model's tokenizer, as its `tokenizer.json` describes it. Shareable between threads.
#[derive(Debug)]
pub struct Vocabulary {
    tokenizer: Tokenizer,
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
    /// The bytes of the text that each token stands for; as long as `ids`, starts in order. Tokens that share
    /// a character of the text share its bytes. A character that a normalizer took away or composed with
    /// another belongs to the tokens on both sides of it; whitespace that was dropped belongs to none.
    pub spans: Vec<Range<usize>>,
}

impl Vocabulary {
    /// Reads the content of a `tokenizer.json`. Its truncation, padding and post-processor sections are
    /// switched off: chat templates write special tokens themselves.
    ///
    /// # Errors
    /// [`LoadError`] naming the field at fault where that can be told; also where the `tokenizers` crate
    /// panics on the file.
    pub fn from_json(json: &[u8]) -> Result<Self, LoadError> {
        let tokenizer = load::tokenizer(json)?;
        let added = added_tokens(&tokenizer);
        Ok(Self { tokenizer, added, fingerprint: blake3::hash(json).to_hex().to_string() })
    }

    /// The added tokens, by id.
    pub fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    /// Encodes a text as it is, with no special tokens put around it.
    ///
    /// # Errors
    /// [`EncodeError`] where the tokenizer has no token for a character and no unknown token, or panics.
    pub fn encode(&self, text: &str) -> Result<Encoding, EncodeError> {
        let encoded = guarded(|| self.tokenizer.encode(text, false))?;
        let spans = spans::in_source(text, encoded.get_offsets());
        Ok(Encoding { ids: encoded.get_ids().to_vec(), spans })
    }

    /// The text that ids stand for. Ids that the vocabulary lacks stand for nothing.
    ///
    /// # Errors
    /// [`EncodeError`] where the tokenizer's decoder fails or panics.
    pub fn decode(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String, EncodeError> {
        guarded(|| self.tokenizer.decode(ids, skip_special_tokens))
    }

    /// The id of a token, given as the vocabulary writes it.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// How many tokens there are, added ones included.
    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The blake3 hash of the JSON it was read from, in hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

fn added_tokens(tokenizer: &Tokenizer) -> Vec<AddedToken> {
    let known = tokenizer.get_added_tokens_decoder();
    let mut added: Vec<_> = known
        .into_iter()
        .map(|(id, token)| AddedToken { id, content: token.content, special: token.special })
        .collect();
    added.sort_unstable_by_key(|token| token.id);
    added
}

/// A panic's message may quote the text, so it is not passed on.
fn guarded<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, EncodeError> {
    match panics::caught(work) {
        Ok(result) => result.map_err(|error| EncodeError::new(error.to_string())),
        Err(_) => Err(EncodeError::new("it panicked; its tokenizer.json is probably damaged")),
    }
}
