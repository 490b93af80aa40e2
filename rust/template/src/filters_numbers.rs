//! Jinja's filters that make numbers.
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive};

use crate::Error;
use crate::args::{Args, Context};
use crate::ast::Binary;
use crate::fail::{render, type_error, undefined, value_error};
use crate::number::{Number, as_index, parse_float, parse_integer};
use crate::operators::binary;
use crate::text::{Source, Text};
use crate::value::{Big, Value};

pub(crate) fn absolute<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let negative = match Number::of(value) {
        Some(Number::Int(number)) => number.is_negative(),
        Some(Number::Float(number)) => number.is_sign_negative(),
        None => return Err(type_error(format!("bad operand type for abs(): '{}'", value.type_name()))),
    };
    crate::number::signed(value, negative, cx.arena)
}

/// Python's `float(value)`; none where that fails in a way that filters forgive.
fn to_float<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<Option<f64>, Error> {
    match value {
        Value::Str(text) => {
            cx.arena.work(text.len())?;
            Ok(parse_float(text.as_str(cx.arena)?))
        }
        Value::Undefined(why) => Err(undefined(why)),
        _ => Number::of(value).map(|number| number.as_float()).transpose(),
    }
}

pub(crate) fn float<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [otherwise] = args.bind("float", ["default"], 0)?;
    let fallback = otherwise.unwrap_or(Value::Float(0.0, Source::LITERAL));
    Ok(to_float(value, cx)?.map_or(fallback, |number| Value::Float(number, value.source())))
}

pub(crate) fn int<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [otherwise, base] = args.bind("int", ["default", "base"], 0)?;
    let whole = match (value, Number::of(value)) {
        (Value::Str(text), _) => {
            cx.arena.work(text.len().saturating_mul(2))?;
            let text = text.as_str(cx.arena)?;
            let base = base.as_ref().map_or(Some(10), as_index).and_then(|base| u32::try_from(base).ok());
            let parsed = base.and_then(|base| parse_integer(text, base).ok());
            // So that "42.23" gives 42.
            parsed.or_else(|| BigInt::from_f64(parse_float(text)?.trunc()))
        }
        (_, Some(Number::Int(number))) => Some(number),
        (_, Some(Number::Float(number))) if number.is_infinite() => {
            return Err(render("OverflowError", "cannot convert float infinity to integer"));
        }
        (_, Some(Number::Float(number))) => BigInt::from_f64(number.trunc()),
        (Value::Undefined(why), _) => return Err(undefined(why)),
        _ => None,
    };
    match whole {
        Some(number) => Big::value(&number, value.source(), cx.arena),
        None => Ok(otherwise.unwrap_or(Value::Int(0, Source::LITERAL))),
    }
}

pub(crate) fn round<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [precision, method] = args.bind("round", ["precision", "method"], 0)?;
    let precision = precision.unwrap_or(Value::Int(0, Source::LITERAL));
    let method = match &method {
        None => "common",
        Some(Value::Str(method)) => method.as_str(cx.arena)?,
        Some(other) => {
            crate::compare::hashable(other, cx.arena)?;
            ""
        }
    };
    match method {
        "common" => rounded(value, &precision, cx),
        "ceil" => outwards(value, &precision, f64::ceil, cx),
        "floor" => outwards(value, &precision, f64::floor, cx),
        _ => Err(render("FilterArgumentError", "method must be common, ceil or floor")),
    }
}

fn outwards<'a>(
    value: &Value<'a>,
    precision: &Value<'a>,
    step: fn(f64) -> f64,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    let scale = binary(Binary::Pow, &Value::Int(10, Source::LITERAL), precision, cx)?;
    let scaled = binary(Binary::Mul, value, &scale, cx)?;
    let whole = match Number::of(&scaled) {
        Some(Number::Int(_)) => scaled,
        Some(Number::Float(number)) if number.is_nan() => {
            return Err(value_error("cannot convert float NaN to integer"));
        }
        Some(Number::Float(number)) => match BigInt::from_f64(step(number)) {
            Some(whole) => Big::value(&whole, value.source(), cx.arena)?,
            None => return Err(render("OverflowError", "cannot convert float infinity to integer")),
        },
        None => return Err(type_error(format!("must be real number, not {}", scaled.type_name()))),
    };
    binary(Binary::Div, &whole, &scale, cx)
}

/// Python's `round(value, precision)`.
fn rounded<'a>(value: &Value<'a>, precision: &Value<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let Some(number) = Number::of(value) else {
        return Err(type_error(format!("type {} doesn't define __round__ method", value.type_name())));
    };
    let Some(precision) = as_index(precision) else {
        let found = precision.type_name();
        return Err(type_error(format!("'{found}' object cannot be interpreted as an integer")));
    };
    match number {
        Number::Int(number) => {
            crate::number::weigh_division(&number, cx.arena)?;
            let rounded = if precision < 0 { to_tens(&number, false, precision) } else { number };
            Big::value(&rounded, value.source(), cx.arena)
        }
        Number::Float(number) => Ok(Value::Float(round_float(number, precision), value.source())),
    }
}

fn round_float(number: f64, precision: i64) -> f64 {
    if !number.is_finite() || precision > 323 {
        return number;
    }
    if let Ok(precision) = usize::try_from(precision) {
        // Formatting rounds the exact value half to even, as Python's `round` does.
        return format!("{number:.precision$}").parse().unwrap_or(number);
    }
    let whole = BigInt::from_f64(number.trunc()).unwrap_or_default();
    let rounded = to_tens(&whole, number.fract() != 0.0, precision);
    rounded.to_f64().unwrap_or(f64::INFINITY).copysign(number)
}

/// Half to even at a power of ten; `more` tells that the number is further from zero than it looks.
fn to_tens(number: &BigInt, more: bool, precision: i64) -> BigInt {
    let digits = u32::try_from(precision.unsigned_abs()).unwrap_or(u32::MAX);
    // A power of ten has more than three bits a digit, so that less than half of one is left.
    if u64::from(digits) > number.bits() / 3 + 1 {
        return BigInt::ZERO;
    }
    let unit = BigInt::from(10).pow(digits);
    let (quotient, rest) = (number.magnitude() / unit.magnitude(), number.magnitude() % unit.magnitude());
    let up = match (rest * 2_u32).cmp(unit.magnitude()) {
        Ordering::Less => false,
        Ordering::Equal => more || quotient.bit(0),
        Ordering::Greater => true,
    };
    let magnitude = BigInt::from(quotient + u32::from(up)) * unit;
    if number.is_negative() { -magnitude } else { magnitude }
}

pub(crate) fn file_size<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    const PREFIXES: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let [binary] = args.bind("filesizeformat", ["binary"], 0)?;
    let binary = binary.is_some_and(|binary| binary.is_true());
    let Some(bytes) = to_float(value, cx)? else {
        return Err(match value {
            Value::Str(_) => value_error("could not convert string to float"),
            _ => type_error(format!(
                "float() argument must be a string or a number, not {}",
                value.type_name()
            )),
        });
    };
    let (base, infix): (f64, &str) = if binary { (1024.0, "i") } else { (1000.0, "") };
    let text = if bytes.to_bits() == 1.0_f64.to_bits() {
        "1 Byte".to_owned()
    } else if bytes < base {
        let whole = BigInt::from_f64(bytes.trunc());
        format!("{} Bytes", whole.ok_or_else(|| render("OverflowError", "cannot convert float infinity"))?)
    } else {
        let unit = |at: usize| base.powi(i32::try_from(at).unwrap_or(0) + 2);
        let at = (0..PREFIXES.len()).find(|at| bytes < unit(*at)).unwrap_or(PREFIXES.len() - 1);
        let scaled = base * bytes / unit(at);
        let prefix = if binary { PREFIXES[at].to_ascii_uppercase() } else { PREFIXES[at].to_owned() };
        let number =
            if scaled.is_finite() { format!("{scaled:.1}") } else { crate::number::float_repr(scaled) };
        format!("{number} {prefix}{infix}B")
    };
    Ok(Value::Str(Text::from_source(cx.arena.str(&text)?, value.source())))
}
