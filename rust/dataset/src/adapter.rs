//! From a row to a conversation.
use crate::json;
use chatloom_template::{Conversation, Data};
use std::fmt;

/// A known shape of rows: which keys tell it, and how to read it.
struct Adapter {
    keys: &'static [&'static str],
    convert: fn(Row) -> Result<Conversation, RowShapeError>,
}

const ADAPTERS: &[Adapter] = &[Adapter { keys: &["messages"], convert: messages }];

/// What `apply_chat_template` takes as parameters of its own, so that no template variable may be named so.
const PARAMETERS: &[&str] = &[
    "add_generation_prompt",
    "chat_template",
    "continue_final_message",
    "conversation",
    "documents",
    "max_length",
    "messages",
    "padding",
    "return_assistant_tokens_mask",
    "return_dict",
    "return_tensors",
    "tokenize",
    "tokenizer_kwargs",
    "tools",
    "truncation",
];

/// Why a row is no conversation: which part of it, what was expected, what was found. Holds keys and types,
/// never contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowShapeError {
    part: String,
    expected: String,
    found: String,
}

impl RowShapeError {
    fn new(part: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { part: part.into(), expected: expected.into(), found: found.into() }
    }
}

impl fmt::Display for RowShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.part, self.expected, self.found)
    }
}

impl std::error::Error for RowShapeError {}

/// Reads a row in the form of Hugging Face and `OpenAI`.
///
/// `messages` is a list of objects that have a `role`. `tools` and `documents` may be lists of objects, `tools`
/// also such a list as JSON text; `chat_template_kwargs` may hold template variables of this row. `null` is as
/// good as absent. Other keys of the row are ignored; messages keep all of theirs.
///
/// # Errors
/// A row of another shape, by the part that is wrong.
///
/// # Example: a row with tools as text
/// ```
/// use chatloom_dataset::{json, row_to_conversation};
/// let row = json::parse(br#"{"messages": [{"role": "user", "content": "hi"}], "tools": "[]", "id": 7}"#)?;
/// let conversation = row_to_conversation(row)?;
/// assert_eq!(conversation.messages.len(), 1);
/// assert!(conversation.tools.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn row_to_conversation(row: Data) -> Result<Conversation, RowShapeError> {
    let Data::Dict(entries) = row else {
        return Err(RowShapeError::new("row", "an object", type_name(&row)));
    };
    let row = Row(entries);
    match ADAPTERS.iter().find(|adapter| adapter.keys.iter().all(|key| row.has(key))) {
        Some(adapter) => (adapter.convert)(row),
        None => Err(RowShapeError::new("row", "the key `messages`", row.keys())),
    }
}

fn messages(mut row: Row) -> Result<Conversation, RowShapeError> {
    let messages = match row.take("messages") {
        Some(Data::List(messages)) if !messages.is_empty() => messages,
        Some(Data::List(_)) => return Err(RowShapeError::new("`messages`", "a message", "an empty list")),
        other => return Err(RowShapeError::new("`messages`", "a list of messages", type_of(other.as_ref()))),
    };
    for (index, message) in messages.iter().enumerate() {
        check_message(index, message)?;
    }
    Ok(Conversation {
        messages,
        tools: tools(row.take("tools"))?,
        documents: objects("`documents`", row.take("documents"))?,
        variables: variables(row.take("chat_template_kwargs"))?,
    })
}

fn check_message(index: usize, message: &Data) -> Result<(), RowShapeError> {
    let part = || format!("`messages[{index}]`");
    match message {
        Data::Dict(_) if matches!(message.get("role"), Some(Data::Str(_))) => Ok(()),
        Data::Dict(entries) if message.get("role").is_none() => {
            Err(RowShapeError::new(part(), "an object with the key `role`", key_list(entries)))
        }
        Data::Dict(_) => {
            Err(RowShapeError::new(part(), "a `role` that is text", type_of(message.get("role"))))
        }
        other => Err(RowShapeError::new(part(), "an object", type_name(other))),
    }
}

fn tools(tools: Option<Data>) -> Result<Option<Data>, RowShapeError> {
    let Some(Data::Str(text)) = tools else { return objects("`tools`", tools) };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parsed = json::parse(text.as_bytes()).map_err(|error| {
        RowShapeError::new("`tools`", "a list of objects, or JSON text of one", format!("text with {error}"))
    })?;
    objects("`tools`", Some(parsed))
}

fn objects(part: &str, value: Option<Data>) -> Result<Option<Data>, RowShapeError> {
    match value {
        None | Some(Data::None) => Ok(None),
        Some(Data::List(items)) => match items.iter().position(|item| !matches!(item, Data::Dict(_))) {
            None => Ok(Some(Data::List(items))),
            Some(index) => {
                let part = format!("{}[{index}]`", part.trim_end_matches('`'));
                Err(RowShapeError::new(part, "an object", type_name(&items[index])))
            }
        },
        Some(other) => Err(RowShapeError::new(part, "a list of objects", type_name(&other))),
    }
}

fn variables(value: Option<Data>) -> Result<Vec<(String, Data)>, RowShapeError> {
    let part = "`chat_template_kwargs`";
    let entries = match value {
        None | Some(Data::None) => return Ok(Vec::new()),
        Some(Data::Dict(entries)) => entries,
        Some(other) => return Err(RowShapeError::new(part, "an object", type_name(&other))),
    };
    let named = entries.into_iter().map(|(name, value)| match name {
        Data::Str(name) if PARAMETERS.contains(&name.as_str()) => {
            Err(RowShapeError::new(part, "template variables", format!("the reserved name `{name}`")))
        }
        Data::Str(name) => Ok((name, value)),
        other => Err(RowShapeError::new(part, "names that are text", type_name(&other))),
    });
    named.collect()
}

/// The entries of a row; a part is taken out of it, not copied.
struct Row(Vec<(Data, Data)>);

impl Row {
    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(known, _)| known.as_str() == Some(key))
    }

    fn take(&mut self, key: &str) -> Option<Data> {
        let place = self.0.iter().position(|(known, _)| known.as_str() == Some(key))?;
        Some(self.0.swap_remove(place).1)
    }

    fn keys(&self) -> String {
        key_list(&self.0)
    }
}

fn key_list(entries: &[(Data, Data)]) -> String {
    const SHOWN: usize = 12;
    if entries.is_empty() {
        return "no keys".to_owned();
    }
    let keys: Vec<String> = entries.iter().take(SHOWN).map(|(key, _)| shown(key)).collect();
    let more = if entries.len() > SHOWN { ", …" } else { "" };
    format!("the keys {}{more}", keys.join(", "))
}

/// A key that is longer than any name may be content.
fn shown(key: &Data) -> String {
    match key.as_str() {
        Some(name) if name.len() <= 64 => format!("`{}`", name.escape_debug()),
        Some(_) => "a very long key".to_owned(),
        None => type_name(key).to_owned(),
    }
}

fn type_of(value: Option<&Data>) -> &'static str {
    value.map_or("nothing", type_name)
}

fn type_name(value: &Data) -> &'static str {
    match value {
        Data::None => "null",
        Data::Bool(_) => "a boolean",
        Data::Int(_) | Data::BigInt(_) | Data::Float(_) => "a number",
        Data::Str(_) => "text",
        Data::List(_) | Data::Tuple(_) => "a list",
        Data::Dict(_) => "an object",
    }
}
