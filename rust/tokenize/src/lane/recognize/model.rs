//! The vocabulary and the merges of a BPE.
use super::{MARK, Reason, bytes, marks};
use crate::lane::alphabet::are_all;
use crate::lane::ranks::{LIMIT, Merge};
use ahash::AHashMap;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;
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
    merges: Vec<Pair<'a>>,
}

#[derive(Deserialize)]
struct Piece<'a>(#[serde(borrow)] Cow<'a, str>);

type Ids<'a> = AHashMap<&'a str, u32>;

struct Entries<'a>(Vec<(Cow<'a, str>, u32)>);

/// A merge: two tokens, or in older files a line of both.
enum Pair<'a> {
    Parts(Cow<'a, str>, Cow<'a, str>),
    Line(Cow<'a, str>),
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

impl<'de: 'a, 'a> Deserialize<'de> for Pair<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pair<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("two tokens")
            }

            fn visit_borrowed_str<E>(self, line: &'de str) -> Result<Self::Value, E> {
                Ok(Pair::Line(line.into()))
            }

            fn visit_str<E>(self, line: &str) -> Result<Self::Value, E> {
                Ok(Pair::Line(line.to_owned().into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
                match (parts.next_element()?, parts.next_element()?) {
                    (Some(Piece(left)), Some(Piece(right))) => Ok(Pair::Parts(left, right)),
                    _ => Err(de::Error::invalid_length(1, &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
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
        let ids: Ids = entries.iter().map(|(token, id)| (token.as_ref(), *id)).collect();
        if ids.len() != entries.len() || !are_ids(entries.iter().map(|(_, id)| *id)) {
            return Err("its ids are not one for each token, or beyond two million");
        }
        let merges = merges(&section.merges, &ids).ok_or("it has merges that the lane can't follow")?;
        Ok(Self { tokens, merges, byte_ids: [LIMIT; 256], ignore_merges: section.ignore_merges })
    }
}

/// Whether ids are below [`LIMIT`] and differ.
fn are_ids(mut ids: impl Iterator<Item = u32>) -> bool {
    let mut are_taken = vec![false; LIMIT as usize];
    let mut take =
        |id| are_taken.get_mut(id as usize).is_some_and(|is_taken| !std::mem::replace(is_taken, true));
    ids.all(&mut take)
}

fn byte_ids(bytes: impl Iterator<Item = (u8, u32)>) -> [u32; 256] {
    let mut ids = [LIMIT; 256];
    bytes.for_each(|(byte, id)| ids[usize::from(byte)] = id);
    ids
}

fn merges(pairs: &[Pair], ids: &Ids) -> Option<Vec<Merge>> {
    let mut room = String::new();
    let mut merge = |pair: &Pair| {
        let (left, right) = pair.parts()?;
        room.clear();
        room.extend([left, right]);
        Some(Merge { left: *ids.get(left)?, right: *ids.get(right)?, result: *ids.get(room.as_str())? })
    };
    let merges: Option<Vec<_>> = pairs.iter().map(&mut merge).collect();
    merges.filter(|merges| merges.len() < LIMIT as usize)
}

impl Pair<'_> {
    /// `tokenizers` passes over lines that name a version; such a file isn't followed.
    fn parts(&self) -> Option<(&str, &str)> {
        match self {
            Self::Parts(left, right) => Some((left, right)),
            Self::Line(line) => line.split_once(' ').filter(|_| !line.starts_with("#version")),
        }
    }
}
