//! Text values: ropes of slices, each of which knows where it came from.
use std::cell::RefCell;
use std::ops::Range;

use bumpalo::collections::Vec as BumpVec;

use crate::Error;
use crate::arena::Arena;

/// Who wrote a piece of text: the template, the run, or a field of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source(u32);

impl Source {
    pub(crate) const LITERAL: Self = Self(0);
    pub(crate) const VARIABLE: Self = Self(1);
    /// Marks a role that counts as the template's own text.
    const ROLE: u32 = 1 << 31;

    pub(crate) fn field(index: u32) -> Self {
        Self(index + 2)
    }

    pub(crate) fn role(index: u32) -> Self {
        Self((index + 2) | Self::ROLE)
    }

    /// The index of the field that the value is from.
    pub(crate) fn as_field(self) -> Option<u32> {
        (self.0 & !Self::ROLE).checked_sub(2)
    }

    /// Whether the row wrote it, so that it is not to be trusted.
    pub(crate) fn is_data(self) -> bool {
        self.0 >= 2 && self.0 & Self::ROLE == 0
    }

    /// The source of a value made of two: the row's, if any, else the run's.
    pub(crate) fn join(self, other: Self) -> Self {
        if self.is_data() || self.0 >= other.0 && !other.is_data() { self } else { other }
    }
}

/// The turn a piece was stamped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp(u32);

impl Stamp {
    const FIXED: u32 = 1 << 31;
    const GENERATION: u32 = 1 << 30;
    const TURN: u32 = Self::GENERATION - 1;

    /// The message in whose turn the piece was joined, captured or printed.
    pub(crate) fn turn(self) -> Option<u32> {
        (self.0 & Self::TURN).checked_sub(1)
    }

    /// Whether a generation block covers the piece.
    pub(crate) fn generation(self) -> bool {
        self.0 & Self::GENERATION != 0
    }

    fn with_turn(self, turn: u32, fixed: bool) -> Self {
        let fixed = if fixed { Self::FIXED } else { 0 };
        Self(self.0 & Self::GENERATION | (turn + 1) & Self::TURN | fixed)
    }

    fn is_fixed(self) -> bool {
        self.0 & Self::FIXED != 0
    }
}

/// What the pieces of one segment have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look(u64);

/// A slice of text, who wrote it, and its turn so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) source: Source,
    pub(crate) stamp: Stamp,
}

impl<'a> Piece<'a> {
    pub(crate) fn new(text: &'a str, source: Source) -> Self {
        Self { text, source, stamp: Stamp::default() }
    }

    pub(crate) fn with_text(self, text: &'a str) -> Self {
        Self { text, ..self }
    }

    /// What tells segments apart: who wrote it, literals and roles being one, and the turn.
    pub(crate) fn look(&self) -> Look {
        let source = if self.source.0 & Source::ROLE == 0 { self.source.0 } else { 0 };
        Look(u64::from(source) << 32 | u64::from(self.stamp.0 & !Stamp::FIXED))
    }

    /// The piece after a join while message `turn` is current. The first join counts; the row's own text
    /// may still get another turn when it is captured or printed.
    pub(crate) fn joined(self, turn: Option<u32>) -> Self {
        match turn {
            Some(turn) if self.stamp.turn().is_none() => {
                Self { stamp: self.stamp.with_turn(turn, !self.source.is_data()), ..self }
            }
            _ => self,
        }
    }

    /// The piece after it was captured or printed while message `turn` is current.
    pub(crate) fn captured(self, turn: Option<u32>) -> Self {
        match turn {
            Some(turn) if !self.stamp.is_fixed() => Self { stamp: self.stamp.with_turn(turn, true), ..self },
            _ => self,
        }
    }

    pub(crate) fn in_generation(self) -> Self {
        Self { stamp: Stamp(self.stamp.0 | Stamp::GENERATION), ..self }
    }
}

/// Pieces that may still grow.
pub(crate) type Pieces<'a> = BumpVec<'a, Piece<'a>>;
type Buffer<'a> = RefCell<Pieces<'a>>;

/// A text value. Copying it is free; appending to it is too, unless two values grow from the same text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    repr: Repr<'a>,
    /// Whether it is a `Markup`, to which plain text is escaped.
    pub(crate) markup: bool,
    /// Whether every piece has a turn, so that a join need not look.
    stamped: bool,
}

#[derive(Debug, Clone, Copy)]
enum Repr<'a> {
    One(Piece<'a>),
    /// The first pieces of a buffer; others may have appended behind them.
    Many(&'a Buffer<'a>, usize),
}

impl<'a> Text<'a> {
    pub(crate) const EMPTY: Self = Self::literal("");

    pub(crate) const fn literal(text: &'a str) -> Self {
        Self::one(Piece { text, source: Source::LITERAL, stamp: Stamp(0) })
    }

    pub(crate) fn from_source(text: &'a str, source: Source) -> Self {
        Self::one(Piece::new(text, source))
    }

    pub(crate) const fn one(piece: Piece<'a>) -> Self {
        Self { repr: Repr::One(piece), markup: false, stamped: false }
    }

    /// A text of these pieces; neighbours that continue each other's source stay apart.
    pub(crate) fn of(pieces: &[Piece<'a>], arena: &'a Arena) -> Result<Self, Error> {
        let mut growing = arena.growable(pieces.len())?;
        growing.extend_from_slice(pieces);
        Self::growing(growing, arena)
    }

    /// A text of these pieces, to which others may be appended.
    pub(crate) fn growing(pieces: Pieces<'a>, arena: &'a Arena) -> Result<Self, Error> {
        match pieces[..] {
            [] => Ok(Self::EMPTY),
            [only] => Ok(Self::one(only)),
            _ => {
                let count = pieces.len();
                let repr = Repr::Many(arena.value(RefCell::new(pieces))?, count);
                Ok(Self { repr, markup: false, stamped: false })
            }
        }
    }

    /// The only piece, if the text is in one.
    pub(crate) fn as_piece(&self) -> Option<Piece<'a>> {
        match self.repr {
            Repr::One(piece) => Some(piece),
            Repr::Many(..) => None,
        }
    }

    pub(crate) fn with_markup(self, markup: bool) -> Self {
        Self { markup, ..self }
    }

    /// Reads the pieces; the reader must not append to this text.
    pub(crate) fn with_pieces<T>(&self, read: impl FnOnce(&[Piece<'a>]) -> T) -> T {
        match &self.repr {
            Repr::One(piece) => read(std::slice::from_ref(piece)),
            Repr::Many(buffer, count) => read(&buffer.borrow()[..*count]),
        }
    }

    pub(crate) fn each(&self, mut read: impl FnMut(&Piece<'a>)) {
        self.with_pieces(|pieces| pieces.iter().for_each(&mut read));
    }

    /// Bytes.
    pub(crate) fn len(&self) -> usize {
        match &self.repr {
            Repr::One(piece) => piece.text.len(),
            Repr::Many(..) => self.with_pieces(|pieces| pieces.iter().map(|piece| piece.text.len()).sum()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.repr {
            Repr::One(piece) => piece.text.is_empty(),
            Repr::Many(..) => self.with_pieces(|pieces| pieces.iter().all(|piece| piece.text.is_empty())),
        }
    }

    /// Takes the steps for looking through the text.
    pub(crate) fn scan(&self, arena: &Arena) -> Result<(), Error> {
        match &self.repr {
            Repr::One(piece) => arena.scan(piece.text.len()),
            Repr::Many(_, count) => {
                arena.work(*count)?;
                arena.scan(self.len())
            }
        }
    }

    /// The whole as one slice, copied only if it is in pieces.
    pub(crate) fn as_str(&self, arena: &'a Arena) -> Result<&'a str, Error> {
        match self.repr {
            Repr::One(piece) => Ok(piece.text),
            Repr::Many(_, count) => self.with_pieces(|pieces| {
                arena.work(count)?;
                let length = pieces.iter().map(|piece| piece.text.len()).sum();
                arena.joined(pieces.iter().map(|piece| piece.text), length)
            }),
        }
    }

    /// Whether the text equals a slice.
    #[inline]
    pub(crate) fn equals(&self, other: &str) -> bool {
        match &self.repr {
            Repr::One(piece) => piece.text == other,
            Repr::Many(..) => self.equals_in_pieces(other),
        }
    }

    fn equals_in_pieces(&self, other: &str) -> bool {
        self.with_pieces(|pieces| {
            let mut pieces = pieces.iter();
            let rest = pieces.try_fold(other, |rest, piece| rest.strip_prefix(piece.text));
            rest == Some("")
        })
    }

    /// Whether two texts have the same pieces, turns aside.
    pub(crate) fn is_same(&self, other: &Self, arena: &Arena) -> Result<bool, Error> {
        self.with_pieces(|left| {
            other.with_pieces(|right| {
                if left.len() != right.len() || self.markup != other.markup {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    arena.work(1)?;
                    if left.source != right.source || left.text.len() != right.text.len() {
                        return Ok(false);
                    }
                    if !std::ptr::eq(left.text, right.text) {
                        arena.scan(left.text.len())?;
                        if left.text != right.text {
                            return Ok(false);
                        }
                    }
                }
                Ok(true)
            })
        })
    }

    /// Whether two texts are equal, if the other is in one piece.
    pub(crate) fn equals_piece(&self, other: &Self) -> Option<bool> {
        other.as_piece().map(|piece| self.equals(piece.text))
    }

    /// Who wrote it; the row, if it wrote any of it.
    pub(crate) fn source(&self) -> Source {
        self.with_pieces(|pieces| {
            pieces.iter().map(|piece| piece.source).reduce(Source::join).unwrap_or(Source::LITERAL)
        })
    }

    /// A range of bytes of the text, on character boundaries.
    pub(crate) fn slice(&self, range: Range<usize>, arena: &'a Arena) -> Result<Self, Error> {
        match self.repr {
            Repr::One(piece) => {
                let text = piece.text.get(range).unwrap_or_default();
                Ok(Self { repr: Repr::One(piece.with_text(text)), ..*self })
            }
            Repr::Many(..) => {
                let mut kept = Vec::new();
                self.with_pieces(|pieces| {
                    arena.work(pieces.len() / PIECES_OF_A_STEP)?;
                    cut(pieces, range, &mut kept);
                    Ok::<_, Error>(())
                })?;
                Ok(Self::of(&kept, arena)?.with_markup(self.markup))
            }
        }
    }

    /// Texts one after the other, stamped as a join while message `turn` is current.
    pub(crate) fn join(parts: &[Self], turn: Option<u32>, arena: &'a Arena) -> Result<Self, Error> {
        let Some((first, rest)) = parts.split_first() else { return Ok(Self::EMPTY) };
        let mut whole = first.stamped(turn, arena)?;
        for part in rest {
            whole = whole.append(part, turn, arena)?;
        }
        Ok(whole)
    }

    fn stamped(self, turn: Option<u32>, arena: &'a Arena) -> Result<Self, Error> {
        match self.repr {
            Repr::One(piece) => {
                Ok(Self { repr: Repr::One(piece.joined(turn)), stamped: turn.is_some(), ..self })
            }
            Repr::Many(..) if turn.is_none() || self.stamped => Ok(self),
            Repr::Many(..) => {
                let pieces: Vec<_> =
                    self.with_pieces(|pieces| pieces.iter().map(|p| p.joined(turn)).collect());
                Ok(Self { stamped: true, ..Self::of(&pieces, arena)?.with_markup(self.markup) })
            }
        }
    }

    fn append(self, other: &Self, turn: Option<u32>, arena: &'a Arena) -> Result<Self, Error> {
        let buffer = self.appendable(arena)?;
        let count = other.with_pieces(<[Piece<'_>]>::len);
        arena.charge(count * size_of::<Piece<'_>>())?;
        let push = |piece: Piece<'a>| {
            if !piece.text.is_empty() {
                buffer.borrow_mut().push(piece.joined(turn));
            }
        };
        match other.as_piece() {
            Some(piece) => push(piece),
            // One by one, since a text may be appended to itself.
            None => (0..count).for_each(|index| push(other.with_pieces(|pieces| pieces[index]))),
        }
        let repr = Repr::Many(buffer, buffer.borrow().len());
        Ok(Self { repr, markup: self.markup, stamped: self.stamped && turn.is_some() })
    }

    /// A buffer that holds just this text.
    fn appendable(self, arena: &'a Arena) -> Result<&'a Buffer<'a>, Error> {
        if let Repr::Many(buffer, count) = self.repr
            && buffer.borrow().len() == count
        {
            return Ok(buffer);
        }
        let mut fresh = arena.growable(4)?;
        self.with_pieces(|pieces| {
            arena.charge(size_of_val(pieces))?;
            fresh.extend(pieces.iter().filter(|piece| !piece.text.is_empty()).copied());
            Ok::<_, Error>(())
        })?;
        arena.value(RefCell::new(fresh))
    }
}

/// How many pieces a step goes past.
const PIECES_OF_A_STEP: usize = 8;

/// The parts of pieces that lie in a range of their joined bytes.
fn cut<'a>(pieces: &[Piece<'a>], range: Range<usize>, kept: &mut Vec<Piece<'a>>) {
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.text.len();
        let from = range.start.clamp(start, end) - start;
        let to = range.end.clamp(start, end) - start;
        if from < to {
            kept.push(piece.with_text(piece.text.get(from..to).unwrap_or_default()));
        }
        start = end;
    }
}

/// Collects text with its sources.
#[derive(Debug)]
pub(crate) struct TextBuilder<'a> {
    arena: &'a Arena,
    pieces: Pieces<'a>,
    /// Characters that are not yet in the arena.
    pending: String,
    /// Where in them each look ends.
    looks: Vec<(usize, Piece<'a>)>,
}

impl<'a> TextBuilder<'a> {
    pub(crate) fn new(arena: &'a Arena) -> Self {
        Self { arena, pieces: arena.empty(), pending: String::new(), looks: Vec::new() }
    }

    /// A builder with room for many small pieces.
    pub(crate) fn roomy(arena: &'a Arena) -> Self {
        Self {
            pending: String::with_capacity(1 << 10),
            looks: Vec::with_capacity(1 << 6),
            ..Self::new(arena)
        }
    }

    pub(crate) fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// Text of somebody's own, copied.
    pub(crate) fn push_str(&mut self, text: &str, source: Source) -> Result<(), Error> {
        self.push_like(text, Piece::new("", source))
    }

    /// Text derived from a piece: it keeps the piece's source and turn.
    pub(crate) fn push_like(&mut self, text: &str, like: Piece<'a>) -> Result<(), Error> {
        self.write_like(like, |pending| pending.push_str(text))
    }

    /// The same for what a function writes.
    pub(crate) fn write_like(
        &mut self,
        like: Piece<'a>,
        write: impl FnOnce(&mut String),
    ) -> Result<(), Error> {
        self.arena.work(1)?;
        let start = self.pending.len();
        write(&mut self.pending);
        self.arena.charge(self.pending.len() - start)?;
        let end = self.pending.len();
        match self.looks.last_mut() {
            Some((last, look)) if look.source == like.source && look.stamp == like.stamp => *last = end,
            _ => self.looks.push((end, like)),
        }
        Ok(())
    }

    /// A piece as it is, not copied.
    pub(crate) fn push_piece(&mut self, piece: Piece<'a>) -> Result<(), Error> {
        self.flush()?;
        self.arena.work(1)?;
        self.push(piece)
    }

    /// A text as it is, not copied.
    pub(crate) fn push_text(&mut self, text: &Text<'a>) -> Result<(), Error> {
        text.with_pieces(|pieces| pieces.iter().try_for_each(|piece| self.push_piece(*piece)))
    }

    fn push(&mut self, piece: Piece<'a>) -> Result<(), Error> {
        if !piece.text.is_empty() {
            self.arena.charge(size_of::<Piece<'_>>())?;
            self.pieces.push(piece);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let text = self.arena.str(&self.pending)?;
        self.pending.clear();
        let mut start = 0;
        for (end, look) in std::mem::take(&mut self.looks) {
            self.push(look.with_text(text.get(start..end).unwrap_or_default()))?;
            start = end;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Text<'a>, Error> {
        self.flush()?;
        Text::growing(self.pieces, self.arena)
    }
}
