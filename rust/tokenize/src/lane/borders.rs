//! Between which characters a text may be cut without changing its tokens.
//!
//! A merge joins two neighbouring tokens to the one that has both their texts. So where two characters stand side by
//! side in no token that a merge makes, no merge ever reaches across, and what stands before and after is merged as
//! if it were alone.
use super::classes::decode;
use super::recognize::{MARK, Model};

/// The pairs of characters that merges may join; a mark counts as a space.
#[derive(Debug)]
pub(super) struct Borders {
    /// Whether nothing is joined to a space after it.
    splits: bool,
    /// For each ASCII character, which may follow.
    ascii: Box<[[bool; ASCII]; ASCII]>,
    /// One bit for each hash of a pair: pairs that share theirs with one that may be joined are kept together too.
    others: Vec<u64>,
    shift: u32,
}

const ASCII: usize = 128;
const SPACE: u32 = ' ' as u32;
/// Bits for each pair.
const ROOM: usize = 32;

impl Borders {
    /// The borders of a model of characters; `splits` tells whether words are cut before each space anyway.
    pub(super) fn new(model: &Model, splits: bool) -> Self {
        let joined = joined(model);
        let count = joined.clone().filter(|&(before, after)| !are_ascii(before, after)).count();
        let bits = (count * ROOM).next_power_of_two().max(64);
        let (others, shift) = (vec![0; bits / 64], 64 - bits.trailing_zeros());
        let mut borders = Self { splits, ascii: Box::new([[false; ASCII]; ASCII]), others, shift };
        joined.for_each(|(before, after)| borders.join(before, after));
        borders
    }

    fn join(&mut self, before: u32, after: u32) {
        if self.splits && after == SPACE {
            return;
        }
        if are_ascii(before, after) {
            self.ascii[before as usize][after as usize] = true;
        } else {
            let bit = self.bit(before, after);
            self.others[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Whether two characters that aren't both ASCII may be joined.
    #[inline]
    fn are_joined(&self, before: u32, after: u32) -> bool {
        let bit = self.bit(before, after);
        self.others[bit / 64] >> (bit % 64) & 1 == 1 && !(self.splits && after == SPACE)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "there are fewer bits than a usize can count")]
    fn bit(&self, before: u32, after: u32) -> usize {
        let pair = u64::from(before) << 32 | u64::from(after);
        (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// Where the piece ends that starts at `at`, which is within the text.
    #[inline]
    pub(super) fn end(&self, text: &[u8], at: usize) -> usize {
        let (first, length) = character(text, at);
        self.end_after(first, text, at + length)
    }

    /// Where the piece ends that has a mark before the text.
    pub(super) fn end_after_mark(&self, text: &[u8]) -> usize {
        self.end_after(SPACE, text, 0)
    }

    #[inline]
    fn end_after(&self, mut before: u32, text: &[u8], mut end: usize) -> usize {
        while let Some(&byte) = text.get(end) {
            let (after, length) = if byte < 0x80 { (byte.into(), 1) } else { character(text, end) };
            let are_joined = if are_ascii(before, after) {
                self.ascii[before as usize % ASCII][after as usize % ASCII]
            } else {
                self.are_joined(before, after)
            };
            if !are_joined {
                break;
            }
            (before, end) = (after, end + length);
        }
        end
    }
}

#[inline]
fn are_ascii(before: u32, after: u32) -> bool {
    (before | after) < 128
}

/// As [`decode`], with a space for a mark.
#[inline]
fn character(text: &[u8], at: usize) -> (u32, usize) {
    let (code, length) = decode(text, at);
    (if code == u32::from(MARK) { SPACE } else { code }, length)
}

/// The pairs of characters in the tokens that merges make.
fn joined(model: &Model) -> impl Iterator<Item = (u32, u32)> + Clone {
    let most = model.merges.iter().map(|merge| merge.result as usize + 1).max().unwrap_or(0);
    let mut is_made = vec![false; most];
    model.merges.iter().for_each(|merge| is_made[merge.result as usize] = true);
    let made = |(_, id): &&(Box<[u8]>, u32)| is_made.get(*id as usize) == Some(&true);
    let made: Vec<_> = model.tokens.iter().filter(made).map(|(bytes, _)| bytes).collect();
    made.into_iter().flat_map(|bytes| {
        let mut at = 0;
        let codes = std::iter::from_fn(move || {
            let (code, length) = (at < bytes.len()).then(|| decode(bytes, at))?;
            at += length;
            Some(code)
        });
        codes.clone().zip(codes.skip(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::ranks::{LIMIT, Merge};
    use proptest::prelude::*;

    /// A model whose merges make these tokens.
    fn model(tokens: &[String]) -> Model {
        let tokens = (0..).zip(tokens).map(|(id, token)| (token.clone().into_bytes().into(), id)).collect();
        let merge = |(_, id): &(Box<[u8]>, u32)| Merge { left: 0, right: 0, result: *id };
        let merges = Vec::from_iter(&tokens as &Vec<_>).into_iter().map(merge).collect();
        Model { tokens, merges, byte_ids: [LIMIT; 256], ignore_merges: false }
    }

    fn some(letters: &str, longest: usize) -> impl Strategy<Value = String> {
        let letters: Vec<char> = letters.chars().collect();
        prop::collection::vec(prop::sample::select(letters), 0..longest).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn pieces_end_only_where_no_token_reaches_across(
            tokens in prop::collection::vec(some("ab <é中", 5), 0..8),
            text in some("ab <▁é中😀", 30),
            splits in any::<bool>(),
        ) {
            let borders = Borders::new(&model(&tokens), splits);
            let mut at = 0;
            while at < text.len() {
                let end = borders.end(text.as_bytes(), at);
                let piece: Vec<char> = text.get(at..end).into_iter().flat_map(str::chars).collect();
                prop_assert!(!piece.is_empty());
                if splits {
                    prop_assert!(!piece[1..].iter().any(|char| [' ', MARK].contains(char)));
                }
                if let Some(next) = text[end..].chars().next().filter(|next| !splits || ![' ', MARK].contains(next)) {
                    let pair = String::from_iter([piece[piece.len() - 1], next]).replace(MARK, " ");
                    prop_assert!(!tokens.iter().any(|token| token.contains(&pair)));
                }
                at = end;
            }
        }

        #[test]
        fn a_mark_before_a_text_is_like_a_mark_in_it(
            tokens in prop::collection::vec(some("ab é", 5), 0..8),
            text in some("ab é", 9),
        ) {
            let borders = Borders::new(&model(&tokens), false);
            let marked = [" ", &text].concat();
            prop_assert_eq!(borders.end_after_mark(text.as_bytes()) + 1, borders.end(marked.as_bytes(), 0));
        }
    }
}
