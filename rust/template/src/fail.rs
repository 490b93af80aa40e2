//! The exceptions that templates meet, as the reference raises them.
use crate::text::Text;
use crate::value::{Undefined, Value};
use crate::{Class, Error};

pub(crate) fn render(kind: &'static str, message: impl Into<String>) -> Error {
    Error::new(Class::Render, kind, message)
}

pub(crate) fn type_error(message: impl Into<String>) -> Error {
    render("TypeError", message)
}

pub(crate) fn value_error(message: impl Into<String>) -> Error {
    render("ValueError", message)
}

/// A call that the reference would answer, but this engine will not guess at.
pub(crate) fn unsupported_input(message: impl Into<String>) -> Error {
    Error::new(Class::Input, "UnsupportedInputError", message)
}

/// Using an undefined value.
pub(crate) fn undefined(why: &Undefined<'_>) -> Error {
    match why {
        Undefined::Name(name) => render("UndefinedError", format!("'{name}' is undefined")),
        Undefined::Member(of, Value::Str(key)) => {
            render("UndefinedError", format!("'{}' has no attribute '{}'", object(of), shown(key)))
        }
        Undefined::Member(of, Value::Int(index, _)) => {
            render("UndefinedError", format!("{} has no element {index}", object(of)))
        }
        Undefined::Member(of, key) => {
            render("UndefinedError", format!("{} has no element of type {}", object(of), key.type_name()))
        }
        Undefined::Unsafe(of, name) => {
            render("SecurityError", format!("access to attribute '{name}' of '{of}' object is unsafe."))
        }
        Undefined::Because(why) => render("UndefinedError", *why),
    }
}

/// Text for a message: what the row wrote stays out of it.
pub(crate) fn shown(text: &Text<'_>) -> String {
    text.with_pieces(|pieces| {
        pieces.iter().map(|piece| if piece.source.is_data() { "…" } else { piece.text }).collect()
    })
}

fn object(type_name: &str) -> String {
    if type_name == "NoneType" { "None".to_owned() } else { format!("{type_name} object") }
}
