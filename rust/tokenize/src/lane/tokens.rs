//! From the bytes of a word to its tokens.
use super::alphabet::Alphabet;
use super::merging::{Room, merge};
use super::ranks::Ranks;
use super::recognize::Model;
use super::whole::Whole;

#[derive(Debug)]
pub(super) struct Tokens<A> {
    pub(super) alphabet: A,
    ranks: Ranks,
    whole: Whole,
    /// How many bytes each token has, by id.
    lengths: Vec<u32>,
}

impl<A: Alphabet> Tokens<A> {
    pub(super) fn new(model: &Model, alphabet: impl FnOnce(&Ranks) -> A) -> Self {
        let ranks = Ranks::new(&model.merges);
        let alphabet = alphabet(&ranks);
        let mut tokens = Self { alphabet, ranks, whole: Whole::default(), lengths: lengths(model) };
        let mut room = Room::default();
        let mut is_whole = |bytes: &[u8], id| model.ignore_merges || tokens.merged(bytes, &mut room) == [id];
        let whole = model.tokens.iter().map(|(bytes, id)| (bytes.as_ref(), *id));
        let whole = Whole::new(whole.filter(|(bytes, id)| is_whole(bytes, *id)));
        tokens.whole = whole;
        tokens
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
        self.alphabet.spell(word, &self.ranks, room);
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
