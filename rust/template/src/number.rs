//! Python's numbers: arithmetic, and how floats print.
use num_bigint::{BigInt, BigUint};
use num_traits::{Signed, ToPrimitive, Zero};

use crate::Error;
use crate::arena::Arena;
use crate::ast::Binary;
use crate::fail::{render, type_error, unsupported_input, value_error};
use crate::letters::decimal;
use crate::text::Source;
use crate::value::{Big, Value};

/// A number, whatever it was.
#[derive(Debug, Clone)]
pub(crate) enum Number {
    Int(BigInt),
    Float(f64),
}

impl Number {
    /// The number that a value is; truth values count as 0 and 1.
    pub(crate) fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Bool(truth, _) => Self::Int(BigInt::from(u8::from(*truth))),
            Value::Int(number, _) => Self::Int(BigInt::from(*number)),
            Value::Big(big) => Self::Int(big.number()),
            Value::Float(number, _) => Self::Float(*number),
            _ => return None,
        })
    }

    pub(crate) fn to_f64(&self) -> f64 {
        match self {
            Self::Int(number) => number.to_f64().unwrap_or(f64::INFINITY),
            Self::Float(number) => *number,
        }
    }

    /// Python's `float(number)`.
    pub(crate) fn as_float(&self) -> Result<f64, Error> {
        match self.to_f64() {
            float if float.is_infinite() && matches!(self, Self::Int(_)) => {
                Err(render("OverflowError", "int too large to convert to float"))
            }
            float => Ok(float),
        }
    }

    /// Python's comparison; none where a NaN takes part.
    pub(crate) fn compare(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Int(left), Self::Float(right)) => compare_mixed(left, *right),
            (Self::Float(left), Self::Int(right)) => {
                compare_mixed(right, *left).map(std::cmp::Ordering::reverse)
            }
        }
    }
}

/// Exact, where converting a large integer to a float would round it.
fn compare_mixed(left: &BigInt, right: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if right.is_nan() {
        return None;
    }
    if right.is_infinite() {
        return Some(if right > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = num_traits::FromPrimitive::from_f64(right.trunc()).unwrap_or_else(BigInt::zero);
    Some(left.cmp(&whole).then_with(|| 0.0_f64.partial_cmp(&right.fract()).unwrap_or(Ordering::Equal)))
}

/// Takes the steps for reading an integer of many digits.
pub(crate) fn weigh(value: &Value<'_>, arena: &Arena) -> Result<(), Error> {
    match value {
        Value::Big(big) => arena.work(1 + big.len() / 4),
        _ => Ok(()),
    }
}

/// An integer's text; Python refuses to make one of many digits.
pub(crate) fn decimal_text(number: &BigInt, arena: &Arena) -> Result<String, Error> {
    const MOST_BITS: u64 = 14_285;
    let too_long = || {
        let message = "Exceeds the limit (4300 digits) for integer string conversion; \
                       use sys.set_int_max_str_digits() to increase the limit";
        Err(value_error(message))
    };
    if number.bits() > MOST_BITS {
        return too_long();
    }
    weigh_division(number, arena)?;
    let text = number.magnitude().to_string();
    if text.len() > MOST_DIGITS {
        return too_long();
    }
    Ok(if number.is_negative() { format!("-{text}") } else { text })
}

/// As many digits Python makes an integer's text of, or reads.
const MOST_DIGITS: usize = 4300;

/// Takes the steps for dividing an integer by one no longer.
pub(crate) fn weigh_division(number: &BigInt, arena: &Arena) -> Result<(), Error> {
    arena.work(words(number) * words(number) / PRODUCTS_OF_A_STEP)
}

/// An integer's digits in base 2⁶⁴.
fn words(number: &BigInt) -> usize {
    usize::try_from(number.bits() / 64 + 1).unwrap_or(usize::MAX)
}

/// How many products of such digits a step makes.
const PRODUCTS_OF_A_STEP: usize = 8;

/// An index that fits a machine word, as Python's `__index__` gives it for integers and truth values.
pub(crate) fn as_index(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Bool(truth, _) => Some(i64::from(*truth)),
        Value::Int(number, _) => Some(*number),
        Value::Big(big) => Some(if big.number().is_negative() { i64::MIN } else { i64::MAX }),
        _ => None,
    }
}

/// A count, as Python's own functions take it; `wrong` tells what else they say.
pub(crate) fn as_count(value: &Value<'_>, wrong: &str) -> Result<i64, Error> {
    match value {
        Value::Big(_) => Err(render("OverflowError", "Python int too large to convert to C ssize_t")),
        _ => as_index(value).ok_or_else(|| type_error(wrong)),
    }
}

/// `left op right` of two numbers; none if either is no number.
pub(crate) fn arithmetic<'a>(
    op: Binary,
    left: &Value<'a>,
    right: &Value<'a>,
    arena: &'a Arena,
) -> Option<Result<Value<'a>, Error>> {
    let source = left.source().join(right.source());
    if let (Value::Int(a, _), Value::Int(b, _)) = (left, right)
        && let Some(result) = small_arithmetic(op, *a, *b)
    {
        return Some(Ok(Value::Int(result, source)));
    }
    if let Err(error) = weigh(left, arena).and_then(|()| weigh(right, arena)) {
        return Some(Err(error));
    }
    let (left, right) = (Number::of(left)?, Number::of(right)?);
    Some(match (op, left, right) {
        (Binary::Div, left, right) => divide(&left, &right, source),
        (op, Number::Int(left), Number::Int(right)) => integers(op, &left, &right, source, arena),
        (op, left, right) => left
            .as_float()
            .and_then(|left| floats(op, left, right.as_float()?))
            .map(|result| Value::Float(result, source)),
    })
}

fn small_arithmetic(op: Binary, left: i64, right: i64) -> Option<i64> {
    match op {
        Binary::Add => left.checked_add(right),
        Binary::Sub => left.checked_sub(right),
        Binary::Mul => left.checked_mul(right),
        Binary::FloorDiv if right > 0 => left.checked_div_euclid(right),
        Binary::Mod if right > 0 => left.checked_rem_euclid(right),
        _ => None,
    }
}

fn divide<'a>(left: &Number, right: &Number, source: Source) -> Result<Value<'a>, Error> {
    let quotient = match (left, right) {
        (Number::Int(_), Number::Int(right)) if right.is_zero() => None,
        (Number::Int(left), Number::Int(right)) => Some(quotient(left, right)?),
        _ => {
            let (left, right) = (left.as_float()?, right.as_float()?);
            (right != 0.0).then(|| left / right)
        }
    };
    quotient
        .map(|quotient| Value::Float(quotient, source))
        .ok_or_else(|| render("ZeroDivisionError", "division by zero"))
}

/// The float nearest to a quotient of integers.
fn quotient(left: &BigInt, right: &BigInt) -> Result<f64, Error> {
    // Enough bits that the last one can stand for all that were cut off.
    let shift = (right.bits() + 66).saturating_sub(left.bits());
    let (whole, rest) = num_integer::Integer::div_rem(&(left.magnitude() << shift), right.magnitude());
    let sticky = whole | BigUint::from(u8::from(!rest.is_zero()));
    let shift = i32::try_from(shift).unwrap_or(i32::MAX);
    let half = shift / 2;
    let magnitude =
        sticky.to_f64().unwrap_or(f64::INFINITY) * 0.5_f64.powi(half) * 0.5_f64.powi(shift - half);
    if magnitude.is_infinite() {
        return Err(render("OverflowError", "integer division result too large for a float"));
    }
    if magnitude != 0.0 && magnitude < f64::MIN_POSITIVE {
        return Err(unsupported_input("a quotient close to zero"));
    }
    Ok(if left.is_negative() == right.is_negative() { magnitude } else { -magnitude })
}

/// No result of a template needs more digits than this.
const MAX_BITS: u64 = 1 << 16;
const MAX_WORDS: usize = (1 << 10) + 1;

fn integers<'a>(
    op: Binary,
    left: &BigInt,
    right: &BigInt,
    source: Source,
    arena: &'a Arena,
) -> Result<Value<'a>, Error> {
    use num_integer::Integer;
    if right.is_zero() && matches!(op, Binary::FloorDiv | Binary::Mod) {
        return Err(render("ZeroDivisionError", "integer division or modulo by zero"));
    }
    arena.work(words(left).saturating_mul(words(right)) / PRODUCTS_OF_A_STEP)?;
    let result = match op {
        Binary::Add => left + right,
        Binary::Sub => left - right,
        Binary::Mul if left.bits() + right.bits() > MAX_BITS => return Err(too_many_digits()),
        Binary::Mul => left * right,
        Binary::FloorDiv => left.div_floor(right),
        Binary::Mod => left.mod_floor(right),
        Binary::Pow => return power(left, right, source, arena),
        Binary::Div => return divide(&Number::Int(left.clone()), &Number::Int(right.clone()), source),
    };
    Big::value(&result, source, arena)
}

fn too_many_digits() -> Error {
    Error::new(crate::Class::Budget, "BudgetExceeded", "an integer has too many digits")
}

fn power<'a>(base: &BigInt, exponent: &BigInt, source: Source, arena: &'a Arena) -> Result<Value<'a>, Error> {
    if exponent.is_negative() {
        let (base, exponent) = (Number::Int(base.clone()).to_f64(), Number::Int(exponent.clone()).to_f64());
        return floats(Binary::Pow, base, exponent).map(|result| Value::Float(result, source));
    }
    let exponent =
        exponent.to_u32().filter(|exponent| base.bits().saturating_mul(u64::from(*exponent)) <= MAX_BITS);
    let exponent = exponent.ok_or_else(too_many_digits)?;
    let length = words(base).saturating_mul(exponent as usize + 1).min(MAX_WORDS);
    arena.work(length * length / PRODUCTS_OF_A_STEP)?;
    Big::value(&base.pow(exponent), source, arena)
}

fn floats(op: Binary, left: f64, right: f64) -> Result<f64, Error> {
    if right == 0.0 && matches!(op, Binary::FloorDiv | Binary::Mod) {
        return Err(render("ZeroDivisionError", "float modulo by zero"));
    }
    Ok(match op {
        Binary::Add => left + right,
        Binary::Sub => left - right,
        Binary::Mul => left * right,
        Binary::Div => left / right,
        Binary::FloorDiv => divmod(left, right).0,
        Binary::Mod => divmod(left, right).1,
        Binary::Pow if left == 0.0 && right < 0.0 => {
            return Err(render("ZeroDivisionError", "0.0 cannot be raised to a negative power"));
        }
        Binary::Pow if left < 0.0 && right.fract() != 0.0 => {
            return Err(unsupported_input("a complex number"));
        }
        Binary::Pow => match left.powf(right) {
            power if power.is_infinite() && left.is_finite() && right.is_finite() => {
                return Err(render("OverflowError", "(34, 'Numerical result out of range')"));
            }
            power => power,
        },
    })
}

/// Python's `//` and `%`: the rest has the divisor's sign.
fn divmod(left: f64, right: f64) -> (f64, f64) {
    let mut rest = left % right;
    let mut quotient = (left - rest) / right;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(right);
    } else if (rest < 0.0) != (right < 0.0) {
        rest += right;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(left / right), rest);
    }
    let whole = quotient.floor();
    (if quotient - whole > 0.5 { whole + 1.0 } else { whole }, rest)
}

/// `-value` or `+value` of a number.
pub(crate) fn signed<'a>(value: &Value<'a>, negative: bool, arena: &'a Arena) -> Result<Value<'a>, Error> {
    let source = value.source();
    match Number::of(value) {
        Some(Number::Int(number)) => Big::value(&if negative { -number } else { number }, source, arena),
        Some(Number::Float(number)) => Ok(Value::Float(if negative { -number } else { number }, source)),
        None => Err(type_error(format!("bad operand type for a unary sign: '{}'", value.type_name()))),
    }
}

/// Python's `repr` of a float: the shortest digits that read back as the same number.
pub(crate) fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A number's text as Python reads it: without whitespace around it, its digits those of ASCII.
fn plain_digits(text: &str) -> String {
    let digit = |c: char| match c {
        _ if c.is_ascii() => c,
        _ => decimal(c).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c),
    };
    text.trim_matches(crate::source::is_space).chars().map(digit).collect()
}

/// Python's `int(text)` in a base.
pub(crate) fn parse_integer(text: &str, base: u32) -> Result<BigInt, Error> {
    let fail = || value_error(format!("invalid literal for int() with base {base}"));
    if base == 1 || base > 36 {
        return Err(value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    let trimmed = plain_digits(text);
    let (negative, digits) = match trimmed.strip_prefix(['-', '+']) {
        Some(digits) => (trimmed.starts_with('-'), digits),
        None => (false, trimmed.as_str()),
    };
    let (radix, digits) = prefixed(digits, base);
    let grouped = digits.replace('_', "");
    let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    let octal = base == 0 && radix == 10 && grouped.starts_with('0') && grouped.chars().any(|c| c != '0');
    if misplaced || octal || grouped.is_empty() || !grouped.chars().all(|c| c.is_digit(radix)) {
        return Err(fail());
    }
    if grouped.len() as u64 > MAX_BITS {
        return Err(too_many_digits());
    }
    if !radix.is_power_of_two() && grouped.len() > MOST_DIGITS {
        return Err(value_error("exceeds the limit (4300 digits) for integer string conversion"));
    }
    let number = BigInt::parse_bytes(grouped.as_bytes(), radix).ok_or_else(fail)?;
    Ok(if negative { -number } else { number })
}

fn prefixed(digits: &str, base: u32) -> (u32, &str) {
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let found = match lower.as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => return (if base == 0 { 10 } else { base }, digits),
    };
    if base == 0 || base == found {
        let rest = &digits[2..];
        return (found, rest.strip_prefix('_').unwrap_or(rest));
    }
    (base, digits)
}

/// Python's `float(text)`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let trimmed = plain_digits(text);
    let lower = trimmed.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    let named = matches!(unsigned, "inf" | "infinity" | "nan");
    let bytes = trimmed.as_bytes();
    let misplaced = (0..bytes.len()).any(|at| {
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        bytes[at] == b'_' && !(at > 0 && is_digit(at - 1) && is_digit(at + 1))
    });
    let digits = trimmed.replace('_', "");
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
    if named || plain && !misplaced { digits.parse().ok() } else { None }
}

/// `number.name()`.
pub(crate) fn method<'a>(number: &Value<'a>, name: &str, arena: &'a Arena) -> Result<Value<'a>, Error> {
    let source = number.source();
    Ok(match (Number::of(number), name) {
        (_, "conjugate") => signed(number, false, arena)?,
        (Some(Number::Int(whole)), "bit_length") => {
            Value::Int(i64::try_from(whole.bits()).unwrap_or(i64::MAX), source)
        }
        (Some(Number::Int(whole)), _) => {
            let ones: u64 = whole.iter_u64_digits().map(|digit| u64::from(digit.count_ones())).sum();
            Value::Int(i64::try_from(ones).unwrap_or(i64::MAX), source)
        }
        (Some(Number::Float(float)), _) => Value::Bool(float.fract() == 0.0, source),
        (None, _) => return Err(type_error("not a number")),
    })
}
