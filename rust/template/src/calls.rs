//! What can be called: methods of values, global functions, macros' parameters.
use std::cell::RefCell;

use crate::args::{Args, Context};
use crate::clock::strftime;
use crate::compare::{equal, hashable, same_or_equal, value_of};
use crate::fail::{render, type_error, undefined, unsupported_input, value_error};
use crate::hashing::Places;
use crate::machine::no_clock;
use crate::number::{self, as_index};
use crate::objects;
use crate::print;
use crate::program::{MacroFacts, Program};
use crate::strings;
use crate::text::{Source, Text};
use crate::value::{Dict, Frame, Global, List, Loop, Namespace, Range, Reason, Value, View};
use crate::{Class, Clock, Compat, Error};

/// The sandbox allows no longer ranges.
const MAX_RANGE: usize = 100_000;

/// `receiver.name(args)`.
pub(crate) fn method<'a>(
    receiver: &Value<'a>,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    match receiver {
        Value::Str(text) => strings::call(text, name, args, cx),
        Value::Dict(dict) => dict_method(dict, name, args, cx),
        Value::List(list) | Value::Tuple(list) => list_method(list, name, args, cx),
        Value::Range(range) => range_method(range, name, args, cx),
        Value::Int(..) | Value::Big(_) | Value::Bool(..) | Value::Float(..) => {
            args.bind_positional::<0>(name, 0)?;
            number::method(receiver, name, cx.arena)
        }
        Value::Loop(running) => loop_method(running, name, args, cx),
        Value::Object(object) => objects::method(object, name, args),
        _ => Err(unsupported_input(format!("method `{name}` of a value of type {}", receiver.type_name()))),
    }
}

fn dict_method<'a>(
    dict: &'a Dict<'a>,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let view = |view| {
        args.bind_positional::<0>(name, 0)?;
        Ok(Value::View(view, dict))
    };
    match name {
        "items" => view(View::Items),
        "keys" => view(View::Keys),
        "values" => view(View::Values),
        "copy" => {
            args.bind_positional::<0>(name, 0)?;
            Ok(Value::Dict(cx.arena.value(*dict)?))
        }
        "get" => {
            let [key, otherwise] = args.bind_positional(name, 1)?;
            let key = key.unwrap_or(Value::Missing);
            hashable(&key, cx.arena)?;
            let found = value_of(dict, &key, cx.arena)?.or(otherwise);
            Ok(found.unwrap_or(Value::None(Source::LITERAL)))
        }
        "fromkeys" => from_keys(args, cx),
        _ => Err(unsupported_input(format!("method `{name}` of dict"))),
    }
}

/// `dict.fromkeys(keys, value)`.
fn from_keys<'a>(args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [keys, value] = args.bind_positional("fromkeys", 1)?;
    let value = value.unwrap_or(Value::None(Source::LITERAL));
    let keys = crate::iterate::all(&keys.unwrap_or(Value::Missing), cx)?;
    let pairs: Vec<_> = keys.iter().map(|key| (*key, value)).collect();
    new_dict(&pairs, cx)
}

/// `range.count(item)` and `range.index(item)`.
fn range_method<'a>(range: &Range, name: &str, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [item] = args.bind_positional(name, 1)?;
    let item = item.unwrap_or(Value::Missing);
    let mut found = None;
    for at in 0..range.len() {
        if found.is_none() && equal(&range.at(at), &item, cx.arena)? {
            found = Some(at);
        }
    }
    match found {
        _ if name == "count" => Ok(Value::count(usize::from(found.is_some()), Source::LITERAL)),
        Some(at) => Ok(Value::count(at, Source::LITERAL)),
        None => Err(value_error(format!("{} is not in range", print_type(&item)))),
    }
}

fn list_method<'a>(
    list: &'a List<'a>,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    match name {
        "copy" => {
            args.bind_positional::<0>(name, 0)?;
            Ok(Value::List(cx.arena.value(*list)?))
        }
        "count" => {
            let [item] = args.bind_positional(name, 1)?;
            let item = item.unwrap_or(Value::Missing);
            let mut count = 0;
            for found in list.items {
                count += usize::from(same_or_equal(found, &item, cx.arena)?);
            }
            Ok(Value::count(count, list.source))
        }
        _ => {
            let [item, start, stop] = args.bind_positional(name, 1)?;
            let item = item.unwrap_or(Value::Missing);
            let within = index_bounds(start, stop, list.items.len())?;
            for at in within {
                if same_or_equal(&list.items[at], &item, cx.arena)? {
                    return Ok(Value::count(at, list.source));
                }
            }
            Err(value_error(format!("{} is not in list", print_type(&item))))
        }
    }
}

/// Where `index` looks.
fn index_bounds(
    start: Option<Value<'_>>,
    stop: Option<Value<'_>>,
    length: usize,
) -> Result<std::ops::Range<usize>, Error> {
    let bound = |value: Option<Value<'_>>, otherwise: usize| match value {
        None => Ok(otherwise),
        Some(value) => match as_index(&value) {
            Some(index) if index < 0 => {
                Ok(length.saturating_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)))
            }
            Some(index) => Ok(usize::try_from(index).unwrap_or(usize::MAX).min(length)),
            None => Err(type_error("slice indices must be integers or have an __index__ method")),
        },
    };
    Ok(bound(start, 0)?..bound(stop, length)?)
}

/// A value named without its contents.
fn print_type(value: &Value<'_>) -> String {
    format!("a value of type {}", value.type_name())
}

fn loop_method<'a>(
    running: &Loop<'a>,
    name: &str,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if !args.named.is_empty() {
        return Err(type_error(format!("{name}() takes no keyword arguments")));
    }
    if name == "cycle" {
        let [_, ..] = args.positional else { return Err(type_error("no items for cycling given")) };
        return Ok(args.positional[running.index0() % args.positional.len()]);
    }
    let value = cx.tuple(args.positional)?;
    let same = match running.changed.replace(Some(value)) {
        Some(before) => equal(&before, &value, cx.arena)?,
        None => false,
    };
    Ok(Value::truth(!same))
}

/// `range(…)`, `dict(…)`, `raise_exception(…)`, `strftime_now(…)`.
pub(crate) fn global<'a>(
    global: Global,
    args: Args<'a>,
    clock: Option<&Clock>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    match global {
        Global::Range => range(args, cx),
        Global::Dict | Global::DictType => dict(args, cx),
        Global::RaiseException => {
            let [message] = args.bind("raise_exception", ["message"], 1)?;
            let message = print::text(&message.unwrap_or(Value::Missing), cx.arena)?;
            let error = Error::new(Class::Raised, "TemplateError", message.as_str(cx.arena)?);
            Err(error.shown_as(crate::fail::shown(&message)))
        }
        Global::StrftimeNow => {
            let [format] = args.bind("strftime_now", ["format"], 1)?;
            let Some(Value::Str(format)) = format else {
                return Err(type_error("strftime() argument 1 must be str"));
            };
            let format = format.as_str(cx.arena)?;
            cx.arena.work(format.len().saturating_mul(STEPS_OF_A_TIME))?;
            cx.arena.charge(format.len().saturating_mul(LONGEST_TIME))?;
            let text = strftime(clock.ok_or_else(no_clock)?, format)?;
            Ok(Value::Str(Text::from_source(cx.arena.str(&text)?, Source::VARIABLE)))
        }
        Global::Cycler => objects::cycler(args, cx),
        Global::Joiner => objects::joiner(args, cx),
        Global::Namespace => Err(unsupported_input("a namespace in this place")),
    }
}

/// How many steps the time takes for each byte of its format.
const STEPS_OF_A_TIME: usize = 16;

/// How many bytes the time takes for each of its format.
const LONGEST_TIME: usize = 12;

fn range<'a>(args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let bounds: [Option<Value<'a>>; 3] = args.bind_positional("range", 1)?;
    let mut numbers = [0; 3];
    let given = bounds.iter().flatten().count();
    for (number, bound) in numbers.iter_mut().zip(bounds.iter().flatten()) {
        let found = bound.type_name();
        if let Value::Big(_) = bound {
            return Err(unsupported_input("a range between integers beyond 64 bits"));
        }
        *number = as_index(bound)
            .ok_or_else(|| type_error(format!("'{found}' object cannot be interpreted as an integer")))?;
    }
    let range = match (given, numbers) {
        (1, [stop, ..]) => Range { start: 0, stop, step: 1 },
        (2, [start, stop, _]) => Range { start, stop, step: 1 },
        (_, [start, stop, step]) => Range { start, stop, step },
    };
    if range.step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    if range.len() > MAX_RANGE {
        let message = "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).";
        return Err(render("OverflowError", message));
    }
    Ok(Value::Range(cx.arena.value(range)?))
}

fn dict<'a>(args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let mut pairs = match args.positional {
        [] => Vec::new(),
        [Value::Dict(dict)] => dict.entries.to_vec(),
        [Value::Undefined(why)] => return Err(undefined(why)),
        [pairs] => {
            let mut entries = Vec::new();
            for pair in crate::iterate::all(pairs, cx)? {
                match crate::iterate::all(pair, cx)? {
                    [key, value] => entries.push((*key, *value)),
                    _ => return Err(value_error("dictionary update sequence element has no length 2")),
                }
            }
            entries
        }
        more => return Err(type_error(format!("dict expected at most 1 argument, got {}", more.len()))),
    };
    pairs.extend(args.named.iter().map(|(name, value)| (Value::literal(name), *value)));
    new_dict(&pairs, cx)
}

/// A mapping that the template builds; of equal keys, the first place and the last value count.
pub(crate) fn new_dict<'a>(pairs: &[(Value<'a>, Value<'a>)], cx: Context<'a>) -> Result<Value<'a>, Error> {
    let mut entries: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(pairs.len());
    let mut places = Places::default();
    for (key, value) in pairs {
        hashable(key, cx.arena)?;
        match places.find_or_put(key, entries.len(), cx.arena)? {
            Some(place) => entries[place].1 = *value,
            None => entries.push((*key, *value)),
        }
    }
    let message = stands_for(&entries, cx)?;
    Ok(Value::Dict(Dict::new(cx.arena.slice(&entries)?, Source::LITERAL, message, cx.arena)?))
}

/// The message that a mapping stands for: the one whose role it carries, or the only one its data are from.
fn stands_for<'a>(entries: &[(Value<'a>, Value<'a>)], cx: Context<'a>) -> Result<Option<u32>, Error> {
    let role = entries.iter().find(|(key, _)| matches!(key, Value::Str(key) if key.equals("role")));
    if let Some(message) = role.and_then(|(_, role)| cx.message_of(role.source())) {
        return Ok(Some(message));
    }
    let mut owners = Vec::new();
    let mut waiting: Vec<Value<'a>> = entries.iter().map(|(_, value)| *value).collect();
    while let Some(value) = waiting.pop().filter(|_| owners.len() < 2) {
        match value {
            Value::List(list) | Value::Tuple(list) if list.source.as_field().is_none() => {
                cx.arena.work(list.items.len())?;
                waiting.extend(list.items);
            }
            _ => note_owners(&value, cx, &mut owners),
        }
    }
    Ok(match owners[..] {
        [only] => only,
        _ => None,
    })
}

/// Notes the messages that a value's data are from, and that some are from none.
fn note_owners<'a>(value: &Value<'a>, cx: Context<'a>, owners: &mut Vec<Option<u32>>) {
    let mut note = |source: Source| {
        let owner = cx.message_of(source);
        if source.as_field().is_some() && !owners.contains(&owner) {
            owners.push(owner);
        }
    };
    match value {
        Value::Str(text) => text.each(|piece| note(piece.source)),
        _ => note(value.source()),
    }
}

/// Names and values of a `**mapping`.
pub(crate) fn keywords<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Vec<(&'a str, Value<'a>)>, Error> {
    let Value::Dict(dict) = value else {
        return Err(type_error("argument after ** must be a mapping"));
    };
    let mut named = Vec::with_capacity(dict.entries.len());
    for (key, value) in dict.entries {
        let Value::Str(key) = key else { return Err(type_error("keywords must be strings")) };
        named.push((key.as_str(cx.arena)?, *value));
    }
    Ok(named)
}

/// `namespace(…)`.
pub(crate) fn new_namespace<'a>(
    args: Args<'a>,
    compat: Compat,
    cx: Context<'a>,
) -> Result<&'a Namespace<'a>, Error> {
    if args.positional.is_empty() {
        let mut attributes = cx.arena.growable(args.named.len().max(4))?;
        for (name, value) in args.named {
            check_attribute(name, compat)?;
            attributes.push((*name, *value));
        }
        return cx.arena.value(Namespace { attributes: RefCell::new(attributes) });
    }
    let Value::Dict(dict) = dict(args, cx)? else { return Err(type_error("namespace expected a mapping")) };
    let mut attributes = cx.arena.growable(dict.entries.len().max(4))?;
    for (name, value) in dict.entries {
        let Value::Str(name) = name else {
            return Err(unsupported_input("a namespace with attributes whose names are not all text"));
        };
        let name = name.as_str(cx.arena)?;
        check_attribute(name, compat)?;
        attributes.push((name, *value));
    }
    cx.arena.value(Namespace { attributes: RefCell::new(attributes) })
}

/// transformers 5 keeps names with a leading underscore out of namespaces.
pub(crate) fn check_attribute(name: &str, compat: Compat) -> Result<(), Error> {
    if name.starts_with('_') && compat == Compat::Transformers5 {
        let message = format!(
            "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '{name}'. \
             Please rename the attribute."
        );
        return Err(render("SecurityError", message));
    }
    Ok(())
}

/// Puts a macro's arguments into its frame, as `jinja2.runtime.Macro` does.
pub(crate) fn bind_macro<'a>(
    facts: &'a MacroFacts,
    program: &'a Program,
    args: Args<'a>,
    frame: &'a Frame<'a>,
    cx: Context<'a>,
) -> Result<(), Error> {
    let name = facts.name.map_or("None".to_owned(), |name| format!("'{}'", program.name(name)));
    let mut left: Vec<_> = args.named.to_vec();
    for (index, (param, slot)) in facts.params.iter().enumerate() {
        let param = program.name(*param);
        let value = match args.positional.get(index) {
            Some(value) => Some(*value),
            None => left.iter().position(|(known, _)| *known == param).map(|at| left.remove(at).1),
        };
        frame.slots[*slot as usize].set(value.unwrap_or(Value::Missing));
    }
    if let Some(slot) = facts.caller {
        let caller = left.iter().position(|(known, _)| *known == "caller").map(|at| left.remove(at).1);
        let caller = match caller {
            Some(caller) if !matches!(caller, Value::None(_)) => caller,
            _ => Value::undefined(Reason::Words("No caller defined"), cx.arena)?,
        };
        frame.slots[slot as usize].set(caller);
    }
    let extra = args.positional.get(facts.params.len()..).unwrap_or_default();
    match facts.kwargs {
        Some(slot) => {
            let pairs: Vec<_> = left.iter().map(|(name, value)| (Value::literal(name), *value)).collect();
            frame.slots[slot as usize].set(new_dict(&pairs, cx)?);
        }
        None => {
            if let Some((keyword, _)) = left.first() {
                return Err(type_error(format!("macro {name} takes no keyword argument '{keyword}'")));
            }
        }
    }
    match facts.varargs {
        Some(slot) => frame.slots[slot as usize].set(cx.tuple(extra)?),
        None if extra.is_empty() => {}
        None => {
            let most = facts.params.len();
            return Err(type_error(format!("macro {name} takes not more than {most} argument(s)")));
        }
    }
    Ok(())
}
