//! The format specifications of `str.format`, such as `>8` or `,.2f`.
use num_bigint::BigInt;
use num_traits::Signed;

use crate::Error;
use crate::args::Context;
use crate::fail::{type_error, unsupported_input, value_error};
use crate::format::{MOST_DIGITS, exponential, general, with_point};
use crate::members::{byte_of, characters};
use crate::number::{Number, decimal_text, float_repr};
use crate::print;
use crate::text::{Source, Text, TextBuilder};
use crate::value::Value;

/// `format(value, spec)`.
pub(crate) fn formatted<'a>(value: &Value<'a>, spec: &str, cx: Context<'a>) -> Result<Text<'a>, Error> {
    if spec.is_empty() {
        return print::text(value, cx.arena);
    }
    match (value, Number::of(value)) {
        (Value::Str(text), _) => {
            let spec = Spec::parse(spec, '<')?;
            spec.pad(&spec.cut(text, cx)?, cx)
        }
        (_, Some(number)) => {
            let spec = Spec::parse(spec, '>')?;
            let digits = spec.number(&number, cx)?;
            spec.pad(&Text::from_source(cx.arena.str(&digits)?, value.source()), cx)
        }
        _ => Err(type_error(format!("unsupported format string passed to {}.__format__", value.type_name()))),
    }
}

struct Spec {
    fill: char,
    align: char,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(spec: &str, default_align: char) -> Result<Self, Error> {
        let mut rest = Rest(spec);
        let filled = spec.chars().nth(1).is_some_and(is_align);
        let fill = if filled { rest.take(|_| true) } else { None };
        let align = rest.take(is_align);
        let sign = rest.take(|c| matches!(c, ' ' | '+' | '-'));
        if rest.0.starts_with('z') {
            return Err(unsupported_input("`z` in a format specification"));
        }
        let alternate = rest.take(|c| c == '#').is_some();
        let zero = fill.is_none() && rest.take(|c| c == '0').is_some();
        let width = rest.digits()?.unwrap_or(0);
        let grouping = rest.take(|c| matches!(c, ',' | '_'));
        let precision = match rest.take(|c| c == '.') {
            Some(_) => Some(rest.digits()?.ok_or_else(|| value_error("format specifier missing precision"))?),
            None => None,
        };
        let kind = rest.take(|_| true);
        if !rest.0.is_empty() {
            return Err(value_error("invalid format specifier"));
        }
        let align = align.unwrap_or(if zero && default_align == '>' { '=' } else { default_align });
        let fill = fill.unwrap_or(if zero { '0' } else { ' ' });
        Ok(Self { fill, align, sign, alternate, width, grouping, precision, kind })
    }

    fn unknown(&self) -> Error {
        match self.kind {
            Some('n' | 'c') => unsupported_input("`n` or `c` in a format specification"),
            _ => value_error("unknown format code for an object of this type"),
        }
    }

    /// A text, no longer than the precision.
    fn cut<'a>(&self, text: &Text<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
        let has_sign = self.sign.is_some() || self.alternate || self.align == '=';
        if !matches!(self.kind, None | Some('s')) || has_sign || self.grouping.is_some() {
            return Err(value_error("the format specifier is not allowed for text"));
        }
        let text = text.with_markup(false);
        let Some(precision) = self.precision else { return Ok(text) };
        text.slice(0..byte_of(text.as_str(cx.arena)?, precision), cx.arena)
    }

    /// A number with sign and prefix, filled between them and the digits where that is asked for.
    fn number(&self, number: &Number, cx: Context<'_>) -> Result<String, Error> {
        if self.precision.unwrap_or(0).max(self.width) > MOST_DIGITS {
            return Err(Error::new(crate::Class::Budget, "BudgetExceeded", "a number is formatted too wide"));
        }
        cx.arena.charge(self.precision.unwrap_or(0).saturating_add(self.width))?;
        let (prefix, digits) = match (number, self.kind) {
            (Number::Int(whole), None | Some('d' | 'b' | 'o' | 'x' | 'X')) => self.integral(whole, cx)?,
            (_, None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => {
                ("", self.fractional(number.as_float()?)?)
            }
            _ => return Err(self.unknown()),
        };
        let (sign, digits) = match (digits.strip_prefix('-'), self.sign) {
            (Some(digits), _) => ("-", digits),
            (None, Some('+')) => ("+", digits.as_str()),
            (None, Some(' ')) => (" ", digits.as_str()),
            (None, _) => ("", digits.as_str()),
        };
        Ok(format!("{sign}{prefix}{}", self.filled(digits, sign.len() + prefix.len())))
    }

    /// The digits with separators, filled up to the width where the filling stands behind the sign.
    fn filled(&self, digits: &str, before: usize) -> String {
        let whole = digits.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(digits.len());
        let whole = if self.is_digital() {
            whole
        } else {
            digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(whole)
        };
        let (whole, rest) = digits.split_at(whole);
        let inside = if self.align == '=' { self.width } else { 0 };
        let least = inside.saturating_sub(before + rest.len());
        let zeros = if self.fill == '0' && !whole.is_empty() { least } else { 0 };
        let whole = self.grouped(whole, zeros);
        let missing = inside.saturating_sub(before + whole.len() + rest.len());
        format!("{}{whole}{rest}", self.fill.to_string().repeat(missing))
    }

    /// Whether letters are digits too.
    fn is_digital(&self) -> bool {
        matches!(self.kind, Some('b' | 'o' | 'x' | 'X'))
    }

    /// Digits with separators, with zeros before them up to a length.
    fn grouped(&self, digits: &str, least: usize) -> String {
        let Some(separator) = self.grouping.filter(|_| !digits.is_empty()) else {
            return format!("{digits:0>least$}");
        };
        let size = if self.is_digital() { 4 } else { 3 };
        let mut reversed = String::new();
        let mut taken = 0;
        let mut rest = digits.chars().rev();
        loop {
            let next = rest.next();
            if next.is_none() && reversed.len() >= least {
                break;
            }
            if taken > 0 && taken % size == 0 {
                reversed.push(separator);
            }
            reversed.push(next.unwrap_or('0'));
            taken += 1;
        }
        reversed.chars().rev().collect()
    }

    fn integral(&self, number: &BigInt, cx: Context<'_>) -> Result<(&'static str, String), Error> {
        if self.precision.is_some() {
            return Err(value_error("precision not allowed in integer format specifier"));
        }
        if self.grouping == Some(',') && self.is_digital() {
            return Err(value_error("cannot specify ',' with this format code"));
        }
        let (radix, prefix) = match self.kind {
            Some('b') => (2, "0b"),
            Some('o') => (8, "0o"),
            Some('x') => (16, "0x"),
            Some('X') => (16, "0X"),
            _ => (10, ""),
        };
        let digits = match radix {
            10 => decimal_text(&number.abs(), cx.arena)?,
            _ => number.magnitude().to_str_radix(radix),
        };
        let digits = if self.kind == Some('X') { digits.to_uppercase() } else { digits };
        let sign = if number.is_negative() { "-" } else { "" };
        Ok((if self.alternate { prefix } else { "" }, format!("{sign}{digits}")))
    }

    fn fractional(&self, number: f64) -> Result<String, Error> {
        let percent = self.kind == Some('%');
        let number = if percent { number * 100.0 } else { number };
        let precision = self.precision.unwrap_or(6);
        let mut text = match self.kind {
            _ if !number.is_finite() => float_repr(number),
            None if self.alternate => return Err(unsupported_input("`#` for a number without a type")),
            None => match self.precision {
                None => float_repr(number),
                Some(precision) => short(number, precision.max(1)),
            },
            Some('e' | 'E') => exponential(number, precision),
            Some('g' | 'G') => general(number, precision.max(1), self.alternate),
            _ => format!("{number:.precision$}"),
        };
        if self.alternate && number.is_finite() {
            text = with_point(text);
        }
        if percent {
            text.push('%');
        }
        let capital = self.kind.is_some_and(|kind| kind.is_ascii_uppercase());
        Ok(if capital { text.to_ascii_uppercase() } else { text })
    }

    fn pad<'a>(&self, text: &Text<'a>, cx: Context<'a>) -> Result<Text<'a>, Error> {
        let missing = self.width.saturating_sub(characters(text.as_str(cx.arena)?));
        cx.arena.charge(missing.saturating_mul(self.fill.len_utf8()))?;
        let before = match self.align {
            '<' => 0,
            '^' => missing / 2,
            _ => missing,
        };
        let filling = |count: usize| self.fill.to_string().repeat(count);
        let mut builder = TextBuilder::new(cx.arena);
        builder.push_str(&filling(before), Source::LITERAL)?;
        builder.push_text(text)?;
        builder.push_str(&filling(missing - before), Source::LITERAL)?;
        builder.finish()
    }
}

/// A number of so many digits, with at least one of them behind the point.
fn short(number: f64, precision: usize) -> String {
    let power = exponential(number, precision - 1);
    let power: i64 = power.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or_default();
    if power < -4 || i64::try_from(precision).is_ok_and(|most| power + 1 >= most) {
        return scientific(number, precision);
    }
    let text = general(number, precision, false);
    if text.contains('.') { text } else { text + ".0" }
}

fn scientific(number: f64, precision: usize) -> String {
    let text = exponential(number, precision - 1);
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => {
            format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

fn is_align(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '^')
}

/// What is left of a specification.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Takes the next character, if it is one of those.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.0.chars().next().filter(|c| wanted(*c))?;
        self.0 = &self.0[next.len_utf8()..];
        Some(next)
    }

    fn digits(&mut self) -> Result<Option<usize>, Error> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| value_error("too many decimal digits in format string"))
    }
}
