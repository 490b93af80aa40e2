//! Text with marks for its spaces, with the way back to the source.
use super::recognize::MARK;
use std::ops::Range;

#[derive(Debug)]
pub(super) struct Marked<'a> {
    source: &'a str,
    pub(super) text: String,
    /// How many bytes stand before the source's first.
    prepended: usize,
    /// Where in the text the marks of spaces stand.
    spaces: Vec<usize>,
}

/// How many bytes a mark has more than a space.
const GROWTH: usize = MARK.len_utf8() - 1;

impl<'a> Marked<'a> {
    /// A source that isn't empty, with a mark before it or not.
    pub(super) fn new(source: &'a str, prepends: bool) -> Self {
        let mut text = String::with_capacity(source.len() * 3 / 2);
        if prepends {
            text.push(MARK);
        }
        let (prepended, mut spaces) = (text.len(), Vec::new());
        for (place, part) in source.split(' ').enumerate() {
            if place > 0 {
                spaces.push(text.len());
                text.push(MARK);
            }
            text.push_str(part);
        }
        Self { source, text, prepended, spaces }
    }

    /// The source bytes of a range between characters that isn't empty, as `tokenizers` tells them: a mark that was
    /// put before the text has those of the first character.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        if range.end <= self.prepended {
            return 0..self.source.chars().next().map_or(0, char::len_utf8);
        }
        self.source_of(range.start)..self.source_of(range.end)
    }

    fn source_of(&self, at: usize) -> usize {
        let before = self.spaces.partition_point(|&space| space < at);
        at.saturating_sub(self.prepended) - before * GROWTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::NormalizedString;
    use tokenizers::tokenizer::normalizer::Range as Place;

    #[test]
    fn text_and_sources_are_those_of_tokenizers() {
        for source in ["a", " ", "  a", "é b", "中 ▁ x", "▁", "a  ", " é  é "] {
            for prepends in [false, true] {
                let marked = Marked::new(source, prepends);
                let mut theirs = NormalizedString::from(source);
                if prepends {
                    theirs.prepend("▁");
                }
                assert!(theirs.replace(' ', "▁").is_ok());
                assert_eq!(marked.text, theirs.get());
                let places: Vec<_> =
                    marked.text.char_indices().map(|(at, _)| at).chain([marked.text.len()]).collect();
                for (place, &start) in places.iter().enumerate() {
                    for &end in &places[place + 1..] {
                        let expected = theirs.convert_offsets(Place::Normalized(start..end));
                        assert_eq!(Some(marked.source(&(start..end))), expected, "{source:?} {start} {end}");
                    }
                }
            }
        }
    }
}
