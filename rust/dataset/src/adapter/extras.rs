//! What a row may have beside its messages.
use crate::Reading;
use crate::row::{Row, RowShapeError, quoted, type_name};
use chatloom_template::Data;

/// What `apply_chat_template` takes as parameters of its own, and what it gives to every template: no template
/// variable may be named so.
pub const RESERVED_NAMES: &[&str] = &[
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
    "sanitize_control_tokens",
    "tokenize",
    "tokenizer_kwargs",
    "tools",
    "truncation",
];

pub(super) fn tools(row: &mut Row, reading: &Reading) -> Result<Option<Data>, RowShapeError> {
    let key = reading.key("tools");
    let text = match row.take(&key) {
        Some(Data::Str(text)) => text,
        other => return objects(&key, other),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parsed = reading.parse(text.as_bytes()).map_err(|error| {
        let expected = "a list of objects, or JSON text of one";
        RowShapeError::new(quoted(&key), expected, format!("text with {error}"))
    })?;
    objects(&key, Some(parsed))
}

pub(super) fn documents(row: &mut Row, reading: &Reading) -> Result<Option<Data>, RowShapeError> {
    let key = reading.key("documents");
    objects(&key, row.take(&key))
}

fn objects(key: &str, value: Option<Data>) -> Result<Option<Data>, RowShapeError> {
    match value {
        None | Some(Data::None) => Ok(None),
        Some(Data::List(items)) => match items.iter().position(|item| !matches!(item, Data::Dict(_))) {
            None => Ok(Some(Data::List(items))),
            Some(index) => {
                let part = format!("`{key}[{index}]`");
                Err(RowShapeError::new(part, "an object", type_name(&items[index])))
            }
        },
        Some(other) => Err(RowShapeError::new(quoted(key), "a list of objects", type_name(&other))),
    }
}

pub(super) fn variables(row: &mut Row, reading: &Reading) -> Result<Vec<(String, Data)>, RowShapeError> {
    let key = reading.key("chat_template_kwargs");
    let refused = |expected, found: String| RowShapeError::new(quoted(&key), expected, found);
    let entries = match row.take(&key) {
        None | Some(Data::None) => return Ok(Vec::new()),
        Some(Data::Dict(entries)) => entries,
        Some(other) => return Err(refused("an object", type_name(&other).to_owned())),
    };
    let named = entries.into_iter().map(|(name, value)| match name {
        Data::Str(name) if RESERVED_NAMES.contains(&name.as_str()) => {
            Err(refused("template variables", format!("the reserved name `{name}`")))
        }
        Data::Str(name) => Ok((name.into(), value)),
        other => Err(refused("names that are text", type_name(&other).to_owned())),
    });
    named.collect()
}
