//! The compiled template.
use crate::ahead::horizon;
use crate::arena::Arena;
use crate::fold::{Run, fold};
use crate::input::{Inputs, convert, is_known_role};
use crate::listing::listing;
use crate::lower::lower;
use crate::machine::Machine;
use crate::output::{Output, cut_open};
use crate::parser::parse;
use crate::program::Program;
use crate::source::normalize;
use crate::{Call, Class, Conversation, Data, Error, Rendered, Settings, Usage};

/// Longer templates are refused; those of models have some fifty kilobytes at most.
const LONGEST_SOURCE: usize = 256 << 10;

/// A chat template, compiled; immutable and shareable between threads.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    normalized: String,
    program: Program,
    folded: Option<Folded>,
    horizon: Option<usize>,
}

/// The programs for the variables of a run, without generation prompt and with it.
#[derive(Debug, Clone)]
struct Folded {
    variables: Vec<(String, Data)>,
    programs: Box<[Program; 2]>,
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
        Ok(Self { source: source.to_owned(), normalized, program, folded: None, horizon })
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
        let folded = Folded { variables: variables.to_vec(), programs };
        Self { folded: Some(folded), ..self.clone() }
    }

    /// What the template became, for people: one line an instruction, with the line of the template it is
    /// from; of [`Template::folded`] the program that renders with the generation prompt or without.
    pub fn listing(&self, add_generation_prompt: bool) -> String {
        let folded = self.folded.as_ref().map(|folded| &folded.programs[usize::from(add_generation_prompt)]);
        listing(folded.unwrap_or(&self.program), &self.normalized)
    }

    /// The program of a render: one that was folded, if it was for this.
    fn program(&self, conversation: &Conversation, settings: &Settings, prompt: bool) -> &Program {
        match &self.folded {
            Some(folded) if conversation.variables.is_empty() && folded.variables == settings.variables => {
                &folded.programs[usize::from(prompt)]
            }
            _ => &self.program,
        }
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
        self.render_with_tails(conversation, settings, call, &[]).map(|(rendered, _)| rendered)
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
        let rendered = self.rendered_with_tails(conversation, settings, call, before);
        rendered.map_err(|error| error.drawn(&self.normalized))
    }

    fn rendered_with_tails(
        &self,
        conversation: &Conversation,
        settings: &Settings,
        call: &Call,
        before: &[usize],
    ) -> Result<(Rendered, Vec<Option<String>>), Error> {
        let arena = Arena::new();
        let known = (self.source.as_str(), &self.program.compared);
        let inputs = convert(conversation, settings, call, known, &arena)?;
        let program = self.program(conversation, settings, call.add_generation_prompt);
        let output = Output::new(&inputs, &arena)?;
        let machine = self.machine(program, &inputs, settings, &arena, output)?;
        let output = machine.render(&inputs, inputs.messages, call.add_generation_prompt)?;
        let mut rendered = output.finish(&inputs, call.paths);
        if let Some(field) = call.open_field(settings.compat) {
            cut_open(&mut rendered, conversation, field)?;
        }
        let chat = Chat { template: self, conversation, settings, add_generation_prompt: true };
        let mut tails = Vec::with_capacity(before.len());
        if call.continue_final_message.is_none() && !before.is_empty() {
            chat.more_tails(before, &inputs, &arena, &mut tails)?;
        }
        if tails.len() < before.len() {
            tails.extend(chat.tails(&before[tails.len()..])?);
        }
        Ok((rendered, tails))
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
        let known = (self.source.as_str(), &self.program.compared);
        let inputs = convert(conversation, settings, call, known, &arena)?;
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
        let chat = Chat { template: self, conversation, settings, add_generation_prompt };
        chat.tails(before).map_err(|error| error.drawn(&self.normalized))
    }

    fn machine<'a>(
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

/// A conversation whose prefixes' tails are asked for.
#[derive(Clone, Copy)]
struct Chat<'t> {
    template: &'t Template,
    conversation: &'t Conversation,
    settings: &'t Settings,
    add_generation_prompt: bool,
}

/// So much may be held of renders of shorter prefixes, for each byte of the chat and beside that.
const HELD_PER_BYTE: usize = 64;
const HELD: usize = 1 << 20;

/// So few messages are rendered faster than remembered.
const FEW: usize = 6;

impl Chat<'_> {
    /// What a render of the messages before each of some prints after its last data.
    fn tails(&self, before: &[usize]) -> Result<Vec<Option<String>>, Error> {
        let mut tails = Vec::with_capacity(before.len());
        while tails.len() < before.len() {
            let arena = Arena::new();
            let known = (self.template.source.as_str(), &self.template.program.compared);
            let inputs = convert(self.conversation, self.settings, PLAIN_CALL, known, &arena)?;
            self.more_tails(before, &inputs, &arena, &mut tails)?;
        }
        Ok(tails)
    }

    /// Finds the next tail, and others as long as that takes no more memory than a chat should.
    fn more_tails<'a>(
        &'a self,
        before: &[usize],
        inputs: &'a Inputs<'a>,
        arena: &'a Arena,
        tails: &mut Vec<Option<String>>,
    ) -> Result<(), Error> {
        let program = self.template.program(self.conversation, self.settings, self.add_generation_prompt);
        let mut memory = None;
        let (first, held) = (tails.len(), HELD + HELD_PER_BYTE * inputs.size);
        let mut last = 0;
        for &count in &before[first..] {
            if tails.len() > first && (count < last || arena.held() > held) {
                break;
            }
            last = count;
            let messages = inputs.messages.get(..count).filter(|messages| !messages.is_empty());
            let Some(messages) = messages else {
                tails.push(None);
                continue;
            };
            arena.limit(&self.settings.limits, inputs.size);
            let machine =
                self.template.machine(program, inputs, self.settings, arena, Output::short(arena)?)?;
            let tail = if count <= FEW || !program.is_steady {
                machine
                    .render(inputs, messages, self.add_generation_prompt)
                    .map(|output| output.after_data().to_owned())
            } else {
                machine.render_prefix(inputs, messages, self.add_generation_prompt, &mut memory)
            };
            match tail {
                Ok(tail) => tails.push(Some(tail)),
                Err(error) if matches!(error.class(), Class::Render | Class::Raised) => tails.push(None),
                Err(error) if tails.len() == first => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }
}

/// A call without wishes.
const PLAIN_CALL: &Call = &Call { add_generation_prompt: false, continue_final_message: None, paths: false };
