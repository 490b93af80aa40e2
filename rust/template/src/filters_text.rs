//! Jinja's filters that make text.
use crate::Error;
use crate::args::{Args, Context};
use crate::ast::{Binary, Comparison};
use crate::compare::compare;
use crate::cutter::Cutter;
use crate::fail::{render, type_error, undefined, unsupported_input, value_error};
use crate::iterate::{all, length, unpacked};
use crate::number::{as_count, as_index};
use crate::operators::{add_texts, binary};
use crate::print;
use crate::strings;
use crate::text::{Source, Text, TextBuilder};
use crate::value::{Value, View};
use crate::wrap::{Wrapping, wrap};

pub(crate) fn cased<'a>(value: &Value<'a>, how: &str, cx: Context<'a>) -> Result<Value<'a>, Error> {
    strings::cased(&print::text(value, cx.arena)?, how, cx).map(Value::Str)
}

/// Not `str.title`: words start after spaces, hyphens and opening brackets only.
pub(crate) fn title<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let text = print::text(value, cx.arena)?;
    let starts_word = |c: char| crate::source::is_space(c) || matches!(c, '-' | '(' | '{' | '[' | '<');
    let whole = text.as_str(cx.arena)?;
    let mut builder = TextBuilder::new(cx.arena);
    let mut cutter = Cutter::new(&text, cx.arena);
    let mut start = 0;
    for word in whole.split_inclusive(starts_word) {
        // Only letters after the first of a word decide on its sigmas.
        let first = word.chars().next().map_or(0, char::len_utf8);
        for (range, how) in [(start..start + first, "upper"), (start + first..start + word.len(), "lower")] {
            builder.push_text(&strings::cased(&cutter.slice(range)?, how, cx)?)?;
        }
        start += word.len();
    }
    builder.finish().map(Value::Str)
}

pub(crate) fn wordcount<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let text = print::text(value, cx.arena)?;
    cx.arena.work(text.len())?;
    let words = text.as_str(cx.arena)?.split(|c| !crate::letters::is_word(c));
    Ok(Value::count(words.filter(|word| !word.is_empty()).count(), text.source()))
}

pub(crate) fn center<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [width] = args.bind("center", ["width"], 0)?;
    let width = width.unwrap_or(Value::Int(80, Source::LITERAL));
    let args = Args { positional: cx.arena.slice(&[width])?, named: &[] };
    strings::call(&print::text(value, cx.arena)?, "center", args, cx)
}

pub(crate) fn trim<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [set] = args.bind("trim", ["chars"], 0)?;
    strings::strip(&print::text(value, cx.arena)?, set, true, true, cx).map(Value::Str)
}

pub(crate) fn format<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let values = match (args.positional, args.named) {
        (positional, []) => cx.tuple(positional)?,
        ([], named) => {
            let entries: Vec<_> = named.iter().map(|(name, value)| (Value::literal(name), *value)).collect();
            crate::calls::new_dict(&entries, cx)?
        }
        _ => {
            let message = "can't handle positional and keyword arguments at the same time";
            return Err(render("FilterArgumentError", message));
        }
    };
    crate::format::percent(&print::text(value, cx.arena)?, &values, cx).map(Value::Str)
}

pub(crate) fn indent<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [width, first, blank] = args.bind("indent", ["width", "first", "blank"], 0)?;
    let width = match width {
        None => Text::literal("    "),
        Some(Value::Str(width)) => width,
        Some(Value::Undefined(why)) => return Err(undefined(&why)),
        Some(width) => {
            let spaces = as_count(&width, "width must be an integer or text")?;
            let spaces = usize::try_from(spaces).unwrap_or(0);
            cx.arena.charge(spaces)?;
            Text::literal(cx.arena.str(&" ".repeat(spaces))?)
        }
    };
    let text = match value {
        Value::Str(text) => *text,
        Value::Undefined(why) => return Err(undefined(why)),
        Value::List(_) => {
            return Err(render("AttributeError", "'list' object has no attribute 'splitlines'"));
        }
        _ => return Err(type_error(format!("can't indent a value of type {}", value.type_name()))),
    };
    let truth = |value: Option<Value<'_>>| value.is_some_and(|value| value.is_true());
    indented(&text, &width, truth(first), truth(blank), cx)
}

fn indented<'a>(
    text: &Text<'a>,
    width: &Text<'a>,
    first: bool,
    blank: bool,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let whole = text.as_str(cx.arena)?;
    let mut lines = strings::lines(whole, false, cx)?;
    // Jinja appends a newline before it splits, so that text ending in one keeps an empty last line.
    let ends = whole.chars().next_back();
    if ends.is_none_or(|c| strings::is_line_end(c) && c != '\r') {
        lines.push(whole.len()..whole.len());
    }
    let mut builder = TextBuilder::new(cx.arena);
    let mut cutter = Cutter::new(text, cx.arena);
    for (index, line) in lines.into_iter().enumerate() {
        if index > 0 {
            builder.push_text(&newline_before(&mut cutter, whole, line.start)?)?;
        }
        if if index == 0 { first } else { blank || !line.is_empty() } {
            builder.push_text(width)?;
        }
        builder.push_text(&cutter.slice(line)?)?;
    }
    Ok(Value::Str(builder.finish()?.with_markup(text.markup)))
}

/// The newline that ends the line before; whatever else ended it becomes one.
fn newline_before<'a>(cutter: &mut Cutter<'_, 'a>, whole: &str, at: usize) -> Result<Text<'a>, Error> {
    let start = whole[..at].char_indices().next_back().map_or(at, |(start, _)| start);
    let ending = cutter.slice(start..at)?;
    if ending.equals("\n") { Ok(ending) } else { Ok(Text::from_source("\n", ending.source())) }
}

pub(crate) fn replace<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [old, new, count] = args.bind("replace", ["old", "new", "count"], 2)?;
    let (Some(old), Some(new)) = (old, new) else { return Err(type_error("replace() needs two arguments")) };
    let text = print::text(value, cx.arena)?.with_markup(false);
    let (old, new) = (print::text(&old, cx.arena)?, print::text(&new, cx.arena)?);
    let count = count.filter(|count| !matches!(count, Value::None(_)));
    strings::replace(&text, old.as_str(cx.arena)?, &new, count, cx).map(Value::Str)
}

pub(crate) fn truncate<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [limit, kill_words, end, leeway] =
        args.bind("truncate", ["length", "killwords", "end", "leeway"], 0)?;
    let end = match end {
        None => Text::literal("..."),
        Some(Value::Str(end)) => end,
        Some(_) => return Err(unsupported_input("`truncate` with an end that is no text")),
    };
    let limit = limit.unwrap_or(Value::Int(255, Source::LITERAL));
    let leeway = leeway.filter(|leeway| !matches!(leeway, Value::None(_)));
    let leeway = leeway.unwrap_or(Value::Int(5, Source::LITERAL));
    let end_length = Value::count(length(&Value::Str(end))?, Source::LITERAL);
    let holds = |op, left: &Value<'a>, right: &Value<'a>| compare(op, left, right, cx.arena);
    let zero = Value::Int(0, Source::LITERAL);
    if !holds(Comparison::Ge, &limit, &end_length)? || !holds(Comparison::Ge, &leeway, &zero)? {
        return Err(render("AssertionError", "the length or leeway of `truncate` is too small"));
    }
    let most = binary(Binary::Add, &limit, &leeway, cx)?;
    if holds(Comparison::Le, &Value::count(length(value)?, Source::LITERAL), &most)? {
        return Ok(*value);
    }
    let kept = binary(Binary::Sub, &limit, &end_length, cx)?;
    let kept = as_index(&kept).ok_or_else(|| type_error("slice indices must be integers"))?;
    let Value::Str(text) = value else {
        return Err(unsupported_input("`truncate` of a long value that is no text"));
    };
    let whole = text.as_str(cx.arena)?;
    let kept = crate::members::byte_of(whole, usize::try_from(kept).unwrap_or(0));
    let kept = match whole[..kept].rfind(' ') {
        Some(space) if !kill_words.is_some_and(|kill| kill.is_true()) => space,
        _ => kept,
    };
    add_texts(&text.slice(0..kept, cx.arena)?, &end, cx)
}

pub(crate) fn word_wrap<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let names = ["width", "break_long_words", "wrapstring", "break_on_hyphens"];
    let [width, break_long_words, between, break_on_hyphens] = args.bind("wordwrap", names, 0)?;
    let between = match between.filter(|between| !matches!(between, Value::None(_))) {
        None => Text::literal("\n"),
        Some(Value::Str(between)) => between,
        Some(Value::Undefined(why)) => return Err(undefined(&why)),
        Some(between) => {
            let found = between.type_name();
            return Err(render("AttributeError", format!("'{found}' object has no attribute 'join'")));
        }
    };
    let text = match value {
        Value::Str(text) => *text,
        Value::Undefined(why) => return Err(undefined(why)),
        _ => {
            let found = value.type_name();
            return Err(render("AttributeError", format!("'{found}' object has no attribute 'splitlines'")));
        }
    };
    let truth = |value: Option<Value<'_>>| value.is_none_or(|value| value.is_true());
    let (break_long_words, break_on_hyphens) = (truth(break_long_words), truth(break_on_hyphens));
    let Some(width) = as_index(&width.unwrap_or(Value::Int(79, Source::LITERAL))) else {
        return Err(unsupported_input("`wordwrap` with a width that is no integer"));
    };
    if text.markup || between.markup {
        return Err(unsupported_input("`wordwrap` of markup"));
    }
    let whole = text.as_str(cx.arena)?;
    let wrapping = Wrapping { width, break_long_words, break_on_hyphens };
    let mut builder = TextBuilder::new(cx.arena);
    let mut cutter = Cutter::new(&text, cx.arena);
    for (index, line) in strings::lines(whole, false, cx)?.into_iter().enumerate() {
        if index > 0 {
            builder.push_text(&between)?;
        }
        for (index, part) in wrap(&whole[line.clone()], &wrapping, cx.arena)?.into_iter().enumerate() {
            if index > 0 {
                builder.push_text(&between)?;
            }
            builder.push_text(&cutter.slice(line.start + part.start..line.start + part.end)?)?;
        }
    }
    builder.finish().map(Value::Str)
}

pub(crate) fn strip_tags<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let text = print::text(value, cx.arena)?;
    let whole = text.as_str(cx.arena)?;
    let mut builder = TextBuilder::new(cx.arena);
    let mut at = 0;
    while let Some(start) = whole[at..].find('<').map(|start| at + start) {
        let (skipped, close) = if whole[start..].starts_with("<!--") { (4, "-->") } else { (0, ">") };
        let Some(end) = whole[start + skipped..].find(close) else { break };
        builder.push_text(&text.slice(at..start, cx.arena)?)?;
        at = start + skipped + end + close.len();
    }
    builder.push_text(&text.slice(at..whole.len(), cx.arena)?)?;
    let text = builder.finish()?;
    let words = strings::call(&text.with_markup(false), "split", Args::default(), cx)?;
    let mut parts = Vec::new();
    for (index, word) in all(&words, cx)?.iter().enumerate() {
        parts.extend((index > 0).then_some(Text::literal(" ")));
        parts.push(print::text(word, cx.arena)?);
    }
    unescaped(&cx.join(&parts)?, cx).map(Value::Str)
}

/// With the entities decoded that `escape` makes.
pub(crate) fn unescaped<'a>(text: &Text<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    const ENTITIES: [(&str, &str); 7] = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&#34;", "\""),
    ];
    let whole = text.as_str(cx.arena)?;
    let mut builder = TextBuilder::new(cx.arena);
    let mut at = 0;
    while let Some(start) = whole[at..].find('&').map(|start| at + start) {
        builder.push_text(&text.slice(at..start, cx.arena)?)?;
        let rest = &whole[start..];
        let alone = rest[1..]
            .chars()
            .next()
            .is_none_or(|c| matches!(c, '\t' | '\n' | '\u{c}' | ' ' | '<' | '&' | ';'));
        let (length, decoded) = match ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) {
            Some((entity, decoded)) => (entity.len(), *decoded),
            None if alone => (1, "&"),
            None => return Err(unsupported_input("an HTML entity that `escape` does not make")),
        };
        let source = text.slice(start..start + length, cx.arena)?.source();
        builder.push_str(decoded, source)?;
        at = start + length;
    }
    builder.push_text(&text.slice(at..whole.len(), cx.arena)?)?;
    Ok(builder.finish()?.with_markup(false))
}

pub(crate) fn url_encode<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let pairs = match value {
        Value::Str(_) => return quoted(value, false, cx).map(Value::Str),
        Value::Dict(dict) => all(&Value::View(View::Items, dict), cx)?,
        _ if crate::tests::is_iterable(value) => all(value, cx)?,
        _ => return quoted(value, false, cx).map(Value::Str),
    };
    let mut parts = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        let &[name, value] = unpacked(pair, 2, cx)? else { continue };
        parts.extend((index > 0).then_some(Text::literal("&")));
        parts.extend([quoted(&name, true, cx)?, Text::literal("="), quoted(&value, true, cx)?]);
    }
    cx.join(&parts).map(Value::Str)
}

/// Percent-encoded; in a query, spaces become `+`, and slashes are encoded too.
fn quoted<'a>(value: &Value<'a>, in_query: bool, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let text = print::text(value, cx.arena)?;
    cx.arena.work(text.len())?;
    let mut builder = TextBuilder::new(cx.arena);
    text.with_pieces(|pieces| {
        for piece in pieces {
            let mut encoded = String::new();
            for byte in piece.text.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                        encoded.push(char::from(byte));
                    }
                    b'/' if !in_query => encoded.push('/'),
                    b' ' if in_query => encoded.push('+'),
                    _ => encoded.push_str(&format!("%{byte:02X}")),
                }
            }
            builder.push_like(&encoded, *piece)?;
        }
        Ok::<_, Error>(())
    })?;
    builder.finish()
}

pub(crate) fn xml_attributes<'a>(
    value: &Value<'a>,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [space] = args.bind("xmlattr", ["autospace"], 0)?;
    let Value::Dict(dict) = value else {
        let found = value.type_name();
        return match value {
            Value::Undefined(why) => Err(undefined(why)),
            _ => Err(render("AttributeError", format!("'{found}' object has no attribute 'items'"))),
        };
    };
    let mut parts = Vec::new();
    for (key, value) in dict.entries {
        if matches!(value, Value::None(_) | Value::Undefined(_)) {
            continue;
        }
        let Value::Str(name) = key else { return Err(type_error("expected string or bytes-like object")) };
        cx.arena.scan(name.len())?;
        let is_invalid = |c: char| crate::source::is_space(c) || matches!(c, '/' | '>' | '=');
        if name.as_str(cx.arena)?.contains(is_invalid) {
            return Err(value_error("invalid character in attribute name"));
        }
        let space = space.is_none_or(|space| space.is_true()) || !parts.is_empty();
        parts.extend(space.then_some(Text::literal(" ")));
        let value = strings::escape(&print::text(value, cx.arena)?, cx)?;
        parts.extend([strings::escape(name, cx)?, Text::literal("=\""), value, Text::literal("\"")]);
    }
    let parts: Vec<_> = parts.into_iter().map(|part| part.with_markup(false)).collect();
    cx.join(&parts).map(Value::Str)
}
