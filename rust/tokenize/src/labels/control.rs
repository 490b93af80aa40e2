//! Control tokens: the added tokens by which a template frames its turns.
use crate::AddedToken;
use std::ops::Range;

/// The added tokens that are special, and those that a template prints as markers. Added tokens that are only
/// text, such as runs of spaces, are none.
pub(crate) fn control_tokens<'a>(
    added: &'a [AddedToken],
    literals: &[&str],
) -> impl Iterator<Item = &'a AddedToken> {
    let printed = |token: &AddedToken| literals.iter().any(|literal| literal.contains(&token.content));
    let is_marker = move |token: &AddedToken| !token.content.trim().is_empty() && printed(token);
    added.iter().filter(move |token| token.special || is_marker(token))
}

/// A set of control tokens; a text is matched from the left, the longest token first.
#[derive(Debug, Default)]
pub(crate) struct ControlTokens {
    /// By first byte, in the order of their bytes.
    by_first: Vec<Vec<String>>,
    longest: usize,
}

impl ControlTokens {
    /// Those of a vocabulary; see [`control_tokens`].
    pub(crate) fn of(added: &[AddedToken], literals: &[&str]) -> Self {
        Self::new(control_tokens(added, literals).map(|token| token.content.as_str()))
    }

    pub(crate) fn new<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self { by_first: vec![Vec::new(); 256], longest: 0 };
        for token in tokens {
            let Some(&first) = token.as_bytes().first() else { continue };
            set.by_first[usize::from(first)].push(token.to_owned());
            set.longest = set.longest.max(token.len());
        }
        set.by_first.iter_mut().for_each(|tokens| tokens.sort_unstable());
        set
    }

    /// The length of the longest of them.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The length of the one that a text begins with.
    pub(super) fn opens(&self, text: &[u8]) -> Option<usize> {
        let tokens = self.by_first.get(usize::from(*text.first()?))?;
        let mut start = text;
        loop {
            // No longer one than the last that isn't beyond the text can be its beginning.
            let next = tokens.partition_point(|token| token.as_bytes() <= start);
            let last = tokens[..next].last()?.as_bytes();
            if text.starts_with(last) {
                return Some(last.len());
            }
            start = &start[..common(start, last)];
        }
    }

    /// Where they stand in a text.
    pub(super) fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let bytes = text.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            let found =
                (at..bytes.len()).find_map(|start| Some(start..start + self.opens(&bytes[start..])?))?;
            at = found.end;
            Some(found)
        })
    }

    /// How far two texts agree, less the part of a control token in which either of them parts.
    pub(crate) fn agreement(&self, one: &str, other: &str) -> usize {
        let common = common(one.as_bytes(), other.as_bytes());
        let mut agreed = (0..=common).rev().find(|&at| one.is_char_boundary(at)).unwrap_or(0);
        loop {
            let whole = self.token_start(one, agreed).min(self.token_start(other, agreed));
            if whole == agreed {
                return agreed;
            }
            agreed = whole;
        }
    }

    /// The start of the token that has `at` inside, else `at`.
    fn token_start(&self, text: &str, at: usize) -> usize {
        if at == text.len() {
            return at;
        }
        let around = self.matches(text).take_while(|token| token.start < at).find(|token| token.end > at);
        around.map_or(at, |token| token.start)
    }
}

/// How many bytes two texts begin with alike.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::ControlTokens;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_longest_that_a_text_begins_with_opens_it(
            tokens in prop::collection::vec("[<ab]{1,4}", 0..8), text in "[<ab]{0,6}"
        ) {
            let set = ControlTokens::new(tokens.iter().map(String::as_str));
            let longest = tokens.iter().filter(|token| text.starts_with(*token)).map(String::len).max();
            prop_assert_eq!(set.opens(text.as_bytes()), longest);
        }
    }
}
