//! Going through values.
use crate::Error;
use crate::args::Context;
use crate::compare::consume;
use crate::fail::type_error;
use crate::value::{Items, Value, View};

/// What a `for` over the value goes through.
pub(crate) fn items<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Items<'a>, Error> {
    let arena = cx.arena;
    Ok(Items::Slice(match value {
        Value::List(list) | Value::Tuple(list) => list.items,
        Value::Range(range) => return Ok(Items::Range(range)),
        Value::Undefined(_) => &[],
        Value::Str(text) => {
            let whole = text.as_str(arena)?;
            let mut characters = Vec::new();
            for (at, c) in whole.char_indices() {
                arena.charge(size_of::<Value<'_>>())?;
                characters.push(Value::Str(text.slice(at..at + c.len_utf8(), arena)?));
            }
            arena.slice(&characters)?
        }
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
        Value::Generator(generator) => consume(generator),
        _ => return Err(not_iterable(value)),
    }))
}

/// All items at once.
pub(crate) fn all<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<&'a [Value<'a>], Error> {
    match items(value, cx)? {
        Items::Slice(items) => Ok(items),
        Items::Range(range) => {
            let items: Vec<_> = (0..range.len()).map(|index| range.at(index)).collect();
            cx.arena.slice(&items)
        }
    }
}

fn not_iterable(value: &Value<'_>) -> Error {
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
