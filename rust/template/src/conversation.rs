//! The inputs of a render.
use crate::Data;
use std::borrow::Cow;

/// One row, untrusted: all of it counts as data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// The messages, each a mapping, as the user wrote them; what transformers does to them before
    /// rendering (dropping keys that are `None`, copying reasoning under its other names) is done here too.
    pub messages: Vec<Data>,
    /// The tools, a list of mappings, or `None` where the row has none (an empty list is something else).
    pub tools: Option<Data>,
    /// The documents, a list of mappings, or `None`.
    pub documents: Option<Data>,
    /// Further template variables of this row or call; they win over [`Settings::variables`].
    pub variables: Vec<(String, Data)>,
    /// Where the row has each message, if it has them elsewhere than under `messages` or under other names;
    /// messages beyond the end of the list are named by their own keys.
    pub places: Vec<Place>,
    /// Whether the answer in each message may carry loss; messages beyond the end of the list may.
    pub trained: Vec<bool>,
}

/// Where a row has a message, in the user's own names. Decides [`Field::path`](crate::Field::path) and nothing
/// else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The message as a whole, such as `conversations[3]`; empty where its parts are columns of the row.
    pub path: String,
    /// Its parts that have another name in the row.
    pub names: Vec<Name>,
}

/// The user's own name of a part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The key of the message under which templates find it, such as `content`.
    pub key: &'static str,
    /// The byte of the text from which on it is named so: a text may be made of several parts of the row.
    pub start: usize,
    /// The user's own name, such as `value`; empty where neither the row nor the user wrote the text.
    pub name: Cow<'static, str>,
}

/// What the tokenizer and the run set, trusted as the template itself is.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Special tokens (`bos_token`, …) and run variables (`enable_thinking`, …).
    pub variables: Vec<(String, Data)>,
    /// The time that `strftime_now` tells; needed where [`Template::reads_clock`](crate::Template::reads_clock).
    pub now: Option<Clock>,
    /// What a render may use.
    pub limits: Limits,
    /// The version of transformers whose treatment of messages is reproduced.
    pub compat: Compat,
}

/// A version of transformers; templates mean the same in both, but not all of what is done around them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compat {
    /// 5.23: keys of messages that are `None` are dropped, reasoning is copied under its other names, any field
    /// can be continued that the template mentions, and namespaces take no names with a leading underscore.
    #[default]
    Transformers5,
    /// 4.57: messages are rendered as they are, only `content` is ever continued, whether the template mentions
    /// it or not, and namespaces take any name.
    Transformers457,
}

impl Compat {
    /// Its name, such as `transformers-5`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transformers5 => "transformers-5",
            Self::Transformers457 => "transformers-4.57",
        }
    }

    /// The version of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Transformers5, Self::Transformers457].into_iter().find(|compat| compat.name() == name)
    }
}

/// A local date and time, as Python's `datetime` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Clock {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub microsecond: u32,
}

/// What a render may use before it ends in an error of class [`Budget`](crate::Class::Budget): so much for every
/// render, and so much more for each byte of its input. A value of the input counts as 64 bytes beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps. An instruction takes one, and builtins take one for each item they go through and for every 16
    /// bytes of text they look through, or more where they do more with them.
    pub steps: u64,
    /// Further steps for each byte of the input.
    pub steps_per_byte: u64,
    /// Bytes held by values and output, beyond the input.
    pub memory: usize,
    /// Further bytes for each byte of the input.
    pub memory_per_byte: usize,
    /// Macro calls within each other; more than [`Limits::DEEPEST`] are as many.
    pub depth: usize,
}

impl Limits {
    /// The most macro calls within each other, since Python gives up there.
    pub const DEEPEST: usize = 195;

    /// The steps that a render with an input of `size` bytes may take.
    pub fn steps_for(&self, size: usize) -> u64 {
        self.steps.saturating_add(self.steps_per_byte.saturating_mul(size as u64))
    }

    /// The bytes that a render with an input of `size` bytes may hold; for a large input no more than a gibibyte,
    /// unless `memory` alone is more.
    pub fn memory_for(&self, size: usize) -> usize {
        const MOST: usize = 1 << 30;
        let grown = self.memory.saturating_add(self.memory_per_byte.saturating_mul(size));
        grown.min(MOST.max(self.memory))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 4_000_000,
            steps_per_byte: 1_000,
            memory: 16 << 20,
            memory_per_byte: 1_000,
            depth: Self::DEEPEST,
        }
    }
}

/// What a render used of its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// The size of its input.
    pub size: usize,
    /// Steps taken.
    pub steps: u64,
    /// Bytes held.
    pub memory: usize,
}

/// How one call wants its render.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Whether the template shall open an assistant turn at the end.
    pub add_generation_prompt: bool,
    /// The field of the last message that shall stay open (`content` or a reasoning field).
    pub continue_final_message: Option<String>,
    /// Whether [`Field::path`](crate::Field::path) shall be filled in; it costs an allocation per field.
    pub paths: bool,
}

impl Call {
    /// The field of the last message that shall stay open.
    pub(crate) fn open_field(&self, compat: Compat) -> Option<&str> {
        let field = self.continue_final_message.as_deref()?;
        Some(if compat == Compat::Transformers457 { "content" } else { field })
    }
}
