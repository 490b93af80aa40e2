//! Python's equality, order and containment.
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use crate::Error;
use crate::arena::Arena;
use crate::ast::Comparison;
use crate::fail::{type_error, undefined, unsupported_input};
use crate::iterate::not_iterable;
use crate::number::{self, Number};
use crate::text::Text;
use crate::value::{Dict, List, Range, Value, View};

/// `left op right`.
pub(crate) fn compare<'a>(
    op: Comparison,
    left: &Value<'a>,
    right: &Value<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    Ok(match op {
        Comparison::Eq => equal(left, right, arena)?,
        Comparison::Ne => !equal(left, right, arena)?,
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
pub(crate) fn equal<'a>(left: &Value<'a>, right: &Value<'a>, arena: &'a Arena) -> Result<bool, Error> {
    let mut waiting = Vec::new();
    if !equal_outside(left, right, &mut waiting, arena)? {
        return Ok(false);
    }
    while let Some((left, right)) = waiting.pop() {
        if !is_same_float(&left, &right) && !equal_outside(&left, &right, &mut waiting, arena)? {
            return Ok(false);
        }
    }
    Ok(true)
}

type Pairs<'a> = Vec<(Value<'a>, Value<'a>)>;

/// Whether two values are equal if the parts that it adds to `waiting` are.
fn equal_outside<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    waiting: &mut Pairs<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    arena.work(1)?;
    Ok(match (left, right) {
        (Value::Str(left), Value::Str(right)) => equal_texts(left, right, arena)?,
        (Value::None(_), Value::None(_)) | (Value::Undefined(_), Value::Undefined(_)) => true,
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            if !std::ptr::addr_eq(*left, *right) && left.items.len() == right.items.len() {
                arena.work(left.items.len())?;
                waiting.extend(left.items.iter().copied().zip(right.items.iter().copied()).rev());
            }
            left.items.len() == right.items.len()
        }
        (Value::Dict(left), Value::Dict(right)) => {
            std::ptr::addr_eq(*left, *right) || equal_keys(left, right, waiting, arena)?
        }
        (Value::Range(left), Value::Range(right)) => left.is_same(right),
        (Value::Global(left), Value::Global(right)) => left == right,
        (Value::Namespace(left), Value::Namespace(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Macro(left), Value::Macro(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Loop(left), Value::Loop(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Object(left), Value::Object(right)) => std::ptr::addr_eq(*left, *right),
        (Value::Generator(left), Value::Generator(right)) => std::ptr::addr_eq(*left, *right),
        (Value::View(left, one), Value::View(right, other)) => {
            equal_views((*left, one), (*right, other), waiting, arena)?
        }
        (Value::Int(left, _), Value::Int(right, _)) => left == right,
        _ => numbers(left, right, arena)?
            .is_some_and(|(left, right)| left.compare(&right) == Some(Ordering::Equal)),
    })
}

/// Views of keys or of items are sets; of values each is equal to itself alone.
fn equal_views<'a>(
    (left, one): (View, &'a Dict<'a>),
    (right, other): (View, &'a Dict<'a>),
    waiting: &mut Pairs<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    match (left, right) {
        (View::Keys, View::Keys) => equal_keys(one, other, &mut Vec::new(), arena),
        (View::Items, View::Items) => equal_keys(one, other, waiting, arena),
        (View::Values, View::Values) if std::ptr::addr_eq(one, other) => {
            Err(unsupported_input("comparing views of the values of one mapping"))
        }
        (View::Values, _) | (_, View::Values) => Ok(false),
        _ if one.entries.len() != other.entries.len() => Ok(false),
        _ if one.entries.is_empty() => Ok(true),
        _ => Err(unsupported_input("comparing keys of a mapping with items of one")),
    }
}

fn equal_texts<'a>(left: &Text<'a>, right: &Text<'a>, arena: &'a Arena) -> Result<bool, Error> {
    left.scan(arena)?;
    right.scan(arena)?;
    if left.len() != right.len() {
        return Ok(false);
    }
    match left.as_piece() {
        Some(piece) => Ok(right.equals(piece.text)),
        None => Ok(right.equals(left.as_str(arena)?)),
    }
}

/// Two values as numbers, if both are.
fn numbers<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    arena: &'a Arena,
) -> Result<Option<(Number, Number)>, Error> {
    number::weigh(left, arena)?;
    number::weigh(right, arena)?;
    Ok(Number::of(left).zip(Number::of(right)))
}

/// Whether two mappings have the same keys; their values wait.
fn equal_keys<'a>(
    left: &Dict<'a>,
    right: &Dict<'a>,
    waiting: &mut Pairs<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    if left.entries.len() != right.entries.len() {
        return Ok(false);
    }
    for (key, value) in left.entries {
        let Some(other) = value_of(right, key, arena)? else { return Ok(false) };
        waiting.push((*value, other));
    }
    Ok(true)
}

/// The value under a key that can be hashed.
pub(crate) fn value_of<'a>(
    dict: &Dict<'a>,
    key: &Value<'a>,
    arena: &'a Arena,
) -> Result<Option<Value<'a>>, Error> {
    arena.work(1)?;
    if let Value::Str(text) = key {
        let key = text.as_str(arena)?;
        arena.scan(key.len())?;
        return Ok(dict.get(key).copied());
    }
    for (known, value) in dict.entries {
        if same_or_equal(known, key, arena)? {
            return Ok(Some(*value));
        }
    }
    Ok(None)
}

fn is_same_float(left: &Value<'_>, right: &Value<'_>) -> bool {
    matches!((left, right), (Value::Float(left, _), Value::Float(right, _)) if left.to_bits() == right.to_bits())
}

/// Equality as containers have it: what is identical is equal, even a NaN.
pub(crate) fn same_or_equal<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    Ok(is_same_float(left, right) || equal(left, right, arena)?)
}

/// Whether one of some values is equal to another.
fn any_equal<'a>(
    mut values: impl Iterator<Item = &'a Value<'a>>,
    wanted: &Value<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    values.try_fold(false, |found, value| Ok(found || same_or_equal(value, wanted, arena)?))
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
    arena.work(1)?;
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => {
            left.scan(arena)?;
            right.scan(arena)?;
            Ok(Some(left.as_str(arena)?.cmp(right.as_str(arena)?)))
        }
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            ordered_items(left, right, op, depth, arena)
        }
        (Value::Int(left, _), Value::Int(right, _)) => Ok(Some(left.cmp(right))),
        _ => match numbers(left, right, arena)? {
            Some((left, right)) => Ok(left.compare(&right)),
            None => {
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
    for (left, right) in left.items.iter().zip(right.items) {
        if !same_or_equal(left, right, arena)? {
            return ordered_at(left, right, op, depth + 1, arena);
        }
    }
    Ok(Some(left.items.len().cmp(&right.items.len())))
}

/// `item in container`.
pub(crate) fn contains<'a>(container: &Value<'a>, item: &Value<'a>, arena: &'a Arena) -> Result<bool, Error> {
    match container {
        Value::Str(text) => match item {
            Value::Str(item) => {
                let (text, item) = (text.as_str(arena)?, item.as_str(arena)?);
                arena.scan(text.len())?;
                Ok(text.contains(item))
            }
            _ => {
                let found = item.type_name();
                Err(type_error(format!("'in <string>' requires string as left operand, not {found}")))
            }
        },
        Value::Undefined(_) => Ok(false),
        Value::List(list) | Value::Tuple(list) => any_equal(list.items.iter(), item, arena),
        Value::Dict(dict) | Value::View(View::Keys, dict) => {
            hashable(item, arena)?;
            Ok(value_of(dict, item, arena)?.is_some())
        }
        Value::View(View::Values, dict) => {
            any_equal(dict.entries.iter().map(|(_, value)| value), item, arena)
        }
        Value::View(View::Items, dict) => contains_pair(dict, item, arena),
        Value::Range(range) => Ok(Number::of(item).is_some_and(|number| is_in_range(range, &number))),
        Value::Generator(generator) => loop {
            match generator.take(1)? {
                [found] if same_or_equal(found, item, arena)? => break Ok(true),
                [] => break Ok(false),
                _ => {}
            }
        },
        Value::Loop(_) | Value::Object(_) => Err(not_iterable(container)),
        _ => Err(type_error(format!("argument of type '{}' is not iterable", container.type_name()))),
    }
}

fn contains_pair<'a>(dict: &Dict<'a>, pair: &Value<'a>, arena: &'a Arena) -> Result<bool, Error> {
    let Value::Tuple(List { items: [wanted, other], .. }) = pair else { return Ok(false) };
    hashable(wanted, arena)?;
    for (key, value) in dict.entries {
        if equal(key, wanted, arena)? && equal(value, other, arena)? {
            return Ok(true);
        }
    }
    Ok(false)
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
pub(crate) fn hashable<'a>(value: &Value<'a>, arena: &'a Arena) -> Result<(), Error> {
    if let Value::Str(_) = value {
        return Ok(());
    }
    let mut waiting = vec![*value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::List(_) | Value::Dict(_) | Value::View(View::Keys | View::Items, _) => {
                return Err(type_error(format!("unhashable type: '{}'", value.type_name())));
            }
            Value::Tuple(list) => {
                arena.work(1 + list.items.len())?;
                waiting.extend(list.items.iter().rev());
            }
            _ => {}
        }
    }
    Ok(())
}
