//! What the fuzz targets share.
use chatloom_template::{
    Call, Class, Conversation, Data, Limits, Position, Rendered, Settings, Template,
};
use serde_json::Value;

/// Limits that are soon reached.
pub const SMALL: Limits =
    Limits { steps: 100_000, steps_per_byte: 100, memory: 1 << 20, memory_per_byte: 16, depth: 50 };

/// One user message, `hi`.
pub fn hello() -> Conversation {
    let message = Data::dict([("role", Data::from("user")), ("content", Data::from("hi"))]);
    Conversation { messages: vec![message], ..Conversation::default() }
}

/// A conversation from JSON: its messages, or a mapping of them and other variables.
pub fn conversation(row: &str) -> Option<Conversation> {
    match data(&serde_json::from_str(row).ok()?) {
        Data::List(messages) => Some(Conversation { messages, ..Conversation::default() }),
        Data::Dict(entries) => {
            let mut row = Conversation::default();
            for (name, value) in entries {
                match (name.as_str()?, value) {
                    ("messages", Data::List(messages)) => row.messages = messages,
                    ("tools", tools) => row.tools = Some(tools),
                    ("documents", documents) => row.documents = Some(documents),
                    (name, value) => row.variables.push((name.to_owned(), value)),
                }
            }
            Some(row)
        }
        _ => None,
    }
}

fn data(value: &Value) -> Data {
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

/// What a render gives, or how and where it fails.
pub fn outcome(
    template: &Template,
    conversation: &Conversation,
    settings: &Settings,
    call: &Call,
) -> Result<Rendered, (Class, &'static str, Option<Position>)> {
    let rendered = template.render(conversation, settings, call);
    rendered.map_err(|error| (error.class(), error.kind(), error.position()))
}

/// Renders; panics where a promise is broken.
pub fn check(template: &Template, conversation: &Conversation, settings: &Settings, call: &Call) {
    let before: Vec<usize> = (0..=conversation.messages.len()).collect();
    let rendered = template.render(conversation, settings, call);
    if let Ok(usage) = template.usage(conversation, settings, call) {
        assert!(usage.steps <= settings.limits.steps_for(usage.size));
        assert!(usage.memory <= settings.limits.memory_for(usage.size));
    }
    let Ok(rendered) = rendered else { return };
    let mut end = 0;
    for segment in &rendered.segments {
        assert!(segment.start == end && segment.end > end, "a gap or nothing in the segments");
        assert!(rendered.text.is_char_boundary(segment.end), "a segment ends in a character");
        end = segment.end;
    }
    assert_eq!(end, rendered.text.len(), "the segments end elsewhere than the text");
    match template.render_with_tails(conversation, settings, call, &before) {
        Ok((again, tails)) => {
            assert_eq!(again, rendered, "the second render is another");
            assert_eq!(tails.len(), before.len());
        }
        Err(error) => assert_eq!(error.class(), Class::Budget, "{error}"),
    }
}
