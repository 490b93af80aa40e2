//! Values of two renders that can't be told apart.
use crate::Error;
use crate::arena::Arena;
use crate::value::{List, Value};

/// Whether a value means the same in a later render: it neither changes nor leads to something that does, and
/// says nothing of how many messages there are.
pub(crate) fn is_lasting(value: &Value<'_>, arena: &Arena) -> Result<bool, Error> {
    arena.work(1)?;
    Ok(match value {
        Value::List(list) | Value::Tuple(list) => !list.of_messages && all_last(list.items, arena)?,
        Value::Dict(dict) if dict.is_from_row_as_message() => true,
        Value::Dict(dict) | Value::View(_, dict) => {
            for (key, value) in dict.entries {
                if !is_lasting(key, arena)? || !is_lasting(value, arena)? {
                    return Ok(false);
                }
            }
            true
        }
        Value::Generator(_)
        | Value::Namespace(_)
        | Value::Loop(_)
        | Value::Macro(_)
        | Value::Object(_)
        | Value::Method(_) => false,
        _ => true,
    })
}

fn all_last(items: &[Value<'_>], arena: &Arena) -> Result<bool, Error> {
    for item in items {
        if !is_lasting(item, arena)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two values are one, as far as a glance tells.
pub(crate) fn is_identical<'a>(left: &Value<'a>, right: &Value<'a>) -> bool {
    use Value::{Bool, Dict, Global, Int, List, Missing, None};
    match (left, right) {
        (Missing, Missing) => true,
        (None(left), None(right)) => left == right,
        (Bool(left, from), Bool(right, other)) => left == right && from == other,
        (Int(left, from), Int(right, other)) => left == right && from == other,
        (List(left), List(right)) => std::ptr::eq(*left, *right),
        (Dict(left), Dict(right)) => std::ptr::eq(*left, *right),
        (Global(left), Global(right)) => left == right,
        _ => false,
    }
}

/// Whether two values that last are the same, and from the same place.
pub(crate) fn is_same<'a>(left: &Value<'a>, right: &Value<'a>, arena: &'a Arena) -> Result<bool, Error> {
    use crate::value::Undefined::Because;
    use Value::{Bool, Dict, Float, Global, Int, Macro, Missing, None, Range, Str, Tuple, Undefined, View};
    arena.work(1)?;
    Ok(match (left, right) {
        (Missing, Missing) => true,
        (Undefined(left), Undefined(right)) => match (left, right) {
            (Because(left), Because(right)) => {
                std::mem::discriminant(*left) == std::mem::discriminant(*right)
            }
            _ => std::mem::discriminant(left) == std::mem::discriminant(right),
        },
        (None(left), None(right)) => left == right,
        (Bool(left, from), Bool(right, other)) => left == right && from == other,
        (Int(left, from), Int(right, other)) => left == right && from == other,
        (Float(left, from), Float(right, other)) => left.to_bits() == right.to_bits() && from == other,
        (Str(left), Str(right)) => left.is_same(right, arena)?,
        (Value::List(left), Value::List(right)) | (Tuple(left), Tuple(right)) => {
            std::ptr::eq(*left, *right) || are_same(left, right, arena)?
        }
        (Dict(left), Dict(right)) => std::ptr::eq(*left, *right) || are_same_dicts(left, right, arena)?,
        (View(left, of), View(right, other)) => left == right && are_same_dicts(of, other, arena)?,
        (Range(left), Range(right)) => left == right,
        (Global(left), Global(right)) => left == right,
        (Macro(left), Macro(right)) => {
            left.facts.entry == right.facts.entry && std::ptr::eq(left.frame, right.frame)
        }
        _ => false,
    })
}

fn are_same<'a>(left: &List<'a>, right: &List<'a>, arena: &'a Arena) -> Result<bool, Error> {
    let like = left.source == right.source && left.is_group == right.is_group;
    if !like || left.of_messages != right.of_messages || left.items.len() != right.items.len() {
        return Ok(false);
    }
    for (left, right) in left.items.iter().zip(right.items) {
        if !is_same(left, right, arena)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn are_same_dicts<'a>(
    left: &crate::value::Dict<'a>,
    right: &crate::value::Dict<'a>,
    arena: &'a Arena,
) -> Result<bool, Error> {
    let like = left.source == right.source && left.message == right.message;
    if !like || left.entries.len() != right.entries.len() {
        return Ok(false);
    }
    for ((left_key, left), (right_key, right)) in left.entries.iter().zip(right.entries) {
        if !is_same(left_key, right_key, arena)? || !is_same(left, right, arena)? {
            return Ok(false);
        }
    }
    Ok(true)
}
