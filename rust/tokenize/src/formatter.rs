//! From a conversation to an example.
use crate::fields::{self, Part};
use crate::guard::Guard;
use crate::labels::{
    Answer, ControlTokens, Labels, Omit, Rule, control_tokens, known_tags, learn, unsettled,
};
use crate::share::{self, Speaker};
use crate::{
    ControlPolicy, EncodeError, Encoding, EndKind, Error, Example, Facts, LabelPolicy, LookAlike, NO_LOSS,
    Options, Outcome, Overflow, Reasoning, Templates, Tokens, ToolCalls, Trace, Vocabulary, fingerprint,
    look_alikes, project,
};
use chatloom_template::{Call, Conversation, Origin, Rendered, Segment, Settings, Template};
use std::collections::HashSet;
use std::sync::Arc;

/// A model's templates and tokenizer and the options of a run: immutable, shareable between threads.
#[derive(Debug)]
pub struct Formatter {
    templates: Templates,
    vocabulary: Arc<Vocabulary>,
    options: Options,
    without_tools: Result<Arc<Chat>, Error>,
    with_tools: Result<Arc<Chat>, Error>,
    fingerprint: String,
}

/// A template and what is known of it.
#[derive(Debug)]
struct Chat {
    template: Arc<Template>,
    control: ControlTokens,
    /// What opens and closes reasoning in a text.
    tags: Vec<(String, String)>,
    facts: Option<Facts>,
    /// The ids of control tokens.
    control_ids: HashSet<u32>,
    /// What keeps them out of data, where the options say so.
    guard: Option<Guard>,
}

impl Formatter {
    /// Puts the parts together and finds out, by rendering small chats, how the templates frame an answer.
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no template at all, [`Error::Template`] where none can be compiled.
    pub fn new(templates: Templates, vocabulary: Arc<Vocabulary>, options: Options) -> Result<Self, Error> {
        let templates = templates.folded(&options.settings.variables);
        let know = |tools_given| {
            let template = templates.choose(tools_given)?;
            Ok(Arc::new(Chat::new(template, &vocabulary, &options, tools_given)?))
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
        let weights = share::weights(conversation)?;
        let speakers = share::speakers(&self.options.labels, conversation, &weights);
        let asked = speakers.iter().filter(|speaker| speaker.is_assistant);
        let messages: Vec<_> = asked.map(|speaker| speaker.message).collect();
        let needed = Call { paths: call.paths || self.needs_parts(), ..call.clone() };
        let (rendered, prompts) = chat
            .template
            .render_with_tails(conversation, settings, &needed, &messages)
            .map_err(|error| self.templates.error(error, tools_given))?;
        let mut prompts = prompts.iter().map(Option::as_deref);
        let mut answers: Vec<_> = speakers
            .iter()
            .filter_map(|speaker| {
                let prompt = if speaker.is_assistant { prompts.next().flatten() } else { None };
                answer(speaker, prompt)
            })
            .collect();
        chat.settle(&rendered, &mut answers, conversation, settings)?;
        let prompt_start = chat.prompt_start(&rendered, conversation, settings, call);
        let parts = if self.needs_parts() { fields::parts(conversation, &rendered) } else { Vec::new() };
        let rule = Rule { weights: &weights, ..self.rule(chat, &parts) };
        let Labels { trained, weights, left_out, turns } = rule.apply(&rendered, &answers, prompt_start);
        Ok(Trace { rendered, trained, weights, left_out, turns, tools_given })
    }

    /// The tokens of a traced conversation and their labels, whatever their number.
    ///
    /// # Errors
    /// [`Error::Encode`] where the tokenizer fails.
    pub fn tokens(&self, trace: &Trace) -> Result<Tokens, Error> {
        let chat = self.chat(trace.tools_given)?;
        let (encoding, look_alikes) = self.encoding(chat, &trace.rendered)?;
        let foreign = project::foreign_data(trace);
        let boundary = self.options.boundary;
        let trained = project::trained_tokens(&encoding.spans, &trace.trained, &foreign, boundary);
        let weights = (!trace.weights.is_empty())
            .then(|| project::token_weights(&encoding.spans, &trained, &trace.weights));
        let input_ids = signed(&encoding.ids)?;
        let labels =
            input_ids.iter().zip(trained).map(|(&id, trained)| if trained { id } else { NO_LOSS }).collect();
        Ok(Tokens { example: Example { input_ids, labels, weights, look_alikes }, spans: encoding.spans })
    }

    /// The tokens of a text, and the control tokens that its data became.
    fn encoding(&self, chat: &Chat, rendered: &Rendered) -> Result<(Encoding, Vec<LookAlike>), Error> {
        let encoding = self.vocabulary.encode(&rendered.text)?;
        if self.options.control_tokens == ControlPolicy::Allow {
            return Ok((encoding, Vec::new()));
        }
        let found = look_alikes::find(rendered, &encoding, &chat.control_ids);
        match (&chat.guard, found.first()) {
            (Some(guard), Some(_)) => {
                let untrusted = look_alikes::untrusted(rendered);
                Ok((self.vocabulary.encode_guarded(&rendered.text, guard, &untrusted)?, Vec::new()))
            }
            _ => Ok((encoding, found)),
        }
    }

    /// The tokens of a conversation and their labels.
    ///
    /// # Errors
    /// As [`Formatter::trace`] and [`Formatter::tokens`]; [`Error::TooLong`] where it has more tokens than
    /// allowed and [`Overflow::Error`] holds.
    pub fn encode(&self, conversation: &Conversation, call: &Call) -> Result<Outcome, Error> {
        let example = self.example(conversation, call)?;
        let tokens = example.input_ids.len();
        match (self.options.max_length, self.options.overflow) {
            (Some(max_length), Overflow::Error) if tokens > max_length => {
                Err(Error::TooLong { tokens, max_length })
            }
            (Some(max_length), Overflow::Drop) if tokens > max_length => Ok(Outcome::Dropped { tokens }),
            _ => Ok(Outcome::Example(example)),
        }
    }

    /// What the template that conversations with or without tools use became, for people; see
    /// [`Template::listing`].
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no such template.
    pub fn listing(&self, tools_given: bool, add_generation_prompt: bool) -> Result<String, Error> {
        Ok(self.templates.choose(tools_given)?.listing(add_generation_prompt))
    }

    /// An example whose look-alikes have the paths of their fields.
    fn example(&self, conversation: &Conversation, call: &Call) -> Result<Example, Error> {
        let mut example = self.tokens(&self.trace(conversation, call)?)?.example;
        if !example.look_alikes.is_empty() && !call.paths {
            let call = Call { paths: true, ..call.clone() };
            example = self.tokens(&self.trace(conversation, &call)?)?.example;
        }
        match example.look_alikes.first() {
            Some(LookAlike { message, path, id, .. })
                if self.options.control_tokens == ControlPolicy::Error =>
            {
                let token = self.vocabulary.added_token(*id).unwrap_or_default().to_owned();
                Err(Error::ControlToken { message: *message, path: path.clone(), token })
            }
            _ => Ok(example),
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

    /// The token to pad with: the tokenizer's, else its end of sequence.
    pub fn pad_id(&self) -> Option<u32> {
        let variables = &self.options.settings.variables;
        let id = |name: &str| {
            let (_, token) = variables.iter().find(|(known, _)| known == name)?;
            self.vocabulary.token_id(token.as_str()?)
        };
        id("pad_token").or_else(|| id("eos_token"))
    }

    /// A hash of all that decides what comes out: templates, tokenizer and what read it, options. Hex.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn chat(&self, tools_given: bool) -> Result<&Chat, Error> {
        let chat = if tools_given { &self.with_tools } else { &self.without_tools };
        chat.as_deref().map_err(Clone::clone)
    }

    /// Whether labels ask which part of a message each field is.
    fn needs_parts(&self) -> bool {
        let Options { labels, reasoning, tool_calls, .. } = &self.options;
        let of_roles = matches!(labels, LabelPolicy::Roles(_));
        of_roles || *reasoning != Reasoning::Trained || *tool_calls != ToolCalls::All
    }

    fn rule<'a>(&'a self, chat: &'a Chat, parts: &'a [Part]) -> Rule<'a> {
        let Options { labels, reasoning, tool_calls, .. } = &self.options;
        Rule {
            control: &chat.control,
            guess: chat.facts.as_ref().and_then(|facts| facts.guess.as_deref()),
            prints_end: chat.facts.as_ref().is_none_or(|facts| facts.end == EndKind::Printed),
            end_tokens: self.options.end_tokens,
            policy: labels,
            omit: Omit { reasoning: *reasoning, tool_calls: *tool_calls, tags: &chat.tags, parts },
            weights: &[],
        }
    }
}

impl Chat {
    fn new(
        template: &Arc<Template>,
        vocabulary: &Vocabulary,
        options: &Options,
        tools_given: bool,
    ) -> Result<Self, Error> {
        let mut texts = template.literals();
        let control = ControlTokens::of(vocabulary.added_tokens(), &texts);
        let control_ids: HashSet<u32> =
            control_tokens(vocabulary.added_tokens(), &texts).map(|token| token.id).collect();
        let is_guarded = options.control_tokens == ControlPolicy::Template;
        let guard = is_guarded.then(|| vocabulary.guard(control_ids.clone())).transpose()?;
        texts.extend(vocabulary.added_tokens().iter().map(|token| token.content.as_str()));
        let known = || known_tags(&texts);
        let tags = options.reasoning_tags.clone().map_or_else(known, |own| vec![own]);
        let facts = learn(template, &options.settings, &control, tools_given);
        Ok(Self { template: template.clone(), control, tags, facts, control_ids, guard })
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

fn answer<'a>(speaker: &Speaker, prompt: Option<&'a str>) -> Option<Answer<'a>> {
    let Speaker { message, is_assistant, trained } = *speaker;
    Some(Answer { message: u32::try_from(message).ok()?, trained, is_assistant, prompt, asks_from: 0 })
}

fn signed(ids: &[u32]) -> Result<Vec<i32>, EncodeError> {
    let signed = ids.iter().map(|&id| i32::try_from(id)).collect::<Result<_, _>>();
    signed.map_err(|_| EncodeError::new("it gives ids beyond 2147483647, the most an example can hold"))
}
