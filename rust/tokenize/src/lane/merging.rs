//! The merges of one word: always the pair of the lowest rank, and of equal ones the leftmost.
mod long;
mod short;

#[cfg(test)]
mod tests;

use super::ranks::Ranks;

/// The longest word, in symbols, for which looking through all pairs is faster than keeping them in order.
const SHORT: usize = 160;

/// The longest text, in bytes, whose words may be merged, whatever a normalizer makes of it: places are counted in 32
/// bits.
pub(super) const LONGEST: usize = 1 << 30;

/// Room to work in, kept between words.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The symbols of a word, and after [`merge`] its tokens.
    pub(super) symbols: Vec<u32>,
    /// The rank of each symbol with the next one.
    pub(super) ranks: Vec<u32>,
}

/// Merges `room.symbols`, whose ranks must be in `room.ranks`: one fewer than symbols.
pub(super) fn merge(room: &mut Room, ranks: &Ranks) {
    if room.symbols.len() <= SHORT { short::merge(room, ranks) } else { long::merge(room, ranks) }
}
