//! Rendered conversations, written by hand.
use crate::labels::Answer;
use chatloom_template::{Field, Origin, Rendered, Segment};

/// A page being written, piece by piece; `turn` and `answer` say whose turn the next pieces are of.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) rendered: Rendered,
    prompts: Vec<(u32, Option<String>, usize)>,
    turn: Option<u32>,
}

pub(super) fn page() -> Page {
    Page::default()
}

impl Page {
    pub(super) fn turn(mut self, turn: impl Into<Option<u32>>) -> Self {
        self.turn = turn.into();
        self
    }

    /// Begins the turn of an assistant; `prompt` is the tail of the generation prompt before it.
    pub(super) fn answer<'a>(mut self, message: u32, prompt: impl Into<Option<&'a str>>) -> Self {
        self.prompts.push((message, prompt.into().map(str::to_owned), 0));
        self.turn(message)
    }

    /// The tail of the last answer's prompt begins with so many bytes that are printed without it too.
    pub(super) fn asks_from(mut self, asks_from: usize) -> Self {
        self.prompts.last_mut().unwrap().2 = asks_from;
        self
    }

    pub(super) fn lit(self, text: &str) -> Self {
        self.print(text, Origin::Literal)
    }

    pub(super) fn var(self, text: &str) -> Self {
        self.print(text, Origin::Variable)
    }

    pub(super) fn data(self, message: u32, text: &str) -> Self {
        self.field(Some(message), text)
    }

    /// Data of no message: tools, documents.
    pub(super) fn foreign(self, text: &str) -> Self {
        self.field(None, text)
    }

    pub(super) fn answers(&self) -> Vec<Answer<'_>> {
        self.prompts
            .iter()
            .map(|(message, prompt, asks_from)| {
                let (message, asks_from) = (*message, *asks_from);
                Answer { message, trained: true, is_assistant: true, prompt: prompt.as_deref(), asks_from }
            })
            .collect()
    }

    fn field(mut self, message: Option<u32>, text: &str) -> Self {
        let index = u32::try_from(self.rendered.fields.len()).unwrap();
        self.rendered.fields.push(Field { message, path: String::new() });
        self.print(text, Origin::Data(index))
    }

    fn print(mut self, text: &str, origin: Origin) -> Self {
        let start = self.rendered.text.len();
        self.rendered.text.push_str(text);
        let end = self.rendered.text.len();
        if start < end {
            self.rendered.segments.push(Segment { start, end, origin, turn: self.turn, generation: false });
        }
        self
    }
}
