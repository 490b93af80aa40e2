//! Python's `pprint.pformat`, with its defaults.
use std::ops::Range;

use crate::Error;
use crate::args::Context;
use crate::members::characters;
use crate::print;
use crate::source::is_space;
use crate::strings::lines;
use crate::text::{Source, Text, TextBuilder};
use crate::value::{Dict, List, Value};

/// As many characters a line holds.
const WIDTH: usize = 80;

/// `pformat(value)`.
pub(crate) fn pretty<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let mut printer = Printer { builder: TextBuilder::new(cx.arena), cx };
    printer.value(&print::sorted(value, 0, cx)?, Room { indent: 0, after: 0 }, 1)?;
    printer.builder.finish()
}

/// Where a value is printed: how far its line is indented, and how much has to fit behind it.
#[derive(Clone, Copy)]
struct Room {
    indent: usize,
    after: usize,
}

impl Room {
    fn width(self) -> usize {
        WIDTH.saturating_sub(self.indent)
    }

    fn holds(self, length: usize) -> bool {
        length + self.indent + self.after <= WIDTH
    }
}

struct Printer<'a> {
    builder: TextBuilder<'a>,
    cx: Context<'a>,
}

impl<'a> Printer<'a> {
    fn value(&mut self, value: &Value<'a>, room: Room, level: usize) -> Result<(), Error> {
        let whole = self.repr(value)?;
        if room.holds(self.length(&whole)?) {
            return self.builder.push_text(&whole);
        }
        match value {
            Value::Str(text) if !text.markup => self.text(text, room, level),
            Value::List(list) => self.sequence(list, ("[", "]"), room, level),
            Value::Tuple(list) if !list.is_group => {
                let close = if list.items.len() == 1 { ",)" } else { ")" };
                self.sequence(list, ("(", close), room, level)
            }
            Value::Dict(dict) => self.mapping(dict, room, level),
            _ => self.builder.push_text(&whole),
        }
    }

    fn repr(&self, value: &Value<'a>) -> Result<Text<'a>, Error> {
        let mut builder = TextBuilder::new(self.cx.arena);
        print::repr(value, &mut builder, 0)?;
        builder.finish()
    }

    fn length(&self, text: &Text<'a>) -> Result<usize, Error> {
        Ok(characters(text.as_str(self.cx.arena)?))
    }

    /// A new line, indented.
    fn line(&mut self, before: &str, indent: usize, source: Source) -> Result<(), Error> {
        self.builder.push_str(&format!("{before}\n{}", " ".repeat(indent)), source)
    }

    fn sequence(
        &mut self,
        list: &List<'a>,
        (open, close): (&str, &str),
        room: Room,
        level: usize,
    ) -> Result<(), Error> {
        self.builder.push_str(open, list.source)?;
        let indent = room.indent + 1;
        for (at, item) in list.items.iter().enumerate() {
            if at > 0 {
                self.line(",", indent, list.source)?;
            }
            let is_last = at + 1 == list.items.len();
            let after = if is_last { room.after + close.len() } else { 1 };
            self.value(item, Room { indent, after }, level + 1)?;
        }
        self.builder.push_str(close, list.source)
    }

    fn mapping(&mut self, dict: &Dict<'a>, room: Room, level: usize) -> Result<(), Error> {
        self.builder.push_str("{", dict.source)?;
        let indent = room.indent + 1;
        for (at, (key, value)) in dict.entries.iter().enumerate() {
            if at > 0 {
                self.line(",", indent, dict.source)?;
            }
            let key = self.repr(key)?;
            self.builder.push_text(&key)?;
            self.builder.push_str(": ", dict.source)?;
            let is_last = at + 1 == dict.entries.len();
            let after = if is_last { room.after + 1 } else { 1 };
            let indent = indent + self.length(&key)? + 2;
            self.value(value, Room { indent, after }, level + 1)?;
        }
        self.builder.push_str("}", dict.source)
    }

    /// A text as constants that stand below each other, broken at line ends and then between words.
    fn text(&mut self, text: &Text<'a>, room: Room, level: usize) -> Result<(), Error> {
        let outer = usize::from(level == 1);
        let room = Room { indent: room.indent + outer, after: room.after + outer };
        let parts = self.parts(text, room)?;
        let (open, close) = if level == 1 && parts.len() > 1 { ("(", ")") } else { ("", "") };
        self.builder.push_str(open, text.source())?;
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.line("", room.indent, text.source())?;
            }
            self.builder.push_text(part)?;
        }
        self.builder.push_str(close, text.source())
    }

    fn parts(&self, text: &Text<'a>, room: Room) -> Result<Vec<Text<'a>>, Error> {
        let whole = text.as_str(self.cx.arena)?;
        let ends = lines(whole, true, self.cx)?;
        let mut parts = Vec::new();
        for (at, line) in ends.iter().enumerate() {
            let after = if at + 1 == ends.len() { room.after } else { 0 };
            let printed = self.constant(text, line.clone())?;
            if self.length(&printed)? <= room.width().saturating_sub(after) {
                parts.push(printed);
            } else {
                self.words(text, line.clone(), Room { after, ..room }, &mut parts)?;
            }
        }
        Ok(parts)
    }

    /// The parts of a line that is too long.
    fn words(
        &self,
        text: &Text<'a>,
        line: Range<usize>,
        room: Room,
        parts: &mut Vec<Text<'a>>,
    ) -> Result<(), Error> {
        let whole = text.as_str(self.cx.arena)?;
        let mut current = line.start..line.start;
        for word in words(&whole[line.clone()]) {
            let end = line.start + word.end;
            let width = room.width().saturating_sub(if end == line.end { room.after } else { 0 });
            let candidate = self.constant(text, current.start..end)?;
            if self.length(&candidate)? > width {
                if !current.is_empty() {
                    parts.push(self.constant(text, current)?);
                }
                current = line.start + word.start..end;
            } else {
                current.end = end;
            }
        }
        if !current.is_empty() {
            parts.push(self.constant(text, current)?);
        }
        Ok(())
    }

    fn constant(&self, text: &Text<'a>, range: Range<usize>) -> Result<Text<'a>, Error> {
        self.repr(&Value::Str(text.slice(range, self.cx.arena)?))
    }
}

/// Runs of anything but whitespace, each with the whitespace after it.
fn words(line: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut after_space = true;
    for (at, c) in line.char_indices() {
        let end = at + c.len_utf8();
        match words.last_mut() {
            Some(word) if is_space(c) || !after_space => word.end = end,
            _ => words.push(at..end),
        }
        after_space = is_space(c);
    }
    words
}
