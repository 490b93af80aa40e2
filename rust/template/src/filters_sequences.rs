//! Jinja's filters that go through sequences.
use std::cell::Cell;
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use crate::args::{Args, Context};
use crate::ast::{Binary, Comparison};
use crate::compare::{compare, ordered, same_or_equal};
use crate::fail::{render, shown, type_error, undefined, unsupported_input};
use crate::filters::{Filter, apply};
use crate::hashing::Places;
use crate::iterate::{all, is_of_messages, items as items_of};
use crate::members::item;
use crate::number::{Number, as_index};
use crate::operators::binary;
use crate::print;
use crate::strings;
use crate::tests::{self, Test};
use crate::text::{Source, Text};
use crate::value::{Failure, Generator, List, Value, View};
use crate::{Class, Error};

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
    let mut keyed = keyed;
    for (key, _) in &keyed {
        refuse_nan(key, cx)?;
    }
    crate::sorting::sort(&mut keyed, &mut |(left, _), (right, _)| {
        let (left, right) = if reverse { (right, left) } else { (left, right) };
        Ok(ordered(left, right, "<", cx.arena)? == Some(Ordering::Less))
    })?;
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn refuse_nan<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<(), Error> {
    let mut waiting = vec![*value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Float(number, _) if number.is_nan() => {
                return Err(unsupported_input("sorting values that are not a number"));
            }
            Value::List(list) | Value::Tuple(list) => {
                cx.arena.work(1 + list.items.len())?;
                waiting.extend(list.items);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether to sort backwards; of other values than these, versions of Python make different things.
fn backwards(reverse: Option<Value<'_>>) -> Result<bool, Error> {
    match reverse {
        None => Ok(false),
        Some(Value::Bool(reverse, _)) => Ok(reverse),
        Some(Value::Int(reverse @ 0..=1, _)) => Ok(reverse == 1),
        Some(_) => Err(unsupported_input("sorting with a `reverse` that is no truth value")),
    }
}

fn truth(value: Option<Value<'_>>) -> bool {
    value.is_some_and(|value| value.is_true())
}

pub(crate) fn dictsort<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
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
    cx.list(&sort_by_key(keyed, backwards(reverse)?, cx)?)
}

/// A value at a dotted path, as `attribute=` arguments give it.
fn at_path<'a>(
    value: &Value<'a>,
    path: &Value<'a>,
    otherwise: Option<Value<'a>>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let defined = |found: Value<'a>| match otherwise {
        Some(otherwise) if matches!(found, Value::Undefined(_)) => otherwise,
        _ => found,
    };
    let Value::Str(path) = path else { return item(value, path, cx).map(defined) };
    let mut found = *value;
    for part in path.as_str(cx.arena)?.split('.') {
        cx.arena.work(1 + part.len())?;
        let is_index = crate::letters::is(part, "isdigit") == Some(true);
        let key = match part.parse::<i64>() {
            Ok(index) if is_index => Value::Int(index, Source::LITERAL),
            _ if is_index => {
                return Err(unsupported_input("an attribute that is a number of its own script"));
            }
            _ => Value::literal(part),
        };
        found = defined(item(&found, &key, cx)?);
    }
    Ok(found)
}

fn given(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|value| !matches!(value, Value::None(_)))
}

pub(crate) fn sort<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [reverse, case_sensitive, by] = args.bind("sort", ["reverse", "case_sensitive", "attribute"], 0)?;
    let paths = match given(by) {
        None => vec![None],
        Some(Value::Str(by)) => {
            by.as_str(cx.arena)?.split(',').map(|path| Some(Value::literal(path))).collect()
        }
        other => vec![other],
    };
    let mut keyed = Vec::new();
    for found in all(value, cx)? {
        let mut keys = Vec::with_capacity(paths.len());
        for path in &paths {
            let key = path.as_ref().map_or(Ok(*found), |path| at_path(found, path, None, cx))?;
            keys.push(folded(&key, truth(case_sensitive), cx)?);
        }
        cx.arena.charge(2 * size_of::<Value<'_>>())?;
        keyed.push((cx.list(&keys)?, *found));
    }
    cx.list(&sort_by_key(keyed, backwards(reverse)?, cx)?)
}

/// Items with what they are compared by.
fn keyed<'a>(
    value: &Value<'a>,
    by: Option<Value<'a>>,
    otherwise: Option<Value<'a>>,
    case_sensitive: bool,
    cx: Context<'a>,
) -> Result<Vec<(Value<'a>, Value<'a>)>, Error> {
    let by = given(by);
    let mut keyed = Vec::new();
    for found in all(value, cx)? {
        let key = match &by {
            Some(by) => at_path(found, by, otherwise, cx)?,
            None => *found,
        };
        cx.arena.charge(2 * size_of::<Value<'_>>())?;
        keyed.push((folded(&key, case_sensitive, cx)?, *found));
    }
    Ok(keyed)
}

pub(crate) fn unique<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [case_sensitive, by] = args.bind("unique", ["case_sensitive", "attribute"], 0)?;
    lazily(value, cx, |kept| {
        let mut seen = Places::default();
        for (key, found) in keyed(value, by, None, truth(case_sensitive), cx)? {
            crate::compare::hashable(&key, cx.arena)?;
            if seen.find_or_put(&key, kept.len(), cx.arena)?.is_none() {
                kept.push(found);
            }
        }
        Ok(())
    })
}

pub(crate) fn group_by<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let names = ["attribute", "default", "case_sensitive"];
    let [by, otherwise, case_sensitive] = args.bind("groupby", names, 1)?;
    let (by, otherwise) = (given(by), given(otherwise));
    let pairs = keyed(value, by, otherwise, truth(case_sensitive), cx)?;
    let sorted = sort_by_key(pairs.iter().map(|(key, found)| (*key, (*key, *found))).collect(), false, cx)?;
    let mut groups = Vec::new();
    let mut rest = &sorted[..];
    while let Some((key, first)) = rest.first() {
        let mut items = vec![*first];
        for (other, found) in &rest[1..] {
            if !same_or_equal(key, other, cx.arena)? {
                break;
            }
            items.push(*found);
        }
        rest = &rest[items.len()..];
        let name = by.as_ref().map_or(Ok(*first), |by| at_path(first, by, otherwise, cx))?;
        let pair = cx.arena.slice(&[name, cx.list(&items)?])?;
        let pair = List { is_group: true, ..List::new(pair, Source::LITERAL) };
        groups.push(Value::Tuple(cx.arena.value(pair)?));
    }
    cx.list(&groups)
}

pub(crate) fn extreme<'a>(
    value: &Value<'a>,
    args: Args<'a>,
    wanted: Ordering,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let [case_sensitive, by] = args.bind("min", ["case_sensitive", "attribute"], 0)?;
    let mut best: Option<(Value<'a>, Value<'a>)> = None;
    let op = if wanted == Ordering::Less { "<" } else { ">" };
    for (key, found) in keyed(value, by, None, truth(case_sensitive), cx)? {
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

pub(crate) fn sum<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [by, start] = args.bind("sum", ["attribute", "start"], 0)?;
    let mut total = start.unwrap_or(Value::Int(0, Source::LITERAL));
    if let Value::Str(_) = total {
        return Err(type_error("sum() can't sum strings"));
    }
    for (key, _) in keyed(value, by, None, true, cx)? {
        total = binary(Binary::Add, &total, &key, cx)?;
    }
    Ok(total)
}

pub(crate) fn first<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let items = if let Value::Generator(generator) = value { generator.take(1)? } else { all(value, cx)? };
    match items.first() {
        Some(found) => Ok(*found),
        None => cx.because("No first item, sequence was empty."),
    }
}

pub(crate) fn last<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Generator(_) = value {
        return Err(type_error("'generator' object is not reversible"));
    }
    match (all(value, cx)?.last(), value) {
        // Going backwards, Python subscribes, which keeps markup.
        (Some(Value::Str(found)), Value::Str(text)) => Ok(Value::Str(found.with_markup(text.markup))),
        (Some(found), _) => Ok(*found),
        (None, _) => cx.because("No last item, sequence was empty."),
    }
}

pub(crate) fn items<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    lazily(value, cx, |pairs| {
        match value {
            Value::Undefined(_) => {}
            Value::Dict(dict) => pairs.extend(all(&Value::View(View::Items, dict), cx)?),
            _ => return Err(type_error("Can only get item pairs from a mapping.")),
        }
        Ok(())
    })
}

pub(crate) fn join<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [separator, by] = args.bind("join", ["d", "attribute"], 0)?;
    let separator = match separator {
        Some(separator) => print::text(&separator, cx.arena)?.with_markup(false),
        None => Text::EMPTY,
    };
    let mut parts = Vec::new();
    for (index, (found, _)) in keyed(value, by, None, true, cx)?.iter().enumerate() {
        if index > 0 && !separator.is_empty() {
            parts.push(separator);
        }
        parts.push(print::text(found, cx.arena)?.with_markup(false));
    }
    cx.join(&parts).map(Value::Str)
}

pub(crate) fn list<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let of_messages = is_of_messages(value) || matches!(value, Value::Generator(g) if g.of_messages);
    let items = all(value, cx)?;
    Ok(Value::List(cx.arena.value(List { of_messages, ..List::new(items, value.source()) })?))
}

/// A generator of what `compute` gives; an error waits until somebody asks for more than came before it.
fn lazily<'a>(
    of: &Value<'a>,
    cx: Context<'a>,
    compute: impl FnOnce(&mut Vec<Value<'a>>) -> Result<(), Error>,
) -> Result<Value<'a>, Error> {
    refuse_changing(of)?;
    let mut items = Vec::new();
    let failure = match compute(&mut items) {
        Ok(()) => None,
        Err(error) if error.class() == Class::Budget => return Err(error),
        Err(error) => Some(Failure::new(&error, cx.arena)?),
    };
    if let Value::Generator(inner) = of {
        inner.busy.set(true);
    }
    cx.arena.charge(size_of_val(items.as_slice()))?;
    let (items, next, busy) = (cx.arena.slice(&items)?, Cell::new(0), Cell::new(false));
    let generator = Generator { items, next, failure, busy, of_messages: is_of_messages(of) };
    Ok(Value::Generator(cx.arena.value(generator)?))
}

/// What is computed at once here may change before Jinja computes it.
fn refuse_changing(value: &Value<'_>) -> Result<(), Error> {
    let (Value::List(list) | Value::Tuple(list)) = value else { return Ok(()) };
    let changes = |item: &Value<'_>| matches!(item, Value::Namespace(_) | Value::Loop(_) | Value::Object(_));
    if list.items.iter().any(changes) {
        return Err(unsupported_input("a generator over namespaces, loops, cyclers or joiners"));
    }
    Ok(())
}

pub(crate) fn map<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let mapped = lazily(value, cx, |mapped| {
        if !value.is_true() {
            // Jinja looks neither at the arguments nor at whether the value can be gone through.
            return Ok(());
        }
        match args.positional.split_first() {
            None => map_attribute(value, args, mapped, cx),
            Some((name, rest)) => {
                let args = Args { positional: rest, named: args.named };
                map_filter(value, name, args, mapped, cx)
            }
        }
    })?;
    match mapped {
        Value::Generator(generator) if generator.of_messages => {
            let &Generator { items, failure, .. } = generator;
            let (next, busy) = (Cell::new(0), Cell::new(false));
            let mapped = Generator { items, next, failure, busy, of_messages: false };
            Ok(Value::Generator(cx.arena.value(mapped)?))
        }
        other => Ok(other),
    }
}

fn map_attribute<'a>(
    value: &Value<'a>,
    args: Args<'a>,
    mapped: &mut Vec<Value<'a>>,
    cx: Context<'a>,
) -> Result<(), Error> {
    let Some(by) = args.named("attribute") else {
        return Err(render("FilterArgumentError", "map requires a filter argument"));
    };
    let unknown = args.named.iter().find(|(name, _)| !matches!(*name, "attribute" | "default"));
    if let Some((name, _)) = unknown {
        return Err(render("FilterArgumentError", format!("Unexpected keyword argument '{name}'")));
    }
    for (found, _) in keyed(value, Some(by), given(args.named("default")), true, cx)? {
        mapped.push(found);
    }
    Ok(())
}

/// What looking a filter up by its name takes.
const STEPS_OF_A_NAME: usize = 8;

fn map_filter<'a>(
    value: &Value<'a>,
    name: &Value<'a>,
    args: Args<'a>,
    mapped: &mut Vec<Value<'a>>,
    cx: Context<'a>,
) -> Result<(), Error> {
    let Value::Str(name) = name else {
        return Err(unsupported_input("`map` by a value that is no text"));
    };
    for found in all(value, cx)? {
        cx.arena.work(STEPS_OF_A_NAME)?;
        cx.arena.charge(size_of::<Value<'_>>())?;
        mapped.push(apply(named_filter(name, cx)?, found, args, cx)?);
    }
    Ok(())
}

fn named_filter<'a>(text: &Text<'a>, cx: Context<'a>) -> Result<Filter, Error> {
    let name = text.as_str(cx.arena)?;
    match Filter::named(name) {
        Some(filter) => Ok(filter),
        None if Filter::is_jinjas(name) => Err(unsupported_input(format!("filter `{name}`"))),
        None => Err(render("TemplateRuntimeError", format!("No filter named '{}'.", shown(text)))),
    }
}

pub(crate) fn select<'a>(
    value: &Value<'a>,
    args: Args<'a>,
    (keep, by_attribute): (bool, bool),
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    lazily(value, cx, |kept| {
        if !value.is_true() {
            return Ok(());
        }
        let (by, rest) = match args.positional.split_first() {
            Some((by, rest)) if by_attribute => (Some(*by), rest),
            None if by_attribute => {
                return Err(render("FilterArgumentError", "Missing parameter for attribute name"));
            }
            _ => (None, args.positional),
        };
        let items = items_of(value, cx)?;
        for found in (0..items.len()).map_while(|index| items.get(index)) {
            cx.arena.work(STEPS_OF_A_NAME)?;
            let tested = match &by {
                Some(by) => at_path(&found, by, None, cx)?,
                None => found,
            };
            if passes(&tested, rest, args, cx)? == keep {
                cx.arena.charge(size_of::<Value<'_>>())?;
                kept.push(found);
            }
        }
        Ok(())
    })
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
    let Some(test) = Test::named(name.as_str(cx.arena)?) else {
        return Err(render("TemplateRuntimeError", format!("No test named '{}'.", shown(name))));
    };
    tests::apply(test, value, Args { positional: rest, named: args.named }, cx)
}

pub(crate) fn reverse<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Str(_) = value {
        let none = Value::None(Source::LITERAL);
        let back = Value::Int(-1, Source::LITERAL);
        return crate::members::slice(value, [&none, &none, &back], cx);
    }
    let not_iterable = |error: Error| match error.class() {
        Class::Render => render("FilterArgumentError", "argument must be iterable"),
        _ => error,
    };
    let mut items = all(value, cx).map_err(not_iterable)?.to_vec();
    items.reverse();
    if let Value::Generator(_) = value {
        return cx.list(&items);
    }
    lazily(value, cx, |reversed| {
        reversed.extend(items);
        Ok(())
    })
}

pub(crate) fn batch<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [count, filler] = args.bind("batch", ["linecount", "fill_with"], 1)?;
    let count = count.unwrap_or(Value::Missing);
    lazily(value, cx, |batches| {
        let items = all(value, cx)?;
        let size = match Number::of(&count) {
            Some(Number::Int(size)) => usize::try_from(&size).ok(),
            Some(Number::Float(size)) if size.fract() == 0.0 => {
                BigInt::from_f64(size).and_then(|size| size.to_usize())
            }
            _ => None,
        };
        let batch_of = |items: &[Value<'a>]| -> Result<Value<'a>, Error> {
            cx.arena.work(items.len())?;
            cx.list(items)
        };
        if size == Some(0) && !items.is_empty() {
            batches.push(cx.list(&[])?);
        }
        // A batch never has another size, and then it goes on to the end.
        let size = size.filter(|size| *size > 0).unwrap_or(usize::MAX).min(items.len().max(1));
        let full = items.len().saturating_sub(1) / size * size;
        for batch in items[..full].chunks(size) {
            batches.push(batch_of(batch)?);
        }
        if !items.is_empty() {
            batches.push(filled(&items[full..], &count, given(filler), cx)?);
        }
        Ok(())
    })
}

/// The last batch, with fillers for what it lacks.
fn filled<'a>(
    items: &[Value<'a>],
    count: &Value<'a>,
    filler: Option<Value<'a>>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    cx.arena.work(items.len())?;
    let length = Value::count(items.len(), Source::LITERAL);
    let Some(filler) = filler else { return cx.list(items) };
    if !compare(Comparison::Lt, &length, count, cx.arena)? {
        return cx.list(items);
    }
    let fillers = binary(Binary::Sub, count, &length, cx)?;
    binary(Binary::Add, &cx.list(items)?, &binary(Binary::Mul, &cx.list(&[filler])?, &fillers, cx)?, cx)
}

pub(crate) fn slices<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [count, filler] = args.bind("slice", ["slices", "fill_with"], 1)?;
    let count = count.unwrap_or(Value::Missing);
    lazily(value, cx, |slices| {
        let mut rest = all(value, cx)?;
        let length = Value::count(rest.len(), Source::LITERAL);
        binary(Binary::FloorDiv, &length, &count, cx)?;
        let Some(count) = as_index(&count) else {
            let found = count.type_name();
            return Err(type_error(format!("'{found}' object cannot be interpreted as an integer")));
        };
        let count = usize::try_from(count).unwrap_or(0);
        cx.arena.charge(count.saturating_mul(size_of::<Value<'_>>()))?;
        let (short, longer) = (rest.len() / count.max(1), rest.len() % count.max(1));
        for at in 0..count {
            let (slice, after) = rest.split_at(short + usize::from(at < longer));
            rest = after;
            let filler = given(filler).filter(|_| at >= longer);
            let slice: Vec<_> = slice.iter().copied().chain(filler).collect();
            slices.push(cx.list(&slice)?);
        }
        Ok(())
    })
}
