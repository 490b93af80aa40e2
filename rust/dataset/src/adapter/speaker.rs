//! Who speaks in chats that don't name roles.
use crate::json;
use crate::row::{Flaw, RowShapeError, quoted, shown, type_name};
use chatloom_template::Data;

/// What a speaker says goes under this role.
#[derive(Clone, Copy)]
pub(super) struct Speaker {
    pub(super) role: &'static str,
    /// Whether it is a call of a tool.
    pub(super) calls: bool,
}

const SPEAKERS: &[(&str, &[&str])] = &[
    ("system", &["system"]),
    ("developer", &["developer"]),
    ("user", &["human", "user"]),
    ("assistant", &["gpt", "assistant", "chatgpt", "bing", "bard", "model", "function_call"]),
    ("tool", &["tool", "observation", "function_response", "function"]),
];

/// The speaker of that name.
pub(super) fn of(name: &Data, part: impl Fn() -> String) -> Result<Speaker, RowShapeError> {
    let Data::Str(own) = name else {
        return Err(RowShapeError::new(quoted(&part()), "a speaker's name", type_name(name)));
    };
    let known = SPEAKERS.iter().find(|(_, names)| names.contains(&own.as_str()));
    match known {
        Some((role, _)) => Ok(Speaker { role, calls: own == "function_call" }),
        None => {
            let names: Vec<&str> = SPEAKERS.iter().flat_map(|(_, names)| *names).copied().collect();
            let expected = format!("one of the speakers {}", names.join(", "));
            Err(RowShapeError::new(quoted(&part()), expected, shown(name)).with(Flaw::Speaker))
        }
    }
}

/// The calls that a text holds as JSON: an object with `name` and `arguments`, or a list of such.
pub(super) fn calls(text: &Data, part: impl Fn() -> String) -> Result<Data, RowShapeError> {
    let refused = |found: String| {
        let expected = "JSON text of a call with `name` and `arguments`, or of a list of calls";
        RowShapeError::new(quoted(&part()), expected, found)
    };
    let parsed = match text.as_str() {
        Some(text) => json::parse(text.as_bytes()).map_err(|error| refused(format!("text with {error}")))?,
        None => text.clone(),
    };
    let calls = if let Data::List(calls) = parsed { calls } else { vec![parsed] };
    let is_call = |call: &Data| {
        call.get("name").is_some_and(|name| name.as_str().is_some()) && call.get("arguments").is_some()
    };
    match calls.iter().find(|call| !is_call(call)) {
        Some(other) => Err(refused(format!("JSON of {} that is none", type_name(other)))),
        None => Ok(Data::List(calls.into_iter().map(tool_call).collect())),
    }
}

fn tool_call(function: Data) -> Data {
    Data::dict([("type", Data::from("function")), ("function", function)])
}
