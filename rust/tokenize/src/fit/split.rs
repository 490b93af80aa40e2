//! Several examples, in which every token that carries loss does so once.
use super::layout::{Layout, Piece};
use super::shrink::{shrunk, size, whole};
use crate::Keep;
use std::ops::Range;

/// One of the examples.
#[derive(Debug)]
pub(super) struct Window {
    /// The tokens it has, in order: some before the range, and the range.
    pub(super) kept: Vec<usize>,
    /// The tokens that may carry loss in it.
    pub(super) trained: Range<usize>,
}

/// The examples of a conversation that is too long.
pub(super) fn windows(layout: &Layout<'_>, max_length: usize) -> Vec<Window> {
    let ends = layout.ends();
    let mut windows = Vec::new();
    let mut done = 0;
    while let Some(&from) = layout.trained.get(layout.trained.partition_point(|&token| token < done)) {
        let window = window(layout, &ends, from, max_length);
        done = window.trained.end;
        windows.push(window);
    }
    windows
}

/// The example that goes on at a token: as far as whole turns fit beside the nearest that comes before. Where none
/// does, and that takes more than three quarters of an example, beside half an example of it; and where again none
/// does, as far as tokens fit. Then with as much of what comes before as there is room for.
fn window(layout: &Layout<'_>, ends: &[usize], from: usize, max_length: usize) -> Window {
    let context = Context { layout, from, before: from.checked_sub(1) };
    let size = size(&context.nearest());
    let furthest = |room: usize| {
        let reached = ends.partition_point(|&end| end <= from + room);
        ends[..reached].last().copied().filter(|&end| end > from)
    };
    let leaves_enough = size <= max_length - max_length.div_ceil(4);
    let least = if leaves_enough { size } else { max_length / 2 };
    let until = max_length.checked_sub(size).and_then(furthest);
    let until = until.or_else(|| furthest(max_length - least));
    let until = until.unwrap_or_else(|| between_characters(layout.spans, from, from + max_length - least));
    let mut kept = context.within((max_length + from).saturating_sub(until));
    kept.extend(from..until);
    Window { kept, trained: from..until }
}

/// The last place after `from` and up to `to` that is inside of no character.
fn between_characters(spans: &[Range<usize>], from: usize, to: usize) -> usize {
    let is_inside = |place: &usize| spans.get(*place).is_some_and(|span| span.start < spans[place - 1].end);
    let to = to.min(spans.len());
    (from + 1..=to).rev().find(|place| !is_inside(place)).unwrap_or(to.max(from + 1))
}

/// What comes before a token.
struct Context<'a> {
    layout: &'a Layout<'a>,
    from: usize,
    /// The token before it, which it is learnt from.
    before: Option<usize>,
}

impl Context<'_> {
    /// Of the head and of its own step with the questions that open it; and the token before, whosever it is.
    fn nearest(&self) -> Vec<Piece<'_>> {
        let step = self.layout.step_of(self.from);
        self.of_steps(step.map_or(0..0, |step| step..step + 1))
    }

    fn of_steps(&self, steps: Range<usize>) -> Vec<Piece<'_>> {
        let mut pieces = self.layout.pieces(steps, self.from);
        let has = |tokens: &[usize]| tokens.last().copied() == self.before;
        if !pieces.iter().any(|piece| has(piece.frame) || has(piece.text)) {
            pieces.push(Piece { is_head: false, frame: self.before.as_slice(), text: &[] });
        }
        pieces
    }

    /// At most so many tokens: earlier steps, if the nearest leaves room for them, or less than that.
    fn within(&self, room: usize) -> Vec<usize> {
        let nearest = self.nearest();
        let kept = if size(&nearest) <= room {
            Some(self.wider(room))
        } else {
            shrunk(&nearest, room, Keep::End, self.layout.spans)
        };
        let kept = kept.filter(|kept| kept.last().copied() == self.before);
        kept.unwrap_or_else(|| (self.from.saturating_sub(room)..self.from).collect())
    }

    fn wider(&self, room: usize) -> Vec<usize> {
        let Some(step) = self.layout.step_of(self.from) else { return whole(&self.nearest()) };
        let fits = |first: &usize| size(&self.of_steps(*first..step + 1)) <= room;
        let first = (0..step).rev().take_while(fits).last();
        whole(&self.of_steps(first.unwrap_or(step)..step + 1))
    }
}
