//! Added tokens: found in the text before it is cut into words.
use super::recognize::Reason;
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashSet;
use std::ops::Range;
use tokenizers::AddedToken;

/// A part of a text, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(Range<usize>),
    Token(u32, Range<usize>),
}

/// Finds a set of tokens: from the left, of those that start at one place the longest.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    found: Option<(AhoCorasick, Vec<(u32, AddedToken)>)>,
}

impl Matcher {
    /// # Errors
    /// They are too many for the automaton, two are the same text, or some may overlap: `tokenizers` then gives text
    /// twice, or panics.
    pub(super) fn new(tokens: Vec<(u32, AddedToken)>) -> Result<Self, Reason> {
        if tokens.is_empty() {
            return Ok(Self::default());
        }
        let is_space = |(_, token): &(u32, AddedToken)| token.content.starts_with(char::is_whitespace);
        if tokens.iter().any(|(_, token)| token.rstrip) && tokens.iter().any(is_space) {
            return Err("one of its added tokens takes whitespace that may be another one");
        }
        let contents = tokens.iter().map(|(_, token)| &token.content);
        if contents.clone().collect::<HashSet<_>>().len() != tokens.len() {
            return Err("two of its added tokens are the same once normalized");
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(contents);
        let automaton = automaton.map_err(|_| "its added tokens are too many")?;
        Ok(Self { found: Some((automaton, tokens)) })
    }

    /// Whether there is nothing to find.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    /// Tells the parts of a text that isn't empty.
    pub(super) fn split(&self, text: &str, mut part: impl FnMut(Part)) {
        let mut reached = 0;
        let Some((automaton, tokens)) = &self.found else { return part(Part::Text(0..text.len())) };
        for found in automaton.find_iter(text) {
            let (id, token) = &tokens[found.pattern().as_usize()];
            let (mut start, mut end) = (found.start(), found.end());
            if token.single_word && (ends_with_word(&text[..start]) || starts_with_word(&text[end..])) {
                continue;
            }
            if token.lstrip {
                start = text[..start].trim_end().len().max(reached);
            }
            if token.rstrip {
                end = text.len() - text[end..].trim_start().len();
            }
            if reached < start {
                part(Part::Text(reached..start));
            }
            part(Part::Token(*id, start..end));
            reached = end;
        }
        if reached != text.len() {
            part(Part::Text(reached..text.len()));
        }
    }
}

fn ends_with_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(is_word)
}

/// `\w`, of the `regex` crate that `tokenizers` asks.
fn is_word(char: char) -> bool {
    regex_syntax::is_word_character(char)
}
