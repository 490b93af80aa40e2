//! What kind of character each code point is, as Oniguruma and the normalizer of `tokenizers` see it.
#[allow(clippy::unreadable_literal, reason = "generated")]
mod runs;

use runs::RUNS;

/// Kinds of characters, one bit each. No character has more than one of those below; none at all is the end.
pub(super) type Set = u32;
pub(super) const OTHER: Set = 1;
pub(super) const UPPER: Set = 1 << 1;
pub(super) const TITLE: Set = 1 << 2;
pub(super) const LOWER: Set = 1 << 3;
pub(super) const MODIFIER: Set = 1 << 4;
pub(super) const OTHER_LETTER: Set = 1 << 5;
pub(super) const MARK: Set = 1 << 6;
pub(super) const NUMBER: Set = 1 << 7;
pub(super) const PUNCTUATION: Set = 1 << 8;
pub(super) const SYMBOL: Set = 1 << 9;
pub(super) const BLANK: Set = 1 << 10;
pub(super) const LINE_END: Set = 1 << 11;
pub(super) const LETTER: Set = UPPER | TITLE | LOWER | MODIFIER | OTHER_LETTER;
pub(super) const SPACE: Set = BLANK | LINE_END;

/// Set in an entry where the character has a combining class.
pub(super) const COMBINING: u8 = 0x10;
/// Set in an entry where the character may compose with what stands before it, or decompose.
pub(super) const COMPOSING: u8 = 0x20;

const PAGES: usize = 0x2000;
type Page = [u8; 256];

/// The classes of all code points: pages of 256, equal ones kept once.
#[derive(Debug)]
pub(super) struct Classes {
    page_of: Box<[u16; PAGES]>,
    pages: Vec<Page>,
    ascii: [Set; 128],
}

impl Classes {
    pub(super) fn new() -> Self {
        let mut classes = Self { page_of: Box::new([0; PAGES]), pages: Vec::new(), ascii: [0; 128] };
        let mut runs = RUNS.iter().map(|run| (run >> 8, run.to_le_bytes()[0])).peekable();
        let mut kind = 0;
        for number in 0..=0x10ff_u32 {
            let mut page = [0; 256];
            for (code, entry) in (number << 8..).zip(&mut page) {
                kind = runs.next_if(|&(start, _)| start == code).map_or(kind, |(_, kind)| kind);
                *entry = kind;
            }
            classes.page_of[number as usize] = classes.place(&page);
        }
        let first = classes.pages[usize::from(classes.page_of[0])];
        classes.ascii.iter_mut().zip(first).for_each(|(set, entry)| *set = set_of(entry));
        classes
    }

    fn place(&mut self, page: &Page) -> u16 {
        let known = self.pages.iter().position(|known| known == page);
        let place = known.unwrap_or_else(|| {
            self.pages.push(*page);
            self.pages.len() - 1
        });
        u16::try_from(place).unwrap_or(0)
    }

    #[inline]
    pub(super) fn ascii(&self, byte: u8) -> Set {
        self.ascii[usize::from(byte & 0x7f)]
    }

    #[inline]
    pub(super) fn entry(&self, code: u32) -> u8 {
        let page = self.page_of[(code >> 8) as usize & (PAGES - 1)];
        self.pages[usize::from(page)][(code & 0xff) as usize]
    }

    #[inline]
    pub(super) fn of(&self, code: u32) -> Set {
        set_of(self.entry(code))
    }
}

#[inline]
fn set_of(entry: u8) -> Set {
    1 << (entry & 0xf)
}

/// The code point that starts at `at` and how many bytes it has. The bytes are those of a `str`.
#[inline]
pub(super) fn decode(bytes: &[u8], at: usize) -> (u32, usize) {
    let low = |byte: u8| u32::from(byte & 0x3f);
    match bytes[at..] {
        [one @ ..0x80, ..] => (u32::from(one), 1),
        [one @ ..0xe0, two, ..] => (u32::from(one & 0x1f) << 6 | low(two), 2),
        [one @ ..0xf0, two, three, ..] => (u32::from(one & 0xf) << 12 | low(two) << 6 | low(three), 3),
        [one, two, three, four, ..] => {
            (u32::from(one & 7) << 18 | low(two) << 12 | low(three) << 6 | low(four), 4)
        }
        _ => (0, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_decoded_and_has_the_class_of_its_run() {
        let classes = Classes::new();
        let mut bytes = [0; 4];
        for char in '\0'..=char::MAX {
            let code = u32::from(char);
            let text = char.encode_utf8(&mut bytes).as_bytes();
            assert_eq!(decode(text, 0), (code, text.len()));
            let run = RUNS[RUNS.partition_point(|run| run >> 8 <= code) - 1];
            assert_eq!(u32::from(classes.entry(code)), run & 0xff, "{char:?}");
        }
        assert!((0..128).all(|byte| classes.ascii(byte) == classes.of(u32::from(byte))));
    }
}
