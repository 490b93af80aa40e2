//! `tojson`: Python's `json.dumps`, each leaf with its source.
use std::borrow::Cow;
use std::cmp::Ordering;

use crate::Error;
use crate::arena::Arena;
use crate::compare::ordered;
use crate::fail::{type_error, unsupported_input, value_error};
use crate::number::{decimal_text, float_repr};
use crate::sorting::sort;
use crate::text::{Piece, Source, Text, TextBuilder};
use crate::value::{Dict, List, Value};

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 200;

/// The arguments of `json.dumps` that templates may give.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style<'s> {
    pub(crate) ensure_ascii: bool,
    /// What one level is indented by.
    pub(crate) indent: Option<&'s str>,
    pub(crate) item_separator: &'s str,
    pub(crate) key_separator: &'s str,
    pub(crate) sort_keys: bool,
}

impl Style<'_> {
    /// That of `tojson` without arguments.
    pub(crate) const PLAIN: Self = Self {
        ensure_ascii: false,
        indent: None,
        item_separator: ", ",
        key_separator: ": ",
        sort_keys: false,
    };
}

/// Where JSON goes.
pub(crate) trait Sink<'a> {
    /// Takes what a function writes, as text that derives from a piece.
    fn write_like(&mut self, like: Piece<'a>, write: impl FnOnce(&mut String)) -> Result<(), Error>;

    /// Takes text of somebody's own.
    fn push_str(&mut self, text: &str, source: Source) -> Result<(), Error> {
        self.write_like(Piece::new("", source), |json| json.push_str(text))
    }
}

impl<'a> Sink<'a> for TextBuilder<'a> {
    fn write_like(&mut self, like: Piece<'a>, write: impl FnOnce(&mut String)) -> Result<(), Error> {
        TextBuilder::write_like(self, like, write)
    }
}

/// Appends the JSON of a value.
pub(crate) fn dump<'a>(
    value: &Value<'a>,
    style: &Style<'_>,
    depth: usize,
    sink: &mut impl Sink<'a>,
    arena: &'a Arena,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(unsupported_input(format!("JSON nested deeper than {MAX_DEPTH} levels")));
    }
    let source = value.source();
    match value {
        Value::None(_) => sink.push_str("null", source),
        Value::Bool(truth, _) => sink.push_str(if *truth { "true" } else { "false" }, source),
        Value::Int(number, _) => sink.push_str(&number.to_string(), source),
        Value::Big(big) => sink.push_str(&decimal_text(&big.number(), arena)?, source),
        Value::Float(number, _) => sink.push_str(&float(*number), source),
        Value::Str(text) => string(text, style, sink, arena),
        Value::List(list) | Value::Tuple(list) => array(list, style, depth, sink, arena),
        Value::Dict(dict) => object(dict, style, depth, sink, arena),
        _ => Err(type_error(format!("Object of type {} is not JSON serializable", value.type_name()))),
    }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_repr(number)
    }
}

/// A new line at a depth, if the style has lines.
fn line<'a>(style: &Style<'_>, depth: usize, source: Source, sink: &mut impl Sink<'a>) -> Result<(), Error> {
    let Some(indent) = style.indent else { return Ok(()) };
    sink.push_str("\n", source)?;
    (0..depth).try_for_each(|_| sink.push_str(indent, source))
}

fn array<'a>(
    list: &List<'a>,
    style: &Style<'_>,
    depth: usize,
    sink: &mut impl Sink<'a>,
    arena: &'a Arena,
) -> Result<(), Error> {
    if list.items.is_empty() {
        return sink.push_str("[]", list.source);
    }
    sink.push_str("[", list.source)?;
    for (index, item) in list.items.iter().enumerate() {
        if index > 0 {
            sink.push_str(style.item_separator, list.source)?;
        }
        line(style, depth + 1, list.source, sink)?;
        dump(item, style, depth + 1, sink, arena)?;
    }
    line(style, depth, list.source, sink)?;
    sink.push_str("]", list.source)
}

fn object<'a>(
    dict: &Dict<'a>,
    style: &Style<'_>,
    depth: usize,
    sink: &mut impl Sink<'a>,
    arena: &'a Arena,
) -> Result<(), Error> {
    let (entries, source) = (dict.entries, dict.source);
    if entries.is_empty() {
        return sink.push_str("{}", source);
    }
    sink.push_str("{", source)?;
    for (index, (key, value)) in sorted(entries, style, arena)?.iter().enumerate() {
        if index > 0 {
            sink.push_str(style.item_separator, source)?;
        }
        line(style, depth + 1, source, sink)?;
        self::key(key, style, sink, arena)?;
        sink.push_str(style.key_separator, source)?;
        dump(value, style, depth + 1, sink, arena)?;
    }
    line(style, depth, source, sink)?;
    sink.push_str("}", source)
}

type Entry<'a> = (Value<'a>, Value<'a>);

fn sorted<'e, 'a>(
    entries: &'e [Entry<'a>],
    style: &Style<'_>,
    arena: &'a Arena,
) -> Result<Cow<'e, [Entry<'a>]>, Error> {
    if !style.sort_keys {
        return Ok(entries.into());
    }
    let mut sorted = entries.to_vec();
    sort(&mut sorted, &mut |(left, _), (right, _)| {
        Ok(ordered(left, right, "<", arena)? == Some(Ordering::Less))
    })?;
    Ok(sorted.into())
}

/// Keys that are no text become text, as `json.dumps` does it.
fn key<'a>(
    key: &Value<'a>,
    style: &Style<'_>,
    sink: &mut impl Sink<'a>,
    arena: &'a Arena,
) -> Result<(), Error> {
    match key {
        Value::Str(text) => string(text, style, sink, arena),
        Value::None(_) | Value::Bool(..) | Value::Int(..) | Value::Big(_) | Value::Float(..) => {
            sink.push_str("\"", key.source())?;
            dump(key, style, 0, sink, arena)?;
            sink.push_str("\"", key.source())
        }
        _ => {
            let found = key.type_name();
            Err(type_error(format!("keys must be str, int, float, bool or None, not {found}")))
        }
    }
}

fn string<'a>(
    text: &Text<'a>,
    style: &Style<'_>,
    sink: &mut impl Sink<'a>,
    arena: &'a Arena,
) -> Result<(), Error> {
    text.scan(arena)?;
    arena.work(text.len())?;
    if let Some(piece) = text.as_piece() {
        return sink.write_like(piece, |json| {
            json.push('"');
            escape_onto(json, piece.text, style);
            json.push('"');
        });
    }
    let source = text.source();
    sink.push_str("\"", source)?;
    let escaped = |json: &mut String, piece: &Piece<'a>| escape_onto(json, piece.text, style);
    text.with_pieces(|pieces| {
        pieces.iter().try_for_each(|piece| sink.write_like(*piece, |json| escaped(json, piece)))
    })?;
    sink.push_str("\"", source)
}

/// Appends a text with what JSON must escape escaped; runs that need none are copied in one go.
fn escape_onto(json: &mut String, text: &str, style: &Style<'_>) {
    let needs_escape =
        |byte| byte < b' ' || byte == b'"' || byte == b'\\' || style.ensure_ascii && byte > b'~';
    // Without a way out in between, so that many bytes are looked at in one step.
    if !text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        return json.push_str(text);
    }
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        json.push_str(&rest[..at]);
        let c = rest[at..].chars().next().unwrap_or_default();
        json.push_str(&escape(c));
        rest = &rest[at + c.len_utf8()..];
    }
    json.push_str(rest);
}

fn escape(c: char) -> Cow<'static, str> {
    match c {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        _ => {
            let mut escaped = String::new();
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
            escaped.into()
        }
    }
}

/// The indent that a template gave: a number of spaces, or the text itself.
pub(crate) fn indent_of<'a>(value: &Value<'a>, arena: &'a Arena) -> Result<Option<&'a str>, Error> {
    match value {
        Value::None(_) => Ok(None),
        Value::Str(text) => text.as_str(arena).map(Some),
        _ => {
            let Some(width) = crate::number::as_index(value) else {
                return Err(type_error(format!(
                    "can't indent JSON by a value of type {}",
                    value.type_name()
                )));
            };
            let width = usize::try_from(width.max(0)).unwrap_or(usize::MAX);
            if width > 1000 {
                return Err(value_error("JSON indented by more than 1000 spaces"));
            }
            arena.str(&" ".repeat(width)).map(Some)
        }
    }
}
