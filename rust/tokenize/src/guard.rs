//! Encoding a text of which some bytes may not become control tokens.
//!
//! This is the pipeline of the `tokenizers` crate, from the extraction of added tokens to the model, with one
//! rule more: a match of a control token that holds an untrusted byte is none, and that text goes on as any other
//! text does. Where no match is refused, what comes out is what the crate gives.
#[cfg(test)]
mod tests;

use crate::control_ids::IdSet;
use crate::ranges::touches;
use aho_corasick::AhoCorasick;
use std::ops::Range;
use tokenizers::normalizer::Range as At;
use tokenizers::{
    AddedToken, Encoding, Model, NormalizedString, Normalizer, OffsetType, PreTokenizedString, PreTokenizer,
    Result, Token, Tokenizer,
};

/// The added tokens of a tokenizer, some of them control tokens.
#[derive(Debug)]
pub(crate) struct Guard {
    control: IdSet,
    /// Those matched in the text as it is, and those matched in normalized text.
    raw: Finder,
    normalized: Finder,
}

/// A text's untrusted bytes, as ranges in order and apart.
type Untrusted<'a> = &'a [Range<usize>];

impl Guard {
    /// # Errors
    /// More added tokens than an automaton holds.
    pub(crate) fn new(tokenizer: &Tokenizer, control: IdSet) -> Result<Self> {
        let mut added: Vec<(u32, AddedToken)> = tokenizer.get_added_tokens_decoder().into_iter().collect();
        added.sort_unstable_by_key(|(id, _)| *id);
        let (normalized, raw): (Vec<_>, Vec<_>) = added.into_iter().partition(|(_, token)| token.normalized);
        let normal = |token: &AddedToken| {
            let mut text = NormalizedString::from(token.content.as_str());
            tokenizer.get_normalizer().map(|normalizer| normalizer.normalize(&mut text));
            text.get().to_owned()
        };
        let raw = Finder::new(raw, &control, |token| token.content.clone())?;
        let normalized = Finder::new(normalized, &control, normal)?;
        Ok(Self { control, raw, normalized })
    }

    /// Encodes a text, with no control token in its untrusted bytes.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub(crate) fn encode(&self, tokenizer: &Tokenizer, text: &str, untrusted: Untrusted) -> Result<Encoding> {
        let mut pieces = PreTokenizedString::from(text);
        pieces.split(|_, piece| Ok(self.raw.split(&piece, untrusted)))?;
        pieces.split(|_, mut piece| {
            // A normalizer that fails leaves the piece as it was, there as here.
            tokenizer.get_normalizer().map(|normalizer| normalizer.normalize(&mut piece));
            Ok(self.normalized.split(&piece, untrusted))
        })?;
        if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
            pre_tokenizer.pre_tokenize(&mut pieces)?;
        }
        pieces.tokenize(|piece| self.words(tokenizer, piece, untrusted))?;
        pieces.into_encoding(None, 0, OffsetType::Byte)
    }

    /// The model's tokens of a piece. A model may know a control token as a word: such a word is cut after its
    /// first character.
    fn words(
        &self,
        tokenizer: &Tokenizer,
        piece: &NormalizedString,
        untrusted: Untrusted,
    ) -> Result<Vec<Token>> {
        let text = piece.get();
        let mut words = Vec::new();
        let mut parts = vec![(0, text.len())];
        while let Some((start, end)) = parts.pop() {
            let mut tokens = tokenizer.get_model().tokenize(&text[start..end])?;
            for token in &mut tokens {
                token.offsets = (start + token.offsets.0, start + token.offsets.1);
            }
            let refused = tokens.iter().filter(|token| {
                self.control.contains(token.id)
                    && touches(&origin(piece, token.offsets.0..token.offsets.1), untrusted)
            });
            let mut cuts: Vec<_> =
                refused.filter_map(|token| inside(text, token.offsets.0..token.offsets.1)).collect();
            if cuts.is_empty() {
                words.append(&mut tokens);
                continue;
            }
            cuts.insert(0, start);
            cuts.push(end);
            parts.extend(cuts.windows(2).rev().map(|pair| (pair[0], pair[1])));
        }
        Ok(words)
    }
}

/// Where a word of several characters can be cut.
fn inside(text: &str, word: Range<usize>) -> Option<usize> {
    let first = text.get(word.clone())?.chars().next()?.len_utf8();
    (word.start + first < word.end).then_some(word.start + first)
}

/// The bytes of the whole text that a range of a piece stands for.
fn origin(piece: &NormalizedString, range: Range<usize>) -> Range<usize> {
    let start = piece.offsets_original().0;
    let within = piece.convert_offsets(At::Normalized(range)).unwrap_or(0..piece.len_original());
    start + within.start..start + within.end
}

/// Finds added tokens as the `tokenizers` crate does: from the left, the longest first.
#[derive(Debug)]
struct Finder {
    automaton: AhoCorasick,
    tokens: Vec<Known>,
}

/// An added token, by what its match depends on.
#[derive(Debug)]
struct Known {
    id: u32,
    is_control: bool,
    single_word: bool,
    takes_space_before: bool,
    takes_space_after: bool,
}

impl Finder {
    fn new(
        added: Vec<(u32, AddedToken)>,
        control: &IdSet,
        pattern: impl Fn(&AddedToken) -> String,
    ) -> Result<Self> {
        let mut tokens = Vec::with_capacity(added.len());
        let mut patterns = Vec::with_capacity(added.len());
        for (id, token) in added {
            let text = pattern(&token);
            if text.is_empty() {
                continue;
            }
            patterns.push(text);
            tokens.push(Known {
                id,
                is_control: control.contains(id),
                single_word: token.single_word,
                takes_space_before: token.lstrip,
                takes_space_after: token.rstrip,
            });
        }
        Ok(Self { automaton: AhoCorasick::new(patterns)?, tokens })
    }

    /// A piece cut into tokens and the text between them.
    fn split(
        &self,
        piece: &NormalizedString,
        untrusted: Untrusted,
    ) -> Vec<(NormalizedString, Option<Vec<Token>>)> {
        let found = self.find(piece, untrusted);
        let mut parts = Vec::with_capacity(2 * found.len() + 1);
        let mut end = 0;
        let mut push = |range: Range<usize>, id: Option<u32>| {
            let Some(part) = piece.slice(At::Normalized(range)) else { return };
            let value = part.get().to_owned();
            let length = value.len();
            parts.push((part, id.map(|id| vec![Token::new(id, value, (0, length))])));
        };
        for (range, id) in found {
            if end < range.start {
                push(end..range.start, None);
            }
            end = range.end;
            push(range, Some(id));
        }
        if end < piece.get().len() {
            push(end..piece.get().len(), None);
        }
        parts
    }

    /// The tokens' places in a piece with the spaces they take, in order.
    fn find(&self, piece: &NormalizedString, untrusted: Untrusted) -> Vec<(Range<usize>, u32)> {
        let text = piece.get();
        let refused = |range: Range<usize>| touches(&origin(piece, range), untrusted);
        let mut matches: Vec<_> = self
            .automaton
            .find_overlapping_iter(text)
            .map(|found| (found.range(), &self.tokens[found.pattern()]))
            .filter(|(range, token)| !(token.is_control && refused(range.clone())))
            .collect();
        matches.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut found: Vec<(Range<usize>, u32)> = Vec::new();
        let mut matched = 0;
        for (range, token) in matches {
            if range.start < matched {
                continue;
            }
            matched = range.end;
            if token.single_word && !stands_alone(text, &range) {
                continue;
            }
            let may_take = |range: Range<usize>| !(token.is_control && refused(range));
            let taken = found.last().map_or(0, |(last, _)| last.end);
            let start = if token.takes_space_before {
                spaces_before(text, taken..range.start, may_take).max(taken)
            } else {
                range.start
            };
            let end =
                if token.takes_space_after { spaces_after(text, range.end, may_take) } else { range.end };
            found.push((start..end, token.id));
        }
        found
    }
}

fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let is_word = |letter: char| regex_syntax::is_word_character(letter);
    let before = text[..range.start].chars().next_back();
    !before.is_some_and(is_word) && !text[range.end..].chars().next().is_some_and(is_word)
}

fn spaces_before(text: &str, stretch: Range<usize>, may_take: impl Fn(Range<usize>) -> bool) -> usize {
    let letters = text.get(stretch.clone()).unwrap_or_default().char_indices().rev();
    let place = |(at, letter): (usize, char)| {
        let start = stretch.start + at;
        (letter.is_whitespace() && may_take(start..start + letter.len_utf8())).then_some(start)
    };
    letters.map_while(place).last().unwrap_or(stretch.end)
}

fn spaces_after(text: &str, start: usize, may_take: impl Fn(Range<usize>) -> bool) -> usize {
    let place = |(at, letter): (usize, char)| {
        let range = start + at..start + at + letter.len_utf8();
        (letter.is_whitespace() && may_take(range.clone())).then_some(range.end)
    };
    text[start..].char_indices().map_while(place).last().unwrap_or(start)
}
