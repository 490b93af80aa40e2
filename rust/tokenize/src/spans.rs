//! Offsets as `tokenizers` tells them, made into ranges that can be relied on.
use crate::Encoding;
use std::ops::Range;
use tokenizers::Tokenizer;

/// What an encoding of the crate tells.
pub(crate) fn encoding(tokenizer: &Tokenizer, text: &str, encoded: &tokenizers::Encoding) -> Encoding {
    let added = tokenizer.get_added_vocabulary().get_added_tokens_decoder();
    let is_raw = |token: usize| added.get(&encoded.get_ids()[token]).is_some_and(|token| !token.normalized);
    let spans = in_source(text, encoded.get_offsets(), is_raw);
    Encoding { ids: encoded.get_ids().to_vec(), spans }
}

/// The source bytes of each token: within the text, on character boundaries, starts in order, and claiming
/// every character that a normalizer may have merged into a token. Tokens that are `raw` were found before
/// normalizing, and hold what they hold.
pub(crate) fn in_source(
    text: &str,
    offsets: &[(usize, usize)],
    is_raw: impl Fn(usize) -> bool,
) -> Vec<Range<usize>> {
    let mut spans = ordered(text, offsets);
    claim_gaps(text, &mut spans, is_raw);
    spans
}

fn ordered(text: &str, offsets: &[(usize, usize)]) -> Vec<Range<usize>> {
    let mut least = 0;
    let mut span = |&(start, end): &(usize, usize)| {
        least = boundary_before(text, start).max(least);
        least..boundary_after(text, end).max(least)
    };
    offsets.iter().map(&mut span).collect()
}

fn boundary_before(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn boundary_after(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

/// `tokenizers` aligns a composed character with only the first of its parts, a replaced one with only the
/// last, so the rest stands between two tokens. Which of them consumed it isn't told: both claim it.
fn claim_gaps(text: &str, spans: &mut [Range<usize>], is_raw: impl Fn(usize) -> bool) {
    let mut reached = 0;
    for index in 0..=spans.len() {
        let next = spans.get(index).map_or(text.len()..text.len(), Range::clone);
        if let Some(gap) = without_spaces(text, reached..next.start) {
            let (before, after) = spans.split_at_mut(index);
            if index > 0 && !is_raw(index - 1) {
                alike(before.iter_mut().rev()).for_each(|span| span.end = gap.end);
            }
            if !after.is_empty() && !is_raw(index) {
                alike(after.iter_mut()).for_each(|span| span.start = gap.start);
            }
        }
        reached = reached.max(next.end);
    }
}

/// The first and those after it that share its character.
fn alike<'a>(
    spans: impl Iterator<Item = &'a mut Range<usize>>,
) -> impl Iterator<Item = &'a mut Range<usize>> {
    let mut first = None;
    spans.take_while(move |span| *first.get_or_insert_with(|| (*span).clone()) == **span)
}

fn without_spaces(text: &str, gap: Range<usize>) -> Option<Range<usize>> {
    let inner = text.get(gap.clone())?;
    let start = gap.end - inner.trim_start().len();
    let end = gap.start + inner.trim_end().len();
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    fn in_source(text: &str, offsets: &[(usize, usize)]) -> Vec<Range<usize>> {
        super::in_source(text, offsets, |_| false)
    }

    #[test]
    fn a_composed_mark_belongs_to_the_tokens_beside_it() {
        assert_eq!(in_source("e\u{301}x", &[(0, 1), (3, 4)]), [0..3, 1..4]);
        assert_eq!(in_source("e\u{301}", &[(0, 1)]).first(), Some(&(0..3)));
    }

    #[test]
    fn tokens_that_share_a_character_claim_its_mark_alike() {
        assert_eq!(in_source("e\u{301}x", &[(0, 1), (0, 1), (3, 4)]), [0..3, 0..3, 1..4]);
        assert_eq!(in_source("''a", &[(1, 2), (1, 2), (2, 3)]), [0..2, 0..2, 2..3]);
    }

    #[test]
    fn a_token_found_before_normalizing_holds_no_more() {
        let raw = |token| token == 1;
        assert_eq!(super::in_source("e\u{301}<x>", &[(0, 1), (3, 6)], raw), [0..3, 3..6]);
        assert_eq!(
            super::in_source("\u{301}<x>\u{301}e", &[(0, 1), (2, 5), (7, 8)], raw),
            [0..2, 2..5, 5..8]
        );
    }

    #[test]
    fn dropped_whitespace_belongs_to_none() {
        assert_eq!(in_source("a b \n", &[(0, 1), (2, 3)]), [0..1, 2..3]);
    }

    #[test]
    fn absurd_offsets_are_brought_into_the_text_and_into_order() {
        assert_eq!(in_source("añb", &[(0, 2), (0, 1), (9, 7), (1, 99)]), [0..3, 0..4, 3..4, 3..4]);
    }

    #[test]
    fn no_tokens_claim_nothing() {
        assert!(in_source("abc", &[]).is_empty());
    }
}
