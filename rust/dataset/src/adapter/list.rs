//! Rows that have their messages in a list of objects.
use super::speaker;
use super::{Chat, columns};
use crate::Reading;
use crate::row::{Row, RowShapeError, key_list, quoted, type_name, type_of};
use chatloom_template::{Data, Name, Place};
use std::borrow::Cow;

pub(super) fn messages(row: &mut Row, reading: &Reading) -> Result<Chat, RowShapeError> {
    list(row, &reading.key("messages"), &Keys::of(reading, ["role", "content"]))
}

/// Items have `from` and `value`, or else `role` and `content`.
pub(super) fn sharegpt(row: &mut Row, reading: &Reading) -> Result<Chat, RowShapeError> {
    let own = Keys::of(reading, ["role", "content"]);
    let keys = if own.renamed { own } else { Keys::of(reading, ["from", "value"]) };
    let mut chat = list(row, &reading.key("conversations"), &keys)?;
    let opens = chat.messages.first().and_then(|first| first.get("role")).and_then(Data::as_str);
    if opens != Some("system") {
        let mut with_system = columns::system(row, reading)?;
        with_system.messages.append(&mut chat.messages);
        with_system.places.append(&mut chat.places);
        chat = with_system;
    }
    Ok(chat)
}

/// Under which keys an item has its role and its content.
pub(super) struct Keys {
    role: Cow<'static, str>,
    content: Cow<'static, str>,
    renamed: bool,
}

impl Keys {
    fn of(reading: &Reading, [role, content]: [&'static str; 2]) -> Self {
        let key =
            |ours, usual| if reading.is_mapped(ours) { reading.key(ours) } else { Cow::Borrowed(usual) };
        let (role, content) = (key("role", role), key("content", content));
        let renamed = role != "role" || content != "content";
        Self { role, content, renamed }
    }

    /// Those of the form of Hugging Face.
    pub(super) const USUAL: Self =
        Self { role: Cow::Borrowed("role"), content: Cow::Borrowed("content"), renamed: false };
}

fn list(row: &mut Row, list: &str, keys: &Keys) -> Result<Chat, RowShapeError> {
    match row.take(list) {
        Some(Data::List(items)) if items.is_empty() => Err(RowShapeError::empty(list)),
        Some(Data::List(items)) => items_of(items, list, keys),
        other => Err(RowShapeError::new(quoted(list), "a list of messages", type_of(other.as_ref()))),
    }
}

/// The messages of a list; those under `messages` need no word of where they are.
pub(super) fn items_of(items: Vec<Data>, list: &str, keys: &Keys) -> Result<Chat, RowShapeError> {
    let mut chat = Chat::default();
    let elsewhere = keys.renamed || list != "messages";
    for (index, item) in items.into_iter().enumerate() {
        let part = || format!("{list}[{index}]");
        let renamed = keys.renamed && (item.get(&keys.role).is_some() || item.get("role").is_none());
        let (message, names) = if renamed { rename(item, keys, part)? } else { (item, Vec::new()) };
        check(&message, keys, renamed, part)?;
        chat.messages.push(message);
        if elsewhere {
            chat.places.push(Place { path: part(), names });
        }
    }
    Ok(chat)
}

/// A message under the usual keys, made of an item that has other ones, and the names they have there.
fn rename(item: Data, keys: &Keys, part: impl Fn() -> String) -> Result<(Data, Vec<Name>), RowShapeError> {
    let Data::Dict(mut entries) = item else {
        return Err(RowShapeError::new(quoted(&part()), "an object", type_name(&item)));
    };
    let Some(speaker) = find(&entries, &keys.role) else {
        let expected = format!("an object with the key `{}`", keys.role);
        return Err(RowShapeError::new(quoted(&part()), expected, key_list(&entries)));
    };
    let speaker = speaker::of(speaker, || format!("{}.{}", part(), keys.role))?;
    let mut names =
        vec![rename_key(&mut entries, keys.role.clone(), "role", |_| Ok(Data::from(speaker.role)))?];
    if find(&entries, &keys.content).is_some() {
        let part = || format!("{}.{}", part(), keys.content);
        names.push(if speaker.calls {
            let calls = |text| speaker::calls(&text, part);
            let name = rename_key(&mut entries, keys.content.clone(), "tool_calls", calls)?;
            // Many templates read the content whether or not there are calls.
            if find(&entries, "content").is_none() {
                entries.push((Data::from("content"), Data::from("")));
            }
            name
        } else {
            rename_key(&mut entries, keys.content.clone(), "content", Ok)?
        });
    } else if find(&entries, "tool_calls").is_none() {
        let expected = format!("an object with the key `{}`", keys.content);
        return Err(RowShapeError::new(quoted(&part()), expected, type_of(None)));
    }
    Ok((Data::Dict(entries), names))
}

fn find<'a>(entries: &'a [(Data, Data)], key: &str) -> Option<&'a Data> {
    entries.iter().find(|(known, _)| known.as_str() == Some(key)).map(|(_, value)| value)
}

/// Gives an entry our name, which no other entry keeps, and a new value made of its own.
fn rename_key(
    entries: &mut Vec<(Data, Data)>,
    own: Cow<'static, str>,
    ours: &'static str,
    value: impl FnOnce(Data) -> Result<Data, RowShapeError>,
) -> Result<Name, RowShapeError> {
    if own != ours {
        entries.retain(|(key, _)| key.as_str() != Some(ours));
    }
    if let Some(entry) = entries.iter_mut().find(|(key, _)| key.as_str() == Some(&own)) {
        *entry = (Data::from(ours), value(std::mem::replace(&mut entry.1, Data::None))?);
    }
    Ok(Name { key: ours, start: 0, name: own })
}

fn check(message: &Data, keys: &Keys, renamed: bool, part: impl Fn() -> String) -> Result<(), RowShapeError> {
    let Data::Dict(entries) = message else {
        return Err(RowShapeError::new(quoted(&part()), "an object", type_name(message)));
    };
    match message.get("role") {
        Some(Data::Str(_)) => {}
        None => {
            return Err(RowShapeError::new(
                quoted(&part()),
                "an object with the key `role`",
                key_list(entries),
            ));
        }
        other => return Err(RowShapeError::new(quoted(&part()), "a `role` that is text", type_of(other))),
    }
    match message.get("content") {
        Some(content @ (Data::Bool(_) | Data::Int(_) | Data::BigInt(_) | Data::Float(_))) => {
            let own = if renamed { &*keys.content } else { "content" };
            let part = format!("`{}.{own}`", part());
            Err(RowShapeError::new(part, "text, or a list of parts", type_name(content)))
        }
        _ => Ok(()),
    }
}
