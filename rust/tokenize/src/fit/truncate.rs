//! One example of what fits.
use super::layout::Layout;
use super::shrink::{shrunk, size, whole};
use crate::Keep;

/// The tokens to keep of a conversation that is too long: head and tail, and of the steps up to the last that
/// carries loss the last or the first ones that fit, each with the questions that open it. Where a single step does
/// not fit, its texts are cut. `None` where nothing carries loss, or the frames alone are too long.
pub(super) fn kept(layout: &Layout<'_>, max_length: usize, keep: Keep) -> Option<Vec<usize>> {
    let last = layout.step_of(*layout.trained.last()?).unwrap_or(0);
    let end = layout.steps().min(last + 1);
    let pieces = |count: usize| {
        let steps = match keep {
            Keep::End => end - count..end,
            Keep::Start => 0..count,
        };
        layout.pieces(steps, usize::MAX)
    };
    let counts: Vec<usize> = (1..=end).collect();
    match counts.partition_point(|&count| size(&pieces(count)) <= max_length) {
        0 => shrunk(&pieces(end.min(1)), max_length, keep, layout.spans),
        fitting => Some(whole(&pieces(fitting))),
    }
}
