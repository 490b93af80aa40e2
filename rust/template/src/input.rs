//! A conversation → values, after what transformers does to messages before it renders.
use std::collections::HashSet;

use crate::arena::Arena;
use crate::compare::contains;
use crate::fail::{render, type_error, value_error};
use crate::fetch::fetch_ahead;
use crate::text::{Source, Text};
use crate::value::{Big, Dict, List, Value};
use crate::{Call, Compat, Conversation, Data, Error, Name, Place, Settings};

/// Whether every template may be taken to know a role.
pub(crate) fn is_known_role(role: &str) -> bool {
    matches!(
        role,
        "system"
            | "developer"
            | "user"
            | "assistant"
            | "model"
            | "tool"
            | "function"
            | "ipython"
            | "observation"
    )
}

/// Names of a message's reasoning; the first is the one that templates read.
pub(crate) const REASONING_FIELDS: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];

/// What transformers appends to a message that shall stay open, and later looks for.
pub(crate) const CONTINUE_TAG: &str = "CONTINUE_FINAL_MESSAGE_TAG ";

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 200;

/// A field of the row, as a step from the field around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldNode<'a> {
    parent: Option<u32>,
    step: Step<'a>,
    pub(crate) message: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// One of the messages, which paths leave out.
    Message,
    Key(&'a str),
    Index(usize),
}

/// The row as values.
#[derive(Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) messages: &'a [Value<'a>],
    pub(crate) messages_source: Source,
    /// All other variables, later ones winning.
    pub(crate) variables: &'a [(&'a str, Value<'a>)],
    pub(crate) fields: Vec<FieldNode<'a>>,
    /// How much text the row holds.
    pub(crate) bytes: usize,
    /// The size of the row, by which the limits grow.
    pub(crate) size: usize,
}

impl Inputs<'_> {
    /// The path of a field in the user's own names.
    pub(crate) fn path(&self, field: u32) -> String {
        let node = &self.fields[field as usize];
        let mut path = node.parent.map(|parent| self.path(parent)).unwrap_or_default();
        match node.step {
            Step::Message => {}
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
        }
        path
    }
}

/// Converts a row; `compared` are the strings that the template compares with, `source` its text.
pub(crate) fn convert<'a>(
    conversation: &'a Conversation,
    settings: &'a Settings,
    call: &'a Call,
    template: (&'a str, &'a HashSet<String>),
    arena: &'a Arena,
) -> Result<Inputs<'a>, Error> {
    let compat = settings.compat;
    if conversation.messages.is_empty() {
        return Err(empty(compat));
    }
    fetch_ahead(conversation);
    let fields = Vec::with_capacity(FIELDS_OF_A_MESSAGE * (conversation.messages.len() + 1));
    let mut converter = Converter { arena, compared: template.1, compat, fields, bytes: 0 };
    let messages_field = converter.field(None, Step::Key("messages"), None);
    let open = open_fields(conversation, call, template.0, compat)?;
    let mut messages = arena.growable(conversation.messages.len())?;
    for (index, message) in conversation.messages.iter().enumerate() {
        let is_last = index + 1 == conversation.messages.len();
        let open: &[&str] = if is_last { &open } else { &[] };
        messages.push(converter.message(index, message, conversation.places.get(index), open)?);
    }
    let variables = converter.variables(conversation, settings)?;
    let size = converter.bytes + BYTES_OF_A_VALUE * converter.fields.len();
    arena.limit(&settings.limits, size);
    Ok(Inputs {
        messages: messages.into_bump_slice(),
        messages_source: Source::field(messages_field),
        variables,
        fields: converter.fields,
        bytes: converter.bytes,
        size,
    })
}

fn empty(compat: Compat) -> Error {
    let message = "the conversation is empty, expected at least one message";
    match compat {
        Compat::Transformers5 => value_error(message),
        Compat::Transformers457 => render("IndexError", message),
    }
}

/// What a value of the row counts beside its text.
const BYTES_OF_A_VALUE: usize = 64;

/// The fields of a plain message, itself included, as a guess that saves growing.
const FIELDS_OF_A_MESSAGE: usize = 3;

/// The fields of the last message that shall stay open.
fn open_fields<'a>(
    conversation: &'a Conversation,
    call: &'a Call,
    template: &str,
    compat: Compat,
) -> Result<Vec<&'a str>, Error> {
    let Some(field) = call.open_field(compat) else { return Ok(Vec::new()) };
    if call.add_generation_prompt {
        return Err(value_error("continue_final_message and add_generation_prompt are not compatible"));
    }
    let last = conversation.messages.last().map(|last| preprocessed(last, compat)).unwrap_or_default();
    let get = |name: &str| last.iter().find(|(key, _, _)| *key == name).map(|(_, value, _)| *value);
    let Some(content) = get(field) else {
        let message = format!("the final message has no \"{field}\" to continue");
        let kind = if compat == Compat::Transformers5 { "ValueError" } else { "KeyError" };
        return Err(render(kind, message));
    };
    if compat == Compat::Transformers457 {
        return Ok(vec![field]);
    }
    let fields: Vec<&str> = if REASONING_FIELDS.contains(&field) {
        REASONING_FIELDS.into_iter().filter(|name| get(name) == Some(content)).collect()
    } else {
        vec![field]
    };
    if fields.iter().any(|name| template.contains(name)) {
        return Ok(fields);
    }
    Err(value_error(format!("continue_final_message is \"{field}\", which the template does not mention")))
}

/// A message's entries as transformers hands them to the template, each with the user's own name of it:
/// without those that are `None`, and with reasoning under its other names; of old, as they are.
fn preprocessed(message: &Data, compat: Compat) -> Vec<(&str, &Data, &str)> {
    let Data::Dict(entries) = message else { return Vec::new() };
    let keeps_none = compat == Compat::Transformers457;
    let own = entries.iter().filter(|(_, value)| keeps_none || !matches!(value, Data::None));
    let mut kept: Vec<_> =
        own.filter_map(|(key, value)| Some((key.as_str()?, value, key.as_str()?))).collect();
    if compat == Compat::Transformers457 {
        return kept;
    }
    let find = |name: &&str| kept.iter().find(|(key, _, _)| key == name).copied();
    let Some((name, reasoning, _)) = REASONING_FIELDS.iter().find_map(find) else { return kept };
    if !kept.iter().any(|(key, _, _)| *key == "thinking") {
        kept.insert(0, ("thinking", reasoning, name));
    } else if let Some(at) = kept.iter().position(|(key, _, _)| *key == "thinking") {
        let thinking = kept.remove(at);
        kept.insert(0, thinking);
    }
    if !kept.iter().any(|(key, _, _)| *key == "reasoning_content") {
        kept.push(("reasoning_content", reasoning, name));
    }
    kept
}

/// Variables that a row may have besides those of the call: its tools and its documents.
const OWN_VARIABLES: usize = 2;

/// Further names that a message's reasoning may get.
const ALIASES: usize = 2;

/// Whether transformers hands an entry of a message to the template as it is.
fn is_as_it_is((key, value): &(Data, Data)) -> bool {
    let is_reasoning = |key| matches!(key, "reasoning_content" | "thinking" | "reasoning");
    !matches!(value, Data::None) && key.as_str().is_some_and(|key| !is_reasoning(key))
}

/// The name of a part of a message, and the names of what its text goes on with.
fn names_of<'a>(place: Option<&'a Place>, key: &'a str) -> (&'a str, &'a [Name]) {
    let names = place.map_or(&[][..], |place| &place.names);
    let Some(first) = names.iter().position(|name| name.key == key) else { return (key, &[]) };
    let others = names[first + 1..].iter().take_while(|name| name.key == key).count();
    (&names[first].name, &names[first + 1..=first + others])
}

/// The message that an entry belongs to.
#[derive(Clone, Copy)]
struct Within<'a, 'o> {
    whole: u32,
    number: u32,
    place: Option<&'a Place>,
    /// The fields that shall stay open.
    open: &'o [&'o str],
}

struct Converter<'a> {
    arena: &'a Arena,
    compared: &'a HashSet<String>,
    compat: Compat,
    fields: Vec<FieldNode<'a>>,
    /// How much text was converted.
    bytes: usize,
}

impl<'a> Converter<'a> {
    fn field(&mut self, parent: Option<u32>, step: Step<'a>, message: Option<u32>) -> u32 {
        let index = u32::try_from(self.fields.len()).unwrap_or(u32::MAX >> 2);
        self.fields.push(FieldNode { parent, step, message });
        index
    }

    fn message(
        &mut self,
        index: usize,
        message: &'a Data,
        place: Option<&'a Place>,
        open: &[&str],
    ) -> Result<Value<'a>, Error> {
        let Data::Dict(own) = message else {
            let message = format!("message {index} is no mapping");
            return Err(match self.compat {
                Compat::Transformers5 => render("AttributeError", message),
                Compat::Transformers457 => crate::fail::unsupported_input(message),
            });
        };
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let step = place.filter(|place| !place.path.is_empty()).map(|place| Step::Key(&place.path));
        let whole = self.field(None, step.unwrap_or(Step::Message), Some(number));
        let mut entries = self.arena.growable(own.len() + ALIASES)?;
        let within = Within { whole, number, place, open };
        if own.iter().all(is_as_it_is) {
            for (key, data) in own {
                let key = key.as_str().unwrap_or_default();
                let entry = match data {
                    Data::Str(text) if place.is_none() && open.is_empty() => {
                        self.text_entry(within, key, text)
                    }
                    _ => self.entry(within, key, data, key)?,
                };
                entries.push(entry);
            }
        } else if own.iter().all(|(key, _)| key.as_str().is_some()) {
            for (key, data, name) in preprocessed(message, self.compat) {
                entries.push(self.entry(within, key, data, name)?);
            }
        } else {
            return Err(crate::fail::unsupported_input(format!("message {index} has a key that is no text")));
        }
        let entries = entries.into_bump_slice();
        Ok(Value::Dict(Dict::new(entries, Source::field(whole), Some(number), self.arena)?))
    }

    /// An entry of a message that is text, and has its own name alone.
    #[inline]
    fn text_entry(&mut self, within: Within<'a, '_>, key: &'a str, text: &'a str) -> (Value<'a>, Value<'a>) {
        let field = self.field(Some(within.whole), Step::Key(key), Some(within.number));
        let source = Source::field(field);
        let value = if key == "role" { self.role(text, field) } else { self.text(text, source) };
        (Value::Str(Text::from_source(key, source)), value)
    }

    /// An entry of a message: its key, its value, and the user's own name of it.
    fn entry(
        &mut self,
        within: Within<'a, '_>,
        key: &'a str,
        data: &'a Data,
        name: &'a str,
    ) -> Result<(Value<'a>, Value<'a>), Error> {
        let (own, others) = names_of(within.place, name);
        let field = self.field(Some(within.whole), Step::Key(own), Some(within.number));
        let source = Source::field(field);
        let mut value = match data {
            Data::Str(text) if key == "role" => self.role(text, field),
            Data::Str(text) if others.is_empty() => self.text(text, source),
            Data::Str(text) => Value::Str(self.parts(text, (field, within.whole), others, within.number)?),
            _ => self.value(data, Origin::Field(field), 1)?,
        };
        if within.open.contains(&key) {
            value = self.opened(value)?;
        }
        Ok((Value::Str(Text::from_source(key, source)), value))
    }

    fn text(&mut self, text: &'a str, source: Source) -> Value<'a> {
        self.bytes += text.len();
        Value::Str(Text::from_source(text, source))
    }

    /// A text whose first part is `first` and whose further parts have names of their own.
    fn parts(
        &mut self,
        text: &'a str,
        (first, whole): (u32, u32),
        others: &'a [Name],
        number: u32,
    ) -> Result<Text<'a>, Error> {
        let mut parts = Vec::with_capacity(others.len() + 1);
        let (mut start, mut source) = (0, Source::field(first));
        for name in others {
            parts.push(Text::from_source(text.get(start..name.start).unwrap_or_default(), source));
            start = name.start;
            source = match &*name.name {
                "" => Source::VARIABLE,
                own => Source::field(self.field(Some(whole), Step::Key(own), Some(number))),
            };
        }
        parts.push(Text::from_source(text.get(start..).unwrap_or_default(), source));
        Text::join(&parts, None, self.arena)
    }

    /// A role that the template may be taken to know counts as its own text.
    fn role(&self, role: &'a str, field: u32) -> Value<'a> {
        let is_known = is_known_role(role) || self.compared.contains(role);
        let source = if is_known { Source::role(field) } else { Source::field(field) };
        Value::Str(Text::from_source(role, source))
    }

    /// A field with the tag that shows where it ends; of parts, the last that has text.
    fn opened(&self, value: Value<'a>) -> Result<Value<'a>, Error> {
        match value {
            Value::List(list) => Ok(Value::List(self.opened_parts(list)?)),
            Value::Tuple(list) => Ok(Value::Tuple(self.opened_parts(list)?)),
            other => self.tagged(other),
        }
    }

    fn tagged(&self, value: Value<'a>) -> Result<Value<'a>, Error> {
        let Value::Str(text) = value else {
            return Err(type_error(format!("can't continue a final message of type {}", value.type_name())));
        };
        Ok(Value::Str(Text::join(&[text, Text::literal(CONTINUE_TAG)], None, self.arena)?))
    }

    fn opened_parts(&self, list: &List<'a>) -> Result<&'a List<'a>, Error> {
        let mut items = list.items.to_vec();
        for part in items.iter_mut().rev() {
            if contains(part, &Value::literal("text"), self.arena)? {
                *part = self.opened_part(part)?;
                return self.arena.value(List { items: self.arena.slice(&items)?, ..*list });
            }
        }
        Err(value_error("the final message has no text to continue"))
    }

    fn opened_part(&self, part: &Value<'a>) -> Result<Value<'a>, Error> {
        let (Value::Dict(dict), Some(at)) = (part, text_entry(part)) else {
            return Err(type_error(format!("a part of the final message is of type {}", part.type_name())));
        };
        let mut entries = dict.entries.to_vec();
        entries[at].1 = self.tagged(entries[at].1)?;
        let entries = self.arena.slice(&entries)?;
        Ok(Value::Dict(Dict::new(entries, dict.source, dict.message, self.arena)?))
    }

    fn variables(
        &mut self,
        conversation: &'a Conversation,
        settings: &'a Settings,
    ) -> Result<&'a [(&'a str, Value<'a>)], Error> {
        let most = settings.variables.len() + conversation.variables.len() + OWN_VARIABLES;
        let mut variables = self.arena.growable(most)?;
        for (name, data) in &settings.variables {
            variables.push((name.as_str(), self.value(data, Origin::Run, 0)?));
        }
        let own = conversation.variables.iter().map(|(name, data)| (name.as_str(), data));
        let tools = conversation.tools.as_ref().map(|tools| ("tools", tools));
        let documents = conversation.documents.as_ref().map(|documents| ("documents", documents));
        for (name, data) in own.chain(tools).chain(documents) {
            let field = self.field(None, Step::Key(name), None);
            variables.push((name, self.value(data, Origin::Field(field), 0)?));
        }
        Ok(variables.into_bump_slice())
    }

    fn value(&mut self, data: &'a Data, origin: Origin, depth: usize) -> Result<Value<'a>, Error> {
        if depth > MAX_DEPTH {
            return Err(crate::fail::unsupported_input(format!(
                "data nested deeper than {MAX_DEPTH} levels"
            )));
        }
        let source = origin.source();
        Ok(match data {
            Data::None => Value::None(source),
            Data::Bool(truth) => Value::Bool(*truth, source),
            Data::Int(number) => Value::Int(*number, source),
            Data::BigInt(number) => Big::value(number, source, self.arena)?,
            Data::Float(number) => Value::Float(*number, source),
            Data::Str(text) => self.text(text, source),
            Data::List(items) => Value::List(self.items(items, origin, depth)?),
            Data::Tuple(items) => Value::Tuple(self.items(items, origin, depth)?),
            Data::Dict(entries) => self.dict(entries, origin, depth)?,
        })
    }

    /// A value inside of another; most are texts.
    fn part(&mut self, data: &'a Data, origin: Origin, depth: usize) -> Result<Value<'a>, Error> {
        match data {
            Data::Str(text) => Ok(self.text(text, origin.source())),
            _ => self.value(data, origin, depth + 1),
        }
    }

    fn items(&mut self, items: &'a [Data], origin: Origin, depth: usize) -> Result<&'a List<'a>, Error> {
        let mut values = self.arena.growable(items.len())?;
        for (index, item) in items.iter().enumerate() {
            let origin = self.step(origin, Step::Index(index));
            values.push(self.part(item, origin, depth)?);
        }
        self.arena.value(List::new(values.into_bump_slice(), origin.source()))
    }

    fn dict(&mut self, data: &'a [(Data, Data)], origin: Origin, depth: usize) -> Result<Value<'a>, Error> {
        let mut entries = self.arena.growable(data.len())?;
        for (key, item) in data {
            let step = key.as_str().map_or(Step::Index(entries.len()), Step::Key);
            let origin = self.step(origin, step);
            entries.push((self.part(key, origin, depth)?, self.part(item, origin, depth)?));
        }
        let entries = entries.into_bump_slice();
        Ok(Value::Dict(Dict::new(entries, origin.source(), None, self.arena)?))
    }

    fn step(&mut self, origin: Origin, step: Step<'a>) -> Origin {
        match origin {
            Origin::Run => Origin::Run,
            Origin::Field(parent) => {
                let message = self.fields[parent as usize].message;
                Origin::Field(self.field(Some(parent), step, message))
            }
        }
    }
}

/// Who a value is from while it is converted.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Run,
    Field(u32),
}

impl Origin {
    fn source(self) -> Source {
        match self {
            Self::Run => Source::VARIABLE,
            Self::Field(index) => Source::field(index),
        }
    }
}

/// Where a content part has its text.
fn text_entry(part: &Value<'_>) -> Option<usize> {
    let Value::Dict(dict) = part else { return None };
    dict.entries.iter().position(|(key, _)| matches!(key, Value::Str(key) if key.equals("text")))
}
