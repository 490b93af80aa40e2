//! Python's equality, order and containment.
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use crate::arena::Arena;
use crate::ast::Comparison;
use crate::fail::{type_error, undefined, unsupported_input};
use crate::number::Number;
use crate::value::{Dict, List, Range, Value, View};
use crate::{Class, Error};

/// `left op right`.
pub(crate) fn compare<'a>(
    op: Comparison,
    left: &Value<'a>,
    right: &Value<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    Ok(match op {
        Comparison::Eq => equal_within(left, right).ok_or_else(endless)?,
        Comparison::Ne => !equal_within(left, right).ok_or_else(endless)?,
        Comparison::In => contains(right, left, arena)?,
        Comparison::NotIn => !contains(right, left, arena)?,
        Comparison::Lt => ordered(left, right, "<", arena)? == Some(Ordering::Less),
        Comparison::Gt => ordered(left, right, ">", arena)? == Some(Ordering::Greater),
        Comparison::Le => {
            matches!(ordered(left, right, "<=", arena)?, Some(Ordering::Less | Ordering::Equal))
        }
        Comparison::Ge => {
            matches!(ordered(left, right, ">=", arena)?, Some(Ordering::Greater | Ordering::Equal))
        }
    })
}

/// Python's `==`. Values may be nested deeper than the stack, so the pairs that are still to be compared wait
/// in a list.
pub(crate) fn equal<'a>(left: &Value<'a>, right: &Value<'a>) -> bool {
    equal_within(left, right) == Some(true)
}

/// More parts than the memory of a render can hold: a value that shares its parts in ever deeper levels.
const MAX_PAIRS: usize = 1 << 24;

/// Equality, or nothing where it would take more than [`MAX_PAIRS`] comparisons.
fn equal_within<'a>(left: &Value<'a>, right: &Value<'a>) -> Option<bool> {
    let mut waiting = Vec::new();
    if !equal_outside(left, right, &mut waiting) {
        return Some(false);
    }
    for _ in 0..MAX_PAIRS {
        let Some((left, right)) = waiting.pop() else { return Some(true) };
        if !is_same_float(&left, &right) && !equal_outside(&left, &right, &mut waiting) {
            return Some(false);
        }
    }
    None
}

fn endless() -> Error {
    Error::new(Class::Budget, "BudgetExceeded", "a comparison takes more steps than its budget")
}

type Pairs<'a> = Vec<(Value<'a>, Value<'a>)>;

/// Whether two values are equal if the parts that it adds to `waiting` are.
fn equal_outside<'a>(left: &Value<'a>, right: &Value<'a>, waiting: &mut Pairs<'a>) -> bool {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => left.with_pieces(|pieces| match pieces {
            [only] => right.equals(only.text),
            _ => right.equals(&pieces.iter().map(|piece| piece.text).collect::<String>()),
        }),
        (Value::None(_), Value::None(_)) | (Value::Undefined(_), Value::Undefined(_)) => true,
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            if !std::ptr::addr_eq(*left, *right) && left.items.len() == right.items.len() {
                waiting.extend(left.items.iter().copied().zip(right.items.iter().copied()).rev());
            }
            left.items.len() == right.items.len()
        }
        (Value::Dict(left), Value::Dict(right)) => {
            std::ptr::addr_eq(*left, *right) || equal_keys(left, right, waiting)
        }
        (Value::Range(left), Value::Range(right)) => left.is_same(right),
        (Value::Global(left), Value::Global(right)) => left == right,
        (Value::Namespace(left), Value::Namespace(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Macro(left), Value::Macro(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Loop(left), Value::Loop(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Generator(left), Value::Generator(right)) => std::ptr::addr_eq(*left, *right),
        (Value::View(View::Keys, left), Value::View(View::Keys, right)) => {
            equal_keys(left, right, &mut Vec::new())
        }
        _ => match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) => left.compare(&right) == Some(Ordering::Equal),
            _ => false,
        },
    }
}

/// Whether two mappings have the same keys; their values wait.
fn equal_keys<'a>(left: &Dict<'a>, right: &Dict<'a>, waiting: &mut Pairs<'a>) -> bool {
    left.entries.len() == right.entries.len()
        && left.entries.iter().all(|(key, value)| {
            let found = right.entries.iter().find(|(other, _)| same_or_equal(key, other));
            waiting.extend(found.map(|(_, other)| (*value, *other)));
            found.is_some()
        })
}

fn is_same_float(left: &Value<'_>, right: &Value<'_>) -> bool {
    matches!((left, right), (Value::Float(left, _), Value::Float(right, _)) if left.to_bits() == right.to_bits())
}

/// Equality as containers have it: what is identical is equal, even a NaN.
pub(crate) fn same_or_equal<'a>(left: &Value<'a>, right: &Value<'a>) -> bool {
    is_same_float(left, right) || equal(left, right)
}

/// Values nested deeper than this have no order.
const MAX_DEPTH: usize = 200;

/// The order of two values, or the `TypeError` of an `op` between them; none beside a NaN.
pub(crate) fn ordered<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    op: &str,
    arena: &'a Arena,
) -> Result<Option<Ordering>, Error> {
    ordered_at(left, right, op, 0, arena)
}

fn ordered_at<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    op: &str,
    depth: usize,
    arena: &'a Arena,
) -> Result<Option<Ordering>, Error> {
    if depth > MAX_DEPTH {
        return Err(unsupported_input(format!("values nested deeper than {MAX_DEPTH} levels are compared")));
    }
    if let Value::Undefined(why) = left {
        return Err(undefined(why));
    }
    if let Value::Undefined(why) = right {
        return Err(undefined(why));
    }
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => Ok(Some(left.as_str(arena)?.cmp(right.as_str(arena)?))),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            ordered_items(left, right, op, depth, arena)
        }
        _ => match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) => Ok(left.compare(&right)),
            _ => {
                let (left, right) = (left.type_name(), right.type_name());
                Err(type_error(format!("'{op}' not supported between instances of '{left}' and '{right}'")))
            }
        },
    }
}

fn ordered_items<'a>(
    left: &List<'a>,
    right: &List<'a>,
    op: &str,
    depth: usize,
    arena: &'a Arena,
) -> Result<Option<Ordering>, Error> {
    match left.items.iter().zip(right.items).find(|(left, right)| !same_or_equal(left, right)) {
        Some((left, right)) => ordered_at(left, right, op, depth + 1, arena),
        None => Ok(Some(left.items.len().cmp(&right.items.len()))),
    }
}

/// `item in container`.
fn contains<'a>(container: &Value<'a>, item: &Value<'a>, arena: &'a Arena) -> Result<bool, Error> {
    match container {
        Value::Str(text) => match item {
            Value::Str(item) => Ok(text.as_str(arena)?.contains(item.as_str(arena)?)),
            _ => {
                let found = item.type_name();
                Err(type_error(format!("'in <string>' requires string as left operand, not {found}")))
            }
        },
        Value::Undefined(_) => Ok(false),
        Value::List(list) | Value::Tuple(list) => {
            Ok(list.items.iter().any(|found| same_or_equal(found, item)))
        }
        Value::Dict(dict) | Value::View(View::Keys, dict) => {
            hashable(item)?;
            Ok(match item {
                Value::Str(key) => dict.get(key.as_str(arena)?).is_some(),
                _ => dict.entries.iter().any(|(key, _)| same_or_equal(key, item)),
            })
        }
        Value::View(View::Values, dict) => {
            Ok(dict.entries.iter().any(|(_, value)| same_or_equal(value, item)))
        }
        Value::View(View::Items, dict) => Ok(match item {
            Value::Tuple(pair) if pair.items.len() == 2 => dict
                .entries
                .iter()
                .any(|(key, value)| equal(key, &pair.items[0]) && equal(value, &pair.items[1])),
            _ => false,
        }),
        Value::Range(range) => Ok(Number::of(item).is_some_and(|number| is_in_range(range, &number))),
        Value::Generator(generator) => loop {
            match generator.take(1)? {
                [found] if same_or_equal(found, item) => break Ok(true),
                [] => break Ok(false),
                _ => {}
            }
        },
        _ => Err(type_error(format!("argument of type '{}' is not iterable", container.type_name()))),
    }
}

fn is_in_range(range: &Range, number: &Number) -> bool {
    let whole = match number {
        Number::Int(number) => number.to_i64(),
        Number::Float(number) if number.fract() == 0.0 => BigInt::from_f64(*number).and_then(|n| n.to_i64()),
        Number::Float(_) => None,
    };
    let Some(whole) = whole else { return false };
    let (offset, step) = (i128::from(whole) - i128::from(range.start), i128::from(range.step));
    offset % step == 0 && usize::try_from(offset / step).is_ok_and(|index| index < range.len())
}

/// Fails for values that can't be the key of a dict.
pub(crate) fn hashable(value: &Value<'_>) -> Result<(), Error> {
    let mut waiting = vec![*value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::List(_) | Value::Dict(_) | Value::View(View::Keys | View::Items, _) => {
                return Err(type_error(format!("unhashable type: '{}'", value.type_name())));
            }
            Value::Tuple(list) => waiting.extend(list.items.iter().rev()),
            _ => {}
        }
    }
    Ok(())
}
