//! From the bytes of a word to its tokens.
use super::alphabet::Alphabet;
use super::merging::{Room, merge};
use super::ranks::Ranks;
use super::recognize::Model;
use super::whole::{Token, Whole};

#[derive(Debug)]
pub(super) struct Tokens<A> {
    pub(super) alphabet: A,
    ranks: Ranks,
    whole: Whole,
    /// How many bytes each token has, by id.
    lengths: Vec<u32>,
}

impl<A: Alphabet> Tokens<A> {
    pub(super) fn new(model: Model, alphabet: impl FnOnce(&Model, &Ranks) -> A) -> Self {
        let ranks = Ranks::new(&model.merges);
        Self {
            alphabet: alphabet(&model, &ranks),
            lengths: lengths(&model),
            ranks,
            whole: Whole::new(model.tokens, model.ignore_merges),
        }
    }

    /// The tokens of a word that isn't empty.
    pub(super) fn of<'a>(&self, word: &[u8], room: &'a mut Room) -> &'a [u32] {
        let token = self.whole.get(word);
        if let Some(id) = token.and_then(Token::sure) {
            room.symbols.clear();
            room.symbols.push(id);
        } else {
            self.alphabet.spell(word, &self.ranks, room);
            merge(room, &self.ranks);
            token.inspect(|token| token.settle(&room.symbols));
        }
        &room.symbols
    }

    /// The number of bytes of a token that text gave.
    #[inline]
    pub(super) fn length(&self, id: u32) -> usize {
        self.lengths[id as usize] as usize
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
