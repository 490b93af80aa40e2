//! The output: text that knows where it came from.
use std::ops::Range;

/// A rendered conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// What `apply_chat_template(tokenize=False)` gives.
    pub text: String,
    /// Ranges that partition `text`, in order, none empty; neighbours differ.
    pub segments: Vec<Segment>,
    /// The fields of the row that [`Origin::Data`] points to.
    pub fields: Vec<Field>,
    /// Where transformers takes the `{% generation %}` blocks to be, in its order.
    pub tagged: Vec<Tagged>,
}

/// A `{% generation %}` block by transformers' own reckoning: as long as its text, from where the output ends when
/// it is called. That is another place where a macro or a captured block prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    /// First byte.
    pub start: usize,
    /// Code points of its text.
    pub letters: usize,
}

/// A range of the text with one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Who wrote it.
    pub origin: Origin,
    /// Index of the message in whose turn it was printed.
    pub turn: Option<u32>,
    /// Whether a `{% generation %}` block covers it.
    pub generation: bool,
}

/// Who wrote a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The template, or a role that counts as its own.
    Literal,
    /// The tokenizer or the run: special tokens, run variables, the clock.
    Variable,
    /// The row, untrusted: an index into [`Rendered::fields`].
    Data(u32),
}

/// A field of the row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Index of the message it belongs to; none for tools, documents and variables.
    pub message: Option<u32>,
    /// Where it stands, in the user's own names: `content`, `tool_calls[0].function.arguments.city`,
    /// `tools[1].function.name`. Empty unless [`Call::paths`](crate::Call::paths) asked for it.
    pub path: String,
}

impl Rendered {
    /// The message that a segment's data came from.
    pub fn message(&self, origin: Origin) -> Option<u32> {
        match origin {
            Origin::Data(field) => self.fields.get(field as usize)?.message,
            Origin::Literal | Origin::Variable => None,
        }
    }
}

/// The first messages of a conversation, rendered alone, but for what was printed as in the render of all messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alone {
    /// What was rendered, as if the rest were not there.
    pub rendered: Rendered,
    /// Where something is left out, in order.
    pub skipped: Vec<Skipped>,
}

/// Text that is that of all messages in some range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Before which byte of what was rendered it stands.
    pub at: usize,
    /// The bytes of the text of all messages.
    pub range: Range<usize>,
}

impl Alone {
    /// The whole text, piece by piece; `all` is the text of all messages.
    pub fn pieces<'t>(&'t self, all: &'t str) -> impl Iterator<Item = &'t str> {
        let mut from = 0;
        let until = self.skipped.iter().flat_map(move |skipped| {
            let own = std::mem::replace(&mut from, skipped.at)..skipped.at;
            [self.rendered.text.get(own), all.get(skipped.range.clone())]
        });
        let last = self.skipped.last().map_or(0, |skipped| skipped.at);
        until.chain([self.rendered.text.get(last..)]).flatten()
    }
}
