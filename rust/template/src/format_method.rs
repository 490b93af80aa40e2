//! `str.format`, on text that keeps its sources.
use crate::Error;
use crate::args::{Args, Context};
use crate::cutter::Cutter;
use crate::fail::{render, unsupported_input, value_error};
use crate::format_spec::formatted;
use crate::print;
use crate::text::{Source, Text, TextBuilder};
use crate::value::Value;

/// `text.format(…)`.
pub(crate) fn format_method<'a>(text: &Text<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let mut fields = Fields { args, cx, markup: text.markup, numbering: None };
    let filled = fields.fill(text, 2)?;
    Ok(cx.join(&[filled])?.with_markup(text.markup))
}

/// How the fields of a text name their values.
#[derive(Clone, Copy)]
enum Numbering {
    /// By their order; this is the next.
    Automatic(usize),
    Manual,
}

struct Fields<'a> {
    args: Args<'a>,
    cx: Context<'a>,
    markup: bool,
    numbering: Option<Numbering>,
}

impl<'a> Fields<'a> {
    /// A text with its fields replaced; specifications have fields too, and so on to a depth.
    fn fill(&mut self, text: &Text<'a>, depth: usize) -> Result<Text<'a>, Error> {
        let arena = self.cx.arena;
        let whole = text.as_str(arena)?;
        arena.scan(whole.len())?;
        let mut builder = TextBuilder::new(arena);
        let mut cutter = Cutter::new(text, arena);
        let mut at = 0;
        while let Some(length) = whole[at..].find(['{', '}']) {
            builder.push_text(&cutter.slice(at..at + length)?)?;
            at += length;
            let rest = &whole[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                builder.push_text(&cutter.slice(at..at + 1)?)?;
                at += 2;
                continue;
            }
            let end = closing(rest)?;
            if depth == 0 {
                return Err(value_error("max string recursion exceeded"));
            }
            builder.push_text(&self.field(&rest[1..end], depth)?)?;
            at += end + 1;
        }
        builder.push_text(&cutter.slice(at..whole.len())?)?;
        builder.finish()
    }

    /// What a field becomes: `name!conversion:specification`.
    fn field(&mut self, field: &'a str, depth: usize) -> Result<Text<'a>, Error> {
        let (name, rest) = field.split_at(name_length(field)?);
        let (conversion, spec) = conversion(rest)?;
        let value = self.value(name)?;
        let value = match conversion {
            None => value,
            Some('s') => Value::Str(print::text(&value, self.cx.arena)?),
            Some('r') => Value::Str(self.repr(&value)?),
            Some('a') => return Err(unsupported_input("`!a` in a format string")),
            Some(_) => return Err(value_error("unknown conversion specifier")),
        };
        let spec = self.fill(&Text::literal(spec), depth - 1)?;
        let spec = spec.as_str(self.cx.arena)?;
        if self.markup && !spec.is_empty() {
            return Err(unsupported_input("a format specification in markup"));
        }
        let text = formatted(&value, spec, self.cx)?;
        if self.markup { crate::strings::escape(&text, self.cx) } else { Ok(text) }
    }

    fn repr(&self, value: &Value<'a>) -> Result<Text<'a>, Error> {
        let mut builder = TextBuilder::new(self.cx.arena);
        print::repr(value, &mut builder, 0)?;
        builder.finish()
    }

    fn value(&mut self, name: &'a str) -> Result<Value<'a>, Error> {
        let first = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut path) = name.split_at(first);
        self.note_numbering(name)?;
        let automatic = match self.numbering {
            Some(Numbering::Automatic(next)) if name.is_empty() => Some(next - 1),
            _ => None,
        };
        let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
        let manual = digits.then(|| first.parse().unwrap_or(usize::MAX));
        let mut value = match automatic.or(manual) {
            Some(index) => self.args.positional.get(index).copied().ok_or_else(|| {
                let message = format!("Replacement index {index} out of range for positional args tuple");
                render("IndexError", message)
            })?,
            None => self.args.named(first).ok_or_else(|| render("KeyError", format!("'{first}'")))?,
        };
        while !path.is_empty() {
            value = member(value, &mut path, self.cx)?;
        }
        Ok(value)
    }

    /// A text may not number some fields itself and leave others to their order; names that go on after their
    /// number are not looked at.
    fn note_numbering(&mut self, name: &str) -> Result<(), Error> {
        let manual = name.bytes().all(|byte| byte.is_ascii_digit());
        self.numbering = match (self.numbering, name.is_empty(), manual) {
            (Some(Numbering::Manual), true, _) | (Some(Numbering::Automatic(_)), false, true) => {
                return Err(value_error(
                    "cannot mix automatic field numbering with manual field specification",
                ));
            }
            (Some(Numbering::Automatic(next)), true, _) => Some(Numbering::Automatic(next + 1)),
            (None, true, _) => Some(Numbering::Automatic(1)),
            (_, false, true) => Some(Numbering::Manual),
            (_, false, false) => return Ok(()),
        };
        Ok(())
    }
}

/// Where the brace that opens a text is closed.
fn closing(text: &str) -> Result<usize, Error> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Err(value_error("single '}' encountered in format string")),
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Ok(at);
        }
    }
    Err(value_error("expected '}' before end of string"))
}

/// How long a field's name is: up to a conversion or specification, which may stand in brackets.
fn name_length(field: &str) -> Result<usize, Error> {
    let mut in_brackets = false;
    for (at, c) in field.char_indices() {
        match c {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            '{' if !in_brackets => return Err(value_error("unexpected '{' in field name")),
            ':' | '!' if !in_brackets => return Ok(at),
            _ => {}
        }
    }
    Ok(field.len())
}

/// The conversion of a field, and its specification.
fn conversion(rest: &str) -> Result<(Option<char>, &str), Error> {
    let Some(after) = rest.strip_prefix('!') else {
        return Ok((None, rest.strip_prefix(':').unwrap_or(rest)));
    };
    let Some(conversion) = after.chars().next() else {
        return Err(value_error("end of string while looking for conversion specifier"));
    };
    let rest = &after[conversion.len_utf8()..];
    match rest.strip_prefix(':') {
        Some(spec) => Ok((Some(conversion), spec)),
        None if rest.is_empty() => Ok((Some(conversion), "")),
        None => Err(value_error("expected ':' after conversion specifier")),
    }
}

/// One `.name` or `[key]` of a field.
fn member<'a>(value: Value<'a>, rest: &mut &'a str, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Some(after) = rest.strip_prefix('.') {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        *rest = &after[end..];
        return crate::members::attribute(&value, &after[..end], cx);
    }
    let end = rest.find(']').ok_or_else(|| value_error("Missing ']' in format string"))?;
    let key = &rest[1..end];
    *rest = &rest[end + 1..];
    let key = match key.parse::<i64>() {
        Ok(index) => Value::Int(index, Source::LITERAL),
        Err(_) => Value::literal(key),
    };
    crate::members::item(&value, &key, cx)
}
