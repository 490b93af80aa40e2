//! Byte-level BPE.
use super::added::{Matcher, Part};
use super::alphabet::Bytes;
use super::classes::Classes;
use super::composed::Composed;
use super::memory::Memory;
use super::merging::LONGEST;
use super::notes::Notes;
use super::recognize::{Model, Reason, Split};
use super::scan::{Cased, Cl100k, DeepSeek, DigitsApart, Gpt2, Scanner, Text};
use super::tokens::Tokens;
use super::work::Work;
use crate::outline::{Known, Outline, Spans, Wanted};
use crate::{EncodeError, Encoder, Encoding, spans};
use std::cell::RefCell;
use std::ops::Range;
use thread_local::ThreadLocal;
use tokenizers::AddedToken;

/// An encoder that gives the ids and spans of `tokenizers`.
#[derive(Debug)]
pub(super) struct ByteLevel {
    classes: Classes,
    split: Split,
    composes: bool,
    /// Added tokens that are looked for in the text as it is.
    raw: Matcher,
    /// Those that are looked for once it is normalized.
    normalized: Matcher,
    tokens: Tokens<Bytes>,
    memory: ThreadLocal<RefCell<Memory>>,
}

impl ByteLevel {
    /// # Errors
    /// The added tokens can't be followed.
    pub(super) fn new(
        split: Split,
        composes: bool,
        model: Model,
        added: Vec<(u32, AddedToken)>,
    ) -> Result<Self, Reason> {
        let classes = Classes::new();
        let (mut normalized, raw): (Vec<_>, Vec<_>) =
            added.into_iter().partition(|(_, token)| token.normalized);
        if composes {
            for (_, token) in &mut normalized {
                token.content = Composed::new(&classes, &token.content).text.into_owned();
            }
        }
        Ok(Self {
            split,
            composes,
            raw: Matcher::new(raw)?,
            normalized: Matcher::new(normalized)?,
            tokens: Tokens::new(model, |model, ranks| Bytes::new(&model.byte_ids, ranks)),
            classes,
            memory: ThreadLocal::new(),
        })
    }

    fn words(&self, text: &str, memory: &mut Memory, ids: &mut Vec<u32>, notes: &mut Notes) {
        match self.split {
            Split::Cl100k => self.scan(&Cl100k::<3, false, true>, text, memory, ids, notes),
            Split::Qwen => self.scan(&Cl100k::<1, false, true>, text, memory, ids, notes),
            Split::Qwen1 => self.scan(&Cl100k::<1, false, false>, text, memory, ids, notes),
            Split::Qwen35 => self.scan(&Cl100k::<1, true, true>, text, memory, ids, notes),
            Split::O200k => self.scan(&Cased::<3, true>, text, memory, ids, notes),
            Split::Tekken => self.scan(&Cased::<1, false>, text, memory, ids, notes),
            Split::Gpt2 => self.scan(&Gpt2, text, memory, ids, notes),
            Split::DigitsApart => self.scan(&DigitsApart, text, memory, ids, notes),
            Split::DeepSeek => self.scan(&DeepSeek, text, memory, ids, notes),
        }
    }

    #[inline(never)]
    fn scan(
        &self,
        scanner: &impl Scanner,
        text: &str,
        memory: &mut Memory,
        ids: &mut Vec<u32>,
        notes: &mut Notes,
    ) {
        let bytes = text.as_bytes();
        let word = |start, end| {
            let first = ids.len();
            memory.word(&self.tokens, bytes, start, end, ids);
            if notes.wants(end) {
                notes.word(&self.tokens, text, start..end, &ids[first..], first);
            }
        };
        scanner.words(Text { bytes, classes: &self.classes }, word);
    }

    fn composed<'a>(&self, text: &'a str) -> Composed<'a> {
        if self.composes { Composed::new(&self.classes, text) } else { Composed::unchanged(text) }
    }
}

impl Encoder for ByteLevel {
    /// What `tokenizers` makes of bytes without a token is left to it.
    fn takes(&self, text: &str) -> bool {
        text.len() <= LONGEST && self.tokens.alphabet.knows(text)
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

impl Work<'_, ByteLevel> {
    fn part(&mut self, part: Part) {
        match part {
            Part::Token(id, range) => self.token(id, range),
            Part::Text(range) => self.plain(range),
        }
    }

    /// Text between added tokens that are looked for before normalizing.
    fn plain(&mut self, range: Range<usize>) {
        let composed = self.lane.composed(&self.text[range.clone()]);
        if composed.is_unchanged() {
            self.normal(&composed.text, range.start, |place| {
                range.start + place.start..range.start + place.end
            });
        } else {
            self.changed(&composed, range);
        }
    }

    /// A normalized text; `source` tells from which bytes of the source some of it is, and its spans are told from
    /// `base` on.
    fn normal(&mut self, text: &str, base: usize, source: impl Fn(Range<usize>) -> Range<usize>) {
        let (lane, ban) = (self.lane, self.ban);
        let refused = |id, range| ban.is_some_and(|ban| ban.refuses(id, &source(range)));
        lane.normalized.split(text, refused, |part| match part {
            Part::Token(id, span) => self.token(id, base + span.start..base + span.end),
            Part::Text(words) => {
                self.notes.base = base + words.start;
                lane.words(&text[words], self.memory, &mut self.ids, &mut self.notes);
            }
        });
    }

    /// A text that normalizing changes: the spans of all its tokens are told.
    fn changed(&mut self, composed: &Composed, range: Range<usize>) {
        let moved = |place: Range<usize>| range.start + place.start..range.start + place.end;
        let outer = std::mem::replace(&mut self.notes, Notes::new(Spans::All));
        self.normal(&composed.text, 0, |place| moved(composed.source(&place)));
        let inner = std::mem::replace(&mut self.notes, outer).known;
        let offsets = inner.iter().map(|known| composed.source(&known.span));
        let offsets: Vec<_> = offsets.map(|place| (place.start, place.end)).collect();
        let spans = spans::in_source(&self.text[range.clone()], &offsets, |_| false);
        let known = inner.iter().zip(spans).map(|(known, span)| Known { span: moved(span), ..*known });
        self.notes.known.extend(known);
        self.notes.pass(range.end);
    }
}
