//! The machine that runs a program over a conversation.
use std::cell::Cell;

use crate::arena::Arena;
use crate::args::Context;
use crate::ast::Comparison;
use crate::calls;
use crate::compare::compare;
use crate::fail::{render, undefined, unsupported_input};
use crate::filters;
use crate::input::{FieldNode, Inputs};
use crate::iterate::is_of_messages;
use crate::members::{attribute, item, slice};
use crate::number::{as_index, signed};
use crate::operators::binary;
use crate::print;
use crate::program::{Constant, Label, Name, Op, Program, Variable};
use crate::tests;
use crate::text::{Piece, Source, Text};
use crate::value::{Big, Closure, Frame, Global, Items, List, Loop, Namespace, Undefined, Value};
use crate::{Clock, Error, Limits};

/// A program, its inputs, and how far it has come.
pub(crate) struct Machine<'a> {
    pub(crate) program: &'a Program,
    pub(crate) source: &'a str,
    pub(crate) arena: &'a Arena,
    pub(crate) clock: Option<&'a Clock>,
    pub(crate) variables: &'a [(&'a str, Value<'a>)],
    fields: &'a [FieldNode<'a>],
    pub(crate) stack: Vec<Value<'a>>,
    pub(crate) loops: Vec<Running<'a>>,
    /// What is printed: the output first, then the blocks that are being captured.
    pub(crate) sinks: Vec<Vec<Piece<'a>>>,
    /// The items that loops' tests have kept so far.
    pub(crate) collected: Vec<Vec<Value<'a>>>,
    pub(crate) namespaces: Vec<&'a Namespace<'a>>,
    /// The current message.
    pub(crate) turn: Option<u32>,
    pub(crate) limits: Limits,
    pub(crate) steps: u64,
    pub(crate) depth: usize,
    pub(crate) shortening: Shortening,
}

/// Whether a render may leave out what can't change the end of its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortening {
    /// Nothing is left out.
    Off,
    /// Of a printing loop over the messages, only the last iteration is run.
    On {
        /// Whether loops that print nothing are left out as well.
        scans: bool,
        /// The length of the output when something was last left out.
        since: usize,
    },
}

/// A loop that is being run.
pub(crate) struct Running<'a> {
    pub(crate) state: &'a Loop<'a>,
    /// The current message around the loop.
    pub(crate) outer_turn: Option<u32>,
    pub(crate) sinks: usize,
    pub(crate) stack: usize,
}

/// Where the program goes on.
pub(crate) enum Flow {
    Next,
    Goto(Label),
    Return,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        program: &'a Program,
        source: &'a str,
        inputs: &'a Inputs<'a>,
        arena: &'a Arena,
        clock: Option<&'a Clock>,
        limits: Limits,
    ) -> Self {
        Self {
            program,
            source,
            arena,
            clock,
            variables: &inputs.variables,
            fields: &inputs.fields,
            stack: Vec::with_capacity(16),
            loops: Vec::new(),
            sinks: vec![Vec::with_capacity(64)],
            collected: Vec::new(),
            namespaces: Vec::new(),
            turn: None,
            limits,
            steps: 0,
            depth: 0,
            shortening: Shortening::Off,
        }
    }

    /// Makes this a render that leaves out what can't change the end of its output.
    pub(crate) fn shortened(mut self, scans: bool) -> Self {
        self.shortening = Shortening::On { scans, since: 0 };
        self
    }

    /// Runs the program over the first messages; gives what it printed.
    pub(crate) fn render(
        mut self,
        inputs: &Inputs<'a>,
        messages: &'a [Value<'a>],
        add_generation_prompt: bool,
    ) -> Result<Vec<Piece<'a>>, Error> {
        let list = List { of_messages: true, ..List::new(messages, inputs.messages_source) };
        let standard = [
            ("messages", Value::List(self.arena.value(list)?)),
            ("add_generation_prompt", Value::Bool(add_generation_prompt, Source::VARIABLE)),
            ("tools", Value::None(Source::LITERAL)),
            ("documents", Value::None(Source::LITERAL)),
        ];
        let variables: Vec<_> = standard.into_iter().chain(inputs.variables.iter().copied()).collect();
        self.variables = self.arena.slice(&variables)?;
        let frame = self.frame(self.program.slots, None)?;
        self.run(0, frame)?;
        self.check_shortening()?;
        Ok(self.sinks.pop().unwrap_or_default())
    }

    /// A shortened render tells the end of the output only if data was printed since.
    fn check_shortening(&self) -> Result<(), Error> {
        let Shortening::On { since, .. } = self.shortening else { return Ok(()) };
        let tail = self.sinks.first().and_then(|output| output.get(since..)).unwrap_or_default();
        if since == 0 || tail.iter().any(|piece| piece.source.is_data() && !piece.text.is_empty()) {
            return Ok(());
        }
        Err(crate::members::stale())
    }

    pub(crate) fn cx(&self) -> Context<'a> {
        Context { arena: self.arena, fields: self.fields, turn: self.turn }
    }

    pub(crate) fn frame(&self, slots: u32, parent: Option<&'a Frame<'a>>) -> Result<&'a Frame<'a>, Error> {
        let mut fresh = self.arena.growable(slots as usize)?;
        fresh.extend((0..slots).map(|_| Cell::new(Value::Missing)));
        self.arena.value(Frame { slots: fresh.into_bump_slice(), parent })
    }

    /// Runs from an instruction to the next return.
    pub(crate) fn run(&mut self, entry: Label, frame: &'a Frame<'a>) -> Result<(), Error> {
        let program = self.program;
        let mut next = entry as usize;
        while let Some(op) = program.ops.get(next) {
            match self.step(*op, frame) {
                Ok(Flow::Next) => next += 1,
                Ok(Flow::Goto(label)) => next = label as usize,
                Ok(Flow::Return) => return Ok(()),
                Err(error) => return Err(self.explained(error, next)),
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm an instruction, each of a line or a call")]
    fn step(&mut self, op: Op, frame: &'a Frame<'a>) -> Result<Flow, Error> {
        match op {
            Op::Text(text) => self.emit_piece(Piece::new(self.program.name(text), Source::LITERAL))?,
            Op::Emit => self.emit()?,
            Op::EmitText => self.emit_only_text()?,
            Op::Const(constant) => self.push_constant(constant)?,
            Op::Load(variable, name) => self.load(variable, name, frame)?,
            Op::Resolve(variable, name) => self.resolve(variable, name, frame),
            Op::Alias(to, from) => slot(frame, to).set(slot(frame, from).get()),
            Op::Clear(variable) => slot(frame, variable).set(Value::Missing),
            Op::Store(variable) => {
                let value = self.pop();
                slot(frame, variable).set(value);
            }
            Op::Pop => {
                self.stack.pop();
            }
            Op::Attribute(name) => {
                let object = self.pop();
                self.stack.push(attribute(&object, self.program.name(name), self.cx())?);
            }
            Op::Receiver => {
                if let Some(Value::Undefined(why)) = self.stack.last() {
                    return Err(undefined(why));
                }
            }
            Op::Item { counter } => self.item(counter)?,
            Op::Slice => self.slice()?,
            Op::Binary(op) => {
                let (left, right) = self.pop_two();
                self.stack.push(binary(op, &left, &right, self.cx())?);
            }
            Op::Compare(op) => {
                let (left, right) = self.pop_two();
                self.stack.push(Value::truth(compare(op, &left, &right, self.arena)?));
            }
            Op::CompareChain(op, label) => return self.compare_chain(op, label),
            Op::Not => {
                let value = self.pop();
                self.stack.push(Value::truth(!value.is_true()));
            }
            Op::Negative => self.sign(true)?,
            Op::Positive => self.sign(false)?,
            Op::Concat(count) => self.concat(count as usize)?,
            Op::List(count) => {
                let items = self.pop_many(count as usize)?;
                self.stack.push(Value::list(items, self.arena)?);
            }
            Op::Tuple(count) => {
                let items = self.pop_many(count as usize)?;
                self.stack.push(Value::tuple(items, self.arena)?);
            }
            Op::Dict(count) => {
                let items = self.pop_many(2 * count as usize)?;
                let pairs: Vec<_> = items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                self.stack.push(calls::new_dict(&pairs, self.cx())?);
            }
            Op::Jump(label) => return Ok(Flow::Goto(label)),
            Op::JumpIfFalse(label) => {
                if !self.pop().is_true() {
                    return Ok(Flow::Goto(label));
                }
            }
            Op::JumpIfFalseOrPop(label) => return Ok(self.jump_or_pop(false, label)),
            Op::JumpIfTrueOrPop(label) => return Ok(self.jump_or_pop(true, label)),
            Op::NoElse => {
                let why = "the inline if-expression evaluated to false and no else section was defined.";
                self.stack.push(self.cx().because(why)?);
            }
            Op::Call(shape) => {
                let args = self.arguments(shape)?;
                let callee = self.pop();
                let result = self.call(&callee, args)?;
                self.stack.push(result);
            }
            Op::Method(name, shape) => self.method(name, shape)?,
            Op::Filter(filter, shape) => {
                let args = self.arguments(shape)?;
                let value = self.pop();
                self.stack.push(filters::apply(filter, &value, args, self.cx())?);
            }
            Op::Test(test, shape) => {
                let args = self.arguments(shape)?;
                let value = self.pop();
                self.stack.push(Value::truth(tests::apply(test, &value, args, self.cx())?));
            }
            Op::Unknown(message) => {
                return Err(render("TemplateRuntimeError", self.program.name(message)));
            }
            Op::Loop(index) => self.start_loop(index)?,
            Op::Next(index) => return self.next_item(index),
            Op::Completed => {
                if let Some(running) = self.loops.last() {
                    running.state.completed.set(true);
                }
            }
            Op::Break(index) => return Ok(self.leave_loop(index)),
            Op::Continue(head) => {
                self.unwind();
                return Ok(Flow::Goto(head));
            }
            Op::StoreLoop(variable) => {
                if let Some(running) = self.loops.last() {
                    slot(frame, variable).set(Value::Loop(running.state));
                }
            }
            Op::Collect => self.collected.push(Vec::new()),
            Op::Keep => self.keep(),
            Op::Collected => {
                let kept = self.collected.pop().unwrap_or_default();
                self.stack.push(self.cx().list(&kept)?);
            }
            Op::Duplicate => {
                let value = self.pop();
                self.stack.extend([value, value]);
            }
            Op::Unpack(count) => self.unpack(count as usize)?,
            Op::CheckNamespace(variable) => {
                namespace(variable, frame)?;
            }
            Op::StoreAttribute(variable, name) => self.store_attribute(variable, name, frame)?,
            Op::BeginCapture => self.sinks.push(Vec::new()),
            Op::EndCapture => {
                let captured = self.end_capture()?;
                self.stack.push(Value::Str(captured));
            }
            Op::Macro(index) => {
                let name = self.program.name(self.program.macros[index as usize].name);
                self.stack.push(Value::Macro(self.arena.value(Closure { index, name, frame })?));
            }
            Op::Generation => self.generation()?,
            Op::JumpIfSet(variable, label) => {
                if !matches!(slot(frame, variable).get(), Value::Missing) {
                    return Ok(Flow::Goto(label));
                }
            }
            Op::Unprovided(variable, name) => self.unprovided(variable, name, frame)?,
            Op::Return => return Ok(Flow::Return),
        }
        Ok(Flow::Next)
    }

    pub(crate) fn pop(&mut self) -> Value<'a> {
        self.stack.pop().unwrap_or(Value::Missing)
    }

    pub(crate) fn pop_two(&mut self) -> (Value<'a>, Value<'a>) {
        let right = self.pop();
        (self.pop(), right)
    }

    pub(crate) fn pop_many(&mut self, count: usize) -> Result<&'a [Value<'a>], Error> {
        let from = self.stack.len().saturating_sub(count);
        let items = self.arena.slice(&self.stack[from..])?;
        self.stack.truncate(from);
        Ok(items)
    }

    pub(crate) fn emit_piece(&mut self, piece: Piece<'a>) -> Result<(), Error> {
        if piece.text.is_empty() {
            return Ok(());
        }
        self.arena.charge(piece.text.len() + size_of::<Piece<'_>>())?;
        if let Some(sink) = self.sinks.last_mut() {
            sink.push(piece.captured(self.turn));
        }
        Ok(())
    }

    fn emit(&mut self) -> Result<(), Error> {
        let value = self.pop();
        let text = print::text(&value, self.arena)?;
        self.emit_text(&text)
    }

    fn emit_only_text(&mut self) -> Result<(), Error> {
        match self.pop() {
            Value::Str(text) => self.emit_text(&text),
            other => {
                let found = other.type_name();
                Err(crate::fail::type_error(format!("sequence item 0: expected str instance, {found} found")))
            }
        }
    }

    fn emit_text(&mut self, text: &Text<'a>) -> Result<(), Error> {
        text.with_pieces(|pieces| pieces.iter().try_for_each(|piece| self.emit_piece(*piece)))
    }

    pub(crate) fn end_capture(&mut self) -> Result<Text<'a>, Error> {
        let pieces = self.sinks.pop().unwrap_or_default();
        Text::of(&pieces, self.arena)
    }

    fn push_constant(&mut self, constant: u32) -> Result<(), Error> {
        let program = self.program;
        let value = match &program.constants[constant as usize] {
            Constant::None => Value::None(Source::LITERAL),
            Constant::Bool(truth) => Value::Bool(*truth, Source::LITERAL),
            Constant::Int(number) => Value::Int(*number, Source::LITERAL),
            Constant::Big(number) => Big::value(number, Source::LITERAL, self.arena)?,
            Constant::Float(number) => Value::Float(*number, Source::LITERAL),
            Constant::Str(text) => Value::literal(program.name(*text)),
        };
        self.stack.push(value);
        Ok(())
    }

    fn load(&mut self, variable: Variable, name: Name, frame: &'a Frame<'a>) -> Result<(), Error> {
        let value = match slot(frame, variable).get() {
            Value::Missing => Value::undefined(Undefined::Name(self.program.name(name)), self.arena)?,
            value => value,
        };
        self.stack.push(value);
        Ok(())
    }

    /// The render's variables come before the global functions; of two with one name, the later counts.
    fn resolve(&self, variable: Variable, name: Name, frame: &'a Frame<'a>) {
        let name = self.program.name(name);
        let own = self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let value = own.or_else(|| Global::named(name).map(Value::Global));
        slot(frame, variable).set(value.unwrap_or(Value::Missing));
    }

    fn item(&mut self, counter: bool) -> Result<(), Error> {
        let (object, key) = self.pop_two();
        let found = item(&object, &key, self.cx())?;
        if counter && is_of_messages(&object) {
            self.counted(&found, &key);
        }
        self.stack.push(found);
        Ok(())
    }

    /// A message that is looked up by a loop's counter becomes current in that loop.
    fn counted(&mut self, found: &Value<'a>, key: &Value<'a>) {
        let Some(index) = as_index(key) else { return };
        let counts = |running: &&Running<'a>| {
            let state = running.state;
            let counter = matches!(state.items, Items::Range(_)).then(|| state.item(0)).flatten();
            counter.as_ref().and_then(as_index) == Some(index)
        };
        if let (Some(running), Some(message)) = (self.loops.iter().rev().find(counts), found.message()) {
            self.turn = later(running.outer_turn, Some(message));
        }
    }

    fn slice(&mut self) -> Result<(), Error> {
        let (stop, step) = self.pop_two();
        let (object, start) = self.pop_two();
        self.stack.push(slice(&object, [&start, &stop, &step], self.cx())?);
        Ok(())
    }

    fn compare_chain(&mut self, op: Comparison, label: Label) -> Result<Flow, Error> {
        let (left, right) = self.pop_two();
        if compare(op, &left, &right, self.arena)? {
            self.stack.push(right);
            return Ok(Flow::Next);
        }
        self.stack.push(Value::truth(false));
        Ok(Flow::Goto(label))
    }

    fn sign(&mut self, negative: bool) -> Result<(), Error> {
        let value = self.pop();
        if let Value::Undefined(why) = value {
            return Err(undefined(why));
        }
        self.stack.push(signed(&value, negative, self.arena)?);
        Ok(())
    }

    fn concat(&mut self, count: usize) -> Result<(), Error> {
        let from = self.stack.len().saturating_sub(count);
        let mut parts = Vec::with_capacity(count);
        for value in &self.stack[from..] {
            parts.push(print::text(value, self.arena)?.with_markup(false));
        }
        self.stack.truncate(from);
        self.stack.push(Value::Str(self.cx().join(&parts)?));
        Ok(())
    }

    fn jump_or_pop(&mut self, on: bool, label: Label) -> Flow {
        if self.stack.last().is_some_and(Value::is_true) == on {
            return Flow::Goto(label);
        }
        self.stack.pop();
        Flow::Next
    }

    fn unpack(&mut self, count: usize) -> Result<(), Error> {
        let value = self.pop();
        let items = crate::iterate::unpacked(&value, count, self.cx())?;
        self.stack.extend(items.iter().rev());
        Ok(())
    }

    fn store_attribute(&mut self, variable: Variable, name: Name, frame: &'a Frame<'a>) -> Result<(), Error> {
        let namespace = namespace(variable, frame)?;
        let name = self.program.name(name);
        calls::check_attribute(name)?;
        let value = self.pop();
        namespace.set(name, value, self.arena)
    }
}

/// The message that becomes current: an earlier one than the current does not.
pub(crate) fn later(current: Option<u32>, message: Option<u32>) -> Option<u32> {
    match (current, message) {
        (Some(current), Some(message)) if message < current => Some(current),
        (current, message) => message.or(current),
    }
}

/// A variable as seen from a frame.
pub(crate) fn slot<'f, 'a>(frame: &'f Frame<'a>, variable: Variable) -> &'f Cell<Value<'a>> {
    let mut frame = frame;
    for _ in 0..variable.hops {
        frame = frame.parent.unwrap_or(frame);
    }
    &frame.slots[variable.slot as usize]
}

fn namespace<'a>(variable: Variable, frame: &'a Frame<'a>) -> Result<&'a Namespace<'a>, Error> {
    match slot(frame, variable).get() {
        Value::Namespace(namespace) => Ok(namespace),
        _ => Err(render("TemplateRuntimeError", "cannot assign attribute on non-namespace object")),
    }
}

/// Why a render without the time fails.
pub(crate) fn no_clock() -> Error {
    unsupported_input("the template asks for the time, and none was given")
}
