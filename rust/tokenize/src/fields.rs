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
    match key(conversation, field) {
        Some(("role", _)) => Part::Role,
        Some((REASONING, _)) => Part::Reasoning,
        Some(("tool_calls" | "function_call", rest)) => call(rest),
        _ => Part::Other,
    }
}

/// The key of a message's field, as templates name it, and the path from there on; all reasoning has one key.
pub(crate) fn key<'a>(conversation: &'a Conversation, field: &'a Field) -> Option<(&'a str, &'a str)> {
    let place = conversation.places.get(field.message? as usize);
    let prefix = place.map_or("", |place| place.path.as_str());
    let path = field.path.strip_prefix(prefix).unwrap_or(&field.path);
    let (own, rest) = step(path);
    let renamed = place.and_then(|place| place.names.iter().find(|name| name.name == own));
    let key = renamed.map_or(own, |name| name.key);
    let is_reasoning = is_reasoning(key) || key == "content" && is_reasoning(step(rest).0);
    Some(if is_reasoning { (REASONING, rest) } else { (key, rest) })
}

/// The name of reasoning that most templates read.
pub(crate) const REASONING: &str = "reasoning_content";

/// Whether a field holds an assistant's reasoning, or what a part of its content does.
pub(crate) fn is_reasoning(key: &str) -> bool {
    matches!(key, REASONING | "reasoning" | "thinking")
}

fn call(path: &str) -> Part {
    match step(path) {
        ("function", rest) if step(rest).0 == "arguments" => Part::Arguments,
        ("arguments", _) => Part::Arguments,
        _ => Part::Call,
    }
}

/// The first key of a path, indexes passed over, and what follows it.
pub(crate) fn step(path: &str) -> (&str, &str) {
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
