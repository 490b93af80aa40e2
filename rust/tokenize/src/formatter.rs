//! From a conversation to an example.
use crate::labels::{Answer, ControlTokens, Labels, Rule, learn, unsettled};
use crate::{
    EncodeError, EndKind, Error, Example, Facts, NO_LOSS, Options, Outcome, Overflow, Templates, Tokens,
    Trace, Vocabulary, fingerprint, project,
};
use chatloom_template::{Call, Conversation, Data, Origin, Rendered, Segment, Settings, Template};
use std::sync::Arc;

/// A model's templates and tokenizer and the options of a run: immutable, shareable between threads.
#[derive(Debug)]
pub struct Formatter {
    templates: Templates,
    vocabulary: Arc<Vocabulary>,
    options: Options,
    without_tools: Option<Arc<Chat>>,
    with_tools: Option<Arc<Chat>>,
    fingerprint: String,
}

/// A template and what is known of it.
#[derive(Debug)]
struct Chat {
    template: Arc<Template>,
    control: ControlTokens,
    facts: Option<Facts>,
}

impl Formatter {
    /// Puts the parts together and finds out, by rendering small chats, how the templates frame an answer.
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no template at all.
    pub fn new(templates: Templates, vocabulary: Arc<Vocabulary>, options: Options) -> Result<Self, Error> {
        let know = |tools_given| {
            let template = templates.choose(tools_given)?;
            Ok(Arc::new(Chat::new(template, &vocabulary, &options.settings, tools_given)))
        };
        let without_tools: Result<Arc<Chat>, Error> = know(false);
        let with_tools = match &without_tools {
            Ok(chat) if templates.choose(true).is_ok_and(|other| Arc::ptr_eq(other, &chat.template)) => {
                Ok(chat.clone())
            }
            _ => know(true),
        };
        if let (Err(error), Err(_)) = (&without_tools, &with_tools) {
            return Err(error.clone());
        }
        let fingerprint = fingerprint::of(&templates, &vocabulary, &options);
        let (without_tools, with_tools) = (without_tools.ok(), with_tools.ok());
        Ok(Self { templates, vocabulary, options, without_tools, with_tools, fingerprint })
    }

    /// The text of a conversation, as transformers renders it.
    ///
    /// # Errors
    /// [`Error::Template`] where the template refuses it.
    pub fn render(&self, conversation: &Conversation, call: &Call) -> Result<Rendered, Error> {
        let tools_given = conversation.tools.is_some();
        let rendered = self.templates.choose(tools_given)?.render(conversation, &self.options.settings, call);
        rendered.map_err(|error| self.templates.error(error, tools_given))
    }

    /// The text of a conversation and which of it carries loss.
    ///
    /// # Errors
    /// [`Error::Template`] where the template refuses it.
    pub fn trace(&self, conversation: &Conversation, call: &Call) -> Result<Trace, Error> {
        let tools_given = conversation.tools.is_some();
        let chat = self.chat(tools_given)?;
        let settings = &self.options.settings;
        let messages = answers(conversation);
        let (rendered, prompts) = chat
            .template
            .render_with_tails(conversation, settings, call, &messages)
            .map_err(|error| self.templates.error(error, tools_given))?;
        let asked = messages.iter().zip(&prompts);
        let mut answers: Vec<_> =
            asked.filter_map(|(&message, prompt)| answer(conversation, message, prompt.as_deref())).collect();
        chat.settle(&rendered, &mut answers, conversation, settings)?;
        let prompt_start = chat.prompt_start(&rendered, conversation, settings, call);
        let Labels { trained, turns } = self.rule(chat).apply(&rendered, &answers, prompt_start);
        Ok(Trace { rendered, trained, turns })
    }

    /// The tokens of a traced conversation and their labels, whatever their number.
    ///
    /// # Errors
    /// [`Error::Encode`] where the tokenizer fails.
    pub fn tokens(&self, trace: &Trace) -> Result<Tokens, Error> {
        let encoding = self.vocabulary.encode(&trace.rendered.text)?;
        let untrained_data = project::untrained_data(&trace.rendered, &trace.trained);
        let boundary = self.options.boundary;
        let trained = project::trained_tokens(&encoding.spans, &trace.trained, &untrained_data, boundary);
        let input_ids = signed(&encoding.ids)?;
        let labels =
            input_ids.iter().zip(trained).map(|(&id, trained)| if trained { id } else { NO_LOSS }).collect();
        Ok(Tokens { example: Example { input_ids, labels }, spans: encoding.spans })
    }

    /// The tokens of a conversation and their labels.
    ///
    /// # Errors
    /// As [`Formatter::trace`] and [`Formatter::tokens`]; [`Error::TooLong`] where it has more tokens than
    /// allowed and [`Overflow::Error`] holds.
    pub fn encode(&self, conversation: &Conversation, call: &Call) -> Result<Outcome, Error> {
        let Tokens { example, .. } = self.tokens(&self.trace(conversation, call)?)?;
        let tokens = example.input_ids.len();
        match (self.options.max_length, self.options.overflow) {
            (Some(max_length), Overflow::Error) if tokens > max_length => {
                Err(Error::TooLong { tokens, max_length })
            }
            (Some(max_length), Overflow::Drop) if tokens > max_length => Ok(Outcome::Dropped { tokens }),
            _ => Ok(Outcome::Example(example)),
        }
    }

    /// What plain chats told of the template that conversations with or without tools use; `None` where
    /// there is no such template or it is none for chats.
    pub fn facts(&self, tools_given: bool) -> Option<&Facts> {
        self.chat(tools_given).ok()?.facts.as_ref()
    }

    /// Its templates.
    pub fn templates(&self) -> &Templates {
        &self.templates
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
        self.fingerprint.clone()
    }

    fn chat(&self, tools_given: bool) -> Result<&Chat, Error> {
        let chat = if tools_given { &self.with_tools } else { &self.without_tools };
        chat.as_deref().ok_or_else(|| self.templates.missing())
    }

    fn rule<'a>(&self, chat: &'a Chat) -> Rule<'a> {
        Rule {
            control: &chat.control,
            guess: chat.facts.as_ref().and_then(|facts| facts.guess.as_deref()),
            prints_end: chat.facts.as_ref().is_none_or(|facts| facts.end == EndKind::Printed),
            end_tokens: self.options.end_tokens,
        }
    }
}

impl Chat {
    fn new(
        template: &Arc<Template>,
        vocabulary: &Vocabulary,
        settings: &Settings,
        tools_given: bool,
    ) -> Self {
        let control = ControlTokens::of(vocabulary.added_tokens(), &template.literals());
        let facts = learn(template, settings, &control, tools_given);
        Self { template: template.clone(), control, facts }
    }

    /// Tells the answers that need it where the generation prompt itself begins in their prompts' tails.
    fn settle(
        &self,
        rendered: &Rendered,
        answers: &mut [Answer],
        conversation: &Conversation,
        settings: &Settings,
    ) -> Result<(), Error> {
        let unsettled = unsettled(&self.control, rendered, answers);
        if unsettled.is_empty() {
            return Ok(());
        }
        let messages: Vec<_> = unsettled.iter().map(|&message| message as usize).collect();
        let tails = self.template.tails(conversation, settings, false, &messages)?;
        for (message, anyway) in unsettled.iter().zip(tails) {
            let answer = answers.iter_mut().find(|answer| answer.message == *message);
            if let (Some(answer), Some(anyway)) = (answer, anyway) {
                answer.asks_from = answer.prompt.map_or(0, |prompt| self.control.agreement(prompt, &anyway));
            }
        }
        Ok(())
    }

    /// Where the generation prompt begins that the call asked for: as far as the text is the same without.
    fn prompt_start(
        &self,
        rendered: &Rendered,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
    ) -> usize {
        if !call.add_generation_prompt {
            return rendered.text.len();
        }
        let without = Call { add_generation_prompt: false, ..call.clone() };
        match self.template.render(conversation, settings, &without) {
            Ok(without) => self.control.agreement(&rendered.text, &without.text),
            Err(_) => rendered
                .segments
                .iter()
                .rfind(|segment| belongs_to_a_message(segment))
                .map_or(0, |segment| segment.end),
        }
    }
}

fn belongs_to_a_message(segment: &Segment) -> bool {
    segment.turn.is_some() || matches!(segment.origin, Origin::Data(_))
}

/// The indexes of the messages that an assistant wrote.
fn answers(conversation: &Conversation) -> Vec<usize> {
    let is_answer = |message: &Data| matches!(message.get("role").and_then(Data::as_str), Some("assistant"));
    conversation
        .messages
        .iter()
        .enumerate()
        .filter(|(_, message)| is_answer(message))
        .map(|(index, _)| index)
        .collect()
}

fn answer<'a>(conversation: &Conversation, message: usize, prompt: Option<&'a str>) -> Option<Answer<'a>> {
    let trained = conversation.trained.get(message).copied().unwrap_or(true);
    Some(Answer { message: u32::try_from(message).ok()?, trained, prompt, asks_from: 0 })
}

fn signed(ids: &[u32]) -> Result<Vec<i32>, EncodeError> {
    let signed = ids.iter().map(|&id| i32::try_from(id)).collect::<Result<_, _>>();
    signed.map_err(|_| EncodeError::new("it gives ids beyond 2147483647, the most an example can hold"))
}
