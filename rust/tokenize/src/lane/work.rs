//! A text on its way through a lane.
use super::added::{Matcher, Part};
use super::memory::Memory;
use super::notes::Notes;
use crate::outline::{Ban, Outline, Wanted};
use std::ops::Range;

/// What is known and written out so far.
pub(super) struct Work<'a, L> {
    pub(super) lane: &'a L,
    pub(super) memory: &'a mut Memory,
    pub(super) text: &'a str,
    pub(super) ban: Option<Ban<'a>>,
    pub(super) ids: Vec<u32>,
    pub(super) notes: Notes<'a>,
}

impl<'a, L> Work<'a, L> {
    pub(super) fn new(lane: &'a L, memory: &'a mut Memory, text: &'a str, wanted: Wanted<'a>) -> Self {
        let ids = Vec::with_capacity(text.len() / 3);
        Self { lane, memory, text, ban: wanted.ban, ids, notes: Notes::new(wanted.spans) }
    }

    /// The outline of the text, each part of which `part` writes out; `raw` are the tokens looked for in it as it is.
    pub(super) fn outline(mut self, raw: &Matcher, mut part: impl FnMut(&mut Self, Part)) -> Outline {
        let (text, ban) = (self.text, self.ban);
        if !text.is_empty() {
            let refused = |id, range| ban.is_some_and(|ban| ban.refuses(id, &range));
            raw.split(text, refused, |found| part(&mut self, found));
        }
        Outline { ids: self.ids, known: self.notes.known }
    }

    pub(super) fn token(&mut self, id: u32, span: Range<usize>) {
        self.notes.token(self.ids.len(), span);
        self.ids.push(id);
    }
}
