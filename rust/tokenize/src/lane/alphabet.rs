//! What merging starts from: the tokens of single bytes or characters.
mod bytes;
mod characters;

pub(super) use bytes::{Bytes, are_all};
pub(super) use characters::Characters;

use super::merging::Room;
use super::ranks::Ranks;
use std::fmt::Debug;

/// Gives the first tokens of words.
pub(super) trait Alphabet: Debug {
    /// Leaves a word's first tokens in the room, and the ranks of their pairs.
    fn spell(&self, word: &[u8], ranks: &Ranks, room: &mut Room);
}
