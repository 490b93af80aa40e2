//! Jinja's tests.
use crate::Error;
use crate::args::{Args, Context};
use crate::ast::Comparison;
use crate::compare::compare;
use crate::fail::unsupported_input;
use crate::filters::Filter;
use crate::number::Number;
use crate::objects::Object;
use crate::operators::binary;
use crate::print;
use crate::text::Source;
use crate::value::Value;

macro_rules! tests {
    ($($variant:ident $($name:literal)+;)*) => {
        /// The tests that this engine knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Test { $($variant),* }

        impl Test {
            pub(crate) const NAMES: &[&str] = &[$($($name),+),*];

            pub(crate) fn named(name: &str) -> Option<Self> {
                Some(match name { $($($name)|+ => Self::$variant,)* _ => return None })
            }

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => [$($name),+][0],)* }
            }
        }
    };
}

tests! {
    Boolean "boolean";
    Callable "callable";
    Defined "defined";
    DivisibleBy "divisibleby";
    Eq "eq" "equalto" "==";
    Escaped "escaped";
    Even "even";
    False "false";
    KnownFilter "filter";
    Float "float";
    Ge "ge" ">=";
    Gt "gt" "greaterthan" ">";
    In "in";
    Integer "integer";
    Iterable "iterable";
    Le "le" "<=";
    Lower "lower";
    Lt "lt" "lessthan" "<";
    Mapping "mapping";
    Ne "ne" "!=";
    None "none";
    Number "number";
    Odd "odd";
    SameAs "sameas";
    Sequence "sequence";
    String "string";
    Known "test";
    True "true";
    Undefined "undefined";
    Upper "upper";
}

impl Test {
    /// Whether Jinja has a test of this name that this engine lacks.
    pub(crate) fn is_jinjas(_: &str) -> bool {
        false
    }

    fn comparison(self) -> Option<Comparison> {
        Some(match self {
            Self::Eq => Comparison::Eq,
            Self::Ne => Comparison::Ne,
            Self::Lt => Comparison::Lt,
            Self::Le => Comparison::Le,
            Self::Gt => Comparison::Gt,
            Self::Ge => Comparison::Ge,
            Self::In => Comparison::In,
            _ => return None,
        })
    }
}

/// `value is test(args)`.
pub(crate) fn apply<'a>(
    test: Test,
    value: &Value<'a>,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<bool, Error> {
    if let Some(comparison) = test.comparison() {
        let [other] = args.bind("test", ["other"], 1)?;
        let other = other.unwrap_or(Value::Missing);
        return compare(comparison, value, &other, cx.arena);
    }
    match test {
        Test::DivisibleBy => {
            let [number] = args.bind("divisibleby", ["num"], 1)?;
            remainder_is(value, &number.unwrap_or(Value::Missing), 0, cx)
        }
        Test::SameAs => {
            let [other] = args.bind("sameas", ["other"], 1)?;
            same(value, &other.unwrap_or(Value::Missing))
        }
        _ => {
            args.bind("test", [], 0)?;
            plain(test, value, cx)
        }
    }
}

fn plain<'a>(test: Test, value: &Value<'a>, cx: Context<'a>) -> Result<bool, Error> {
    Ok(match test {
        Test::Boolean => matches!(value, Value::Bool(..)),
        Test::Callable => {
            matches!(
                value,
                Value::Macro(_) | Value::Method(_) | Value::Global(_) | Value::Undefined(_) | Value::Loop(_)
            ) || matches!(value, Value::Object(object) if object.is_callable())
        }
        Test::Defined => !matches!(value, Value::Undefined(_)),
        Test::Escaped => matches!(value, Value::Str(text) if text.markup),
        Test::Even => remainder_is(value, &Value::Int(2, Source::LITERAL), 0, cx)?,
        Test::Odd => remainder_is(value, &Value::Int(2, Source::LITERAL), 1, cx)?,
        Test::False => matches!(value, Value::Bool(false, _)),
        Test::True => matches!(value, Value::Bool(true, _)),
        Test::Float => matches!(value, Value::Float(..)),
        Test::Integer => matches!(value, Value::Int(..) | Value::Big(_)),
        Test::Iterable => is_iterable(value),
        Test::Lower => all_are(value, "islower", cx)?,
        Test::Upper => all_are(value, "isupper", cx)?,
        Test::Mapping => matches!(value, Value::Dict(_)),
        Test::None => matches!(value, Value::None(_)),
        Test::Number => Number::of(value).is_some(),
        Test::Sequence => {
            use Value::{Dict, List, Range, Str, Tuple, Undefined};
            matches!(value, Str(_) | List(_) | Tuple(_) | Dict(_) | Range(_) | Undefined(_))
        }
        Test::String => matches!(value, Value::Str(_)),
        Test::Undefined => matches!(value, Value::Undefined(_)),
        Test::KnownFilter => {
            named(value, cx, |name| Filter::named(name).is_some() || Filter::is_jinjas(name))?
        }
        Test::Known => named(value, cx, |name| Test::named(name).is_some())?,
        _ => return Err(unsupported_input("a test that needs arguments")),
    })
}

/// Whether `str.islower` or its kin hold for what a value prints.
fn all_are<'a>(value: &Value<'a>, class: &str, cx: Context<'a>) -> Result<bool, Error> {
    let text = print::text(value, cx.arena)?.as_str(cx.arena)?;
    cx.arena.work(text.len())?;
    Ok(crate::letters::is(text, class) == Some(true))
}

fn named<'a>(value: &Value<'a>, cx: Context<'a>, known: impl FnOnce(&str) -> bool) -> Result<bool, Error> {
    match value {
        Value::Str(name) => Ok(known(name.as_str(cx.arena)?)),
        _ => crate::compare::hashable(value, cx.arena).map(|()| false),
    }
}

pub(crate) fn is_iterable(value: &Value<'_>) -> bool {
    use Value::{Dict, Generator, List, Loop, Range, Str, Tuple, Undefined, View};
    matches!(
        value,
        Str(_) | List(_) | Tuple(_) | Dict(_) | View(..) | Range(_) | Generator(_) | Loop(_) | Undefined(_)
    ) || matches!(value, Value::Object(Object::Template(..)))
}

fn remainder_is<'a>(
    value: &Value<'a>,
    divisor: &Value<'a>,
    wanted: i64,
    cx: Context<'a>,
) -> Result<bool, Error> {
    let rest = binary(crate::ast::Binary::Mod, value, divisor, cx)?;
    crate::compare::equal(&rest, &Value::Int(wanted, Source::LITERAL), cx.arena)
}

/// Identity, for the values of which Python keeps only one.
fn same(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Error> {
    use crate::value::Undefined::Because;
    match (left, right) {
        (Value::None(_), Value::None(_)) => Ok(true),
        (Value::Bool(left, _), Value::Bool(right, _)) => Ok(left == right),
        (Value::None(_) | Value::Bool(..), _) | (_, Value::None(_) | Value::Bool(..)) => Ok(false),
        (Value::Undefined(Because(left)), Value::Undefined(Because(right))) => {
            Ok(std::ptr::addr_eq(*left, *right))
        }
        (Value::Tuple(left), Value::Tuple(right)) if std::ptr::addr_eq(*left, *right) => Ok(true),
        (Value::Dict(left), Value::Dict(right)) => Ok(std::ptr::addr_eq(*left, *right)),
        (Value::List(left), Value::List(right)) => Ok(std::ptr::addr_eq(*left, *right)),
        _ if left.type_name() != right.type_name() => Ok(false),
        _ => Err(unsupported_input("`sameas` of values that Python may or may not share")),
    }
}
