//! From a conversation to an example.
use crate::{Error, Facts, Options, Outcome, Templates, Trace, Vocabulary};
use chatloom_template::{Call, Conversation, Rendered};
use std::sync::Arc;

/// A model's templates and tokenizer and the options of a run: immutable, shareable between threads.
#[derive(Debug)]
pub struct Formatter {
    templates: Templates,
    vocabulary: Arc<Vocabulary>,
    options: Options,
}

impl Formatter {
    /// Puts the parts together and finds out, by rendering small chats, how the templates frame an answer.
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no template at all.
    pub fn new(templates: Templates, vocabulary: Arc<Vocabulary>, options: Options) -> Result<Self, Error> {
        Ok(Self { templates, vocabulary, options })
    }

    /// The text of a conversation, as transformers renders it.
    pub fn render(&self, conversation: &Conversation, call: &Call) -> Result<Rendered, Error> {
        let template = self.templates.choose(conversation.tools.is_some())?;
        Ok(template.render(conversation, &self.options.settings, call)?)
    }

    /// The text of a conversation and which of it carries loss.
    pub fn trace(&self, _conversation: &Conversation, _call: &Call) -> Result<Trace, Error> {
        todo!()
    }

    /// The tokens of a conversation and their labels.
    ///
    /// # Errors
    /// [`Error::TooLong`] where it has more tokens than allowed and [`Overflow::Error`](crate::Overflow) holds.
    pub fn encode(&self, _conversation: &Conversation, _call: &Call) -> Result<Outcome, Error> {
        todo!()
    }

    /// What plain chats told of the template that conversations with or without tools use; `None` where
    /// there is no such template or it is none for chats.
    pub fn facts(&self, _tools_given: bool) -> Option<&Facts> {
        todo!()
    }

    /// Its tokenizer.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// Its options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A hash of all that decides what comes out: templates, tokenizer, options. Hex.
    pub fn fingerprint(&self) -> String {
        todo!()
    }
}
