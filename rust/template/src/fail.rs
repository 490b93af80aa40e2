//! The exceptions that templates meet, as the reference raises them.
use crate::hint::{Clue, did_you_mean};
use crate::members::STR_METHODS;
use crate::text::Text;
use crate::value::{Reason, Undefined, Value};
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
    let error = |message| render("UndefinedError", message);
    let why = match why {
        Undefined::OfText(name) => return no_attribute_of_text(name),
        Undefined::Because(why) => why,
    };
    match why {
        Reason::Name(name) => {
            error(format!("'{name}' is undefined")).clue(Clue::Variable((*name).to_owned()))
        }
        Reason::Member(of, key) => no_member(of, key),
        Reason::Unsafe(of, name) => {
            render("SecurityError", format!("access to attribute '{name}' of '{of}' object is unsafe."))
        }
        Reason::Words(why) => error((*why).to_owned()),
    }
}

fn no_attribute_of_text(name: &str) -> Error {
    let error = render("UndefinedError", format!("'str object' has no attribute '{name}'"));
    error.hints(did_you_mean(name, STR_METHODS))
}

fn no_member(of: &Value<'_>, key: &Value<'_>) -> Error {
    let object = object(of.type_name());
    let error = |message| render("UndefinedError", message);
    match key {
        Value::Str(key) => {
            let key = shown(key);
            let error = error(format!("'{object}' has no attribute '{key}'"));
            match (Clue::of_member(of, &key), of) {
                (Some(clue), _) => error.clue(clue),
                (None, Value::Str(_)) => error.hints(did_you_mean(&key, STR_METHODS)),
                (None, _) => error,
            }
        }
        Value::Int(index, _) => error(format!("{object} has no element {index}")),
        key => error(format!("{object} has no element of type {}", key.type_name())),
    }
}

/// Text for a message: what the row wrote stays out of it, and of much text the end.
pub(crate) fn shown(text: &Text<'_>) -> String {
    const MOST: usize = 1000;
    let mut shown = String::new();
    text.with_pieces(|pieces| {
        for piece in pieces {
            let part = if piece.source.is_data() { "…" } else { piece.text };
            if shown.len() + part.len() > MOST {
                shown.push('…');
                break;
            }
            shown.push_str(part);
        }
    });
    shown
}

fn object(type_name: &str) -> String {
    if type_name == "NoneType" { "None".to_owned() } else { format!("{type_name} object") }
}
