//! Cutting inside of texts.
use super::layout::Piece;
use crate::Keep;
use std::ops::Range;

/// The tokens that are left, in order, when the longest texts are cut to a common length so that at most `room`
/// tokens are left; the head's text is cut only where the others' alone don't do. Every frame is kept, and something
/// of every text; `None` where there is no room for that.
pub(super) fn shrunk(
    pieces: &[Piece<'_>],
    room: usize,
    keep: Keep,
    spans: &[Range<usize>],
) -> Option<Vec<usize>> {
    let left = |kept: &dyn Fn(&Piece<'_>) -> usize| room.checked_sub(pieces.iter().map(kept).sum());
    let turns_alone = left(&|piece| if piece.is_head { piece.len() } else { piece.frame.len() });
    let lengths = |with_head: bool| pieces.iter().filter(move |piece| with_head || !piece.is_head);
    let lengths = |with_head: bool| lengths(with_head).map(|piece| piece.text.len()).collect::<Vec<_>>();
    if let Some(level) = turns_alone.and_then(|room| level(lengths(false), room)) {
        return Some(tokens(pieces, |piece| if piece.is_head { usize::MAX } else { level }, keep, spans));
    }
    let level = left(&|piece| piece.frame.len()).and_then(|room| level(lengths(true), room))?;
    Some(tokens(pieces, |_| level, keep, spans))
}

/// The tokens of pieces, in order.
pub(super) fn whole(pieces: &[Piece<'_>]) -> Vec<usize> {
    tokens(pieces, |_| usize::MAX, Keep::End, &[])
}

/// How many tokens of pieces there are.
pub(super) fn size(pieces: &[Piece<'_>]) -> usize {
    pieces.iter().map(Piece::len).sum()
}

/// The greatest length to which texts may be cut so that they fit together.
fn level(mut lengths: Vec<usize>, mut room: usize) -> Option<usize> {
    lengths.retain(|&length| length > 0);
    lengths.sort_unstable();
    let count = lengths.len();
    for (place, length) in lengths.into_iter().enumerate() {
        let share = room / (count - place);
        if length > share {
            return (share > 0).then_some(share);
        }
        room -= length;
    }
    Some(usize::MAX)
}

fn tokens(
    pieces: &[Piece<'_>],
    level: impl Fn(&Piece<'_>) -> usize,
    keep: Keep,
    spans: &[Range<usize>],
) -> Vec<usize> {
    let mut kept = Vec::new();
    for piece in pieces {
        kept.extend_from_slice(piece.frame);
        kept.extend_from_slice(cut(piece.text, level(piece), keep, spans));
    }
    kept.sort_unstable();
    kept
}

/// At most so many tokens of a text's end or start, cut between characters.
fn cut<'t>(text: &'t [usize], length: usize, keep: Keep, spans: &[Range<usize>]) -> &'t [usize] {
    let Some(surplus) = text.len().checked_sub(length).filter(|surplus| *surplus > 0) else { return text };
    let is_inside = |place: &usize| spans[text[*place]].start < spans[text[place - 1]].end;
    match keep {
        Keep::End => &text[(surplus..text.len()).find(|place| !is_inside(place)).unwrap_or(text.len())..],
        Keep::Start => &text[..(1..=length).rev().find(|place| !is_inside(place)).unwrap_or(0)],
    }
}
