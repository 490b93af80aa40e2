//! What is printed, and what is joined to be printed later.
use crate::Error;
use crate::args::Args;
use crate::ast::Binary;
use crate::fail::{type_error, unsupported_input};
use crate::filters::{self, Filter};
use crate::json::{self, Sink, Style};
use crate::machine::{Flow, Machine};
use crate::operators::binary;
use crate::print;
use crate::program::Label;
use crate::text::{Piece, Text};
use crate::value::Value;

/// The pieces that a captured block has room for at first.
const FIRST_PIECES: usize = 8;

impl<'a> Machine<'a> {
    pub(crate) fn emit_piece(&mut self, piece: Piece<'a>) -> Result<(), Error> {
        if piece.text.is_empty() {
            return Ok(());
        }
        self.arena.charge(piece.text.len() + size_of::<Piece<'_>>())?;
        let piece = piece.captured(self.turn);
        match self.captures.last_mut() {
            Some(capture) => capture.push(piece),
            None => self.output.push(&piece),
        }
        Ok(())
    }

    pub(crate) fn emit(&mut self, value: &Value<'a>) -> Result<(), Error> {
        match value {
            Value::Str(text) => self.emit_text(text),
            _ => self.emit_text(&print::text(value, self.arena)?),
        }
    }

    pub(crate) fn emit_json(&mut self, value: &Value<'a>) -> Result<(), Error> {
        if self.captures.is_empty() {
            return json::dump(value, &Style::PLAIN, 0, self, self.arena);
        }
        let text = filters::apply(Filter::ToJson, value, Args::default(), self.cx())?;
        self.emit(&text)
    }

    /// Prints only text; that anything else can't be printed is noticed where all that was printed is joined.
    pub(crate) fn emit_only_text(&mut self, at: u32) -> Result<(), Error> {
        match self.pop() {
            Value::Str(text) => self.emit_text(&text),
            other => {
                let found = other.type_name();
                let error = type_error(format!("sequence item 0: expected str instance, {found} found"));
                let error = self.explained(error, at);
                self.unprintable.push((self.captures.len(), error));
                Ok(())
            }
        }
    }

    /// Fails if something that can't be printed is in the text that ends here.
    pub(crate) fn check_printed(&mut self) -> Result<(), Error> {
        let level = self.captures.len();
        match self.unprintable.pop_if(|(spoiled, _)| *spoiled >= level) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    pub(crate) fn emit_text(&mut self, text: &Text<'a>) -> Result<(), Error> {
        if let Some(piece) = text.as_piece() {
            return self.emit_piece(piece);
        }
        text.with_pieces(|pieces| pieces.iter().try_for_each(|piece| self.emit_piece(*piece)))
    }

    /// Prints the two parts of a sum of texts; any other sum is pushed, and what is to be done with it is elsewhere.
    pub(crate) fn emit_sum(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        otherwise: Label,
    ) -> Result<Flow, Error> {
        self.sum(left, right, otherwise, |machine, left, right| {
            machine.emit_text(left)?;
            machine.emit_text(right)
        })
    }

    pub(crate) fn emit_part(&mut self, value: &Value<'a>) -> Result<(), Error> {
        let text = self.part(value)?;
        self.emit_text(text)
    }

    pub(crate) fn join_piece(&mut self, piece: Piece<'a>) -> Result<(), Error> {
        if piece.text.is_empty() {
            return Ok(());
        }
        self.arena.charge(size_of::<Piece<'_>>())?;
        if let Some(sum) = self.captures.last_mut() {
            sum.push(piece.joined(self.turn));
        }
        Ok(())
    }

    fn join_text(&mut self, text: &Text<'a>) -> Result<(), Error> {
        if let Some(piece) = text.as_piece() {
            return self.join_piece(piece);
        }
        text.with_pieces(|pieces| pieces.iter().try_for_each(|piece| self.join_piece(*piece)))
    }

    /// As `emit_sum`, but a text is begun with the two parts.
    pub(crate) fn join_sum(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        otherwise: Label,
    ) -> Result<Flow, Error> {
        self.sum(left, right, otherwise, |machine, left, right| {
            machine.begin_capture()?;
            machine.join_text(left)?;
            machine.join_text(right)
        })
    }

    pub(crate) fn join_part(&mut self, value: &Value<'a>) -> Result<(), Error> {
        let text = self.part(value)?;
        self.join_text(text)
    }

    fn sum(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        otherwise: Label,
        write: impl FnOnce(&mut Self, &Text<'a>, &Text<'a>) -> Result<(), Error>,
    ) -> Result<Flow, Error> {
        if let (Value::Str(left), Value::Str(right)) = (left, right) {
            return write(self, left, right).map(|()| Flow::Next);
        }
        self.stack.push(binary(Binary::Add, left, right, self.cx())?);
        Ok(Flow::Goto(otherwise))
    }

    /// A further part of a text: only text can be added to it.
    fn part<'v>(&self, value: &'v Value<'a>) -> Result<&'v Text<'a>, Error> {
        match value {
            Value::Str(text) => Ok(text),
            _ => Err(self.no_part(value)),
        }
    }

    /// Why something can't be added to a text.
    fn no_part(&self, value: &Value<'a>) -> Error {
        match binary(Binary::Add, &Value::literal(""), value, self.cx()) {
            Err(error) => error,
            Ok(_) => unsupported_input("a sum of text and something else"),
        }
    }

    pub(crate) fn begin_capture(&mut self) -> Result<(), Error> {
        self.captures.push(self.arena.growable(FIRST_PIECES)?);
        Ok(())
    }

    pub(crate) fn end_capture(&mut self) -> Result<Text<'a>, Error> {
        self.check_printed()?;
        self.captures.pop().map_or(Ok(Text::EMPTY), |pieces| Text::growing(pieces, self.arena))
    }
}

impl<'a> Sink<'a> for Machine<'a> {
    fn write_like(&mut self, like: Piece<'a>, write: impl FnOnce(&mut String)) -> Result<(), Error> {
        self.arena.work(1)?;
        let length = self.output.write_like(&like.captured(self.turn), write);
        self.arena.charge(length + size_of::<Piece<'_>>())
    }
}
