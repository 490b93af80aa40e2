//! The compiled template.
use crate::{Call, Conversation, Error, Rendered, Settings};

/// A chat template, compiled; immutable and shareable between threads.
#[derive(Debug)]
pub struct Template {
    source: String,
}

impl Template {
    /// Compiles the text of a template.
    ///
    /// # Errors
    /// [`Class::Syntax`](crate::Class::Syntax) where Jinja itself refuses it,
    /// [`Class::Unsupported`](crate::Class::Unsupported) naming a construct that this engine does not know.
    pub fn compile(source: &str) -> Result<Self, Error> {
        Ok(Self { source: source.to_owned() })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether its output may depend on the time, so that [`Settings::now`] is needed.
    pub fn reads_clock(&self) -> bool {
        todo!()
    }

    /// Every text the template may print of its own: raw text between tags and string constants.
    pub fn literals(&self) -> Vec<&str> {
        todo!()
    }

    /// Renders a conversation as `transformers.apply_chat_template(tokenize=False)` does.
    ///
    /// # Errors
    /// What the reference raises, by class and kind.
    pub fn render(&self, _: &Conversation, _: &Settings, _: &Call) -> Result<Rendered, Error> {
        todo!()
    }

    /// Renders a conversation and, for each message index of `before`, the tail of its generation prompt:
    /// of the render of the messages before that one with `add_generation_prompt=True`, what follows the
    /// last byte of data (so: only literals and variables). `None` where that render fails or where there
    /// is no message before. Costs far less than rendering each prefix anew.
    ///
    /// # Errors
    /// As [`Template::render`]; a failing prefix is no error.
    pub fn render_with_tails(
        &self,
        _: &Conversation,
        _: &Settings,
        _: &Call,
        _: &[usize],
    ) -> Result<(Rendered, Vec<Option<String>>), Error> {
        todo!()
    }
}
