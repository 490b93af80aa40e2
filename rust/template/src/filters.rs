//! Jinja's filters.
use std::cell::Cell;
use std::cmp::Ordering;

use crate::Error;
use crate::args::{Args, Context};
use crate::compare::{equal, ordered};
use crate::fail::{render, type_error, undefined, unsupported_input};
use crate::iterate::{all, is_of_messages, length};
use crate::json::{self, Style};
use crate::members::{attribute, item};
use crate::number::{Number, as_index, parse_float, parse_integer};
use crate::print;
use crate::strings;
use crate::tests::{self, Test};
use crate::text::{Source, Text, TextBuilder};
use crate::value::{Big, Generator, List, Value, View};

macro_rules! filters {
    ($($variant:ident $($name:literal)+;)*) => {
        /// The filters that this engine knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Filter { $($variant),* }

        impl Filter {
            pub(crate) fn named(name: &str) -> Option<Self> {
                Some(match name { $($($name)|+ => Self::$variant,)* _ => return None })
            }
        }
    };
}

filters! {
    Abs "abs";
    Attr "attr";
    Capitalize "capitalize";
    Center "center";
    Default "default" "d";
    Dictsort "dictsort";
    Escape "escape" "e";
    First "first";
    Float "float";
    ForceEscape "forceescape";
    Format "format";
    Indent "indent";
    Int "int";
    Items "items";
    Join "join";
    Last "last";
    Length "length" "count";
    List "list";
    Lower "lower";
    Map "map";
    Max "max";
    Min "min";
    Reject "reject";
    RejectAttr "rejectattr";
    Replace "replace";
    Reverse "reverse";
    Round "round";
    Safe "safe";
    Select "select";
    SelectAttr "selectattr";
    Sort "sort";
    String "string";
    Sum "sum";
    Title "title";
    ToJson "tojson";
    Trim "trim";
    Unique "unique";
    Upper "upper";
    Wordcount "wordcount";
}

impl Filter {
    /// Whether Jinja has a filter of this name that this engine lacks.
    pub(crate) fn is_jinjas(name: &str) -> bool {
        const OTHERS: [&str; 14] = [
            "batch",
            "filesizeformat",
            "groupby",
            "pprint",
            "random",
            "slice",
            "striptags",
            "truncate",
            "urlencode",
            "urlize",
            "wordwrap",
            "xmlattr",
            "markup",
            "async",
        ];
        OTHERS[..12].contains(&name)
    }
}

/// `value | filter(args)`.
pub(crate) fn apply<'a>(
    filter: Filter,
    value: &Value<'a>,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    match filter {
        Filter::Abs => absolute(value, cx),
        Filter::Attr => {
            let [name] = args.bind("attr", ["name"], 1)?;
            attr(value, name, cx)
        }
        Filter::Capitalize => cased(value, "capitalize", cx),
        Filter::Lower => cased(value, "lower", cx),
        Filter::Upper => cased(value, "upper", cx),
        Filter::Title => title(value, cx),
        Filter::Center => {
            let [width] = args.bind("center", ["width"], 0)?;
            let width = width.unwrap_or(Value::Int(80, Source::LITERAL));
            let args = Args { positional: cx.arena.slice(&[width])?, named: &[] };
            strings::call(&print::text(value, cx.arena)?, "center", args, cx)
        }
        Filter::Default => default(value, args),
        Filter::Dictsort => dictsort(value, args, cx),
        Filter::Escape => strings::escape(&print::text(value, cx.arena)?, cx).map(Value::Str),
        Filter::ForceEscape => {
            strings::escape(&print::text(value, cx.arena)?.with_markup(false), cx).map(Value::Str)
        }
        Filter::First => first(value, cx),
        Filter::Last => last(value, cx),
        Filter::Float => float(value, args, cx),
        Filter::Int => int(value, args, cx),
        Filter::Format => format(value, args, cx),
        Filter::Indent => indent(value, args, cx),
        Filter::Items => items(value, cx),
        Filter::Join => join(value, args, cx),
        Filter::Length => Ok(Value::count(length(value)?, value.source())),
        Filter::List => list(value, cx),
        Filter::Map => map(value, args, cx),
        Filter::Max => extreme(value, args, Ordering::Greater, cx),
        Filter::Min => extreme(value, args, Ordering::Less, cx),
        Filter::Select => select(value, args, (true, false), cx),
        Filter::Reject => select(value, args, (false, false), cx),
        Filter::SelectAttr => select(value, args, (true, true), cx),
        Filter::RejectAttr => select(value, args, (false, true), cx),
        Filter::Replace => replace(value, args, cx),
        Filter::Reverse => reverse(value, cx),
        Filter::Round => round(value, args),
        Filter::Safe => Ok(Value::Str(print::text(value, cx.arena)?.with_markup(true))),
        Filter::Sort => sort(value, args, cx),
        Filter::String => print::text(value, cx.arena).map(Value::Str),
        Filter::Sum => sum(value, args, cx),
        Filter::ToJson => tojson(value, args, cx),
        Filter::Trim => {
            let [set] = args.bind("trim", ["chars"], 0)?;
            strings::strip(&print::text(value, cx.arena)?, set, true, true, cx).map(Value::Str)
        }
        Filter::Unique => unique(value, args, cx),
        Filter::Wordcount => wordcount(value, cx),
    }
}

fn cased<'a>(value: &Value<'a>, how: &str, cx: Context<'a>) -> Result<Value<'a>, Error> {
    strings::cased(&print::text(value, cx.arena)?, how, cx).map(Value::Str)
}

/// Not `str.title`: words start after spaces, hyphens and opening brackets only.
fn title<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let text = print::text(value, cx.arena)?;
    let starts_word = |c: char| crate::source::is_space(c) || matches!(c, '-' | '(' | '{' | '[' | '<');
    let mut builder = TextBuilder::new(cx.arena);
    let mut at_start = true;
    text.with_pieces(|pieces| {
        for piece in pieces {
            for c in piece.text.chars() {
                let mapped =
                    if at_start { crate::letters::uppercase(c) } else { crate::letters::lowercase(c) };
                builder.push_like(&mapped, *piece)?;
                at_start = starts_word(c);
            }
        }
        Ok::<_, Error>(())
    })?;
    Ok(Value::Str(builder.finish()?.with_markup(text.markup)))
}

fn wordcount<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let text = print::text(value, cx.arena)?;
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    let words = text.as_str(cx.arena)?.split(|c| !is_word(c)).filter(|word| !word.is_empty()).count();
    Ok(Value::count(words, text.source()))
}

fn absolute<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Undefined(why) = value {
        return Err(undefined(why));
    }
    let negative = match Number::of(value) {
        Some(Number::Int(number)) => number < 0.into(),
        Some(Number::Float(number)) => number.is_sign_negative(),
        None => return Err(type_error(format!("bad operand type for abs(): '{}'", value.type_name()))),
    };
    crate::number::signed(value, negative, cx.arena)
}

fn attr<'a>(value: &Value<'a>, name: Option<Value<'a>>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let Some(Value::Str(name)) = name else {
        return Err(unsupported_input("`attr` with a name that is no text"));
    };
    match value {
        // Unlike a dot, this never looks for an item.
        Value::Dict(_) => Err(unsupported_input("`attr` of a mapping")),
        _ => attribute(value, name.as_str(cx.arena)?, cx),
    }
}

fn default<'a>(value: &Value<'a>, args: Args<'a>) -> Result<Value<'a>, Error> {
    let [otherwise, boolean] = args.bind("default", ["default_value", "boolean"], 0)?;
    let unset =
        matches!(value, Value::Undefined(_)) || boolean.is_some_and(|b| b.is_true()) && !value.is_true();
    Ok(if unset { otherwise.unwrap_or(Value::Str(Text::EMPTY)) } else { *value })
}

/// A value as sorting without regard to case sees it.
fn folded<'a>(value: &Value<'a>, case_sensitive: bool, cx: Context<'a>) -> Result<Value<'a>, Error> {
    match value {
        Value::Str(text) if !case_sensitive => strings::cased(text, "lower", cx).map(Value::Str),
        _ => Ok(*value),
    }
}

/// Sorts by keys; fails where two keys have no order.
fn sort_by_key<'a, T: Copy>(
    keyed: Vec<(Value<'a>, T)>,
    reverse: bool,
    cx: Context<'a>,
) -> Result<Vec<T>, Error> {
    let mut failure = None;
    let mut keyed = keyed;
    keyed.sort_by(|(left, _), (right, _)| {
        let order = ordered(left, right, "<", cx.arena).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            None
        });
        let order = order.unwrap_or(Ordering::Equal);
        if reverse { order.reverse() } else { order }
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}

fn truth(value: Option<Value<'_>>) -> bool {
    value.is_some_and(|value| value.is_true())
}

fn dictsort<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [case_sensitive, by, reverse] = args.bind("dictsort", ["case_sensitive", "by", "reverse"], 0)?;
    let by_value = match by {
        None => false,
        Some(Value::Str(by)) if by.equals("key") => false,
        Some(Value::Str(by)) if by.equals("value") => true,
        Some(_) => {
            return Err(render("FilterArgumentError", "You can only sort by either \"key\" or \"value\""));
        }
    };
    let Value::Dict(dict) = value else {
        let found = value.type_name();
        return match value {
            Value::Undefined(why) => Err(undefined(why)),
            _ => Err(render("AttributeError", format!("'{found}' object has no attribute 'items'"))),
        };
    };
    let mut keyed = Vec::with_capacity(dict.entries.len());
    for (key, value) in dict.entries {
        let by = folded(if by_value { value } else { key }, truth(case_sensitive), cx)?;
        keyed.push((by, cx.tuple(&[*key, *value])?));
    }
    cx.list(&sort_by_key(keyed, truth(reverse), cx)?)
}

/// A value at a dotted path, as `attribute=` arguments give it.
fn at_path<'a>(value: &Value<'a>, path: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let Value::Str(path) = path else { return item(value, path, cx) };
    let mut found = *value;
    for part in path.as_str(cx.arena)?.split('.') {
        let key = match part.parse::<i64>() {
            Ok(index) if part.bytes().all(|b| b.is_ascii_digit()) => Value::Int(index, Source::LITERAL),
            _ => Value::literal(part),
        };
        found = item(&found, &key, cx)?;
    }
    Ok(found)
}

fn sort<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [reverse, case_sensitive, by] = args.bind("sort", ["reverse", "case_sensitive", "attribute"], 0)?;
    if let Some(Value::Str(by)) = &by
        && by.as_str(cx.arena)?.contains(',')
    {
        return Err(unsupported_input("`sort` by several attributes"));
    }
    let keyed = keyed(value, by, truth(case_sensitive), cx)?;
    cx.list(&sort_by_key(keyed, truth(reverse), cx)?)
}

/// Items with what they are compared by.
fn keyed<'a>(
    value: &Value<'a>,
    by: Option<Value<'a>>,
    case_sensitive: bool,
    cx: Context<'a>,
) -> Result<Vec<(Value<'a>, Value<'a>)>, Error> {
    let by = by.filter(|by| !matches!(by, Value::None(_)));
    let mut keyed = Vec::new();
    for found in all(value, cx)? {
        let key = match &by {
            Some(by) => at_path(found, by, cx)?,
            None => *found,
        };
        cx.arena.charge(2 * size_of::<Value<'_>>())?;
        keyed.push((folded(&key, case_sensitive, cx)?, *found));
    }
    Ok(keyed)
}

fn unique<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [case_sensitive, by] = args.bind("unique", ["case_sensitive", "attribute"], 0)?;
    let mut seen: Vec<Value<'a>> = Vec::new();
    let mut kept = Vec::new();
    for (key, found) in keyed(value, by, truth(case_sensitive), cx)? {
        crate::compare::hashable(&key)?;
        if !seen.iter().any(|known| equal(known, &key)) {
            seen.push(key);
            kept.push(found);
        }
    }
    generator(&kept, value, cx)
}

fn extreme<'a>(
    value: &Value<'a>,
    args: Args<'a>,
    wanted: Ordering,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [case_sensitive, by] = args.bind("min", ["case_sensitive", "attribute"], 0)?;
    let mut best: Option<(Value<'a>, Value<'a>)> = None;
    let op = if wanted == Ordering::Less { "<" } else { ">" };
    for (key, found) in keyed(value, by, truth(case_sensitive), cx)? {
        let better = match &best {
            Some((known, _)) => ordered(&key, known, op, cx.arena)? == Some(wanted),
            None => true,
        };
        if better {
            best = Some((key, found));
        }
    }
    match best {
        Some((_, found)) => Ok(found),
        None => cx.because("No aggregated item, sequence was empty."),
    }
}

fn sum<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [by, start] = args.bind("sum", ["attribute", "start"], 0)?;
    let mut total = start.unwrap_or(Value::Int(0, Source::LITERAL));
    for (key, _) in keyed(value, by, true, cx)? {
        total = crate::operators::binary(crate::ast::Binary::Add, &total, &key, cx)?;
    }
    Ok(total)
}

fn first<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    match all(value, cx)?.first() {
        Some(found) => Ok(*found),
        None => cx.because("No first item, sequence was empty."),
    }
}

fn last<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Generator(_) = value {
        return Err(type_error("'generator' object is not reversible"));
    }
    match all(value, cx)?.last() {
        Some(found) => Ok(*found),
        None => cx.because("No last item, sequence was empty."),
    }
}

fn float<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [otherwise] = args.bind("float", ["default"], 0)?;
    let parsed = match value {
        Value::Str(text) => parse_float(text.as_str(cx.arena)?),
        Value::Undefined(why) => return Err(undefined(why)),
        _ => Number::of(value).map(|number| number.to_f64()),
    };
    let fallback = otherwise.unwrap_or(Value::Float(0.0, Source::LITERAL));
    Ok(parsed.map_or(fallback, |number| Value::Float(number, value.source())))
}

fn int<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [otherwise, base] = args.bind("int", ["default", "base"], 0)?;
    let source = value.source();
    let parsed = match value {
        Value::Undefined(why) => return Err(undefined(why)),
        Value::Str(text) => {
            let base =
                base.as_ref().and_then(as_index).and_then(|base| u32::try_from(base).ok()).unwrap_or(10);
            let text = text.as_str(cx.arena)?;
            parse_integer(text, base).ok().map(Number::Int).or_else(|| parse_float(text).map(Number::Float))
        }
        _ => Number::of(value),
    };
    let whole = match parsed {
        Some(Number::Int(number)) => Some(number),
        Some(Number::Float(number)) => num_traits::FromPrimitive::from_f64(number.trunc()),
        None => None,
    };
    match whole {
        Some(number) => Big::value(&number, source, cx.arena),
        None => Ok(otherwise.unwrap_or(Value::Int(0, Source::LITERAL))),
    }
}

fn format<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if !args.named.is_empty() {
        if !args.positional.is_empty() {
            return Err(render(
                "FilterArgumentError",
                "can't handle positional and keyword arguments at the same time",
            ));
        }
        return Err(unsupported_input("`format` with names"));
    }
    let values = cx.tuple(args.positional)?;
    crate::format::percent(&print::text(value, cx.arena)?, &values, cx).map(Value::Str)
}

fn indent<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [width, first, blank] = args.bind("indent", ["width", "first", "blank"], 0)?;
    let text = match value {
        Value::Str(text) => *text,
        Value::Undefined(why) => return Err(undefined(why)),
        _ => return Err(type_error(format!("can't indent a value of type {}", value.type_name()))),
    };
    let width = match width {
        None => Text::literal("    "),
        Some(Value::Str(width)) => width,
        Some(width) => {
            let spaces = as_index(&width).ok_or_else(|| type_error("width must be an integer or text"))?;
            let spaces = usize::try_from(spaces).unwrap_or(0);
            cx.arena.charge(spaces)?;
            Text::literal(cx.arena.str(&" ".repeat(spaces))?)
        }
    };
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
    if whole
        .contains(['\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'])
    {
        return Err(unsupported_input("`indent` of text with line ends other than a newline"));
    }
    // Jinja appends a newline before it splits, so that text ending in one keeps an empty last line.
    let mut builder = TextBuilder::new(cx.arena);
    let mut start = 0;
    for (index, line) in whole.split('\n').enumerate() {
        let end = start + line.len();
        if index > 0 {
            builder.push_text(&text.slice(start - 1..start, cx.arena)?)?;
        }
        if if index == 0 { first } else { blank || !line.is_empty() } {
            builder.push_text(width)?;
        }
        builder.push_text(&text.slice(start..end, cx.arena)?)?;
        start = end + 1;
    }
    Ok(Value::Str(builder.finish()?.with_markup(text.markup)))
}

fn items<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    match value {
        Value::Undefined(_) => generator(&[], value, cx),
        Value::Dict(dict) => {
            let pairs = all(&Value::View(View::Items, dict), cx)?;
            generator(pairs, value, cx)
        }
        _ => Err(type_error("Can only get item pairs from a mapping.")),
    }
}

fn join<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [separator, by] = args.bind("join", ["d", "attribute"], 0)?;
    let separator = match separator {
        Some(separator) => print::text(&separator, cx.arena)?.with_markup(false),
        None => Text::EMPTY,
    };
    let mut parts = Vec::new();
    for (index, (_, found)) in keyed(value, None, true, cx)?.iter().enumerate() {
        if index > 0 && !separator.is_empty() {
            parts.push(separator);
        }
        let found = match &by {
            Some(by) => at_path(found, by, cx)?,
            None => *found,
        };
        parts.push(print::text(&found, cx.arena)?.with_markup(false));
    }
    cx.join(&parts).map(Value::Str)
}

fn list<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let of_messages = is_of_messages(value) || matches!(value, Value::Generator(g) if g.of_messages);
    let items = all(value, cx)?;
    Ok(Value::List(cx.arena.value(List { items, source: value.source(), of_messages })?))
}

fn generator<'a>(items: &[Value<'a>], of: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let of_messages = is_of_messages(of);
    let generator = Generator { items: cx.arena.slice(items)?, taken: Cell::new(false), of_messages };
    Ok(Value::Generator(cx.arena.value(generator)?))
}

fn map<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let mut mapped = Vec::new();
    if !value.is_true() {
        // Jinja looks neither at the arguments nor at whether the value can be gone through.
        return generator(&[], value, cx);
    }
    match args.positional.split_first() {
        None => {
            let Some(by) = args.named("attribute") else {
                return Err(render("FilterArgumentError", "map requires a filter argument"));
            };
            let otherwise = args.named("default").filter(|value| !matches!(value, Value::None(_)));
            for found in all(value, cx)? {
                let found = at_path(found, &by, cx)?;
                let unset = matches!(found, Value::Undefined(_));
                mapped.push(otherwise.filter(|_| unset).unwrap_or(found));
            }
        }
        Some((name, rest)) => {
            let Value::Str(name) = name else {
                return Err(unsupported_input("`map` by a value that is no text"));
            };
            let name = name.as_str(cx.arena)?;
            let args = Args { positional: rest, named: args.named };
            for found in all(value, cx)? {
                mapped.push(apply(named_filter(name)?, found, args, cx)?);
            }
        }
    }
    cx.arena.charge(mapped.len() * size_of::<Value<'_>>())?;
    generator(&mapped, &Value::None(Source::LITERAL), cx)
}

fn named_filter(name: &str) -> Result<Filter, Error> {
    match Filter::named(name) {
        Some(filter) => Ok(filter),
        None if Filter::is_jinjas(name) => Err(unsupported_input(format!("filter `{name}`"))),
        None => Err(render("TemplateRuntimeError", format!("No filter named '{name}'."))),
    }
}

fn select<'a>(
    value: &Value<'a>,
    args: Args<'a>,
    (keep, by_attribute): (bool, bool),
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if !value.is_true() {
        return generator(&[], value, cx);
    }
    let (by, rest) = match args.positional.split_first() {
        Some((by, rest)) if by_attribute => (Some(*by), rest),
        None if by_attribute => {
            return Err(render("FilterArgumentError", "Missing parameter for attribute name"));
        }
        _ => (None, args.positional),
    };
    let mut kept = Vec::new();
    for found in all(value, cx)? {
        let tested = match &by {
            Some(by) => at_path(found, by, cx)?,
            None => *found,
        };
        if passes(&tested, rest, args, cx)? == keep {
            cx.arena.charge(size_of::<Value<'_>>())?;
            kept.push(*found);
        }
    }
    generator(&kept, value, cx)
}

/// A test named by the first of `rest`; without one, whether the value is true.
fn passes<'a>(
    value: &Value<'a>,
    rest: &'a [Value<'a>],
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<bool, Error> {
    let Some((name, rest)) = rest.split_first() else { return Ok(value.is_true()) };
    let Value::Str(name) = name else { return Err(unsupported_input("a test that is no text")) };
    let name = name.as_str(cx.arena)?;
    let Some(test) = Test::named(name) else {
        return Err(render("TemplateRuntimeError", format!("No test named '{name}'.")));
    };
    tests::apply(test, value, Args { positional: rest, named: args.named }, cx)
}

fn replace<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [old, new, count] = args.bind("replace", ["old", "new", "count"], 2)?;
    let (Some(old), Some(new)) = (old, new) else { return Err(type_error("replace() needs two arguments")) };
    let text = print::text(value, cx.arena)?.with_markup(false);
    let (old, new) = (print::text(&old, cx.arena)?, print::text(&new, cx.arena)?);
    let count = count.filter(|count| !matches!(count, Value::None(_)));
    strings::replace(&text, old.as_str(cx.arena)?, &new, count, cx).map(Value::Str)
}

fn reverse<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Str(_) = value {
        let none = Value::None(Source::LITERAL);
        let back = Value::Int(-1, Source::LITERAL);
        return crate::members::slice(value, [&none, &none, &back], cx);
    }
    if let Value::Undefined(why) = value {
        return Err(undefined(why));
    }
    let mut items =
        all(value, cx).map_err(|_| render("FilterArgumentError", "argument must be iterable"))?.to_vec();
    items.reverse();
    generator(&items, value, cx)
}

fn round<'a>(value: &Value<'a>, args: Args<'a>) -> Result<Value<'a>, Error> {
    let [precision, method] = args.bind("round", ["precision", "method"], 0)?;
    let precision = precision.as_ref().and_then(as_index).unwrap_or(0);
    let Some(number) = Number::of(value) else {
        return Err(type_error(format!("type {} doesn't define __round__ method", value.type_name())));
    };
    let method_is = |name: &str| matches!(&method, Some(Value::Str(method)) if method.equals(name));
    if !(0..=300).contains(&precision) || method.is_some() && !method_is("common") {
        return Err(unsupported_input("`round` with a negative precision or another method"));
    }
    if let Number::Int(_) = number {
        return Ok(*value);
    }
    // Formatting rounds the exact value half to even, as Python's `round` does.
    let precision = usize::try_from(precision).unwrap_or(0);
    let rounded = format!("{:.precision$}", number.to_f64()).parse().unwrap_or(f64::NAN);
    Ok(Value::Float(rounded, value.source()))
}

fn tojson<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let names = ["ensure_ascii", "indent", "separators", "sort_keys"];
    let [ensure_ascii, indent, separators, sort_keys] = args.bind("tojson", names, 0)?;
    let indent = match indent {
        Some(indent) => json::indent_of(&indent)?,
        None => None,
    };
    let (item_separator, key_separator) = match separators.filter(|s| !matches!(s, Value::None(_))) {
        Some(separators) => separator_pair(&separators, cx)?,
        None => (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned()),
    };
    let style = Style {
        ensure_ascii: truth(ensure_ascii),
        indent,
        item_separator,
        key_separator,
        sort_keys: truth(sort_keys),
    };
    let mut builder = TextBuilder::new(cx.arena);
    json::dump(value, &style, 0, &mut builder)?;
    builder.finish().map(Value::Str)
}

fn separator_pair<'a>(separators: &Value<'a>, cx: Context<'a>) -> Result<(String, String), Error> {
    match all(separators, cx)? {
        [Value::Str(item), Value::Str(key)] => {
            Ok((item.as_str(cx.arena)?.to_owned(), key.as_str(cx.arena)?.to_owned()))
        }
        _ => Err(type_error("separators must be two texts")),
    }
}
