//! The fast lane: encoders with exactly the ids of the `tokenizers` crate for the tokenizers that chat models use.
//!
//! A file is recognized by its structure; what isn't known exactly, or differs from `tokenizers` on a battery of texts
//! when it is opened, is left to `tokenizers`.
#![allow(
    clippy::inline_always,
    reason = "a scanner and the probe of the cache are one loop, for each family"
)]
mod added;
mod alphabet;
mod borders;
mod byte_level;
mod cache;
mod check;
mod classes;
mod composed;
mod marked;
mod memory;
mod merging;
mod notes;
mod ranks;
mod recognize;
mod scan;
mod sentence_piece;
mod spans;
mod tokens;
mod whole;
mod work;

pub(crate) use check::key;

use crate::Encoder;
use byte_level::ByteLevel;
use recognize::{Known, Reason};
use sentence_piece::SentencePiece;
use tokenizers::{AddedToken, ModelWrapper, Tokenizer};

/// The lane for one tokenizer.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) encoder: Box<dyn Encoder>,
    pub(crate) family: &'static str,
}

/// Opens the lane for a file that `tokenizers` has loaded, or tells why that isn't possible. Whether both agree is found
/// out, unless it is known.
pub(crate) fn open(json: &[u8], tokenizer: &Tokenizer, agree: Option<bool>) -> Result<Opened, Closed> {
    if !matches!(tokenizer.get_model(), ModelWrapper::BPE(_)) {
        return Err(Closed::Unknown("its model is not BPE"));
    }
    let known = recognize::known(json).map_err(Closed::Unknown)?;
    let added = tokenizer.get_added_tokens_decoder().into_iter().collect();
    let family = known.family();
    let encoder = encoder(known, added).map_err(Closed::Unknown)?;
    let agree = agree.unwrap_or_else(|| check::agrees(&*encoder, tokenizer));
    if agree { Ok(Opened { encoder, family }) } else { Err(Closed::Differs) }
}

fn encoder(known: Known, added: Vec<(u32, AddedToken)>) -> Result<Box<dyn Encoder>, Reason> {
    match known {
        Known::ByteLevel { split, composes, model } => {
            Ok(Box::new(ByteLevel::new(split, composes, model, added)?))
        }
        Known::SentencePiece { marks, model } => Ok(Box::new(SentencePiece::new(marks, model, added)?)),
    }
}

/// Why a tokenizer is left to the `tokenizers` crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Something about it isn't known to the lane.
    Unknown(&'static str),
    /// It was recognized, but gave other ids.
    Differs,
}
