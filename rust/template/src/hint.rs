//! Advice for errors: what was there instead, by names that may be told.
use crate::fail::shown;
use crate::input::is_known_role;
use crate::text::Text;
use crate::value::{Dict, Value};

/// Keys of messages, tools and documents that everybody knows. Any other key is told only where the template
/// itself mentions it, since the row may keep its secrets in keys too.
const KNOWN_KEYS: [&str; 31] = [
    "arguments",
    "audio",
    "content",
    "description",
    "documents",
    "file",
    "function",
    "id",
    "image",
    "image_url",
    "input",
    "message",
    "messages",
    "name",
    "output",
    "parameters",
    "properties",
    "reasoning",
    "reasoning_content",
    "required",
    "role",
    "text",
    "thinking",
    "title",
    "tool_call_id",
    "tool_calls",
    "tools",
    "type",
    "url",
    "value",
    "video",
];

/// Roles that are told at most.
const MOST_ROLES: usize = 12;
/// Names that are told at most.
const MOST_NAMES: usize = 16;

/// What was looked for and what there was, of which not all may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clue {
    /// No variable has this name.
    Variable(String),
    /// A mapping or namespace has no such member.
    Member(Member),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    asked: String,
    /// Such as `the message has the keys`.
    has: &'static str,
    names: Vec<String>,
}

impl Clue {
    /// What a value has instead of a member.
    pub(crate) fn of_member(object: &Value<'_>, asked: &str) -> Option<Self> {
        let (has, names) = match object {
            Value::Dict(dict) if dict.is_from_row_as_message() => ("the message has the keys", keys(dict)),
            Value::Dict(dict) => ("the mapping has the keys", keys(dict)),
            Value::Namespace(namespace) => ("the namespace has the attributes", namespace.names()),
            _ => return None,
        };
        Some(Self::Member(Member { asked: asked.to_owned(), has, names }))
    }
}

impl Member {
    /// The advice, with the names that the template knows or everybody.
    pub(crate) fn hint(&self, is_known: impl Fn(&str) -> bool) -> String {
        let told: Vec<_> = self.names.iter().map(String::as_str).filter(|name| is_known(name)).collect();
        let listed = &told[..told.len().min(MOST_NAMES)];
        let mut parts = listed.join(", ");
        match self.names.len() - listed.len() {
            0 if listed.is_empty() => parts.push_str("none"),
            0 => {}
            more if listed.is_empty() => parts = format!("{more} that the template does not name"),
            more => parts.push_str(&format!(", and {more} more")),
        }
        with_nearest(&self.asked, &told, &format!("{}: {parts}", self.has))
    }
}

/// Whether everybody knows a key.
pub(crate) fn is_known_key(key: &str) -> bool {
    KNOWN_KEYS.contains(&key)
}

/// What to say of a variable that there isn't, but of others.
pub(crate) fn of_variable(asked: &str, names: &[&str]) -> String {
    with_nearest(asked, names, &format!("the variables are: {}", names.join(", ")))
}

fn with_nearest(asked: &str, names: &[&str], there: &str) -> String {
    match did_you_mean(asked, names.iter().copied()) {
        Some(question) => format!("{question} {there}"),
        None => there.to_owned(),
    }
}

fn keys(dict: &Dict<'_>) -> Vec<String> {
    let name = |key: &Value<'_>| match key {
        Value::Str(text) => plain(text),
        _ => String::new(),
    };
    dict.entries.iter().map(|(key, _)| name(key)).collect()
}

fn plain(text: &Text<'_>) -> String {
    text.with_pieces(|pieces| pieces.iter().map(|piece| piece.text).collect())
}

/// A question for somebody who wrote `asked` and most probably meant one of the names.
pub(crate) fn did_you_mean<'n>(asked: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let most = asked.chars().count().div_ceil(3);
    let others = names.into_iter().filter(|name| *name != asked);
    let near = others.map(|name| (strsim::osa_distance(asked, name), name));
    let nearest = near.filter(|(distance, _)| *distance <= most).min();
    nearest.map(|(_, name)| format!("did you mean `{name}`?"))
}

/// Who the messages are from, for a template that refuses them for that; around message `at` in a long chat.
pub(crate) fn roles(messages: &[Value<'_>], at: Option<u32>) -> String {
    let at = at.map_or(0, |at| at as usize);
    let first = (at + 2).saturating_sub(MOST_ROLES).min(messages.len().saturating_sub(MOST_ROLES));
    let last = (first + MOST_ROLES).min(messages.len());
    let lead = if first > 0 { "…, " } else { "" };
    let tail = if last < messages.len() { ", …" } else { "" };
    let told: Vec<String> = messages[first..last].iter().map(role).collect();
    let from = if first > 0 { format!(" from messages[{first}] on") } else { String::new() };
    format!("the roles are{from}: {lead}{}{tail}", told.join(", "))
}

fn role(message: &Value<'_>) -> String {
    let Value::Dict(dict) = message else { return "no message".to_owned() };
    match dict.get("role") {
        Some(Value::Str(text)) if !text.source().is_data() => shown(text),
        Some(_) => "another".to_owned(),
        None => "none".to_owned(),
    }
}

/// Whether a template that says this speaks of roles.
pub(crate) fn is_about_roles(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let mut words = message.split(|c: char| !c.is_ascii_alphabetic());
    words.any(|word| matches!(word, "role" | "roles" | "alternate") || is_known_role(word))
}

/// The type of a message's content, if it is no text: many templates can't do with anything else.
pub(crate) fn content_type(message: &Value<'_>) -> Option<&'static str> {
    let Value::Dict(dict) = message else { return None };
    match dict.get("content") {
        Some(Value::Str(_)) | None => None,
        Some(content) => Some(content.type_name()),
    }
}
