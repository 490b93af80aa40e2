//! Rows that have texts, each of which is a message.
use super::Chat;
use super::list::{Keys, items_of};
use crate::Reading;
use crate::row::{Row, RowShapeError, quoted, type_name, type_of};
use crate::shape::Shape;
use chatloom_template::{CompactString, Data, Name, Place};
use std::borrow::Cow;

/// What stands between an instruction and its input where they are one message.
const BETWEEN: &str = "\n\n";

/// `user` and `assistant`, with or without `system`.
pub(super) fn columns(row: &mut Row, reading: &Reading) -> Result<Chat, RowShapeError> {
    let mut chat = system(row, reading)?;
    chat.column("user", row, reading.key("user"))?;
    chat.column("assistant", row, reading.key("assistant"))?;
    Ok(chat)
}

/// `instruction`, with or without `input` or `context`, and `output` or `answer`.
pub(super) fn alpaca(row: &mut Row, shape: Shape, reading: &Reading) -> Result<Chat, RowShapeError> {
    let mut chat = system(row, reading)?;
    let key = reading.key("instruction");
    let instruction = row.text(&key)?;
    match input(row, reading)? {
        None => chat.say("user", instruction, key),
        Some((input, own)) if reading.input_apart() => {
            let pairs = [("role", "user".into()), ("content", instruction), ("input", input)];
            let message = Data::dict(pairs.map(|(key, text)| (key, Data::Str(text))));
            chat.push(message, place([name("content", 0, key), name("input", 0, own)]));
        }
        Some((input, own)) => {
            let ends = [instruction.len(), instruction.len() + BETWEEN.len()];
            let names =
                [name("content", 0, key), name("content", ends[0], ""), name("content", ends[1], own)];
            chat.push(message("user", [&instruction, BETWEEN, &input].concat().into()), place(names));
        }
    }
    let output = shape.keys.last().copied().unwrap_or("output");
    chat.column("assistant", row, reading.key(output))?;
    Ok(chat)
}

/// The input of an instruction and its key, unless it is absent or empty.
fn input(
    row: &mut Row,
    reading: &Reading,
) -> Result<Option<(CompactString, Cow<'static, str>)>, RowShapeError> {
    let [input, context] = ["input", "context"].map(|key| reading.key(key));
    match (row.optional_text(&input)?, row.optional_text(&context)?) {
        (Some(_), Some(_)) => {
            let part = format!("`{input}`, `{context}`");
            Err(RowShapeError::new(part, "one input of the instruction", "two"))
        }
        (text, None) => Ok(text.map(|text| (text, input))),
        (None, text) => Ok(text.map(|text| (text, context))),
    }
}

/// `prompt` and `completion`, each text or a list of messages; the completion alone carries loss.
pub(super) fn prompt_completion(row: &mut Row, reading: &Reading) -> Result<Chat, RowShapeError> {
    let mut chat = spoken("user", row, reading.key("prompt"))?;
    let mut completion = spoken("assistant", row, reading.key("completion"))?;
    chat.trained = vec![false; chat.messages.len()];
    chat.places.resize(chat.messages.len(), Place::default());
    chat.messages.append(&mut completion.messages);
    chat.places.append(&mut completion.places);
    Ok(chat)
}

fn spoken(role: &str, row: &mut Row, key: Cow<'static, str>) -> Result<Chat, RowShapeError> {
    match row.take(&key) {
        Some(Data::Str(text)) => {
            let mut chat = Chat::default();
            chat.say(role, text, key);
            Ok(chat)
        }
        Some(Data::List(items)) if items.is_empty() => Err(RowShapeError::empty(&key)),
        Some(Data::List(items)) => items_of(items, &key, &Keys::USUAL),
        other => Err(RowShapeError::new(quoted(&key), "text or a list of messages", type_of(other.as_ref()))),
    }
}

/// `data`, a list of texts of user and assistant in turns.
pub(super) fn ultrachat(row: &mut Row, reading: &Reading) -> Result<Chat, RowShapeError> {
    let key = reading.key("data");
    let texts = match row.take(&key) {
        Some(Data::List(texts)) if texts.is_empty() => return Err(RowShapeError::empty(&key)),
        Some(Data::List(texts)) => texts,
        other => return Err(RowShapeError::new(quoted(&key), "a list of texts", type_of(other.as_ref()))),
    };
    let mut chat = system(row, reading)?;
    for (index, text) in texts.into_iter().enumerate() {
        let part = format!("{key}[{index}]");
        let Data::Str(text) = text else {
            return Err(RowShapeError::new(quoted(&part), "text", type_name(&text)));
        };
        chat.say(["user", "assistant"][index % 2], text, part);
    }
    Ok(chat)
}

/// The column `system` as a message, unless it is absent or empty.
pub(super) fn system(row: &mut Row, reading: &Reading) -> Result<Chat, RowShapeError> {
    let mut chat = Chat::default();
    let key = reading.key("system");
    if let Some(text) = row.optional_text(&key)? {
        chat.say("system", text, key);
    }
    Ok(chat)
}

impl Chat {
    fn column(&mut self, role: &str, row: &mut Row, key: Cow<'static, str>) -> Result<(), RowShapeError> {
        let text = row.text(&key)?;
        self.say(role, text, key);
        Ok(())
    }

    fn say(&mut self, role: &str, text: CompactString, own: impl Into<Cow<'static, str>>) {
        self.push(message(role, text), place([name("content", 0, own)]));
    }
}

fn message(role: &str, content: CompactString) -> Data {
    Data::dict([("role", Data::from(role)), ("content", Data::Str(content))])
}

fn name(key: &'static str, start: usize, own: impl Into<Cow<'static, str>>) -> Name {
    Name { key, start, name: own.into() }
}

fn place<const N: usize>(names: [Name; N]) -> Place {
    Place { path: String::new(), names: names.into() }
}
