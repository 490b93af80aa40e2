//! Renders of a conversation's first messages.
use crate::alike::Alike;
use crate::arena::Arena;
use crate::input::Inputs;
use crate::output::Output;
use crate::points::Memory;
use crate::value::Value;
use crate::{Alone, Call, Class, Conversation, Error, Settings, Template};

/// The beginnings of a conversation, rendered as far as they aren't printed as the whole is.
#[derive(Debug)]
pub struct Beginnings<'a> {
    template: &'a Template,
    conversation: &'a Conversation,
    settings: &'a Settings,
    /// The render of the whole, where beginnings may go on from it.
    whole: Option<Within<'a>>,
}

/// The values of a row, and what renders of it left.
#[derive(Debug)]
pub(crate) struct Within<'a> {
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) arena: &'a Arena,
    pub(crate) memory: Option<Box<Memory<'a>>>,
    /// Whether the whole was rendered with a generation prompt.
    pub(crate) prompt: bool,
}

/// So much may be held of renders, for each byte of the chat and beside that.
const HELD_PER_BYTE: usize = 64;
const HELD: usize = 1 << 20;

impl<'a> Beginnings<'a> {
    pub(crate) fn new(
        template: &'a Template,
        conversation: &'a Conversation,
        settings: &'a Settings,
        whole: Option<Within<'a>>,
    ) -> Self {
        Self { template, conversation, settings, whole }
    }

    /// For each message index of `before`, what the render of the messages before that one, with a generation prompt
    /// or without, prints after its last byte of data (so: only literals and variables). `None` where that render
    /// fails or where there is no message before.
    ///
    /// # Errors
    /// What [`Template::render`] fails with other than what the reference raises.
    pub fn tails(
        &mut self,
        add_generation_prompt: bool,
        before: &[usize],
    ) -> Result<Vec<Option<String>>, Error> {
        let mut tails = Vec::with_capacity(before.len());
        let chat = Chat { prompt: add_generation_prompt, ..self.chat() };
        if let Some(whole) = &mut self.whole {
            chat.tails(before, whole, &mut tails).map_err(|error| self.template.drawn(error))?;
        }
        while tails.len() < before.len() {
            let found = anew(chat, |chat, within| chat.tails(before, within, &mut tails));
            found.map_err(|error| self.template.drawn(error))?;
        }
        Ok(tails)
    }

    /// The render of the first messages, as many as `count`, without generation prompt.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn alone(&mut self, count: usize) -> Result<Alone, Error> {
        let chat = self.chat();
        let alone = match &mut self.whole {
            Some(whole) if !whole.is_full() => chat.alone(count, whole),
            _ => anew(chat, |chat, within| chat.alone(count, within)),
        };
        alone.map_err(|error| self.template.drawn(error))
    }

    fn chat(&self) -> Chat<'a> {
        let Self { template, conversation, settings, .. } = *self;
        Chat { template, conversation, settings, prompt: false }
    }
}

impl Within<'_> {
    /// Whether it holds more memory than a chat should.
    fn is_full(&self) -> bool {
        self.arena.held() > HELD + HELD_PER_BYTE * self.inputs.size
    }
}

/// A conversation whose beginnings are rendered with a generation prompt or without.
#[derive(Clone, Copy)]
struct Chat<'t> {
    template: &'t Template,
    conversation: &'t Conversation,
    settings: &'t Settings,
    prompt: bool,
}

/// Renders without anything to go on from.
fn anew<R>(
    chat: Chat<'_>,
    render: impl for<'t> FnOnce(Chat<'t>, &mut Within<'t>) -> Result<R, Error>,
) -> Result<R, Error> {
    let Chat { template, conversation, settings, prompt } = chat;
    let arena = Arena::new();
    let inputs = template.inputs(conversation, settings, PLAIN_CALL, &arena)?;
    let memory = Memory::for_program(template.program(conversation, settings, prompt), &arena)?;
    render(chat, &mut Within { inputs: &inputs, arena: &arena, memory, prompt })
}

impl<'t> Chat<'t> {
    /// Finds the next tail, and others as long as that takes no more memory than a chat should.
    fn tails(
        self,
        before: &[usize],
        within: &mut Within<'t>,
        tails: &mut Vec<Option<String>>,
    ) -> Result<(), Error> {
        if let Some(memory) = &mut within.memory {
            memory.expect_tails(self.alike(within.prompt));
        }
        let first = tails.len();
        let mut last = 0;
        for &count in &before[first..] {
            if tails.len() > first && (count < last || within.is_full()) {
                break;
            }
            last = count;
            let messages = within.inputs.messages.get(..count).filter(|messages| !messages.is_empty());
            let Some(messages) = messages else {
                tails.push(None);
                continue;
            };
            match self.render(messages, within, Output::tail(within.arena)?) {
                Ok(output) => tails.push(Some(output.after_data().to_owned())),
                Err(error) if matches!(error.class(), Class::Render | Class::Raised) => tails.push(None),
                Err(error) if tails.len() == first => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn alone(self, count: usize, within: &mut Within<'t>) -> Result<Alone, Error> {
        if let Some(memory) = &mut within.memory {
            memory.expect_alone(self.alike(within.prompt));
        }
        let messages = within.inputs.messages.get(..count).unwrap_or(within.inputs.messages);
        let output = self.render(messages, within, Output::short(within.inputs, within.arena)?)?;
        let skipped = within.memory.as_mut().map(|memory| memory.take_skipped());
        Ok(Alone { rendered: output.finish(within.inputs, false), skipped: skipped.unwrap_or_default() })
    }

    fn render(
        self,
        messages: &'t [Value<'t>],
        within: &mut Within<'t>,
        output: Output<'t>,
    ) -> Result<Output<'t>, Error> {
        let Self { template, conversation, settings, prompt } = self;
        within.arena.limit(&settings.limits, within.inputs.size);
        let program = template.program(conversation, settings, prompt);
        let machine = template.machine(program, within.inputs, settings, within.arena, output)?;
        machine.render_remembering(within.inputs, messages, prompt, &mut within.memory)
    }

    /// How far this program is like that of the whole, if it is another.
    fn alike(self, whole: bool) -> Option<&'t Alike> {
        (whole != self.prompt).then(|| self.template.alike(self.conversation, self.settings))
    }
}

/// A call without wishes.
const PLAIN_CALL: &Call = &Call { add_generation_prompt: false, continue_final_message: None, paths: false };
