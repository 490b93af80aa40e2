//! Python's binary operators.
use crate::Error;
use crate::args::Context;
use crate::ast::Binary;
use crate::fail::{type_error, undefined};
use crate::number::{arithmetic, as_count, as_index};
use crate::strings::escape;
use crate::text::{Piece, Text, TextBuilder};
use crate::value::{List, Value};

/// `left op right`.
pub(crate) fn binary<'a>(
    op: Binary,
    left: &Value<'a>,
    right: &Value<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    match (op, left, right) {
        (_, Value::Int(..), Value::Int(..)) => {}
        (Binary::Add, Value::Str(left), Value::Str(right)) => return add_texts(left, right, cx),
        (Binary::Mod, Value::Str(text), values) => {
            return crate::format::percent(text, values, cx).map(Value::Str);
        }
        (Binary::Mul, Value::Str(text), Value::Undefined(_)) if text.markup => {
            return Err(type_error("'Undefined' object cannot be interpreted as an integer"));
        }
        (_, Value::Undefined(why), _) | (_, _, Value::Undefined(why)) => return Err(undefined(why)),
        (Binary::Add, Value::List(a), Value::List(b)) => return chain(a, b, cx).map(Value::List),
        (Binary::Add, Value::Tuple(a), Value::Tuple(b)) => return chain(a, b, cx).map(Value::Tuple),
        (Binary::Mul, sequence, times) | (Binary::Mul, times, sequence)
            if is_sequence(sequence) && as_index(times).is_some() =>
        {
            return repeat(sequence, as_count(times, "can't multiply sequence by non-int")?, cx);
        }
        _ => {}
    }
    arithmetic(op, left, right, cx.arena).unwrap_or_else(|| Err(mismatch(op, left, right)))
}

fn mismatch(op: Binary, left: &Value<'_>, right: &Value<'_>) -> Error {
    let (a, b) = (left.type_name(), right.type_name());
    if op == Binary::Add {
        match left {
            Value::Str(_) => return type_error(format!("can only concatenate str (not \"{b}\") to str")),
            Value::List(_) => return type_error(format!("can only concatenate list (not \"{b}\") to list")),
            Value::Tuple(_) => {
                return type_error(format!("can only concatenate tuple (not \"{b}\") to tuple"));
            }
            _ => {}
        }
    }
    let symbol = if op == Binary::Pow { "** or pow()" } else { op.symbol() };
    type_error(format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'"))
}

/// Markup escapes the side that is none.
pub(crate) fn add_texts<'a>(left: &Text<'a>, right: &Text<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if left.markup == right.markup {
        return Ok(Value::Str(cx.join(&[*left, *right])?));
    }
    let (left, right) = (escape(left, cx)?, escape(right, cx)?);
    Ok(Value::Str(cx.join(&[left, right])?.with_markup(true)))
}

fn chain<'a>(left: &List<'a>, right: &List<'a>, cx: Context<'a>) -> Result<&'a List<'a>, Error> {
    cx.arena.charge((left.items.len() + right.items.len()) * size_of::<Value<'_>>())?;
    let items: Vec<_> = left.items.iter().chain(right.items).copied().collect();
    let source = left.source.join(right.source);
    cx.arena.value(List::new(cx.arena.slice(&items)?, source))
}

fn is_sequence(value: &Value<'_>) -> bool {
    matches!(value, Value::Str(_) | Value::List(_) | Value::Tuple(_))
}

fn repeat<'a>(value: &Value<'a>, times: i64, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let times = usize::try_from(times).unwrap_or(0);
    let repeated = |list: &List<'a>| {
        cx.arena.charge(list.items.len().saturating_mul(times).saturating_mul(size_of::<Value<'_>>()))?;
        cx.arena.value(List::new(cx.arena.slice(&list.items.repeat(times))?, list.source))
    };
    match value {
        Value::List(list) => repeated(list).map(Value::List),
        Value::Tuple(list) => repeated(list).map(Value::Tuple),
        Value::Str(text) => {
            cx.arena.charge(text.len().max(1).saturating_mul(times))?;
            let mut builder = TextBuilder::new(cx.arena);
            match text.as_piece().filter(|piece| piece.text.len() < size_of::<Piece<'_>>()) {
                Some(piece) => builder.push_like(&piece.text.repeat(times), piece)?,
                None => (0..times).try_for_each(|_| builder.push_text(text))?,
            }
            Ok(Value::Str(builder.finish()?.with_markup(text.markup)))
        }
        _ => Err(type_error("can't multiply sequence by non-int")),
    }
}
