//! What part of a message a field is, told from its path.
use chatloom_template::{Conversation, Field, Rendered};

/// A part of a message that the labels know by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Role,
    Reasoning,
    /// Of a tool call, all but its arguments.
    Call,
    Arguments,
    Other,
}

/// The parts that the fields of a render are, in their order. The paths have to be there.
pub(crate) fn parts(conversation: &Conversation, rendered: &Rendered) -> Vec<Part> {
    rendered.fields.iter().map(|field| part(conversation, field)).collect()
}

fn part(conversation: &Conversation, field: &Field) -> Part {
    let Some(message) = field.message else { return Part::Other };
    let place = conversation.places.get(message as usize);
    let prefix = place.map_or("", |place| place.path.as_str());
    let path = field.path.strip_prefix(prefix).unwrap_or(&field.path);
    let (own, rest) = step(path);
    let renamed = place.and_then(|place| place.names.iter().find(|name| name.name == own));
    match renamed.map_or(own, |name| name.key) {
        "role" => Part::Role,
        "reasoning_content" | "reasoning" | "thinking" => Part::Reasoning,
        "content" if matches!(step(rest).0, "reasoning" | "thinking") => Part::Reasoning,
        "tool_calls" | "function_call" => call(rest),
        _ => Part::Other,
    }
}

fn call(path: &str) -> Part {
    match step(path) {
        ("function", rest) if step(rest).0 == "arguments" => Part::Arguments,
        ("arguments", _) => Part::Arguments,
        _ => Part::Call,
    }
}

/// The first key of a path, indexes passed over, and what follows it.
fn step(path: &str) -> (&str, &str) {
    let mut path = path;
    while let Some((_, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) {
        path = rest;
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    path.split_at(path.find(['.', '[']).unwrap_or(path.len()))
}

#[cfg(test)]
mod tests {
    use super::{Part, part};
    use chatloom_template::{Conversation, Field, Name, Place};
    use std::borrow::Cow;

    fn of(path: &str, place: Option<Place>) -> Part {
        let conversation = Conversation { places: place.into_iter().collect(), ..Conversation::default() };
        part(&conversation, &Field { message: Some(0), path: path.to_owned() })
    }

    #[test]
    fn the_usual_names() {
        let expected = [
            ("role", Part::Role),
            ("content", Part::Other),
            ("content[0].text", Part::Other),
            ("content[0].thinking", Part::Reasoning),
            ("reasoning_content", Part::Reasoning),
            ("thinking", Part::Reasoning),
            ("tool_calls", Part::Call),
            ("tool_calls[0].function.name", Part::Call),
            ("tool_calls[12].function.arguments", Part::Arguments),
            ("tool_calls[1].function.arguments.reasoning[0]", Part::Arguments),
            ("tool_calls[1].arguments.a b", Part::Arguments),
            ("function_call.arguments", Part::Arguments),
            ("function_call.name", Part::Call),
        ];
        for (path, part) in expected {
            assert_eq!(of(path, None), part, "{path}");
        }
    }

    #[test]
    fn names_and_places_of_the_row() {
        let name = |key, name| Name { key, start: 0, name: Cow::Borrowed(name) };
        let names = vec![name("role", "from"), name("tool_calls", "value")];
        let place = Place { path: "thinking[3]".into(), names };
        assert_eq!(of("thinking[3].from", Some(place.clone())), Part::Role);
        assert_eq!(of("thinking[3].value[0].function.arguments.x", Some(place.clone())), Part::Arguments);
        assert_eq!(of("thinking[3].reasoning", Some(place)), Part::Reasoning);
        let column = Place { path: String::new(), names: vec![name("content", "output")] };
        assert_eq!(of("output", Some(column)), Part::Other);
    }

    #[test]
    fn what_belongs_to_no_message_is_something_else() {
        let field = Field { message: None, path: "tools[0].function.arguments".into() };
        assert_eq!(part(&Conversation::default(), &field), Part::Other);
    }
}
