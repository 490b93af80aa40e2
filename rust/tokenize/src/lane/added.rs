//! Added tokens: found in the text before it is cut into words.
use super::recognize::Reason;
use aho_corasick::{AhoCorasick, Input, MatchKind};
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
    pub(super) fn new(mut tokens: Vec<(u32, AddedToken)>) -> Result<Self, Reason> {
        tokens.retain(|(_, token)| !token.content.is_empty());
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

    /// Tells the parts of a text that isn't empty. A token of which `refused` says so of any byte is none there, and
    /// no token takes a space that it may not have.
    pub(super) fn split(
        &self,
        text: &str,
        refused: impl Fn(u32, Range<usize>) -> bool,
        mut part: impl FnMut(Part),
    ) {
        let (mut searched, mut reached) = (0, 0);
        while let Some((found, (id, token))) = self.next(text, searched, &refused) {
            searched = found.end;
            if token.single_word
                && (ends_with_word(&text[..found.start]) || starts_with_word(&text[found.end..]))
            {
                continue;
            }
            let may_take = |space| !refused(*id, space);
            let start =
                if token.lstrip { spaces_before(text, reached..found.start, may_take) } else { found.start };
            let end = if token.rstrip { spaces_after(text, found.end, may_take) } else { found.end };
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

    /// The first token from `searched` on that isn't refused, of those that start at one place the longest.
    fn next(
        &self,
        text: &str,
        mut searched: usize,
        refused: impl Fn(u32, Range<usize>) -> bool,
    ) -> Option<(Range<usize>, &(u32, AddedToken))> {
        let (automaton, tokens) = self.found.as_ref()?;
        loop {
            let mut found = automaton.find(Input::new(text).range(searched..))?;
            let start = found.start();
            while found.start() == start {
                let token = &tokens[found.pattern().as_usize()];
                if !refused(token.0, found.range()) {
                    return Some((found.range(), token));
                }
                let Some(shorter) = automaton.find(Input::new(text).range(start..found.end() - 1)) else {
                    break;
                };
                found = shorter;
            }
            searched = start + 1;
        }
    }
}

/// Where the spaces begin that end a stretch of text and may be taken.
fn spaces_before(text: &str, stretch: Range<usize>, may_take: impl Fn(Range<usize>) -> bool) -> usize {
    let letters = text[stretch.clone()].char_indices().rev();
    let spaces = letters.map_while(|(at, letter)| {
        let at = stretch.start + at;
        (letter.is_whitespace() && may_take(at..at + letter.len_utf8())).then_some(at)
    });
    spaces.last().unwrap_or(stretch.end)
}

/// Where the spaces end that follow and may be taken.
fn spaces_after(text: &str, start: usize, may_take: impl Fn(Range<usize>) -> bool) -> usize {
    let spaces = text[start..].char_indices().map_while(|(at, letter)| {
        let space = start + at..start + at + letter.len_utf8();
        (letter.is_whitespace() && may_take(space.clone())).then_some(space.end)
    });
    spaces.last().unwrap_or(start)
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
