//! Attributes, items and slices of values, as the sandboxed environment looks them up.
use crate::args::Context;
use crate::compare::{hashable, value_of};
use crate::fail::{type_error, undefined, unsupported_input, value_error};
use crate::hidden::is_hidden;
use crate::number::as_index;
use crate::program::LoopPart;
use crate::text::{Source, Text, TextBuilder};
use crate::value::{Bound, Closure, Dict, Global, List, Loop, Range, Reason, Undefined, Value};
use crate::{Class, Error};

/// The methods of Python's `str`.
pub(crate) const STR_METHODS: [&str; 47] = [
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];
const MARKUP_METHODS: [&str; 3] = ["escape", "striptags", "unescape"];
const DICT_METHODS: [&str; 6] = ["get", "items", "keys", "values", "copy", "fromkeys"];
const DICT_MUTATORS: [&str; 5] = ["clear", "pop", "popitem", "setdefault", "update"];
const LIST_METHODS: [&str; 3] = ["copy", "count", "index"];
const LIST_MUTATORS: [&str; 8] = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];
const TUPLE_METHODS: [&str; 2] = ["count", "index"];
const RANGE_METHODS: [&str; 2] = ["count", "index"];
const INT_MEMBERS: [&str; 3] = ["as_integer_ratio", "from_bytes", "to_bytes"];
const INT_METHODS: [&str; 3] = ["bit_count", "bit_length", "conjugate"];
const FLOAT_MEMBERS: [&str; 3] = ["as_integer_ratio", "fromhex", "hex"];
const FLOAT_METHODS: [&str; 2] = ["conjugate", "is_integer"];
const GENERATOR_MEMBERS: [&str; 5] = ["close", "gi_running", "gi_suspended", "gi_yieldfrom", "send"];
const VIEW_MEMBERS: [&str; 2] = ["isdisjoint", "mapping"];

/// Whether every text has a method of this name.
pub(crate) fn is_method_of_texts(name: &str) -> bool {
    STR_METHODS.contains(&name)
}

/// Whether every mapping has a method of this name, which the sandbox shows.
pub(crate) fn is_method_of_mappings(name: &str) -> bool {
    DICT_METHODS.contains(&name)
}

/// Whether a mapping has an attribute of this name, shown or hidden, so that `mapping.name` is no item.
pub(crate) fn is_of_mappings(name: &str) -> bool {
    is_dunder(name) || is_method_of_mappings(name) || DICT_MUTATORS.contains(&name)
}

fn is_dunder(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

/// What Python's `getattr` would find.
#[derive(Clone, Copy)]
enum Found<'a> {
    Value(Value<'a>),
    /// A method, to be called by name.
    Method,
    /// Hidden by the sandbox.
    Unsafe,
    /// There, but not known to this engine.
    Foreign,
    Nothing,
}

/// `object.name`: the attribute first, then the item.
pub(crate) fn attribute<'a>(object: &Value<'a>, name: &'a str, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Undefined(why) = object {
        return of_undefined(why, object, name, cx);
    }
    match python_attribute(object, name, cx)? {
        Found::Nothing => {}
        found => return resolved(found, object, name, cx),
    }
    cx.arena.scan(name.len())?;
    let item = match object {
        Value::Dict(dict) => dict.get(name).copied(),
        Value::Object(object) => object.item(name, cx)?,
        _ => None,
    };
    if let Some(value) = item {
        return Ok(value);
    }
    no_member(object, &Value::literal(name), cx)
}

/// What there is instead of a member that there is not.
fn no_member<'a>(object: &Value<'a>, key: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    match (object, key) {
        (Value::Str(text), Value::Str(name)) if !text.markup => match name.as_piece() {
            Some(name) if name.source == Source::LITERAL => {
                Ok(Value::Undefined(Undefined::OfText(name.text)))
            }
            _ => Value::undefined(Reason::Member(*object, *key), cx.arena),
        },
        _ => Value::undefined(Reason::Member(*object, *key), cx.arena),
    }
}

/// Python's own attributes of what is undefined are hidden; to ask for any other fails.
fn of_undefined<'a>(
    why: &Undefined<'a>,
    object: &Value<'a>,
    name: &'a str,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if is_hidden(object.type_name(), name) {
        return resolved(Found::Unsafe, object, name, cx);
    }
    Err(undefined(why))
}

fn resolved<'a>(
    found: Found<'a>,
    object: &Value<'a>,
    name: &'a str,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    match found {
        Found::Value(value) => Ok(value),
        Found::Method => Ok(Value::Method(cx.arena.value(Bound { receiver: *object, name })?)),
        Found::Unsafe => Value::undefined(Reason::Unsafe(object.type_name(), name), cx.arena),
        Found::Foreign => {
            Err(unsupported_input(format!("attribute `{name}` of a value of type {}", object.type_name())))
        }
        Found::Nothing => no_member(object, &Value::literal(name), cx),
    }
}

fn python_attribute<'a>(object: &Value<'a>, name: &str, cx: Context<'a>) -> Result<Found<'a>, Error> {
    if (name.starts_with('_') || name == "mro") && is_hidden(object.type_name(), name) {
        return Ok(Found::Unsafe);
    }
    let known = |methods: &[&str]| if methods.contains(&name) { Found::Method } else { Found::Nothing };
    let hidden = |mutators: &[&str], methods: &[&str]| {
        if mutators.contains(&name) { Found::Unsafe } else { known(methods) }
    };
    let foreign = |members: &[&str]| if members.contains(&name) { Found::Foreign } else { Found::Nothing };
    Ok(match object {
        Value::Str(text) if text.markup && MARKUP_METHODS.contains(&name) => Found::Method,
        Value::Str(_) => known(&STR_METHODS),
        Value::Dict(_) => hidden(&DICT_MUTATORS, &DICT_METHODS),
        Value::List(_) => hidden(&LIST_MUTATORS, &LIST_METHODS),
        Value::Tuple(list) if list.is_group && name == "grouper" => part_of(list, 0),
        Value::Tuple(list) if list.is_group && name == "list" => part_of(list, 1),
        Value::Tuple(_) => known(&TUPLE_METHODS),
        Value::Namespace(namespace) => match namespace.find(name, cx.arena)? {
            Some(_) if name.starts_with('_') => Found::Unsafe,
            Some(value) => Found::Value(value),
            None => Found::Nothing,
        },
        Value::Loop(running) => loop_attribute(running, name, cx)?,
        Value::Int(..) | Value::Big(_) | Value::Bool(..) => match name {
            "real" | "numerator" => Found::Value(crate::number::signed(object, false, cx.arena)?),
            "imag" => Found::Value(Value::Int(0, object.source())),
            "denominator" => Found::Value(Value::Int(1, object.source())),
            _ if INT_METHODS.contains(&name) => Found::Method,
            _ => foreign(&INT_MEMBERS),
        },
        Value::Float(_, source) => match name {
            "real" => Found::Value(*object),
            "imag" => Found::Value(Value::Float(0.0, *source)),
            _ if FLOAT_METHODS.contains(&name) => Found::Method,
            _ => foreign(&FLOAT_MEMBERS),
        },
        Value::Range(range) => match name {
            "start" => Found::Value(Value::Int(range.start, Source::LITERAL)),
            "stop" => Found::Value(Value::Int(range.stop, Source::LITERAL)),
            "step" => Found::Value(Value::Int(range.step, Source::LITERAL)),
            _ => known(&RANGE_METHODS),
        },
        Value::View(..) => foreign(&VIEW_MEMBERS),
        Value::Generator(_) => match name {
            "gi_code" | "gi_frame" => Found::Unsafe,
            _ => foreign(&GENERATOR_MEMBERS),
        },
        Value::Macro(closure) => macro_attribute(closure, name, cx)?,
        Value::Object(object) if object.has_method(name) => Found::Method,
        Value::Object(object) => object.attribute(name, cx)?.map_or(Found::Nothing, Found::Value),
        Value::Global(Global::Dict) => foreign(&["fromkeys"]),
        Value::Global(Global::DictType) if is_of_dict(name) => Found::Foreign,
        Value::Global(Global::DictType) => Found::Value(*object),
        _ => Found::Nothing,
    })
}

fn macro_attribute<'a>(closure: &Closure<'a>, name: &str, cx: Context<'a>) -> Result<Found<'a>, Error> {
    let facts = closure.facts;
    Ok(Found::Value(match name {
        "name" => closure.name().map_or(Value::None(Source::LITERAL), Value::literal),
        "arguments" => cx.tuple(&closure.params().map(Value::literal).collect::<Vec<_>>())?,
        "caller" => Value::truth(facts.reads_caller),
        "catch_kwargs" => Value::truth(facts.kwargs.is_some()),
        "catch_varargs" => Value::truth(facts.varargs.is_some()),
        "explicit_caller" => Value::truth(closure.params().any(|param| param == "caller")),
        _ => return Ok(Found::Nothing),
    }))
}

fn is_of_dict(name: &str) -> bool {
    DICT_METHODS.contains(&name) || DICT_MUTATORS.contains(&name) || name == "mro"
}

fn part_of<'a>(pair: &List<'a>, at: usize) -> Found<'a> {
    pair.items.get(at).map_or(Found::Nothing, |part| Found::Value(*part))
}

/// Python's `getattr`, which never looks for an item.
pub(crate) fn only_attribute<'a>(
    object: &Value<'a>,
    name: &'a str,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if let Value::Undefined(why) = object {
        return of_undefined(why, object, name, cx);
    }
    resolved(python_attribute(object, name, cx)?, object, name, cx)
}

fn loop_attribute<'a>(running: &Loop<'a>, name: &str, cx: Context<'a>) -> Result<Found<'a>, Error> {
    if let Some(value) = LoopPart::named(name).and_then(|part| running.part(part)) {
        return Ok(Found::Value(value));
    }
    Ok(match name {
        "previtem" => Found::Value(cx.because("there is no previous item")?),
        "nextitem" => Found::Value(cx.because("there is no next item")?),
        "cycle" | "changed" => Found::Method,
        _ => Found::Nothing,
    })
}

/// `object[key]`: the item first, then, for text, the attribute.
pub(crate) fn item<'a>(object: &Value<'a>, key: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if let Value::Undefined(why) = object {
        return Err(undefined(why));
    }
    if let Some(value) = python_item(object, key, cx)? {
        return Ok(value);
    }
    if let Value::Str(text) = key {
        let name = text.as_str(cx.arena)?;
        match python_attribute(object, name, cx)? {
            Found::Nothing => {}
            found => return resolved(found, object, name, cx),
        }
    }
    no_member(object, key, cx)
}

fn python_item<'a>(object: &Value<'a>, key: &Value<'a>, cx: Context<'a>) -> Result<Option<Value<'a>>, Error> {
    Ok(match object {
        Value::Dict(dict) => dict_item(dict, key, cx)?,
        Value::List(list) | Value::Tuple(list) => {
            let at = as_index(key).and_then(|index| wrapped(index, list.items.len()));
            at.and_then(|at| list.items.get(at)).copied()
        }
        Value::Range(range) => {
            as_index(key).and_then(|index| wrapped(index, range.len())).map(|index| range.at(index))
        }
        Value::Str(text) => match as_index(key) {
            Some(index) => character(text, index, cx)?,
            None => None,
        },
        Value::Object(object) => match key {
            Value::Str(name) => object.item(name.as_str(cx.arena)?, cx)?,
            _ => None,
        },
        _ => None,
    })
}

/// The value under a key, which may be of any type.
fn dict_item<'a>(dict: &Dict<'a>, key: &Value<'a>, cx: Context<'a>) -> Result<Option<Value<'a>>, Error> {
    match hashable(key, cx.arena) {
        Ok(()) => value_of(dict, key, cx.arena),
        Err(error) if error.class() == Class::Budget => Err(error),
        Err(_) => Ok(None),
    }
}

/// An index from either end, if it is inside.
fn wrapped(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    if (0..length).contains(&index) { usize::try_from(index).ok() } else { None }
}

fn character<'a>(text: &Text<'a>, index: i64, cx: Context<'a>) -> Result<Option<Value<'a>>, Error> {
    let whole = text.as_str(cx.arena)?;
    cx.arena.scan(whole.len())?;
    let Some(at) = wrapped(index, characters(whole)) else { return Ok(None) };
    let start = byte_of(whole, at);
    let end = start + whole[start..].chars().next().map_or(0, char::len_utf8);
    Ok(Some(Value::Str(text.slice(start..end, cx.arena)?)))
}

/// Code points of a text.
pub(crate) fn characters(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Where a code point starts.
pub(crate) fn byte_of(text: &str, character: usize) -> usize {
    if text.is_ascii() {
        return character.min(text.len());
    }
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

/// `object[start:stop:step]`.
pub(crate) fn slice<'a>(
    object: &Value<'a>,
    parts: [&Value<'a>; 3],
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if let Value::Undefined(why) = object {
        return Err(undefined(why));
    }
    let span = |length| Span::new(parts, length);
    match object {
        Value::List(list) => sliced(list, &span(list.items.len())?, cx).map(Value::List),
        Value::Tuple(list) => sliced(list, &span(list.items.len())?, cx).map(Value::Tuple),
        Value::Str(text) => {
            let whole = text.as_str(cx.arena)?;
            cx.arena.scan(whole.len())?;
            slice_text(text, whole, &span(characters(whole))?, cx).map(Value::Str)
        }
        Value::Range(range) => {
            let span = span(range.len())?;
            let at = |index: i64| range.step.checked_mul(index)?.checked_add(range.start);
            let sliced = || {
                let (start, stop) = (at(span.start)?, at(span.stop)?);
                Some(Range { start, stop, step: range.step.checked_mul(span.step)? })
            };
            let sliced =
                sliced().ok_or_else(|| unsupported_input("a range between integers beyond 64 bits"))?;
            Ok(Value::Range(cx.arena.value(sliced)?))
        }
        Value::Dict(_) => Err(type_error("unhashable type: 'slice'")),
        _ => Err(type_error(format!("'{}' object is not subscriptable", object.type_name()))),
    }
}

/// A slice fitted to a length, as Python's `slice.indices`.
struct Span {
    start: i64,
    stop: i64,
    step: i64,
}

impl Span {
    fn new([start, stop, step]: [&Value<'_>; 3], length: usize) -> Result<Self, Error> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let step = slice_index(step)?.unwrap_or(1);
        if step == 0 {
            return Err(value_error("slice step cannot be zero"));
        }
        let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let fit =
            |index: i64| if index < 0 { (index.saturating_add(length)).max(low) } else { index.min(high) };
        let (first, last) = if step > 0 { (low, high) } else { (high, low) };
        let start = slice_index(start)?.map_or(first, fit);
        let stop = slice_index(stop)?.map_or(last, fit);
        Ok(Self { start, stop, step })
    }

    fn len(&self) -> usize {
        Range { start: self.start, stop: self.stop, step: self.step }.len()
    }

    fn indexes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len())
            .filter_map(move |n| usize::try_from(self.start + self.step * i64::try_from(n).ok()?).ok())
    }
}

fn slice_index(value: &Value<'_>) -> Result<Option<i64>, Error> {
    match value {
        Value::None(_) => Ok(None),
        _ => as_index(value)
            .map(Some)
            .ok_or_else(|| type_error("slice indices must be integers or None or have an __index__ method")),
    }
}

fn sliced<'a>(list: &List<'a>, span: &Span, cx: Context<'a>) -> Result<&'a List<'a>, Error> {
    let items = if span.step == 1 {
        let (start, stop) =
            (usize::try_from(span.start).unwrap_or(0), usize::try_from(span.stop).unwrap_or(0));
        list.items.get(start..stop.max(start)).unwrap_or_default()
    } else {
        cx.arena.work(span.len())?;
        let mut items = cx.arena.growable(span.len())?;
        items.extend(span.indexes().filter_map(|index| list.items.get(index).copied()));
        items.into_bump_slice()
    };
    cx.arena.value(List { items, is_group: false, ..*list })
}

fn slice_text<'a>(text: &Text<'a>, whole: &str, span: &Span, cx: Context<'a>) -> Result<Text<'a>, Error> {
    if span.step == 1 {
        let start = byte_of(whole, usize::try_from(span.start).unwrap_or(0));
        let stop = byte_of(whole, usize::try_from(span.stop).unwrap_or(0));
        return text.slice(start..stop.max(start), cx.arena);
    }
    cx.arena.work(whole.len())?;
    cx.arena.charge(whole.len().saturating_mul(size_of::<usize>()))?;
    let starts: Vec<usize> = whole.char_indices().map(|(at, _)| at).chain([whole.len()]).collect();
    let mut builder = TextBuilder::new(cx.arena);
    for index in span.indexes() {
        builder.push_text(&text.slice(starts[index]..starts[index + 1], cx.arena)?)?;
    }
    Ok(builder.finish()?.with_markup(text.markup))
}
