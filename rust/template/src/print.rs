//! Python's `str` and `repr` of values, each part with its source.
use crate::Error;
use crate::arena::Arena;
use crate::args::Context;
use crate::fail::unsupported_input;
use crate::number::{decimal_text, float_repr};
use crate::objects::Object;
use crate::text::{Piece, Source, Text, TextBuilder};
use crate::value::{Dict, List, Range, Value, View};

/// Values nested deeper than this do not print.
const MAX_DEPTH: usize = 200;

/// `str(value)`.
pub(crate) fn text<'a>(value: &Value<'a>, arena: &'a Arena) -> Result<Text<'a>, Error> {
    match value {
        Value::Str(text) => Ok(*text),
        Value::Missing | Value::Undefined(_) => Ok(Text::EMPTY),
        Value::None(source) => Ok(Text::from_source("None", *source)),
        Value::Bool(truth, source) => Ok(Text::from_source(if *truth { "True" } else { "False" }, *source)),
        Value::Int(number, source) => Ok(Text::from_source(arena.str(&number.to_string())?, *source)),
        _ => {
            let mut builder = TextBuilder::new(arena);
            repr(value, &mut builder, 0)?;
            builder.finish()
        }
    }
}

/// Appends `repr(value)`.
pub(crate) fn repr<'a>(value: &Value<'a>, builder: &mut TextBuilder<'a>, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(unsupported_input(format!("a value nested deeper than {MAX_DEPTH} levels is printed")));
    }
    let source = value.source();
    match value {
        Value::Missing | Value::Undefined(_) => builder.push_str("Undefined", source),
        Value::None(_) => builder.push_str("None", source),
        Value::Bool(truth, _) => builder.push_str(if *truth { "True" } else { "False" }, source),
        Value::Int(number, _) => builder.push_str(&number.to_string(), source),
        Value::Big(big) => builder.push_str(&decimal_text(&big.number(), builder.arena())?, source),
        Value::Float(number, _) => builder.push_str(&float_repr(*number), source),
        Value::Str(text) if text.markup => {
            builder.push_str("Markup(", source)?;
            string(text, builder)?;
            builder.push_str(")", source)
        }
        Value::Str(text) => string(text, builder),
        Value::List(list) => sequence(list, ("[", "]"), builder, depth),
        Value::Tuple(list) if list.items.len() == 1 => sequence(list, ("(", ",)"), builder, depth),
        Value::Tuple(list) => sequence(list, ("(", ")"), builder, depth),
        Value::Dict(dict) => entries(dict.entries, source, builder, depth),
        Value::View(view, dict) => view_repr(*view, dict.entries, source, builder, depth),
        Value::Range(range) => builder.push_str(&range_repr(range), source),
        Value::Namespace(namespace) => {
            builder.push_str("<Namespace ", source)?;
            let attributes: Vec<_> = namespace
                .attributes
                .borrow()
                .iter()
                .map(|(name, value)| (Value::literal(name), *value))
                .collect();
            entries(&attributes, source, builder, depth)?;
            builder.push_str(">", source)
        }
        Value::Loop(running) => {
            let (index, length) = (running.index0() + 1, running.items.len());
            builder.push_str(&format!("<LoopContext {index}/{length}>"), source)
        }
        Value::Macro(closure) => {
            let name = closure.name().map_or("anonymous".to_owned(), |name| format!("'{name}'"));
            builder.push_str(&format!("<Macro {name}>"), source)
        }
        Value::Object(Object::Template(..)) => builder.push_str("<TemplateReference None>", source),
        Value::Object(_) | Value::Generator(_) | Value::Method(_) | Value::Global(_) => {
            // The reference prints an address.
            Err(unsupported_input(format!("a value of type {} is printed", value.type_name())))
        }
    }
}

fn range_repr(range: &Range) -> String {
    let Range { start, stop, step } = range;
    if *step == 1 { format!("range({start}, {stop})") } else { format!("range({start}, {stop}, {step})") }
}

fn sequence<'a>(
    list: &List<'a>,
    (open, close): (&str, &str),
    builder: &mut TextBuilder<'a>,
    depth: usize,
) -> Result<(), Error> {
    builder.push_str(open, list.source)?;
    for (index, item) in list.items.iter().enumerate() {
        if index > 0 {
            builder.push_str(", ", list.source)?;
        }
        repr(item, builder, depth + 1)?;
    }
    builder.push_str(close, list.source)
}

fn entries<'a>(
    entries: &[(Value<'a>, Value<'a>)],
    source: Source,
    builder: &mut TextBuilder<'a>,
    depth: usize,
) -> Result<(), Error> {
    builder.push_str("{", source)?;
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            builder.push_str(", ", source)?;
        }
        repr(key, builder, depth + 1)?;
        builder.push_str(": ", source)?;
        repr(value, builder, depth + 1)?;
    }
    builder.push_str("}", source)
}

fn view_repr<'a>(
    view: View,
    entries: &[(Value<'a>, Value<'a>)],
    source: Source,
    builder: &mut TextBuilder<'a>,
    depth: usize,
) -> Result<(), Error> {
    let open = match view {
        View::Keys => "dict_keys([",
        View::Values => "dict_values([",
        View::Items => "dict_items([",
    };
    builder.push_str(open, source)?;
    for (index, (key, value)) in entries.iter().enumerate() {
        builder.push_str(if index > 0 { ", " } else { "" }, source)?;
        match view {
            View::Keys => repr(key, builder, depth + 1)?,
            View::Values => repr(value, builder, depth + 1)?,
            View::Items => {
                builder.push_str("(", source)?;
                repr(key, builder, depth + 1)?;
                builder.push_str(", ", source)?;
                repr(value, builder, depth + 1)?;
                builder.push_str(")", source)?;
            }
        }
    }
    builder.push_str("])", source)
}

/// The quotes are chosen as Python does: double only around text that has single quotes and no double ones.
fn string<'a>(text: &Text<'a>, builder: &mut TextBuilder<'a>) -> Result<(), Error> {
    text.scan(builder.arena())?;
    builder.arena().work(text.len())?;
    let (mut single, mut double) = (false, false);
    text.each(|piece| {
        single |= piece.text.contains('\'');
        double |= piece.text.contains('"');
    });
    let quote = if single && !double { "\"" } else { "'" };
    let ends = text.source();
    builder.push_str(quote, ends)?;
    text.with_pieces(|pieces| pieces.iter().try_for_each(|piece| escaped(piece, quote, builder)))?;
    builder.push_str(quote, ends)
}

fn escaped<'a>(piece: &Piece<'a>, quote: &str, builder: &mut TextBuilder<'a>) -> Result<(), Error> {
    let is_plain = |c: char| !matches!(c, '\\' | '\'' | '"') && crate::letters::is_printable(c);
    let mut rest = piece.text;
    while let Some(at) = rest.find(|c| !is_plain(c)) {
        builder.push_like(&rest[..at], *piece)?;
        let c = rest[at..].chars().next().unwrap_or_default();
        rest = &rest[at + c.len_utf8()..];
        let escape = match c {
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            _ if quote.starts_with(c) => format!("\\{c}"),
            _ if crate::letters::is_printable(c) => c.to_string(),
            _ => match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02x}"),
                code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            },
        };
        builder.push_like(&escape, *piece)?;
    }
    builder.push_like(rest, *piece)
}

/// A value whose mappings are sorted by key, as Python's `pprint` shows them.
pub(crate) fn sorted<'a>(value: &Value<'a>, depth: usize, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if depth > MAX_DEPTH {
        return Err(unsupported_input(format!("a value nested deeper than {MAX_DEPTH} levels is printed")));
    }
    let each = |items: &[Value<'a>]| -> Result<&'a [Value<'a>], Error> {
        let items: Vec<_> = items.iter().map(|item| sorted(item, depth + 1, cx)).collect::<Result<_, _>>()?;
        cx.arena.slice(&items)
    };
    Ok(match value {
        Value::List(list) => Value::List(cx.arena.value(List { items: each(list.items)?, ..**list })?),
        Value::Tuple(list) if list.is_group => *value,
        Value::Tuple(list) => Value::Tuple(cx.arena.value(List { items: each(list.items)?, ..**list })?),
        Value::Dict(dict) => {
            let mut entries = Vec::with_capacity(dict.entries.len());
            for (key, value) in dict.entries {
                let Value::Str(name) = key else {
                    return Err(unsupported_input("`pprint` of a mapping whose keys are not all text"));
                };
                entries.push((name.as_str(cx.arena)?, (*key, sorted(value, depth + 1, cx)?)));
            }
            entries.sort_by_key(|(name, _)| *name);
            let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
            Value::Dict(Dict::new(cx.arena.slice(&entries)?, dict.source, dict.message, cx.arena)?)
        }
        other => *other,
    })
}
