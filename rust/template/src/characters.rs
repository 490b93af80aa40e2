//! The characters of a text, made when they are asked for.
use std::cell::Cell;

use crate::text::{Piece, Text};
use crate::value::Value;

/// A text in one piece, gone through character by character.
#[derive(Debug)]
pub(crate) struct Characters<'a> {
    whole: Piece<'a>,
    count: usize,
    /// A character that was asked for, by number, and the byte where it begins.
    known: Cell<(usize, usize)>,
}

impl<'a> Characters<'a> {
    pub(crate) fn new(whole: Piece<'a>) -> Self {
        Self { whole, count: crate::members::characters(whole.text), known: Cell::new((0, 0)) }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// One of them; the next, the one before and the same again are found at once.
    pub(crate) fn get(&self, index: usize) -> Option<Value<'a>> {
        if index >= self.count {
            return None;
        }
        let start = self.start(index);
        self.known.set((index, start));
        let rest = self.whole.text.get(start..)?;
        let character = rest.get(..rest.chars().next()?.len_utf8())?;
        Some(Value::Str(Text::one(self.whole.with_text(character))))
    }

    fn start(&self, index: usize) -> usize {
        let text = self.whole.text;
        if text.len() == self.count {
            return index;
        }
        let (known, start) = self.known.get();
        let (before, after) = text.split_at(start);
        let length =
            |characters: &mut dyn Iterator<Item = char>| characters.map(char::len_utf8).sum::<usize>();
        match index.checked_sub(known) {
            Some(ahead) => start + length(&mut after.chars().take(ahead)),
            None => start - length(&mut before.chars().rev().take(known - index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Characters;
    use crate::text::{Piece, Source};
    use crate::value::Value;

    fn at(characters: &Characters<'_>, index: usize) -> Option<String> {
        match characters.get(index)? {
            Value::Str(text) => text.as_piece().map(|piece| piece.text.to_owned()),
            _ => None,
        }
    }

    #[test]
    fn every_order_gives_the_same() {
        for text in ["", "abc", "aé한😀b", "é", "😀😀"] {
            let characters = Characters::new(Piece::new(text, Source::LITERAL));
            let expected: Vec<String> = text.chars().map(String::from).collect();
            assert_eq!(characters.len(), expected.len());
            let count = expected.len() + 1;
            for index in (0..count).chain((0..count).rev()).chain((0..count * count).map(|i| i * 7 % count)) {
                assert_eq!(at(&characters, index), expected.get(index).cloned());
            }
        }
    }
}
