//! Going through values.
use crate::Error;
use crate::arena::Arena;
use crate::args::Context;
use crate::characters::Characters;
use crate::cutter::Cutter;
use crate::fail::{type_error, unsupported_input, value_error};
use crate::objects::Object;
use crate::text::Text;
use crate::value::{Items, Value, View};

/// What a `for` over the value goes through.
pub(crate) fn items<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Items<'a>, Error> {
    let arena = cx.arena;
    Ok(Items::Slice(match value {
        Value::List(list) | Value::Tuple(list) => list.items,
        Value::Range(range) => return Ok(Items::Range(range)),
        Value::Undefined(_) => &[],
        Value::Str(text) => match text.as_piece() {
            Some(whole) => {
                arena.scan(whole.text.len())?;
                return Ok(Items::Characters(arena.value(Characters::new(whole))?));
            }
            None => characters(text, arena)?,
        },
        Value::Dict(dict) | Value::View(View::Keys, dict) => {
            arena.slice(&dict.entries.iter().map(|(key, _)| *key).collect::<Vec<_>>())?
        }
        Value::View(View::Values, dict) => {
            arena.slice(&dict.entries.iter().map(|(_, value)| *value).collect::<Vec<_>>())?
        }
        Value::View(View::Items, dict) => {
            let pairs = dict.entries.iter().map(|(key, value)| cx.tuple(&[*key, *value]));
            arena.slice(&pairs.collect::<Result<Vec<_>, _>>()?)?
        }
        Value::Generator(generator) => generator.take(usize::MAX)?,
        _ => return Err(not_iterable(value)),
    }))
}

/// The characters of a text.
fn characters<'a>(text: &Text<'a>, arena: &'a Arena) -> Result<&'a [Value<'a>], Error> {
    let whole = text.as_str(arena)?;
    let mut characters = Vec::new();
    let mut cutter = Cutter::new(text, arena);
    for (at, c) in whole.char_indices() {
        arena.charge(size_of::<Value<'_>>())?;
        let character = cutter.slice(at..at + c.len_utf8())?.with_markup(false);
        characters.push(Value::Str(character));
    }
    arena.slice(&characters)
}

/// All items at once.
pub(crate) fn all<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<&'a [Value<'a>], Error> {
    match items(value, cx)? {
        Items::Slice(items) => Ok(items),
        others => {
            cx.arena.charge(others.len().saturating_mul(size_of::<Value<'_>>()))?;
            let items: Vec<_> = (0..others.len()).filter_map(|index| others.get(index)).collect();
            cx.arena.slice(&items)
        }
    }
}

/// Exactly so many items, as an assignment to so many names wants them.
pub(crate) fn unpacked<'a>(
    value: &Value<'a>,
    count: usize,
    cx: Context<'a>,
) -> Result<&'a [Value<'a>], Error> {
    let items = all(value, cx)?;
    if items.len() > count {
        return Err(value_error(format!("too many values to unpack (expected {count})")));
    }
    if items.len() < count {
        let got = items.len();
        return Err(value_error(format!("not enough values to unpack (expected {count}, got {got})")));
    }
    Ok(items)
}

pub(crate) fn not_iterable(value: &Value<'_>) -> Error {
    if let Value::Loop(_) | Value::Object(Object::Template(..)) = value {
        // Python would go on with the running loop itself, or ask `self` for its first block by number.
        return unsupported_input(format!("going through a value of type {}", value.type_name()));
    }
    type_error(format!("'{}' object is not iterable", value.type_name()))
}

/// Python's `len(value)`.
pub(crate) fn length(value: &Value<'_>) -> Result<usize, Error> {
    Ok(match value {
        Value::Str(text) => {
            text.with_pieces(|pieces| pieces.iter().map(|piece| crate::members::characters(piece.text)).sum())
        }
        Value::List(list) | Value::Tuple(list) => list.items.len(),
        Value::Dict(dict) | Value::View(_, dict) => dict.entries.len(),
        Value::Range(range) => range.len(),
        Value::Undefined(_) => 0,
        Value::Loop(running) => running.items.len(),
        _ => return Err(type_error(format!("object of type '{}' has no len()", value.type_name()))),
    })
}

/// Whether the value is the conversation, or a slice of it.
pub(crate) fn is_of_messages(value: &Value<'_>) -> bool {
    match value {
        Value::List(list) | Value::Tuple(list) => list.of_messages,
        _ => false,
    }
}
