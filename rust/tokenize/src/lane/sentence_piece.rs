//! BPE over characters in the manner of `SentencePiece`.
use super::added::{Matcher, Part};
use super::alphabet::Characters;
use super::borders::Borders;
use super::marked::Marked;
use super::memory::Memory;
use super::merging::LONGEST;
use super::recognize::{Before, MARK, Marks, Model, Reason};
use super::spans::{ceiling, floor};
use super::tokens::Tokens;
use super::work::Work;
use crate::outline::{Outline, Wanted};
use crate::{EncodeError, Encoder, Encoding};
use std::cell::RefCell;
use std::ops::Range;
use thread_local::ThreadLocal;
use tokenizers::AddedToken;

/// An encoder that gives the ids and spans of `tokenizers`.
///
/// Text is read as it is, spaces for marks, and cut into pieces where no merge can reach across.
#[derive(Debug)]
pub(super) struct SentencePiece {
    marks: Marks,
    borders: Borders,
    /// Added tokens that are looked for in the text as it is.
    raw: Matcher,
    /// Those that are looked for once it is normalized.
    normalized: Matcher,
    tokens: Tokens<Characters>,
    memory: ThreadLocal<RefCell<Memory>>,
}

impl SentencePiece {
    /// # Errors
    /// The added tokens can't be followed.
    pub(super) fn new(marks: Marks, model: Model, added: Vec<(u32, AddedToken)>) -> Result<Self, Reason> {
        let (mut normalized, raw): (Vec<_>, Vec<_>) =
            added.into_iter().partition(|(_, token)| token.normalized);
        if let Marks::Normalized { prepends } = marks {
            for (_, token) in &mut normalized {
                token.content = Marked::new(&token.content, prepends).text;
            }
        }
        Ok(Self {
            borders: Borders::new(&model, matches!(marks, Marks::Cut { splits: true, .. })),
            marks,
            raw: Matcher::new(raw)?,
            normalized: Matcher::new(normalized)?,
            tokens: Tokens::new(model, |model, _| Characters::new(model)),
            memory: ThreadLocal::new(),
        })
    }

    /// Writes out the tokens of the first piece of a text that has a mark before it; tells where it ends.
    fn first_piece(&self, text: &str, memory: &mut Memory, ids: &mut Vec<u32>) -> usize {
        let end = self.borders.end_after_mark(text.as_bytes());
        let first = [" ", &text[..end]].concat();
        memory.word(&self.tokens, first.as_bytes(), 0, first.len(), ids);
        end
    }

    /// Writes out the tokens of the pieces from `at` on; `met` is told each piece, its tokens and the first one's place.
    #[inline]
    fn pieces(
        &self,
        text: &str,
        mut at: usize,
        memory: &mut Memory,
        ids: &mut Vec<u32>,
        mut met: impl FnMut(Range<usize>, &[u32], usize),
    ) {
        let bytes = text.as_bytes();
        while at < bytes.len() {
            let (end, first) = (self.borders.end(bytes, at), ids.len());
            memory.word(&self.tokens, bytes, at, end, ids);
            met(at..end, &ids[first..], first);
            at = end;
        }
    }
}

impl Encoder for SentencePiece {
    fn takes(&self, text: &str) -> bool {
        text.len() <= LONGEST
    }

    fn encoding(&self, text: &str) -> Result<Encoding, EncodeError> {
        self.outline(text, Wanted::default()).map(Encoding::from)
    }

    fn outline(&self, text: &str, wanted: Wanted) -> Result<Outline, EncodeError> {
        let mut memory = self.memory.get_or(|| RefCell::new(Memory::new())).borrow_mut();
        let work = Work::new(self, &mut memory, text, wanted);
        Ok(work.outline(&self.raw, Work::part))
    }
}

impl Work<'_, SentencePiece> {
    fn part(&mut self, part: Part) {
        match part {
            Part::Token(id, range) => self.token(id, range),
            Part::Text(range) => match self.lane.marks {
                Marks::Normalized { prepends } if self.lane.normalized.is_empty() => {
                    self.plain(range, prepends);
                }
                Marks::Normalized { prepends } => self.normalized(range, prepends),
                Marks::Cut { before, .. } => self.cut(range, before),
            },
        }
    }

    /// Text that the normalizer marks before added tokens are looked for.
    fn normalized(&mut self, range: Range<usize>, prepends: bool) {
        let (lane, ban) = (self.lane, self.ban);
        let marked = Marked::new(&self.text[range.clone()], prepends);
        let source = |place: Range<usize>| moved(&marked.source(&place), range.start);
        let refused = |id, place| ban.is_some_and(|ban| ban.refuses(id, &source(place)));
        lane.normalized.split(&marked.text, refused, |part| match part {
            Part::Token(id, place) => self.token(id, source(place)),
            Part::Text(text) => {
                let words = &marked.text[text.clone()];
                self.told(words, false, |place| source(moved(&place, text.start)));
            }
        });
    }

    /// Text that the pre-tokenizer marks after added tokens were looked for.
    fn cut(&mut self, range: Range<usize>, before: Before) {
        let (lane, ban) = (self.lane, self.ban);
        let refused = |id, place| ban.is_some_and(|ban| ban.refuses(id, &moved(&place, range.start)));
        lane.normalized.split(&self.text[range.clone()], refused, |part| match part {
            Part::Token(id, place) => self.token(id, moved(&place, range.start)),
            Part::Text(text) => {
                let text = moved(&text, range.start);
                let has_mark = self.text[text.start..].starts_with([' ', MARK]);
                let is_asked = before == Before::Always || before == Before::First && text.start == 0;
                self.plain(text, is_asked && !has_mark);
            }
        });
    }

    /// Text of the source without added tokens.
    fn plain(&mut self, range: Range<usize>, is_marked: bool) {
        let text = &self.text[range.clone()];
        if text.contains(MARK) {
            return self.told(text, is_marked, |place| moved(&place, range.start));
        }
        let (first, mut at) = (self.ids.len(), 0);
        if is_marked {
            at = self.lane.first_piece(text, self.memory, &mut self.ids);
            self.tell(first, text, true, |place| moved(&place, range.start));
        }
        if is_marked && at == 0 {
            // The mark was told to be the first character, whose tokens are still to come.
            self.notes.want_next();
        }
        let Self { lane, memory, ids, notes, .. } = self;
        notes.base = range.start;
        lane.pieces(text, at, memory, ids, |piece, tokens, first| {
            if notes.wants(piece.end) {
                notes.word(&lane.tokens, text, piece, tokens, first);
            }
        });
    }

    /// Text all of whose spans are told; `source` tells where a range of it comes from.
    fn told(&mut self, text: &str, is_marked: bool, source: impl Fn(Range<usize>) -> Range<usize>) {
        let (first, mut at) = (self.ids.len(), 0);
        if is_marked {
            at = self.lane.first_piece(text, self.memory, &mut self.ids);
        }
        self.lane.pieces(text, at, self.memory, &mut self.ids, |_, _, _| ());
        self.tell(first, text, is_marked, source);
    }

    /// Notes the tokens from `first` on, with which the text begins.
    fn tell(
        &mut self,
        first: usize,
        text: &str,
        is_marked: bool,
        source: impl Fn(Range<usize>) -> Range<usize>,
    ) {
        let (mut at, mut unseen) = (0, usize::from(is_marked));
        for (token, &id) in self.ids.iter().enumerate().skip(first) {
            let end = past(text, at, self.lane.tokens.length(id) - std::mem::take(&mut unseen));
            // A mark before the text counts as its first character.
            self.notes.token(token, source(floor(text, at)..ceiling(text, end.max(1))));
            at = end;
        }
    }
}

fn moved(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// The place `length` bytes from `at`, marks counted as one.
fn past(text: &str, at: usize, length: usize) -> usize {
    let mut mark = [0; MARK.len_utf8()];
    let mark = MARK.encode_utf8(&mut mark).as_bytes();
    let step = |at: usize| at + if text.as_bytes()[at..].starts_with(mark) { mark.len() } else { 1 };
    (0..length).fold(at, |at, _| step(at))
}
