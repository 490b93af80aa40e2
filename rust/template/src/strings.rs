//! The methods of Python's `str`, on text that keeps its sources.
use std::ops::Range;

use crate::Error;
use crate::args::{Args, Context};
use crate::cutter::Cutter;
use crate::fail::{type_error, unsupported_input, value_error};
use crate::format_method::format_method;
use crate::letters::{self, lowercase, titlecase, uppercase};
use crate::members::characters;
use crate::number::{as_count, as_index};
use crate::source::is_space;
use crate::text::{Source, Text, TextBuilder};
use crate::value::Value;

/// `text.name(args)`.
pub(crate) fn call<'a>(
    text: &Text<'a>,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let whole = text.as_str(cx.arena)?;
    if !matches!(name, "startswith" | "endswith") {
        cx.arena.scan(whole.len())?;
    }
    match name {
        "strip" | "lstrip" | "rstrip" => {
            let [set] = args.bind_positional(name, 0)?;
            strip(text, set, name != "rstrip", name != "lstrip", cx).map(Value::Str)
        }
        "split" => split_call(text, whole, args, false, cx),
        "rsplit" => split_call(text, whole, args, true, cx),
        "splitlines" => splitlines(text, whole, args, cx),
        "partition" | "rpartition" => partition(text, whole, name, args, cx),
        "startswith" | "endswith" => affix_test(whole, name, args, cx).map(Value::truth),
        "expandtabs" => expand_tabs(text, args, cx).map(Value::Str),
        "striptags" | "unescape" | "escape" if text.markup => markup_method(text, name, args, cx),
        "find" | "rfind" | "index" | "rindex" => find(text, whole, name, args, cx),
        "count" => {
            let [needle, start, end] = args.bind_positional(name, 1)?;
            let needle = required_text(needle, cx)?;
            let inside = span(whole, start, end)?.map(|span| &whole[span]);
            let count = |inside: &str| match needle {
                "" => characters(inside) + 1,
                _ => inside.matches(needle).count(),
            };
            Ok(Value::count(inside.map_or(0, count), text.source()))
        }
        "replace" => {
            let [old, new, count] = args.bind_positional(name, 2)?;
            let (old, new) = (required(old)?, required(new)?);
            let new = if text.markup { escape(&new, cx)? } else { new };
            replace(text, old.as_str(cx.arena)?, &new, count, cx).map(Value::Str)
        }
        "removeprefix" | "removesuffix" => remove_affix(text, whole, name, args, cx),
        "upper" | "lower" | "title" | "capitalize" | "swapcase" | "casefold" => {
            args.bind_positional::<0>(name, 0)?;
            cased(text, name, cx).map(Value::Str)
        }
        "join" => {
            let [items] = args.bind_positional(name, 1)?;
            join_texts(text, items, cx)
        }
        "zfill" | "ljust" | "rjust" | "center" => pad(text, whole, name, args, cx),
        "format" => format_method(text, args, cx).map(Value::Str),
        "format_map" => format_map(text, args, cx).map(Value::Str),
        _ if name.starts_with("is") => {
            args.bind_positional::<0>(name, 0)?;
            cx.arena.work(whole.len())?;
            letters::is(whole, name).map(Value::truth).ok_or_else(|| unknown(name))
        }
        _ => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Error {
    unsupported_input(format!("method `{name}` of str"))
}

/// `text.format_map(mapping)`, of which only names are looked up.
fn format_map<'a>(text: &Text<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let [mapping] = args.bind_positional("format_map", 1)?;
    let Some(Value::Dict(dict)) = mapping else {
        return Err(unsupported_input("`format_map` with anything but a mapping"));
    };
    let mut named = Vec::with_capacity(dict.entries.len());
    for (key, value) in dict.entries {
        if let Value::Str(key) = key {
            named.push((key.as_str(cx.arena)?, *value));
        }
    }
    format_method(text, Args { positional: &[], named: cx.arena.slice(&named)? }, cx)
}

fn required(value: Option<Value<'_>>) -> Result<Text<'_>, Error> {
    match value {
        Some(Value::Str(text)) => Ok(text),
        Some(other) => Err(type_error(format!("expected a str, not '{}'", other.type_name()))),
        None => Err(type_error("expected a str")),
    }
}

fn required_text<'a>(value: Option<Value<'a>>, cx: Context<'a>) -> Result<&'a str, Error> {
    required(value)?.as_str(cx.arena)
}

/// Without characters of a set, or whitespace, at either end.
pub(crate) fn strip<'a>(
    text: &Text<'a>,
    set: Option<Value<'a>>,
    start: bool,
    end: bool,
    cx: Context<'a>,
) -> Result<Text<'a>, Error> {
    if set.is_none() && is_stripped(text) {
        return Ok(*text);
    }
    let whole = text.as_str(cx.arena)?;
    let set = match set {
        None | Some(Value::None(_)) => None,
        Some(Value::Str(set)) => Some(set.as_str(cx.arena)?),
        Some(other) => {
            return Err(type_error(format!("strip arg must be None or str, not {}", other.type_name())));
        }
    };
    cx.arena.scan(whole.len().saturating_mul(set.map_or(1, str::len)))?;
    let kept = match set {
        None => kept(whole, start, end, is_space),
        Some(set) => kept(whole, start, end, |c| set.contains(c)),
    };
    text.slice(kept, cx.arena)
}

/// What is left of a text without some characters at its ends.
fn kept(text: &str, start: bool, end: bool, is_stripped: impl Fn(char) -> bool) -> Range<usize> {
    let from = if start { text.len() - text.trim_start_matches(&is_stripped).len() } else { 0 };
    let to = if end { from + text[from..].trim_end_matches(&is_stripped).len() } else { text.len() };
    from..to
}

/// Whether a text is in one piece that begins and ends with ASCII that is no whitespace, as most do.
pub(crate) fn is_stripped(text: &Text<'_>) -> bool {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    text.as_piece().is_some_and(|piece| {
        let bytes = piece.text.as_bytes();
        is_plain(bytes.first()) && is_plain(bytes.last())
    })
}

fn split_call<'a>(
    text: &Text<'a>,
    whole: &str,
    args: Args<'a>,
    from_end: bool,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [separator, limit] = args.bind("split", ["sep", "maxsplit"], 0)?;
    let limit = match limit {
        None => usize::MAX,
        Some(limit) => {
            let limit = as_count(&limit, "maxsplit must be an integer")?;
            usize::try_from(limit).unwrap_or(usize::MAX)
        }
    };
    let ranges = match separator {
        None | Some(Value::None(_)) if from_end => words_from_end(whole, limit, cx)?,
        None | Some(Value::None(_)) => words(whole, limit, cx)?,
        Some(separator) => {
            let separator = required_text(Some(separator), cx)?;
            if separator.is_empty() {
                return Err(value_error("empty separator"));
            }
            let fields = if from_end { fields_from_end } else { fields };
            fields(whole, separator, limit, cx)?
        }
    };
    parts(text, &ranges, cx)
}

fn parts<'a>(text: &Text<'a>, ranges: &[Range<usize>], cx: Context<'a>) -> Result<Value<'a>, Error> {
    let mut values = Vec::with_capacity(ranges.len());
    let mut cutter = Cutter::new(text, cx.arena);
    for range in ranges {
        cx.arena.charge(size_of::<Value<'_>>())?;
        values.push(Value::Str(cutter.slice(range.clone())?));
    }
    cx.list(&values)
}

/// Parts of a text, charged for as they are found.
struct Parts<'a> {
    ranges: Vec<Range<usize>>,
    cx: Context<'a>,
}

impl<'a> Parts<'a> {
    fn new(cx: Context<'a>) -> Self {
        Self { ranges: Vec::new(), cx }
    }

    fn push(&mut self, range: Range<usize>) -> Result<(), Error> {
        self.cx.arena.charge(size_of::<Range<usize>>())?;
        self.ranges.push(range);
        Ok(())
    }

    fn reversed(mut self) -> Vec<Range<usize>> {
        self.ranges.reverse();
        self.ranges
    }
}

fn fields(whole: &str, separator: &str, limit: usize, cx: Context<'_>) -> Result<Vec<Range<usize>>, Error> {
    let mut parts = Parts::new(cx);
    let mut start = 0;
    for (at, _) in whole.match_indices(separator).take(limit) {
        parts.push(start..at)?;
        start = at + separator.len();
    }
    parts.push(start..whole.len())?;
    Ok(parts.ranges)
}

fn fields_from_end(
    whole: &str,
    separator: &str,
    limit: usize,
    cx: Context<'_>,
) -> Result<Vec<Range<usize>>, Error> {
    let mut parts = Parts::new(cx);
    let mut end = whole.len();
    for (at, _) in whole.rmatch_indices(separator).take(limit) {
        parts.push(at + separator.len()..end)?;
        end = at;
    }
    parts.push(0..end)?;
    Ok(parts.reversed())
}

fn words(whole: &str, limit: usize, cx: Context<'_>) -> Result<Vec<Range<usize>>, Error> {
    let mut parts = Parts::new(cx);
    let mut at = whole.len() - whole.trim_start_matches(is_space).len();
    while at < whole.len() {
        if parts.ranges.len() == limit {
            parts.push(at..whole.len())?;
            break;
        }
        let end = whole[at..].find(is_space).map_or(whole.len(), |length| at + length);
        parts.push(at..end)?;
        at = whole.len() - whole[end..].trim_start_matches(is_space).len();
    }
    Ok(parts.ranges)
}

fn words_from_end(whole: &str, limit: usize, cx: Context<'_>) -> Result<Vec<Range<usize>>, Error> {
    let mut parts = Parts::new(cx);
    let mut end = whole.trim_end_matches(is_space).len();
    while end > 0 {
        if parts.ranges.len() == limit {
            parts.push(0..end)?;
            break;
        }
        let start = whole[..end].char_indices().rev().find(|(_, c)| is_space(*c));
        let start = start.map_or(0, |(at, c)| at + c.len_utf8());
        parts.push(start..end)?;
        end = whole[..start].trim_end_matches(is_space).len();
    }
    Ok(parts.reversed())
}

/// The line boundaries of Python's `str.splitlines`.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn splitlines<'a>(text: &Text<'a>, whole: &str, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [keep] = args.bind("splitlines", ["keepends"], 0)?;
    if keep.is_some_and(|keep| as_index(&keep).is_none()) {
        return Err(unsupported_input(
            "`splitlines` with anything but a truth value, of which versions of Python differ",
        ));
    }
    parts(text, &lines(whole, keep.is_some_and(|keep| keep.is_true()), cx)?, cx)
}

/// The lines of a text, with what ends them or without.
pub(crate) fn lines(whole: &str, keep: bool, cx: Context<'_>) -> Result<Vec<Range<usize>>, Error> {
    let mut parts = Parts::new(cx);
    let mut start = 0;
    while start < whole.len() {
        let length = whole[start..].find(is_line_end).unwrap_or(whole.len() - start);
        let end = start + length;
        let rest = &whole[end..];
        let ending = if rest.starts_with("\r\n") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) };
        parts.push(start..if keep { end + ending } else { end })?;
        start = end + ending;
    }
    Ok(parts.ranges)
}

fn partition<'a>(
    text: &Text<'a>,
    whole: &str,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [separator] = args.bind_positional(name, 1)?;
    let separator = required_text(separator, cx)?;
    if separator.is_empty() {
        return Err(value_error("empty separator"));
    }
    let end = whole.len();
    let ranges =
        match (name, if name == "partition" { whole.find(separator) } else { whole.rfind(separator) }) {
            (_, Some(at)) => [0..at, at..at + separator.len(), at + separator.len()..end],
            ("partition", None) => [0..end, end..end, end..end],
            (_, None) => [0..0, 0..0, 0..end],
        };
    let slices = ranges.map(|range| text.slice(range, cx.arena).map(Value::Str));
    let [head, middle, tail] = slices;
    cx.tuple(&[head?, middle?, tail?])
}

fn affix_test<'a>(whole: &str, name: &str, args: Args<'a>, cx: Context<'a>) -> Result<bool, Error> {
    let [affix, start, end] = args.bind_positional(name, 1)?;
    let inside = span(whole, start, end)?.map(|span| &whole[span]);
    cx.arena.scan(if start.or(end).is_some() { whole.len() } else { 0 })?;
    let holds = |affix: &str| {
        inside.is_some_and(|inside| {
            if name == "startswith" { inside.starts_with(affix) } else { inside.ends_with(affix) }
        })
    };
    match affix {
        Some(Value::Tuple(affixes)) => {
            for affix in affixes.items {
                let affix = required_text(Some(*affix), cx)?;
                cx.arena.work(1 + affix.len())?;
                if holds(affix) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Some(Value::Str(affix)) => {
            cx.arena.scan(affix.len())?;
            Ok(holds(affix.as_str(cx.arena)?))
        }
        other => {
            let found = other.map_or("nothing", |value| value.type_name());
            Err(type_error(format!("{name} first arg must be str or a tuple of str, not {found}")))
        }
    }
}

/// The bytes between two character indexes, as the searching methods take them; none if they leave nothing
/// to search, not even an empty place.
fn span<'a>(
    whole: &str,
    start: Option<Value<'a>>,
    end: Option<Value<'a>>,
) -> Result<Option<Range<usize>>, Error> {
    if start.or(end).is_none() {
        return Ok(Some(0..whole.len()));
    }
    let length = i64::try_from(characters(whole)).unwrap_or(i64::MAX);
    let fit = |index: Option<i64>, otherwise: i64| match index {
        Some(index) if index < 0 => index.saturating_add(length).max(0),
        Some(index) => index,
        None => otherwise,
    };
    let start = fit(bound(start)?, 0);
    let end = fit(bound(end)?, length).min(length);
    if start > end {
        return Ok(None);
    }
    let byte = |index: i64| crate::members::byte_of(whole, usize::try_from(index).unwrap_or(0));
    Ok(Some(byte(start)..byte(end)))
}

fn bound(value: Option<Value<'_>>) -> Result<Option<i64>, Error> {
    match value {
        None | Some(Value::None(_)) => Ok(None),
        Some(value) => as_index(&value)
            .map(Some)
            .ok_or_else(|| type_error("slice indices must be integers or None or have an __index__ method")),
    }
}

fn find<'a>(
    text: &Text<'a>,
    whole: &str,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [needle, start, end] = args.bind_positional(name, 1)?;
    let needle = required_text(needle, cx)?;
    let found = span(whole, start, end)?.and_then(|span| {
        let inside = &whole[span.clone()];
        let found = if name.starts_with('r') { inside.rfind(needle) } else { inside.find(needle) };
        found.map(|at| span.start + at)
    });
    match found {
        Some(at) => Ok(Value::count(characters(&whole[..at]), text.source())),
        None if name.ends_with("index") => Err(value_error("substring not found")),
        None => Ok(Value::Int(-1, text.source())),
    }
}

fn expand_tabs<'a>(text: &Text<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let [size] = args.bind("expandtabs", ["tabsize"], 0)?;
    let size = match size {
        None => 8,
        Some(size) => as_count(&size, "tabsize must be an integer")?,
    };
    let size = usize::try_from(size).unwrap_or(0);
    let mut builder = TextBuilder::new(cx.arena);
    let mut column = 0;
    text.with_pieces(|pieces| {
        for piece in pieces {
            for part in piece.text.split_inclusive(['\t', '\n', '\r']) {
                let line = part.trim_end_matches('\t');
                builder.push_like(line, *piece)?;
                column += characters(line);
                if line.ends_with(['\n', '\r']) {
                    column = 0;
                } else if line.len() < part.len() && size > 0 {
                    let spaces = size - column % size;
                    cx.arena.charge(spaces)?;
                    builder.push_like(&" ".repeat(spaces), *piece)?;
                    column += spaces;
                }
            }
        }
        Ok::<_, Error>(())
    })?;
    Ok(builder.finish()?.with_markup(text.markup))
}

/// The methods that only markup has.
fn markup_method<'a>(
    text: &Text<'a>,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if name == "escape" {
        let [value] = args.bind_positional(name, 1)?;
        return escape(&crate::print::text(&value.unwrap_or(Value::Missing), cx.arena)?, cx).map(Value::Str);
    }
    args.bind_positional::<0>(name, 0)?;
    match name {
        "striptags" => crate::filters_text::strip_tags(&Value::Str(*text), cx),
        _ => crate::filters_text::unescaped(text, cx).map(Value::Str),
    }
}

fn remove_affix<'a>(
    text: &Text<'a>,
    whole: &str,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [affix] = args.bind_positional(name, 1)?;
    let affix = required_text(affix, cx)?;
    let range = if name == "removeprefix" {
        whole.len() - whole.strip_prefix(affix).unwrap_or(whole).len()..whole.len()
    } else {
        0..whole.strip_suffix(affix).unwrap_or(whole).len()
    };
    text.slice(range, cx.arena).map(Value::Str)
}

/// With the first `count` places of `old` replaced; a negative count, or none, means all.
pub(crate) fn replace<'a>(
    text: &Text<'a>,
    old: &str,
    new: &Text<'a>,
    count: Option<Value<'a>>,
    cx: Context<'a>,
) -> Result<Text<'a>, Error> {
    let whole = text.as_str(cx.arena)?;
    cx.arena.scan(whole.len())?;
    let limit = match count {
        None => usize::MAX,
        Some(count) => {
            let count = as_count(&count, "replace count must be an integer")?;
            usize::try_from(count).unwrap_or(usize::MAX)
        }
    };
    let mut builder = TextBuilder::new(cx.arena);
    let mut cutter = Cutter::new(text, cx.arena);
    let mut start = 0;
    for (at, _) in whole.match_indices(old).take(limit) {
        builder.push_text(&cutter.slice(start..at)?)?;
        builder.push_text(new)?;
        start = at + old.len();
    }
    if start == 0 && !whole.starts_with(old) {
        return Ok(*text);
    }
    builder.push_text(&cutter.slice(start..whole.len())?)?;
    Ok(builder.finish()?.with_markup(text.markup))
}

/// What finding the other case of a character takes.
const STEPS_OF_A_CASE: usize = 4;

/// `upper`, `lower`, `title`, `capitalize` and their kin, character by character.
pub(crate) fn cased<'a>(text: &Text<'a>, how: &str, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let whole = text.as_str(cx.arena)?;
    cx.arena.work(whole.len().saturating_mul(STEPS_OF_A_CASE))?;
    let sigmas = letters::final_sigmas(whole);
    let mut builder = TextBuilder::new(cx.arena);
    let (mut first, mut after_cased, mut start) = (true, false, 0);
    text.with_pieces(|pieces| {
        for piece in pieces {
            for (at, c) in piece.text.char_indices() {
                let lower = |c| {
                    if sigmas.binary_search(&(start + at)).is_ok() { "ς".to_owned() } else { lowercase(c) }
                };
                let mapped = match how {
                    "upper" => uppercase(c),
                    "casefold" => letters::folded(c),
                    "title" if after_cased => lower(c),
                    "title" => titlecase(c),
                    "capitalize" if first => titlecase(c),
                    "swapcase" if letters::is_upper(c) => lower(c),
                    "swapcase" if letters::is_lower(c) => uppercase(c),
                    "swapcase" => c.to_string(),
                    _ => lower(c),
                };
                builder.push_like(&mapped, *piece)?;
                (first, after_cased) = (false, how == "title" && letters::is_cased(c));
            }
            start += piece.text.len();
        }
        Ok::<_, Error>(())
    })?;
    Ok(builder.finish()?.with_markup(text.markup))
}

fn join_texts<'a>(
    separator: &Text<'a>,
    items: Option<Value<'a>>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let Some(items) = items else { return Err(type_error("join() takes exactly one argument (0 given)")) };
    let mut parts = Vec::new();
    for (index, item) in crate::iterate::all(&items, cx)?.iter().enumerate() {
        let item = match item {
            Value::Str(item) => item,
            // Markup makes text of whatever it joins.
            other if separator.markup => &crate::print::text(other, cx.arena)?,
            _ => {
                let found = item.type_name();
                return Err(type_error(format!(
                    "sequence item {index}: expected str instance, {found} found"
                )));
            }
        };
        if index > 0 {
            parts.push(*separator);
        }
        parts.push(if separator.markup { escape(item, cx)? } else { item.with_markup(false) });
    }
    Ok(Value::Str(cx.join(&parts)?.with_markup(separator.markup)))
}

fn pad<'a>(
    text: &Text<'a>,
    whole: &str,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [width, fill] = args.bind_positional(name, 1)?;
    let width = as_count(&width.unwrap_or(Value::Missing), "width must be an integer")?;
    let fill = match fill {
        Some(fill) if text.markup => escape(&crate::print::text(&fill, cx.arena)?, cx)?.as_str(cx.arena)?,
        Some(fill) => required_text(Some(fill), cx)?,
        None if name == "zfill" => "0",
        None => " ",
    };
    if characters(fill) != 1 {
        return Err(type_error("The fill character must be exactly one character long"));
    }
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(characters(whole));
    cx.arena.charge(missing.saturating_mul(fill.len()))?;
    let filler = |count: usize| {
        cx.arena.str(&fill.repeat(count)).map(|filler| Text::from_source(filler, Source::LITERAL))
    };
    let before = match name {
        "zfill" | "rjust" => missing,
        "ljust" => 0,
        _ => missing / 2 + (missing & usize::try_from(width).unwrap_or(0) & 1),
    };
    let padded = if name == "zfill" && whole.starts_with(['+', '-']) {
        let (sign, digits) = (text.slice(0..1, cx.arena)?, text.slice(1..whole.len(), cx.arena)?);
        cx.join(&[sign, filler(before)?, digits])?
    } else {
        cx.join(&[filler(before)?, *text, filler(missing - before)?])?
    };
    Ok(Value::Str(padded.with_markup(text.markup)))
}

/// HTML-escaped, unless it is markup already.
pub(crate) fn escape<'a>(text: &Text<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    if text.markup {
        return Ok(*text);
    }
    let mut builder = TextBuilder::new(cx.arena);
    text.with_pieces(|pieces| {
        for piece in pieces {
            let mut rest = piece.text;
            while let Some(at) = rest.find(['&', '<', '>', '\'', '"']) {
                builder.push_piece(piece.with_text(&rest[..at]))?;
                builder.push_like(entity(rest.as_bytes()[at]), *piece)?;
                rest = &rest[at + 1..];
            }
            builder.push_piece(piece.with_text(rest))?;
        }
        Ok::<_, Error>(())
    })?;
    Ok(builder.finish()?.with_markup(true))
}

fn entity(byte: u8) -> &'static str {
    match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'\'' => "&#39;",
        _ => "&#34;",
    }
}
