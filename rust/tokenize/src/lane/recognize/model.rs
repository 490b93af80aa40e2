//! The vocabulary and the merges of a BPE.
use super::{MARK, Reason, bytes, marks};
use crate::lane::alphabet::are_all;
use crate::lane::ranks::{LIMIT, Merge};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// What the file says of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section<'a> {
    #[serde(rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "dropout")]
    _dropout: Option<f32>,
    #[serde(rename = "unk_token")]
    _unk_token: Option<de::IgnoredAny>,
    continuing_subword_prefix: Option<Cow<'a, str>>,
    end_of_word_suffix: Option<Cow<'a, str>>,
    #[serde(rename = "fuse_unk")]
    _fuse_unk: Option<bool>,
    byte_fallback: Option<bool>,
    #[serde(default)]
    ignore_merges: bool,
    #[serde(borrow)]
    vocab: Entries<'a>,
    #[serde(borrow)]
    merges: Merges<'a>,
}

#[derive(Deserialize)]
struct Piece<'a>(#[serde(borrow)] Cow<'a, str>);

struct Entries<'a>(Vec<(Cow<'a, str>, u32)>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Merges<'a> {
    Pairs(#[serde(borrow)] Vec<(Piece<'a>, Piece<'a>)>),
    Lines(#[serde(borrow)] Vec<Piece<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of tokens and ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Piece(token), id)) = map.next_entry()? {
                    entries.push((token, id));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A BPE model.
#[derive(Debug)]
pub(in crate::lane) struct Model {
    /// The bytes of each token that text can give.
    pub(in crate::lane) tokens: Vec<(Box<[u8]>, u32)>,
    pub(in crate::lane) merges: Vec<Merge>,
    /// The token of each byte; [`LIMIT`] where the vocabulary lacks it.
    pub(in crate::lane) byte_ids: [u32; 256],
    /// Whether a word that is a token is taken whole.
    pub(in crate::lane) ignore_merges: bool,
}

impl Model {
    /// A model whose tokens are written in letters that stand for bytes.
    pub(super) fn of_bytes(section: Section) -> Result<Self, Reason> {
        let model = Self::new(section, bytes::spelled)?;
        let single =
            |(bytes, id): &(Box<[u8]>, u32)| Some((*bytes.first()?, *id)).filter(|_| bytes.len() == 1);
        let byte_ids = byte_ids(model.tokens.iter().filter_map(single));
        Ok(Self { byte_ids, ..model })
    }

    /// A model whose tokens are text with a [`MARK`] for each space, and that has tokens of single bytes for what
    /// else there is.
    pub(super) fn of_characters(section: Section) -> Result<Self, Reason> {
        if section.ignore_merges || section.byte_fallback != Some(true) {
            return Err("its model takes words whole, or has no bytes for unknown characters");
        }
        let Entries(entries) = &section.vocab;
        if !entries.iter().any(|(token, _)| token.chars().eq([MARK])) {
            return Err("it has no token for a space");
        }
        let single = |(token, id): &(Cow<str>, u32)| Some((marks::byte(token)?, *id));
        let byte_ids = byte_ids(entries.iter().filter_map(single).filter(|(_, id)| *id < LIMIT));
        let model = Self::new(section, marks::spelled)?;
        let mut is_byte = vec![false; LIMIT as usize + 1];
        byte_ids.iter().for_each(|&id| is_byte[id as usize] = true);
        let joins =
            |merge: &Merge| [merge.left, merge.right, merge.result].iter().any(|&id| is_byte[id as usize]);
        if !are_all(&byte_ids) || model.merges.iter().any(joins) {
            return Err("its model has not a token for each byte, or has merges of bytes");
        }
        Ok(Self { byte_ids, ..model })
    }

    fn new(section: Section, spelled: impl Fn(&str) -> Option<Box<[u8]>>) -> Result<Self, Reason> {
        if section.kind.is_some_and(|kind| kind != "BPE") {
            return Err("its model is not BPE");
        }
        let affixes = [section.continuing_subword_prefix, section.end_of_word_suffix];
        if affixes.iter().flatten().any(|affix| !affix.is_empty()) {
            return Err("its model marks the parts of words");
        }
        let Entries(entries) = section.vocab;
        let tokens = entries.iter().filter_map(|(token, id)| Some((spelled(token)?, *id))).collect();
        let ids: HashMap<_, _> = entries.iter().map(|(token, id)| (token.as_ref(), *id)).collect();
        if ids.len() != entries.len() || !are_distinct(ids.values()) || ids.values().any(|&id| id >= LIMIT) {
            return Err("its ids are not one for each token, or beyond two million");
        }
        let merges = merges(&section.merges, &ids).ok_or("it has merges that the lane can't follow")?;
        Ok(Self { tokens, merges, byte_ids: [LIMIT; 256], ignore_merges: section.ignore_merges })
    }
}

fn are_distinct<'a>(ids: impl Iterator<Item = &'a u32>) -> bool {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| pair[0] != pair[1])
}

fn byte_ids(bytes: impl Iterator<Item = (u8, u32)>) -> [u32; 256] {
    let mut ids = [LIMIT; 256];
    bytes.for_each(|(byte, id)| ids[usize::from(byte)] = id);
    ids
}

fn merges(merges: &Merges, ids: &HashMap<&str, u32>) -> Option<Vec<Merge>> {
    let merges: Option<Vec<_>> = match merges {
        Merges::Pairs(pairs) => pairs.iter().map(|(left, right)| merge(&left.0, &right.0, ids)).collect(),
        Merges::Lines(lines) => lines.iter().map(|Piece(line)| of_line(line, ids)).collect(),
    };
    merges.filter(|merges| merges.len() < LIMIT as usize)
}

/// `tokenizers` passes over lines that name a version; such a file isn't followed.
fn of_line(line: &str, ids: &HashMap<&str, u32>) -> Option<Merge> {
    let (left, right) = line.split_once(' ').filter(|_| !line.starts_with("#version"))?;
    merge(left, right, ids)
}

fn merge(left: &str, right: &str, ids: &HashMap<&str, u32>) -> Option<Merge> {
    let result = *ids.get([left, right].concat().as_str())?;
    Some(Merge { left: *ids.get(left)?, right: *ids.get(right)?, result })
}
