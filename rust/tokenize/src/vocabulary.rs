//! The door to the `tokenizers` crate.
use crate::control_ids::{ControlIds, IdSet};
use crate::encoder::{Encoder, guarded};
use crate::guard::Guard;
use crate::lane::{self, Closed, Opened};
use crate::outline::{Ban, Outline, Spans, Wanted};
use crate::{EncodeError, LoadError, load, spans};
use std::ops::Range;
use tokenizers::{PostProcessor, PostProcessorWrapper, Tokenizer};

/// The version of the `tokenizers` crate whose ids these are.
pub const TOKENIZERS_VERSION: &str = "0.23.2";

/// A model's tokenizer, as its `tokenizer.json` describes it. Shareable between threads.
#[derive(Debug)]
pub struct Vocabulary {
    tokenizer: Tokenizer,
    lane: Result<Opened, Closed>,
    added: Vec<AddedToken>,
    processor: Option<PostProcessorWrapper>,
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

/// What encodes the texts of a [`Vocabulary`]. Both give the same ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The fast lane: it knows the tokenizer's structure, and agreed with `tokenizers` on a battery of texts.
    Fast {
        /// Which kind of tokenizer it is.
        family: &'static str,
    },
    /// The `tokenizers` crate.
    Tokenizers {
        /// Why not the fast lane, as a clause about the tokenizer.
        reason: &'static str,
        /// Whether the fast lane should have done it, but gave other ids.
        suspicious: bool,
    },
}

impl Lane {
    /// Whether it is the fast one.
    pub fn is_fast(&self) -> bool {
        matches!(self, Self::Fast { .. })
    }
}

const DIFFERS: &str = "the fast lane gave other ids on a test text";

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
        Self::remembered(json, None)
    }

    /// The same; the battery of texts is left out where it is known what [`Vocabulary::agrees`] told of a file with
    /// the same [`Vocabulary::check_key`].
    ///
    /// # Errors
    /// As [`Vocabulary::from_json`].
    pub fn remembered(json: &[u8], agrees: Option<bool>) -> Result<Self, LoadError> {
        let mut vocabulary = Self::without_lane(json)?;
        vocabulary.lane = lane::open(json, &vocabulary.tokenizer, agrees);
        Ok(vocabulary)
    }

    /// A hash, in hex, of all that decides whether the fast lane agrees with `tokenizers`: the content of the file, the
    /// battery of texts, and both versions.
    pub fn check_key(json: &[u8]) -> String {
        lane::key(json)
    }

    /// Whether the fast lane gave the ids of `tokenizers` on a battery of texts; `None` where it isn't known to it.
    pub fn agrees(&self) -> Option<bool> {
        match self.lane {
            Ok(_) => Some(true),
            Err(Closed::Differs) => Some(false),
            Err(Closed::Unknown(_)) => None,
        }
    }

    /// The same, with everything left to the `tokenizers` crate.
    ///
    /// # Errors
    /// As [`Vocabulary::from_json`].
    pub fn without_lane(json: &[u8]) -> Result<Self, LoadError> {
        let (tokenizer, processor) = load::tokenizer(json)?;
        let added = added_tokens(&tokenizer);
        let lane = Err(Closed::Unknown("it was told to be"));
        Ok(Self { tokenizer, lane, added, processor, fingerprint: blake3::hash(json).to_hex().to_string() })
    }

    /// The added tokens, by id.
    pub fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    /// The ids that the tokenizer puts around a text of its own, such as that of a begin-of-text token. Here that
    /// is switched off.
    pub fn put_around(&self) -> Vec<u32> {
        let around = self.processed(tokenizers::Encoding::default(), true);
        around.map(|around| around.get_ids().to_vec()).unwrap_or_default()
    }

    /// What the tokenizer itself makes of a text, with places in code points, as its post-processor leaves them.
    pub(crate) fn reference_encoding(&self, text: &str) -> Result<tokenizers::Encoding, EncodeError> {
        let encoding = guarded(|| self.tokenizer.encode_char_offsets(text, false))?;
        self.processed(encoding, false)
    }

    fn processed(
        &self,
        encoding: tokenizers::Encoding,
        add_special_tokens: bool,
    ) -> Result<tokenizers::Encoding, EncodeError> {
        match &self.processor {
            Some(processor) => guarded(|| processor.process(encoding, None, add_special_tokens)),
            None => Ok(encoding),
        }
    }

    /// The text of an added token.
    pub(crate) fn added_token(&self, id: u32) -> Option<&str> {
        let place = self.added.binary_search_by_key(&id, |token| token.id).ok()?;
        self.added.get(place).map(|token| token.content.as_str())
    }

    /// Encodes a text as it is, with no special tokens put around it.
    ///
    /// # Errors
    /// [`EncodeError`] where the tokenizer has no token for a character and no unknown token, or panics.
    pub fn encode(&self, text: &str) -> Result<Encoding, EncodeError> {
        self.encoder(text).encoding(text)
    }

    /// The ids alone.
    ///
    /// # Errors
    /// As [`Vocabulary::encode`].
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        self.outline(text, Spans::At(&[])).map(|outline| outline.ids)
    }

    /// The tokens, with the spans that are asked for.
    pub(crate) fn outline(&self, text: &str, spans: Spans) -> Result<Outline, EncodeError> {
        self.encoder(text).outline(text, Wanted { spans, ban: None })
    }

    /// The same, with no control token in the untrusted bytes, which are ranges in order and apart.
    pub(crate) fn guarded_outline(
        &self,
        text: &str,
        spans: Spans,
        control: &ControlIds,
        untrusted: &[Range<usize>],
    ) -> Result<Outline, EncodeError> {
        let ban = Ban { control: &control.ids, untrusted };
        let outline = self.encoder(text).outline(text, Wanted { spans, ban: Some(ban) })?;
        match &control.guard {
            Some(guard) if !ban.is_kept(&outline) => {
                let encoded = guarded(|| guard.encode(&self.tokenizer, text, untrusted))?;
                Ok(spans::encoding(&self.tokenizer, text, &encoded).into())
            }
            _ => Ok(outline),
        }
    }

    fn encoder(&self, text: &str) -> &dyn Encoder {
        self.fast(text).unwrap_or(&self.tokenizer)
    }

    fn fast(&self, text: &str) -> Option<&dyn Encoder> {
        self.lane.as_ref().ok().map(|lane| &*lane.encoder).filter(|lane| lane.takes(text))
    }

    /// What encodes text, and why.
    pub fn lane(&self) -> Lane {
        match &self.lane {
            Ok(Opened { family, .. }) => Lane::Fast { family },
            Err(Closed::Unknown(reason)) => Lane::Tokenizers { reason, suspicious: false },
            Err(Closed::Differs) => Lane::Tokenizers { reason: DIFFERS, suspicious: true },
        }
    }

    /// What is known of these control tokens; where they are to be kept out of some bytes, what that needs.
    pub(crate) fn control_ids(&self, ids: IdSet, keep_out: bool) -> Result<ControlIds, EncodeError> {
        let guard = || guarded(|| Guard::new(&self.tokenizer, ids.clone()));
        Ok(ControlIds { guard: keep_out.then(guard).transpose()?, ids })
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
