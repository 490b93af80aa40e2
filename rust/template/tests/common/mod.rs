//! What the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
use chatloom_template::{Call, Clock, Conversation, Data, Error, Origin, Rendered, Settings, Template};
use serde_json::{Value, json};

/// JSON as a template's input.
pub fn data(value: &Value) -> Data {
    match value {
        Value::Null => Data::None,
        Value::Bool(truth) => Data::Bool(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Data::Int(number),
            None => Data::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => Data::List(items.iter().map(data).collect()),
        Value::Object(entries) => Data::dict(entries.iter().map(|(key, value)| (key.as_str(), data(value)))),
    }
}

/// Messages from a JSON list.
pub fn chat(messages: &Value) -> Conversation {
    let messages = messages.as_array().map(|messages| messages.iter().map(data).collect());
    Conversation { messages: messages.unwrap_or_default(), ..Conversation::default() }
}

/// One user message, `hi`.
pub fn hello() -> Conversation {
    chat(&json!([{"role": "user", "content": "hi"}]))
}

/// Special tokens and a clock that stands still.
pub fn settings() -> Settings {
    Settings {
        variables: vec![
            ("bos_token".to_owned(), Data::from("<s>")),
            ("eos_token".to_owned(), Data::from("</s>")),
        ],
        now: Some(Clock { year: 2025, month: 3, day: 9, hour: 14, minute: 5, second: 7, microsecond: 89 }),
        ..Settings::default()
    }
}

/// Renders a conversation, with paths of fields.
pub fn render(template: &str, conversation: &Conversation) -> Result<Rendered, Error> {
    Template::compile(template)?.render(conversation, &settings(), &Call { paths: true, ..Call::default() })
}

/// The text of a template that reads one user message.
pub fn text(template: &str) -> Result<String, Error> {
    render(template, &hello()).map(|rendered| rendered.text)
}

/// The segments as text, origin and turn: `'text' origin turn`, where the origin is `literal`, `variable` or
/// the message and path of the field.
pub fn segments(rendered: &Rendered) -> Vec<String> {
    rendered
        .segments
        .iter()
        .map(|segment| {
            let text = &rendered.text[segment.start..segment.end];
            let origin = match segment.origin {
                Origin::Literal => "literal".to_owned(),
                Origin::Variable => "variable".to_owned(),
                Origin::Data(field) => {
                    let field = &rendered.fields[field as usize];
                    let message = field.message.map_or_else(String::new, |message| format!("{message}."));
                    format!("{message}{}", field.path)
                }
            };
            let turn = segment.turn.map_or_else(|| "-".to_owned(), |turn| turn.to_string());
            let generation = if segment.generation { " generation" } else { "" };
            format!("'{text}' {origin} {turn}{generation}")
        })
        .collect()
}

/// Whether the segments partition the text, and neighbours differ.
pub fn partitions(rendered: &Rendered) -> bool {
    let ends = rendered.segments.iter().map(|segment| segment.end);
    let starts = rendered.segments.iter().map(|segment| segment.start);
    starts.chain([rendered.text.len()]).eq(std::iter::once(0).chain(ends))
        && rendered.segments.iter().all(|segment| segment.start < segment.end)
        && rendered.segments.windows(2).all(|pair| {
            (pair[0].origin, pair[0].turn, pair[0].generation)
                != (pair[1].origin, pair[1].turn, pair[1].generation)
        })
}
