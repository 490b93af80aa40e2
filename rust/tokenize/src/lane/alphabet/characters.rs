//! Each character is a token; one without a token is those of its bytes.
use super::Alphabet;
use crate::lane::classes::decode;
use crate::lane::merging::Room;
use crate::lane::ranks::{LIMIT, Ranks};
use crate::lane::recognize::{MARK, Model};

const PAGES: usize = 0x1100;

#[derive(Debug)]
pub(in crate::lane) struct Characters {
    bytes: [u32; 256],
    /// Where the page of 256 code points begins in `ids`; the first page is empty.
    pages: Vec<usize>,
    /// [`LIMIT`] where a character has no token.
    ids: Vec<u32>,
}

impl Characters {
    /// From a model whose tokens have a space for each [`MARK`].
    pub(in crate::lane) fn new(model: &Model) -> Self {
        let mut characters = Self { bytes: model.byte_ids, pages: vec![0; PAGES], ids: vec![LIMIT; 256] };
        for (bytes, id) in &model.tokens {
            let is_byte = bytes.len() == 1 && model.byte_ids.contains(id);
            if let (Some(char), false) = (only_character(bytes), is_byte) {
                characters.add(char, *id);
            }
        }
        characters.add(MARK, characters.id(u32::from(' ')));
        characters
    }

    fn add(&mut self, char: char, id: u32) {
        let code = u32::from(char) as usize;
        if self.pages[code >> 8] == 0 {
            self.pages[code >> 8] = self.ids.len();
            self.ids.resize(self.ids.len() + 256, LIMIT);
        }
        self.ids[self.pages[code >> 8] + (code & 0xff)] = id;
    }

    #[inline]
    fn id(&self, code: u32) -> u32 {
        let page = self.pages.get(code as usize >> 8).copied().unwrap_or(0);
        self.ids[page + (code & 0xff) as usize]
    }
}

impl Alphabet for Characters {
    fn spell(&self, word: &[u8], ranks: &Ranks, room: &mut Room) {
        room.symbols.clear();
        let mut at = 0;
        while at < word.len() {
            let (code, length) = decode(word, at);
            match self.id(code) {
                LIMIT => {
                    let bytes = word[at..at + length].iter().map(|&byte| self.bytes[usize::from(byte)]);
                    room.symbols.extend(bytes);
                }
                id => room.symbols.push(id),
            }
            at += length;
        }
        room.ranks.clear();
        room.ranks.extend(room.symbols.windows(2).map(|pair| ranks.of(pair[0], pair[1])));
    }
}

fn only_character(bytes: &[u8]) -> Option<char> {
    let mut chars = std::str::from_utf8(bytes).ok()?.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}
