//! Each byte is a token.
use super::Alphabet;
use crate::lane::merging::Room;
use crate::lane::ranks::{LIMIT, Ranks};

#[derive(Debug)]
pub(in crate::lane) struct Bytes {
    ids: [u32; 256],
    /// Whether every byte that text can hold has a token.
    knows_all: bool,
    /// The rank of each pair of bytes.
    pairs: Vec<u32>,
}

impl Bytes {
    /// From the token of each byte; [`LIMIT`] where there is none.
    pub(in crate::lane) fn new(ids: &[u32; 256], ranks: &Ranks) -> Self {
        let pair = |left: &u32| ids.map(|right| ranks.of(*left, right));
        Self { pairs: ids.iter().flat_map(pair).collect(), knows_all: are_all(ids), ids: *ids }
    }

    /// Whether every byte of a text has a token.
    pub(in crate::lane) fn knows(&self, text: &str) -> bool {
        self.knows_all || text.bytes().all(|byte| self.ids[usize::from(byte)] != LIMIT)
    }
}

/// Whether there is a token for every byte that text can hold.
pub(in crate::lane) fn are_all(ids: &[u32; 256]) -> bool {
    let mut in_text = (0..=0xf4).filter(|byte| !matches!(byte, 0xc0 | 0xc1));
    in_text.all(|byte| ids[byte] != LIMIT)
}

impl Alphabet for Bytes {
    fn spell(&self, word: &[u8], _: &Ranks, room: &mut Room) {
        room.symbols.clear();
        room.symbols.extend(word.iter().map(|&byte| self.ids[usize::from(byte)]));
        let pair = |pair: &[u8]| self.pairs[usize::from(pair[0]) << 8 | usize::from(pair[1])];
        room.ranks.clear();
        room.ranks.extend(word.windows(2).map(pair));
    }
}
