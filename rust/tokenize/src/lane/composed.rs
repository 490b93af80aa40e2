//! Normalization form C, with the way back to the source.
use super::classes::{COMBINING, COMPOSING, Classes, decode};
use std::borrow::Cow;
use std::ops::Range;
use tokenizers::NormalizedString;
use tokenizers::tokenizer::normalizer::Range as Place;
use unicode_normalization_alignments::UnicodeNormalization;

/// A normalized text.
#[derive(Debug)]
pub(super) struct Composed<'a> {
    pub(super) text: Cow<'a, str>,
    edits: Vec<Edit>,
}

/// A stretch that normalizing changed.
#[derive(Debug)]
struct Edit {
    /// Its bytes in the normalized text.
    at: Range<usize>,
    /// The source bytes with which `tokenizers` aligns each of them.
    sources: Vec<Range<usize>>,
    /// Where it ends in the source.
    source_end: usize,
}

impl<'a> Composed<'a> {
    pub(super) fn unchanged(source: &'a str) -> Self {
        Self { text: Cow::Borrowed(source), edits: Vec::new() }
    }

    /// Only characters that may combine are looked at, with the one before them: nothing else can change.
    pub(super) fn new(classes: &Classes, source: &'a str) -> Self {
        let (mut text, mut edits, mut copied) = (String::new(), Vec::new(), 0);
        for place in loose_stretches(classes, source) {
            let part = &source[place.clone()];
            if part.nfc().map(|(char, _)| char).eq(part.chars()) {
                continue;
            }
            text.push_str(&source[copied..place.start]);
            edits.push(edit(part, place.start, &mut text));
            copied = place.end;
        }
        if edits.is_empty() {
            return Self::unchanged(source);
        }
        text.push_str(&source[copied..]);
        Self { text: Cow::Owned(text), edits }
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.edits.is_empty()
    }

    /// The source bytes of a range that isn't empty, as `tokenizers` tells them.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        self.source_of(range.start).start..self.source_of(range.end - 1).end
    }

    fn source_of(&self, at: usize) -> Range<usize> {
        let Some(edit) = self.edits[..self.edits.partition_point(|edit| edit.at.start <= at)].last() else {
            return at..at + 1;
        };
        match edit.sources.get(at - edit.at.start) {
            Some(source) => source.clone(),
            None => {
                let start = at - edit.at.end + edit.source_end;
                start..start + 1
            }
        }
    }
}

fn edit(part: &str, source_start: usize, text: &mut String) -> Edit {
    let mut normalized = NormalizedString::from(part);
    normalized.nfc();
    let start = text.len();
    text.push_str(normalized.get());
    let aligned = |at| normalized.convert_offsets(Place::Normalized(at..=at)).unwrap_or(0..part.len());
    let moved = |range: Range<usize>| source_start + range.start..source_start + range.end;
    let sources = (0..normalized.get().len()).map(|at| moved(aligned(at))).collect();
    Edit { at: start..text.len(), sources, source_end: source_start + part.len() }
}

/// Runs of characters that may combine, each with the character before it. One mark alone is left out: it is in
/// order, and composes with nothing.
fn loose_stretches(classes: &Classes, source: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = source.as_bytes();
    let (mut at, mut start) = (if source.is_ascii() { bytes.len() } else { 0 }, 0);
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let (kind, next) = looseness(classes, bytes, at);
            if kind == 0 {
                (start, at) = (at, next);
                continue;
            }
            let (mut end, mut kinds, mut count) = (next, kind, 1);
            while let (more @ 1.., next) = looseness(classes, bytes, end) {
                (end, kinds, count) = (next, kinds | more, count + 1);
            }
            at = end;
            if count > 1 || kinds & COMPOSING != 0 {
                return Some(start..end);
            }
        }
        None
    })
}

/// Whether the character at `at` may combine, and where it ends.
#[inline]
fn looseness(classes: &Classes, bytes: &[u8], at: usize) -> (u8, usize) {
    match bytes.get(at) {
        None => (0, at),
        Some(..0x80) => (0, at + 1),
        Some(_) => {
            let (code, length) = decode(bytes, at);
            (classes.entry(code) & (COMBINING | COMPOSING), at + length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::new);

    fn check(source: &str) {
        let ours = Composed::new(&CLASSES, source);
        let mut theirs = NormalizedString::from(source);
        theirs.nfc();
        assert_eq!(ours.text, theirs.get(), "{source:?}");
        let at_once = |at| theirs.convert_offsets(Place::Normalized(at..=at));
        for (at, char) in ours.text.char_indices() {
            let end = at + char.len_utf8();
            let (first, last) = (at_once(at).unwrap_or(0..0), at_once(end - 1).unwrap_or(0..0));
            let source_end = |end: usize| (end..=source.len()).find(|&end| source.is_char_boundary(end));
            let told = ours.source(&(at..end));
            assert_eq!(
                (told.start, source_end(told.end)),
                (first.start, source_end(last.end)),
                "{source:?} {at}"
            );
        }
    }

    #[test]
    fn every_character_alone_and_beside_others() {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        for (before, after) in
            [("", " "), ("e", "\u{301}"), ("\u{1100}", "\u{11a8} "), ("o\u{323}", "\u{302}x")]
        {
            for chars in all.chunks(1 << 14) {
                let text: String = chars
                    .iter()
                    .flat_map(|&char| [before.to_owned(), char.into(), after.to_owned()])
                    .collect();
                check(&text);
            }
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        let marks = vec![
            "e",
            "o",
            "é",
            "\u{301}",
            "\u{323}",
            "\u{302}",
            "\u{345}",
            "\u{93c}",
            "क",
            "한",
            "하",
            "ᄒ",
            "ᅡ",
            "ᆫ",
            "\u{16d67}",
            "\u{16d63}",
            "\u{f71}",
            "\u{f72}",
            "\u{1e4ef}",
            "\u{212b}",
            "\u{958}",
            "\u{2126}",
            "ﬁ",
            " ",
            "\u{344}",
        ];
        let piece = prop_oneof![
            8 => prop::sample::select(marks).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn generated_texts(text in texts()) {
            check(&text);
        }
    }
}
