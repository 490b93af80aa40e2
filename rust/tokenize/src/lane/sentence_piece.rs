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
use crate::control_ids::IdSet;
use crate::outline::{Ban, Outline, Wanted};
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

    /// The tokens of a text that isn't empty, with a mark before it or not.
    fn pieces(&self, text: &str, is_marked: bool, memory: &mut Memory, ids: &mut Vec<u32>) {
        let bytes = text.as_bytes();
        let mut at = 0;
        if is_marked {
            at = self.borders.end_after_mark(bytes);
            let first = [" ", &text[..at]].concat();
            memory.word(&self.tokens, first.as_bytes(), 0, first.len(), ids);
        }
        while at < bytes.len() {
            let end = self.borders.end(bytes, at);
            memory.word(&self.tokens, bytes, at, end, ids);
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

    /// Gives all spans.
    fn outline(&self, text: &str, Wanted { ban, .. }: Wanted) -> Result<Outline, EncodeError> {
        let memory = self.memory.get_or(|| RefCell::new(Memory::new()));
        let out = Encoding::default();
        let mut work = Work { lane: self, memory: &mut memory.borrow_mut(), text, ban, out };
        work.out.ids.reserve(text.len() / 3);
        if !text.is_empty() {
            let refused = |id, range| ban.is_some_and(|ban| ban.refuses(id, &range));
            self.raw.split(text, refused, |part| work.part(part));
        }
        Ok(work.out.into())
    }

    fn guards(&self, control: &IdSet) -> bool {
        !self.tokens.form(control)
    }
}

/// One text on its way.
struct Work<'a> {
    lane: &'a SentencePiece,
    memory: &'a mut Memory,
    text: &'a str,
    ban: Option<Ban<'a>>,
    out: Encoding,
}

impl Work<'_> {
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

    fn token(&mut self, id: u32, span: Range<usize>) {
        self.out.ids.push(id);
        self.out.spans.push(span);
    }

    /// Text that the normalizer marks before added tokens are looked for.
    fn normalized(&mut self, range: Range<usize>, prepends: bool) {
        let marked = Marked::new(&self.text[range.clone()], prepends);
        let source = |span: Range<usize>| {
            let span = marked.source(&span);
            range.start + span.start..range.start + span.end
        };
        self.lane.normalized.split(
            &marked.text,
            |_, _| false,
            |part| match part {
                Part::Token(id, span) => self.token(id, source(span)),
                Part::Text(text) => self.words(&marked.text[text.clone()], false, |span| {
                    source(text.start + span.start..text.start + span.end)
                }),
            },
        );
    }

    /// Text that the pre-tokenizer marks after added tokens were looked for.
    fn cut(&mut self, range: Range<usize>, before: Before) {
        let (ban, whole) = (self.ban, self.text);
        let source = |span: Range<usize>| range.start + span.start..range.start + span.end;
        let refused = |id, span| ban.is_some_and(|ban| ban.refuses(id, &source(span)));
        self.lane.normalized.split(&whole[range.clone()], refused, |part| match part {
            Part::Token(id, span) => self.token(id, source(span)),
            Part::Text(text) => {
                let text = source(text);
                let has_mark = whole[text.start..].starts_with([' ', MARK]);
                let is_asked = before == Before::Always || before == Before::First && text.start == 0;
                self.plain(text, is_asked && !has_mark);
            }
        });
    }

    /// Text of the source without added tokens.
    fn plain(&mut self, range: Range<usize>, is_marked: bool) {
        let text = self.text;
        self.words(&text[range.clone()], is_marked, |span| range.start + span.start..range.start + span.end);
    }

    /// `source` tells where a range of the text comes from.
    fn words(&mut self, text: &str, is_marked: bool, source: impl Fn(Range<usize>) -> Range<usize>) {
        let first = self.out.ids.len();
        self.lane.pieces(text, is_marked, self.memory, &mut self.out.ids);
        let ids = &self.out.ids[first..];
        self.out.spans.reserve(ids.len());
        let has_marks = text.contains(MARK);
        let (mut at, mut unseen) = (0, usize::from(is_marked));
        for &id in ids {
            let length = self.lane.tokens.length(id) - std::mem::take(&mut unseen);
            let end = if has_marks { past(text, at, length) } else { at + length };
            // A mark before the text counts as its first character.
            self.out.spans.push(source(floor(text, at)..ceiling(text, end.max(1))));
            at = end;
        }
    }
}

/// The place `length` bytes from `at`, marks counted as one.
fn past(text: &str, at: usize, length: usize) -> usize {
    let mut mark = [0; MARK.len_utf8()];
    let mark = MARK.encode_utf8(&mut mark).as_bytes();
    let step = |at: usize| at + if text.as_bytes()[at..].starts_with(mark) { mark.len() } else { 1 };
    (0..length).fold(at, |at, _| step(at))
}
