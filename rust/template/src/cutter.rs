//! Cutting a text into many parts.
use std::ops::Range;

use crate::Error;
use crate::arena::Arena;
use crate::text::Text;

/// Cuts a text from its front to its back, so that all parts together cost one pass over its pieces.
#[derive(Debug)]
pub(crate) struct Cutter<'t, 'a> {
    text: &'t Text<'a>,
    arena: &'a Arena,
    /// The piece where the last part began, and how many bytes are before it.
    piece: usize,
    before: usize,
}

impl<'t, 'a> Cutter<'t, 'a> {
    pub(crate) fn new(text: &'t Text<'a>, arena: &'a Arena) -> Self {
        Self { text, arena, piece: 0, before: 0 }
    }

    /// A range of bytes, on character boundaries, that starts no earlier than the one before.
    pub(crate) fn slice(&mut self, range: Range<usize>) -> Result<Text<'a>, Error> {
        let kept = self.text.with_pieces(|pieces| {
            if pieces.len() == 1 {
                return None;
            }
            while let Some(piece) =
                pieces.get(self.piece).filter(|piece| self.before + piece.text.len() <= range.start)
            {
                self.before += piece.text.len();
                self.piece += 1;
            }
            let mut kept = Vec::new();
            let mut start = self.before;
            for piece in pieces.iter().skip(self.piece) {
                if start >= range.end {
                    break;
                }
                let end = start + piece.text.len();
                let part = range.start.clamp(start, end) - start..range.end.clamp(start, end) - start;
                if !part.is_empty() {
                    kept.push(piece.with_text(piece.text.get(part).unwrap_or_default()));
                }
                start = end;
            }
            Some(kept)
        });
        match kept {
            None => self.text.slice(range, self.arena),
            Some(kept) => Ok(Text::of(&kept, self.arena)?.with_markup(self.text.markup)),
        }
    }
}
