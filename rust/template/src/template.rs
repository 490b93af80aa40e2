//! The compiled template.
use crate::ahead::horizon;
use crate::alike::Alike;
use crate::arena::Arena;
use crate::beginnings::{Beginnings, Within};
use crate::fold::{Run, fold};
use crate::input::{Inputs, convert, is_known_role};
use crate::listing::listing;
use crate::lower::lower;
use crate::machine::Machine;
use crate::output::{Output, cut_open};
use crate::parser::parse;
use crate::points::Memory;
use crate::program::Program;
use crate::source::normalize;
use crate::{Call, Class, Conversation, Data, Error, Rendered, Settings, Usage};

/// Longer templates are refused; those of models have some fifty kilobytes at most.
const LONGEST_SOURCE: usize = 256 << 10;

/// So few messages are rendered again faster than remembered.
const FEW: usize = 3;

/// A chat template, compiled; immutable and shareable between threads.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    normalized: String,
    program: Program,
    /// How far the program does the same without generation prompt and with it.
    alike: Alike,
    folded: Option<Folded>,
    horizon: Option<usize>,
}

/// The programs for the variables of a run, without generation prompt and with it.
#[derive(Debug, Clone)]
struct Folded {
    variables: Vec<(String, Data)>,
    programs: Box<[Program; 2]>,
    alike: Alike,
}

impl Template {
    /// Compiles the text of a template.
    ///
    /// # Errors
    /// [`Class::Syntax`](crate::Class::Syntax) where Jinja itself refuses it,
    /// [`Class::Unsupported`](crate::Class::Unsupported) naming a construct that this engine does not know.
    pub fn compile(source: &str) -> Result<Self, Error> {
        if source.len() > LONGEST_SOURCE {
            let message = "unsupported construct: a template longer than 256 KiB";
            return Err(Error::new(Class::Unsupported, "UnsupportedTemplateError", message));
        }
        let normalized = normalize(source);
        let (program, horizon) = Self::read(&normalized).map_err(|error| error.drawn(&normalized))?;
        let alike = Alike::of(&program, &program);
        Ok(Self { source: source.to_owned(), normalized, program, alike, folded: None, horizon })
    }

    /// The program, and how far ahead it looks.
    fn read(normalized: &str) -> Result<(Program, Option<usize>), Error> {
        let parsed = parse(normalized)?;
        let lowered = lower(normalized, &parsed.body);
        if lowered.as_ref().is_err_and(|error| error.class() == Class::Unsupported) {
            return lowered.map(|program| (program, None));
        }
        let program = parsed.assertion.map_or(lowered, Err)?;
        let program = parsed.invalid.map_or(Ok(program), Err)?;
        Ok((program, horizon(&parsed.body)))
    }

    /// The same template, faster for renders with these [`Settings::variables`]: branches that they decide are
    /// decided once. Renders with others are what they were.
    #[must_use]
    pub fn folded(&self, variables: &[(String, Data)]) -> Self {
        let program = |add_generation_prompt| fold(&self.program, Run { variables, add_generation_prompt });
        let programs = Box::new([program(false), program(true)]);
        let alike = Alike::of(&programs[0], &programs[1]);
        let folded = Folded { variables: variables.to_vec(), programs, alike };
        Self { folded: Some(folded), ..self.clone() }
    }

    /// What the template became, for people: one line an instruction, with the line of the template it is
    /// from; of [`Template::folded`] the program that renders with the generation prompt or without.
    pub fn listing(&self, add_generation_prompt: bool) -> String {
        let folded = self.folded.as_ref().map(|folded| &folded.programs[usize::from(add_generation_prompt)]);
        listing(folded.unwrap_or(&self.program), &self.normalized)
    }

    /// The program of a render: one that was folded, if it was for this.
    pub(crate) fn program(&self, conversation: &Conversation, settings: &Settings, prompt: bool) -> &Program {
        let folded = self.folded_for(conversation, settings);
        folded.map_or(&self.program, |folded| &folded.programs[usize::from(prompt)])
    }

    fn folded_for(&self, conversation: &Conversation, settings: &Settings) -> Option<&Folded> {
        let is_for =
            |folded: &&Folded| conversation.variables.is_empty() && folded.variables == settings.variables;
        self.folded.as_ref().filter(is_for)
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether its output may depend on the time, so that [`Settings::now`] is needed.
    pub fn reads_clock(&self) -> bool {
        self.program.reads_clock
    }

    /// Of how many messages at the start all output may depend, where what is printed up to the end of a message's
    /// turn surely depends on no other message after that one; `None` where the template may look further ahead,
    /// and print an earlier turn otherwise once others follow. Renders with a generation prompt aside.
    pub fn horizon(&self) -> Option<usize> {
        self.horizon
    }

    /// Every text the template may print of its own: raw text between tags and string constants.
    pub fn literals(&self) -> Vec<&str> {
        self.program.literals.iter().map(|name| self.program.name(*name)).collect()
    }

    /// Whether it takes a role for its own: a usual one, or a text that it compares with.
    pub fn knows_role(&self, role: &str) -> bool {
        is_known_role(role) || self.program.compared.contains(role)
    }

    /// Whether a variable, an attribute or a string constant of it is this name.
    pub fn names(&self, name: &str) -> bool {
        self.program.names.iter().any(|known| known == name)
    }

    /// Renders a conversation as `transformers.apply_chat_template(tokenize=False)` does.
    ///
    /// # Errors
    /// What the reference raises, by class and kind.
    pub fn render(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
    ) -> Result<Rendered, Error> {
        self.rendered(conversation, settings, call).map_err(|error| error.drawn(&self.normalized))
    }

    /// Renders a conversation and, for each message index of `before`, the tail of its generation prompt:
    /// of the render of the messages before that one with `add_generation_prompt=True`, what follows the
    /// last byte of data (so: only literals and variables). `None` where that render fails or where there
    /// is no message before. Costs far less than rendering each prefix anew.
    ///
    /// # Errors
    /// As [`Template::render`]; a prefix that the template refuses is no error.
    pub fn render_with_tails(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
        before: &[usize],
    ) -> Result<(Rendered, Vec<Option<String>>), Error> {
        self.render_then(conversation, settings, call, |rendered, beginnings| {
            Ok((rendered, beginnings.tails(true, before)?))
        })?
    }

    fn rendered(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
    ) -> Result<Rendered, Error> {
        let arena = Arena::new();
        let inputs = self.inputs(conversation, settings, call, &arena)?;
        let program = self.program(conversation, settings, call.add_generation_prompt);
        let output = Output::new(&inputs, &arena)?;
        let machine = self.machine(program, &inputs, settings, &arena, output)?;
        let output = machine.render(&inputs, inputs.messages, call.add_generation_prompt)?;
        finished(output, &inputs, (conversation, settings, call))
    }

    /// Renders a conversation, and hands it to a function together with the [`Beginnings`] of the conversation, which
    /// go on from that render.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_then<R>(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
        then: impl FnOnce(Rendered, &mut Beginnings<'_>) -> R,
    ) -> Result<R, Error> {
        let rendered = self.rendered_then(conversation, settings, call, then);
        rendered.map_err(|error| error.drawn(&self.normalized))
    }

    fn rendered_then<R>(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
        then: impl FnOnce(Rendered, &mut Beginnings<'_>) -> R,
    ) -> Result<R, Error> {
        let arena = Arena::new();
        let inputs = self.inputs(conversation, settings, call, &arena)?;
        let program = self.program(conversation, settings, call.add_generation_prompt);
        let is_short = conversation.messages.len() <= FEW;
        let mut memory = if is_short { None } else { Memory::for_program(program, &arena)? };
        let machine = self.machine(program, &inputs, settings, &arena, Output::new(&inputs, &arena)?)?;
        let prompt = call.add_generation_prompt;
        let output = machine.render_remembering(&inputs, inputs.messages, prompt, &mut memory)?;
        let rendered = finished(output, &inputs, (conversation, settings, call))?;
        let is_open = call.continue_final_message.is_some();
        let render = (!is_open).then_some(Within { inputs: &inputs, arena: &arena, memory, prompt });
        Ok(then(rendered, &mut Beginnings::new(self, conversation, settings, render)))
    }

    /// A row as values.
    pub(crate) fn inputs<'a>(
        &'a self,
        conversation: &'a Conversation,
        settings: &'a Settings,
        call: &'a Call,
        arena: &'a Arena,
    ) -> Result<Inputs<'a>, Error> {
        convert(conversation, settings, call, (self.source.as_str(), &self.program.compared), arena)
    }

    /// How far the programs without generation prompt and with it are the same.
    pub(crate) fn alike(&self, conversation: &Conversation, settings: &Settings) -> &Alike {
        self.folded_for(conversation, settings).map_or(&self.alike, |folded| &folded.alike)
    }

    /// What a render uses of its limits, also one that fails.
    ///
    /// # Errors
    /// As [`Template::render`], where the render can't even begin.
    pub fn usage(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
    ) -> Result<Usage, Error> {
        let arena = Arena::new();
        let inputs = self.inputs(conversation, settings, call, &arena)?;
        let program = self.program(conversation, settings, call.add_generation_prompt);
        let output = Output::new(&inputs, &arena)?;
        let machine = self.machine(program, &inputs, settings, &arena, output)?;
        // How it ends is not asked.
        let _ = machine.render(&inputs, inputs.messages, call.add_generation_prompt);
        let (size, limits, (steps, memory)) = (inputs.size, settings.limits, arena.left());
        Ok(Usage { size, steps: limits.steps_for(size) - steps, memory: limits.memory_for(size) - memory })
    }

    /// The tails alone, with the generation prompt or without.
    ///
    /// # Errors
    /// As [`Template::render_with_tails`].
    pub fn tails(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        add_generation_prompt: bool,
        before: &[usize],
    ) -> Result<Vec<Option<String>>, Error> {
        Beginnings::new(self, conversation, settings, None).tails(add_generation_prompt, before)
    }

    /// An error with the line it is about.
    pub(crate) fn drawn(&self, error: Error) -> Error {
        error.drawn(&self.normalized)
    }

    pub(crate) fn machine<'a>(
        &'a self,
        program: &'a Program,
        inputs: &'a Inputs<'a>,
        settings: &'a Settings,
        arena: &'a Arena,
        output: Output<'a>,
    ) -> Result<Machine<'a>, Error> {
        Machine::new(program, &self.normalized, inputs, arena, settings, output)
    }
}

/// What was printed as the caller gets it, cut where the message that shall stay open ends.
fn finished(
    output: Output<'_>,
    inputs: &Inputs<'_>,
    (conversation, settings, call): (&Conversation, &Settings, &Call),
) -> Result<Rendered, Error> {
    let mut rendered = output.finish(inputs, call.paths);
    if let Some(field) = call.open_field(settings.compat) {
        cut_open(&mut rendered, conversation, field)?;
    }
    Ok(rendered)
}
