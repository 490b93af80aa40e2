//! Byte-level BPE.
use super::added::{Matcher, Part};
use super::alphabet::Bytes;
use super::classes::Classes;
use super::composed::Composed;
use super::memory::Memory;
use super::recognize::{Model, Reason, Split};
use super::scan::{Cased, Cl100k, DeepSeek, DigitsApart, Gpt2, Scanner, Text};
use super::spans::{ceiling, floor};
use super::tokens::Tokens;
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

    fn words(&self, text: &str, memory: &mut Memory, ids: &mut Vec<u32>) {
        match self.split {
            Split::Cl100k => self.scan(&Cl100k::<3, false, true>, text, memory, ids),
            Split::Qwen => self.scan(&Cl100k::<1, false, true>, text, memory, ids),
            Split::Qwen1 => self.scan(&Cl100k::<1, false, false>, text, memory, ids),
            Split::Qwen35 => self.scan(&Cl100k::<1, true, true>, text, memory, ids),
            Split::O200k => self.scan(&Cased::<3, true>, text, memory, ids),
            Split::Tekken => self.scan(&Cased::<1, false>, text, memory, ids),
            Split::Gpt2 => self.scan(&Gpt2, text, memory, ids),
            Split::DigitsApart => self.scan(&DigitsApart, text, memory, ids),
            Split::DeepSeek => self.scan(&DeepSeek, text, memory, ids),
        }
    }

    #[inline(never)]
    fn scan(&self, scanner: &impl Scanner, text: &str, memory: &mut Memory, ids: &mut Vec<u32>) {
        let bytes = text.as_bytes();
        let word = |start, end| memory.word(&self.tokens, bytes, start, end, ids);
        scanner.words(Text { bytes, classes: &self.classes }, word);
    }

    fn composed<'a>(&self, text: &'a str) -> Composed<'a> {
        if self.composes { Composed::new(&self.classes, text) } else { Composed::unchanged(text) }
    }
}

impl Encoder for ByteLevel {
    /// What `tokenizers` makes of bytes without a token is left to it.
    fn takes(&self, text: &str) -> bool {
        self.tokens.alphabet.knows(text)
    }

    fn encoding(&self, text: &str) -> Result<Encoding, EncodeError> {
        let memory = self.memory.get_or(|| RefCell::new(Memory::new()));
        let mut work = Work {
            lane: self,
            memory: &mut memory.borrow_mut(),
            text,
            out: Encoding::default(),
            rough: false,
        };
        work.out.ids.reserve(text.len() / 3);
        if !text.is_empty() {
            self.raw.split(text, |part| work.part(part));
        }
        Ok(work.finish())
    }
}

/// One text on its way.
struct Work<'a> {
    lane: &'a ByteLevel,
    memory: &'a mut Memory,
    text: &'a str,
    out: Encoding,
    /// Whether spans are still as `tokenizers` tells them, to be brought into order.
    rough: bool,
}

impl Work<'_> {
    fn part(&mut self, part: Part) {
        match part {
            Part::Token(id, range) => self.token(id, range),
            Part::Text(range) => self.plain(range),
        }
    }

    fn token(&mut self, id: u32, span: Range<usize>) {
        self.out.ids.push(id);
        self.out.spans.push(span);
    }

    /// Text between added tokens that are looked for before normalizing.
    fn plain(&mut self, range: Range<usize>) {
        let composed = self.lane.composed(&self.text[range.clone()]);
        self.rough |= !composed.is_unchanged();
        let moved = |span: Range<usize>| range.start + span.start..range.start + span.end;
        self.lane.normalized.split(&composed.text, |part| match part {
            Part::Token(id, span) => self.token(id, moved(composed.source(&span))),
            Part::Text(words) if composed.is_unchanged() => {
                self.words(&composed.text[words.clone()], |from, to| {
                    moved(words.start + from..words.start + to)
                });
            }
            Part::Text(words) => self.words(&composed.text[words.clone()], |from, to| {
                moved(composed.source(&(words.start + from..words.start + to)))
            }),
        });
    }

    /// Text without added tokens; `source` tells which bytes of the source a token's bytes are from.
    #[inline]
    fn words(&mut self, text: &str, source: impl Fn(usize, usize) -> Range<usize>) {
        let first = self.out.ids.len();
        self.lane.words(text, self.memory, &mut self.out.ids);
        let ids = &self.out.ids[first..];
        self.out.spans.reserve(ids.len());
        let mut at = 0;
        for &id in ids {
            let end = at + self.lane.tokens.length(id);
            self.out.spans.push(source(floor(text, at), ceiling(text, end)));
            at = end;
        }
    }

    fn finish(self) -> Encoding {
        let Encoding { ids, spans } = self.out;
        if !self.rough {
            return Encoding { ids, spans };
        }
        let offsets: Vec<_> = spans.into_iter().map(|span| (span.start, span.end)).collect();
        Encoding { ids, spans: spans::in_source(self.text, &offsets) }
    }
}
