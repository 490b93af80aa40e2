//! From the bytes of a word to its tokens.
use super::merging::{Room, merge};
use super::ranks::{LIMIT, Ranks};
use super::recognize::Model;
use super::whole::Whole;

#[derive(Debug)]
pub(super) struct Tokens {
    byte_ids: [u32; 256],
    /// Whether every byte that text can hold has a token.
    knows_all: bool,
    /// The rank of each pair of bytes.
    byte_pairs: Vec<u32>,
    ranks: Ranks,
    whole: Whole,
    /// How many bytes each token has, by id.
    lengths: Vec<u32>,
}

impl Tokens {
    pub(super) fn new(model: &Model) -> Self {
        let ranks = Ranks::new(&model.merges);
        let pair = |left: &u32| model.byte_ids.map(|right| ranks.of(*left, right));
        let byte_pairs = model.byte_ids.iter().flat_map(pair).collect();
        let whole = Whole::default();
        let mut in_text = (0..=0xf4).filter(|byte| !matches!(byte, 0xc0 | 0xc1));
        let mut tokens = Self {
            knows_all: in_text.all(|byte| model.byte_ids[byte] != LIMIT),
            byte_ids: model.byte_ids,
            byte_pairs,
            ranks,
            whole,
            lengths: lengths(model),
        };
        let mut room = Room::default();
        let mut is_whole = |bytes: &[u8], id| model.ignore_merges || tokens.merged(bytes, &mut room) == [id];
        let whole = model.tokens.iter().map(|(bytes, id)| (bytes.as_ref(), *id));
        let whole = Whole::new(whole.filter(|(bytes, id)| is_whole(bytes, *id)));
        tokens.whole = whole;
        tokens
    }

    /// Whether every byte of a text has a token.
    pub(super) fn knows(&self, text: &str) -> bool {
        self.knows_all || text.bytes().all(|byte| self.byte_ids[usize::from(byte)] != LIMIT)
    }

    /// The tokens of a word that isn't empty.
    pub(super) fn of<'a>(&self, word: &[u8], room: &'a mut Room) -> &'a [u32] {
        match self.whole.get(word) {
            Some(id) => {
                room.symbols.clear();
                room.symbols.push(id);
                &room.symbols
            }
            None => self.merged(word, room),
        }
    }

    /// The number of bytes of a token that text gave.
    #[inline]
    pub(super) fn length(&self, id: u32) -> usize {
        self.lengths[id as usize] as usize
    }

    fn merged<'a>(&self, word: &[u8], room: &'a mut Room) -> &'a [u32] {
        room.symbols.clear();
        room.symbols.extend(word.iter().map(|&byte| self.byte_ids[usize::from(byte)]));
        let pair = |pair: &[u8]| self.byte_pairs[usize::from(pair[0]) << 8 | usize::from(pair[1])];
        room.ranks.clear();
        room.ranks.extend(word.windows(2).map(pair));
        merge(room, &self.ranks);
        &room.symbols
    }
}

fn lengths(model: &Model) -> Vec<u32> {
    let most = model.tokens.iter().map(|(_, id)| *id as usize + 1).max().unwrap_or(0);
    let mut lengths = vec![0; most];
    for (bytes, id) in &model.tokens {
        lengths[*id as usize] = u32::try_from(bytes.len()).unwrap_or(0);
    }
    lengths
}
