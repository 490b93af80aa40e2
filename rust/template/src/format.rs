//! `%` formatting, on text that keeps its sources.
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed};

use crate::Error;
use crate::args::Context;
use crate::cutter::Cutter;
use crate::fail::{render, type_error, undefined, unsupported_input, value_error};
use crate::members::characters;
use crate::number::{Number, as_count, decimal_text};
use crate::print;
use crate::text::{Source, Text, TextBuilder};
use crate::value::Value;

/// `text % values`.
pub(crate) fn percent<'a>(text: &Text<'a>, values: &Value<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
    let whole = text.as_str(cx.arena)?;
    cx.arena.scan(whole.len())?;
    let mut filler = Filler { values, next: 0, by_name: false, markup: text.markup, cx };
    let mut builder = TextBuilder::new(cx.arena);
    let mut cutter = Cutter::new(text, cx.arena);
    let mut at = 0;
    while let Some(length) = whole[at..].find('%') {
        builder.push_text(&cutter.slice(at..at + length)?)?;
        at += length + 1;
        let spec = Spec::parse(&whole[at..], &mut filler)?;
        at += spec.length;
        filler.fill(&spec, &mut builder)?;
    }
    builder.push_text(&cutter.slice(at..whole.len())?)?;
    filler.finish()?;
    let joined = builder.finish()?;
    Ok(cx.join(&[joined])?.with_markup(text.markup))
}

/// One `%…` directive.
struct Spec<'t> {
    key: Option<&'t str>,
    left: bool,
    zero: bool,
    plus: bool,
    alternate: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
    length: usize,
}

impl<'t> Spec<'t> {
    fn parse(text: &'t str, filler: &mut Filler<'_, '_>) -> Result<Self, Error> {
        let mut rest = text;
        let mut key = None;
        if let Some(after) = rest.strip_prefix('(') {
            let end = after.find(')').ok_or_else(|| value_error("incomplete format key"))?;
            key = Some(&after[..end]);
            rest = &after[end + 1..];
        }
        let flags = rest.find(|c| !"-+ #0".contains(c)).unwrap_or(rest.len());
        let (flags, after) = rest.split_at(flags);
        rest = after;
        let width = number(&mut rest, filler)?.unwrap_or(0);
        let precision = match rest.strip_prefix('.') {
            Some(after) => {
                rest = after;
                Some(number(&mut rest, filler)?.unwrap_or(0))
            }
            None => None,
        };
        rest = rest.trim_start_matches(['h', 'l', 'L']);
        let conversion = rest.chars().next().ok_or_else(|| value_error("incomplete format"))?;
        let length = text.len() - rest.len() + conversion.len_utf8();
        let has = |flag: char| flags.contains(flag);
        let (left, zero, plus, space, alternate) = (has('-'), has('0'), has('+'), has(' '), has('#'));
        Ok(Self { key, left, zero, plus, alternate, space, width, precision, conversion, length })
    }
}

/// A width or precision: digits, or `*` for the next value.
fn number(rest: &mut &str, filler: &mut Filler<'_, '_>) -> Result<Option<usize>, Error> {
    if let Some(after) = rest.strip_prefix('*') {
        *rest = after;
        let value = filler.take()?;
        let width = as_count(&value, "* wants int")?;
        return Ok(Some(usize::try_from(width).unwrap_or(0)));
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, after) = rest.split_at(digits);
    *rest = after;
    if number.is_empty() {
        return Ok(None);
    }
    number.parse().map(Some).map_err(|_| value_error("width too big"))
}

/// The values of a `%`, one after the other or by name.
struct Filler<'v, 'a> {
    values: &'v Value<'a>,
    next: usize,
    by_name: bool,
    markup: bool,
    cx: Context<'a>,
}

impl<'a> Filler<'_, 'a> {
    fn take(&mut self) -> Result<Value<'a>, Error> {
        let value = match self.values {
            Value::Tuple(list) => list.items.get(self.next).copied(),
            single => (self.next == 0).then_some(*single),
        };
        self.next += 1;
        value.ok_or_else(|| type_error("not enough arguments for format string"))
    }

    fn value(&mut self, key: Option<&str>) -> Result<Value<'a>, Error> {
        let Some(key) = key else { return self.take() };
        self.by_name = true;
        let dict = match self.values {
            Value::Dict(dict) => dict,
            Value::Undefined(why) => return Err(undefined(why)),
            _ => return Err(type_error("format requires a mapping")),
        };
        dict.get(key).copied().ok_or_else(|| render("KeyError", format!("'{key}'")))
    }

    /// Fails where values are left over.
    fn finish(&self) -> Result<(), Error> {
        let left = match self.values {
            Value::Tuple(list) => self.next < list.items.len(),
            Value::Dict(_) | Value::List(_) | Value::Undefined(_) | Value::Range(_) => false,
            _ => self.next == 0,
        };
        if left && !self.by_name {
            return Err(type_error("not all arguments converted during string formatting"));
        }
        Ok(())
    }

    fn fill(&mut self, spec: &Spec<'_>, builder: &mut TextBuilder<'a>) -> Result<(), Error> {
        if spec.conversion == '%' {
            return builder.push_str("%", Source::LITERAL);
        }
        let value = self.value(spec.key)?;
        let text = match spec.conversion {
            's' => self.printed(&value, spec)?,
            'r' => {
                let mut inner = TextBuilder::new(self.cx.arena);
                print::repr(&value, &mut inner, 0)?;
                let text = inner.finish()?;
                self.cut(if self.markup { crate::strings::escape(&text, self.cx)? } else { text }, spec)?
            }
            'c' => self.character(&value)?,
            _ => {
                let digits = numeric(&value, spec, self.cx)?;
                Text::from_source(self.cx.arena.str(&digits)?, value.source())
            }
        };
        padded(&text, spec, builder, self.cx)
    }

    fn character(&self, value: &Value<'a>) -> Result<Text<'a>, Error> {
        let wrong = || type_error("%c requires int or char");
        match value {
            Value::Str(text) if characters(text.as_str(self.cx.arena)?) == 1 && !self.markup => Ok(*text),
            Value::Int(code, source) if !self.markup => {
                let c = u32::try_from(*code).ok().filter(|code| *code < 0x11_0000);
                let c = c.ok_or_else(|| render("OverflowError", "%c arg not in range(0x110000)"))?;
                let c = char::from_u32(c).ok_or_else(|| unsupported_input("a lone surrogate"))?;
                Ok(Text::from_source(self.cx.arena.str(c.encode_utf8(&mut [0; 4]))?, *source))
            }
            Value::Bool(..) => Err(unsupported_input("`%c` of a truth value")),
            _ => Err(wrong()),
        }
    }

    fn printed(&self, value: &Value<'a>, spec: &Spec<'_>) -> Result<Text<'a>, Error> {
        let mut text = print::text(value, self.cx.arena)?;
        if self.markup {
            text = crate::strings::escape(&text, self.cx)?;
        }
        self.cut(text, spec)
    }

    fn cut(&self, text: Text<'a>, spec: &Spec<'_>) -> Result<Text<'a>, Error> {
        let Some(precision) = spec.precision else { return Ok(text) };
        let whole = text.as_str(self.cx.arena)?;
        text.slice(0..crate::members::byte_of(whole, precision), self.cx.arena)
    }
}

fn padded<'a>(
    text: &Text<'a>,
    spec: &Spec<'_>,
    builder: &mut TextBuilder<'a>,
    cx: Context<'a>,
) -> Result<(), Error> {
    let missing = spec.width.saturating_sub(characters(text.as_str(cx.arena)?));
    cx.arena.charge(missing)?;
    let filler = " ".repeat(missing);
    if !spec.left {
        builder.push_str(&filler, Source::LITERAL)?;
    }
    builder.push_text(text)?;
    if spec.left {
        builder.push_str(&filler, Source::LITERAL)?;
    }
    Ok(())
}

/// Rust formats no wider.
pub(crate) const MOST_DIGITS: usize = u16::MAX as usize;

fn numeric<'a>(value: &Value<'a>, spec: &Spec<'_>, cx: Context<'a>) -> Result<String, Error> {
    crate::number::weigh(value, cx.arena)?;
    let conversion = spec.conversion;
    if !"diuxXofFeEgG".contains(conversion) {
        if conversion == 'a' {
            return Err(unsupported_input("`%a` formatting"));
        }
        return Err(value_error(format!("unsupported format character '{conversion}'")));
    }
    let number = match (Number::of(value), value) {
        (Some(number), _) => number,
        (None, Value::Undefined(why)) if !"xXo".contains(conversion) => return Err(undefined(why)),
        (None, Value::Str(text)) if "fFeEgG".contains(conversion) && text.markup => {
            return Err(unsupported_input("a number in markup"));
        }
        (None, _) => {
            let found = value.type_name();
            return Err(type_error(format!("%{conversion} format: a real number is required, not {found}")));
        }
    };
    if spec.precision.unwrap_or(0).max(spec.width) > MOST_DIGITS {
        return Err(Error::new(crate::Class::Budget, "BudgetExceeded", "a number is formatted too wide"));
    }
    cx.arena.charge(spec.precision.unwrap_or(0).saturating_add(spec.width))?;
    let digits = match conversion {
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => integral(number, spec, cx)?,
        _ => fractional(number.as_float()?, spec),
    };
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits.to_owned()),
        None if spec.plus => ("+", digits),
        None if spec.space => (" ", digits),
        None => ("", digits),
    };
    let prefix = match conversion {
        'x' if spec.alternate => "0x",
        'X' if spec.alternate => "0X",
        'o' if spec.alternate => "0o",
        _ => "",
    };
    let width =
        if spec.zero && !spec.left { spec.width.saturating_sub(sign.len() + prefix.len()) } else { 0 };
    Ok(format!("{sign}{prefix}{digits:0>width$}"))
}

fn integral(number: Number, spec: &Spec<'_>, cx: Context<'_>) -> Result<String, Error> {
    let radix = match spec.conversion {
        'x' | 'X' => 16,
        'o' => 8,
        _ => 10,
    };
    let whole = match number {
        Number::Int(number) => number,
        Number::Float(number) if radix == 10 => match BigInt::from_f64(number.trunc()) {
            Some(whole) => whole,
            None if number.is_nan() => return Err(value_error("cannot convert float NaN to integer")),
            None => return Err(render("OverflowError", "cannot convert float infinity to integer")),
        },
        Number::Float(_) => {
            let conversion = spec.conversion;
            return Err(type_error(format!("%{conversion} format: an integer is required, not float")));
        }
    };
    let digits = if radix == 10 {
        decimal_text(&whole.abs(), cx.arena)?
    } else {
        whole.magnitude().to_str_radix(radix)
    };
    let digits = if spec.conversion == 'X' { digits.to_uppercase() } else { digits };
    let least = spec.precision.unwrap_or(0);
    Ok(format!("{}{digits:0>least$}", if whole.is_negative() { "-" } else { "" }))
}

fn fractional(number: f64, spec: &Spec<'_>) -> String {
    let precision = spec.precision.unwrap_or(6);
    let text = if number.is_finite() {
        match spec.conversion {
            'e' | 'E' => exponential(number, precision),
            'g' | 'G' => general(number, precision.max(1), spec.alternate),
            _ => format!("{number:.precision$}"),
        }
    } else {
        crate::number::float_repr(number)
    };
    let text = if spec.alternate && number.is_finite() { with_point(text) } else { text };
    if spec.conversion.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text }
}

pub(crate) fn with_point(text: String) -> String {
    match text.split_once('e') {
        _ if text.contains('.') => text,
        Some((digits, exponent)) => format!("{digits}.e{exponent}"),
        None => text + ".",
    }
}

pub(crate) fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `%g`: plain where the exponent is small, without trailing zeros.
pub(crate) fn general(number: f64, precision: usize, keep_zeros: bool) -> String {
    let text = exponential(number, precision - 1);
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let without_zeros = |digits: &str| {
        let all = digits.contains('.') && !keep_zeros;
        if all { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }.to_owned()
    };
    let power: i64 = exponent.parse().unwrap_or_default();
    let significant = i64::try_from(precision).unwrap_or(i64::MAX);
    if (-4..significant).contains(&power) {
        let decimals = usize::try_from(significant - 1 - power).unwrap_or(0);
        return without_zeros(&format!("{number:.decimals$}"));
    }
    format!("{}e{exponent}", without_zeros(digits))
}
