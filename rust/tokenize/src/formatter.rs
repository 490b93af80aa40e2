//! From a conversation to an example.
use crate::control_ids::{ControlIds, IdSet};
use crate::fields::{self, Part};
use crate::fit::Room;
use crate::labels::{
    Answer, ControlTokens, Labels, Omit, Rule, Turn, collect, control_tokens, known_tags, learn, unsettled,
};
use crate::outline::{Outline, Spans};
use crate::policies::Held;
use crate::project::Learnt;
use crate::ranges::merged;
use crate::share::{self, Speaker};
use crate::{
    ControlPolicy, EncodeError, Encoding, EndKind, Error, Example, Facts, LabelPolicy, LookAlike, NO_LOSS,
    Options, Outcome, Overflow, Reasoning, Templates, Tokens, ToolCalls, Trace, Unstable, Vocabulary,
    fingerprint, look_alikes, mask, project,
};
use chatloom_template::{Beginnings, Call, Conversation, Origin, Rendered, Segment, Template};
use std::ops::Range;
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
    control_ids: ControlIds,
}

impl Formatter {
    /// Puts the parts together and finds out, by rendering small chats, how the templates frame an answer.
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no template at all, [`Error::Template`] where none can be compiled.
    pub fn new(templates: Templates, vocabulary: Arc<Vocabulary>, options: Options) -> Result<Self, Error> {
        options.control_tokens.check(&templates)?;
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
        self.trace_then(conversation, call, |trace, _| trace)
    }

    /// The same, handed to a function together with the conversation's beginnings.
    fn trace_then<R>(
        &self,
        conversation: &Conversation,
        call: &Call,
        then: impl FnOnce(Trace, &mut Beginnings<'_>) -> R,
    ) -> Result<R, Error> {
        let tools_given = conversation.tools.is_some();
        let chat = self.chat(tools_given)?;
        let weights = share::weights(conversation)?;
        let (settings, needed) = (&self.options.settings, self.with_paths(call));
        let render = chat.template.render_then(conversation, settings, &needed, |rendered, beginnings| {
            let traced = self.traced(chat, conversation, (rendered, beginnings), &weights, call);
            traced.map(|trace| then(trace, beginnings))
        });
        render.and_then(|traced| traced).map_err(|error| self.templates.error(error, tools_given))
    }

    /// Which of a rendered conversation carries loss.
    fn traced(
        &self,
        chat: &Chat,
        conversation: &Conversation,
        (rendered, beginnings): (Rendered, &mut Beginnings<'_>),
        weights: &[f32],
        call: &Call,
    ) -> Result<Trace, chatloom_template::Error> {
        let speakers = share::speakers(&self.options.labels, conversation, weights);
        let asked = speakers.iter().filter(|speaker| speaker.is_assistant);
        let messages: Vec<_> = asked.map(|speaker| speaker.message).collect();
        let prompts = beginnings.tails(true, &messages)?;
        let mut prompts = prompts.iter().map(Option::as_deref);
        let answers: Vec<_> = speakers
            .iter()
            .filter_map(|speaker| {
                let prompt = if speaker.is_assistant { prompts.next().flatten() } else { None };
                answer(speaker, prompt)
            })
            .collect();
        let mut turns = collect(&chat.control, &rendered, &answers);
        chat.settle(&rendered, &mut turns, beginnings)?;
        let prompt_start = chat.prompt_start(&rendered, conversation, beginnings, call);
        let parts = if self.needs_parts() { fields::parts(conversation, &rendered) } else { Vec::new() };
        let rule = Rule { weights, ..self.rule(chat, &parts) };
        let Labels { trained, weights, left_out, turns } =
            rule.apply(&rendered, &answers, turns, prompt_start);
        let policies = self.options.control_tokens.of_fields(conversation, &rendered);
        let tools_given = conversation.tools.is_some();
        Ok(Trace { rendered, trained, weights, left_out, turns, policies, tools_given })
    }

    /// The tokens of a traced conversation and their labels, whatever their number.
    ///
    /// # Errors
    /// [`Error::Encode`] where the tokenizer fails.
    pub fn tokens(&self, trace: &Trace) -> Result<Tokens, Error> {
        let foreign = project::foreign_data(trace);
        let (outline, look_alikes) = self.outline(trace, Spans::All)?;
        let (example, straddling) = self.labelled(trace, &foreign, &outline, look_alikes)?;
        Ok(Tokens { example, spans: Encoding::from(outline).spans, straddling })
    }

    /// The same without spans.
    fn example(&self, trace: &Trace) -> Result<Example, Error> {
        let foreign = project::foreign_data(trace);
        let weighted = trace.weights.iter().map(|(range, _)| range);
        let borders = project::borders(trace.trained.iter().chain(&foreign).chain(weighted));
        let (outline, look_alikes) = self.outline(trace, Spans::At(&borders))?;
        self.labelled(trace, &foreign, &outline, look_alikes).map(|(example, _)| example)
    }

    /// The tokens of a text, and the control tokens that its data became.
    fn outline(&self, trace: &Trace, spans: Spans) -> Result<(Outline, Vec<LookAlike>), Error> {
        let (rendered, policies) = (&trace.rendered, &self.options.control_tokens);
        let held = Held { default: policies.default, fields: &trace.policies };
        let is_told = policies.any(ControlPolicy::Report) || policies.any(ControlPolicy::Error);
        let control = &self.chat(trace.tools_given)?.control_ids;
        let outlined = |spans| {
            if !policies.any(ControlPolicy::Template) {
                return self.vocabulary.outline(&rendered.text, spans);
            }
            let untrusted = look_alikes::untrusted(rendered, held);
            self.vocabulary.guarded_outline(&rendered.text, spans, control, &untrusted)
        };
        let mut outline = outlined(spans)?;
        if is_told && !outline.tells_all(&control.ids) {
            outline = outlined(Spans::All)?;
        }
        let found =
            if is_told { look_alikes::find(rendered, &outline, &control.ids, held) } else { Vec::new() };
        Ok((outline, found))
    }

    /// The example, and the places of the tokens of which some bytes are trained and some are not.
    fn labelled(
        &self,
        trace: &Trace,
        foreign: &[Range<usize>],
        outline: &Outline,
        look_alikes: Vec<LookAlike>,
    ) -> Result<(Example, Vec<usize>), Error> {
        let input_ids = signed(&outline.ids)?;
        let mut labels = vec![NO_LOSS; input_ids.len()];
        let mut weights = (!trace.weights.is_empty()).then(|| vec![0.0; input_ids.len()]);
        let boundary = self.options.boundary;
        let Learnt { runs, straddling } = project::learnt(outline, &trace.trained, foreign, boundary);
        for (tokens, span) in runs {
            if let Some(weights) = &mut weights {
                weights[tokens.clone()].fill(project::weight(&span, &trace.weights));
            }
            labels[tokens.clone()].copy_from_slice(&input_ids[tokens]);
        }
        let example = Example { input_ids, labels, weights, look_alikes, straddling: straddling.len() };
        Ok((example, straddling))
    }

    /// The tokens of a conversation and their labels.
    ///
    /// # Errors
    /// As [`Formatter::trace`] and [`Formatter::tokens`]; [`Error::TooLong`] where it has more tokens than
    /// allowed and [`Overflow::Error`] holds; [`Error::Unstable`] where [`Unstable::Error`] does.
    pub fn encode(&self, conversation: &Conversation, call: &Call) -> Result<Outcome, Error> {
        self.encode_within(conversation, call, self.options.max_length)
    }

    /// As [`Formatter::encode`], with another length than that of the options.
    ///
    /// # Errors
    /// As [`Formatter::encode`].
    pub fn encode_within(
        &self,
        conversation: &Conversation,
        call: &Call,
        max_length: Option<usize>,
    ) -> Result<Outcome, Error> {
        let (trace, stability) = self.trace_then(conversation, call, |trace, beginnings| {
            let stability = self.stability(conversation, call, &trace, beginnings);
            (trace, stability)
        })?;
        let outcome = match (stability.rewrite, self.options.unstable) {
            (Some(rewrite), Unstable::Error) => return Err(Error::Unstable(rewrite)),
            (Some(_), Unstable::Split) => {
                let parts = self.parts(conversation, trace)?;
                let outcomes = parts.iter().map(|part| {
                    let call =
                        Call { add_generation_prompt: false, continue_final_message: None, ..call.clone() };
                    self.fitted(part, self.trace(part, &call)?, &call, max_length)
                });
                Outcome::joined(outcomes.collect::<Result<Vec<_>, _>>()?)
            }
            _ => self.fitted(conversation, trace, call, max_length)?,
        };
        Ok(Outcome { rewrite: stability.rewrite, unchecked: stability.unchecked, ..outcome })
    }

    /// Which tokens of a conversation `{% generation %}` blocks cover: those that do, or those that
    /// `apply_chat_template(return_assistant_tokens_mask=True)` of transformers marks, faults and all.
    ///
    /// # Errors
    /// As [`Formatter::render`]; [`Error::Encode`] where the tokenizer fails, or transformers does.
    pub fn assistant_mask(
        &self,
        conversation: &Conversation,
        call: &Call,
        as_transformers: bool,
    ) -> Result<Vec<bool>, Error> {
        let rendered = self.render(conversation, &self.with_paths(call))?;
        if as_transformers {
            let encoding = self.vocabulary.reference_encoding(&rendered.text)?;
            return Ok(mask::reference_mask(&rendered, &encoding)?);
        }
        let tagged = rendered.segments.iter().filter(|segment| segment.generation);
        let trained = merged(tagged.map(|segment| segment.start..segment.end).collect());
        let policies = self.options.control_tokens.of_fields(conversation, &rendered);
        let (tools_given, weights, left_out, turns) =
            (conversation.tools.is_some(), Vec::new(), Vec::new(), Vec::new());
        let example =
            self.example(&Trace { rendered, trained, weights, left_out, turns, policies, tools_given })?;
        Ok(example.labels.iter().map(|&label| label != NO_LOSS).collect())
    }

    /// What the template that conversations with or without tools use became, for people; see
    /// [`Template::listing`].
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no such template.
    pub fn listing(&self, tools_given: bool, add_generation_prompt: bool) -> Result<String, Error> {
        Ok(self.templates.choose(tools_given)?.listing(add_generation_prompt))
    }

    /// A traced conversation's example, or examples, of an allowed length.
    fn fitted(
        &self,
        conversation: &Conversation,
        trace: Trace,
        call: &Call,
        max_length: Option<usize>,
    ) -> Result<Outcome, Error> {
        let (trace, example) = self.told(conversation, trace, call)?;
        let length = example.input_ids.len();
        let Options { overflow, keep, .. } = self.options;
        match max_length.filter(|max_length| length > *max_length) {
            None => Ok(Outcome::whole(example)),
            Some(max_length) if overflow == Overflow::Error => {
                Err(Error::TooLong { tokens: length, max_length })
            }
            Some(max_length) => {
                let control = &self.chat(trace.tools_given)?.control_ids.ids;
                let tokens = self.tokens(&trace)?;
                Ok(Room { max_length, overflow, keep, control }.fit(conversation, &trace, &tokens))
            }
        }
    }

    /// An example whose look-alikes have the paths of their fields.
    fn told(
        &self,
        conversation: &Conversation,
        trace: Trace,
        call: &Call,
    ) -> Result<(Trace, Example), Error> {
        let mut told = (self.example(&trace)?, trace);
        if !told.0.look_alikes.is_empty() && !call.paths {
            let trace = self.trace(conversation, &Call { paths: true, ..call.clone() })?;
            told = (self.example(&trace)?, trace);
        }
        let (example, trace) = told;
        match example.look_alikes.iter().find(|found| found.is_error) {
            Some(LookAlike { message, path, id, .. }) => {
                let token = self.vocabulary.added_token(*id).unwrap_or_default().to_owned();
                Err(Error::ControlToken { message: *message, path: path.clone(), token })
            }
            None => Ok((trace, example)),
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

    /// A call that also tells where each field stands, if labels or control tokens ask for that.
    fn with_paths(&self, call: &Call) -> Call {
        let are_needed = self.needs_parts() || !self.options.control_tokens.own.is_empty();
        Call { paths: call.paths || are_needed, ..call.clone() }
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
        let control_ids: IdSet =
            control_tokens(vocabulary.added_tokens(), &texts).map(|token| token.id).collect();
        let keep_out = options.control_tokens.any(ControlPolicy::Template);
        let control_ids = vocabulary.control_ids(control_ids, keep_out)?;
        texts.extend(vocabulary.added_tokens().iter().map(|token| token.content.as_str()));
        let known = || known_tags(&texts);
        let tags = options.reasoning_tags.clone().map_or_else(known, |own| vec![own]);
        let facts = learn(template, &options.settings, &control, tools_given);
        Ok(Self { template: template.clone(), control, tags, facts, control_ids })
    }

    /// Tells the turns that need it where the generation prompt itself begins in their prompts' tails.
    fn settle(
        &self,
        rendered: &Rendered,
        turns: &mut [Turn],
        beginnings: &mut Beginnings<'_>,
    ) -> Result<(), chatloom_template::Error> {
        let unsettled = unsettled(rendered, turns);
        if unsettled.is_empty() {
            return Ok(());
        }
        let messages: Vec<_> = unsettled.iter().map(|&message| message as usize).collect();
        let tails = beginnings.tails(false, &messages)?;
        for (message, anyway) in unsettled.iter().zip(tails) {
            let turn = turns.iter_mut().find(|turn| turn.message == *message);
            if let (Some(turn), Some(anyway)) = (turn, anyway) {
                turn.asks_from = turn.prompt.map_or(0, |prompt| self.control.agreement(prompt, &anyway));
            }
        }
        Ok(())
    }

    /// Where the generation prompt begins that the call asked for: as far as the text is the same without.
    fn prompt_start(
        &self,
        rendered: &Rendered,
        conversation: &Conversation,
        beginnings: &mut Beginnings<'_>,
        call: &Call,
    ) -> usize {
        if !call.add_generation_prompt {
            return rendered.text.len();
        }
        match beginnings.alone(conversation.messages.len()) {
            Ok(without) => {
                let without: String = without.pieces(&rendered.text).collect();
                self.control.agreement(&rendered.text, &without)
            }
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
    let bits = ids.iter().fold(0, |bits, id| bits | id);
    if i32::try_from(bits).is_err() {
        return Err(EncodeError::new("it gives ids beyond 2147483647, the most an example can hold"));
    }
    Ok(ids.iter().map(|id| id.cast_signed()).collect())
}
