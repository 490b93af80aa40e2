//! The machine that runs a program over a conversation.
use std::cell::Cell;

use bumpalo::collections::Vec as BumpVec;

use crate::arena::Arena;
use crate::args::{Args, Context};
use crate::ast::Comparison;
use crate::calls;
use crate::compare::compare;
use crate::fail::{render, undefined, unsupported_input};
use crate::filters;
use crate::input::{FieldNode, Inputs};
use crate::iterate::is_of_messages;
use crate::members::{attribute, item, slice};
use crate::number::{as_index, signed};
use crate::objects;
use crate::operators::binary;
use crate::output::Output;
use crate::points::Memory;
use crate::prefixes::Watched;
use crate::print;
use crate::program::{Label, Name, Op, Operand, Program, Variable};
use crate::tests;
use crate::text::{Piece, Pieces, Source};
use crate::value::{Closure, Frame, Global, Items, List, Loop, Namespace, Value};
use crate::{Clock, Compat, Error, Limits, Settings};

/// A program, its inputs, and how far it has come.
pub(crate) struct Machine<'a> {
    pub(crate) program: &'a Program,
    pub(crate) source: &'a str,
    pub(crate) arena: &'a Arena,
    pub(crate) clock: Option<&'a Clock>,
    pub(crate) compat: Compat,
    pub(crate) messages: &'a [Value<'a>],
    /// The variables of the row and the run.
    pub(crate) variables: &'a [(&'a str, Value<'a>)],
    /// The variables of the render that the program reads.
    pub(crate) context: &'a [Value<'a>],
    fields: &'a [FieldNode<'a>],
    pub(crate) stack: BumpVec<'a, Value<'a>>,
    pub(crate) loops: BumpVec<'a, Running<'a>>,
    pub(crate) output: Output<'a>,
    /// The blocks that are being captured, which take what is printed.
    pub(crate) captures: Vec<Pieces<'a>>,
    /// What was printed and is no text: the block that is captured it is in, as a count, and the error.
    pub(crate) unprintable: Vec<(usize, Error)>,
    /// The call of a recursive loop that is about to start.
    pub(crate) recursion: Option<(&'a Closure<'a>, usize)>,
    /// The variables of the outermost function.
    pub(crate) root: Option<&'a Frame<'a>>,
    pub(crate) namespaces: Vec<&'a Namespace<'a>>,
    /// The current message.
    pub(crate) turn: Option<u32>,
    pub(crate) limits: Limits,
    /// How much of Python's stack the calls would take that are running.
    pub(crate) frames: usize,
    /// Whether something was read that depends on how many messages there are.
    pub(crate) told: bool,
    /// How many messages are known to be there by what was read.
    pub(crate) needed: usize,
    /// What renders of shorter prefixes left, where that is of use.
    pub(crate) memory: Option<Box<Memory<'a>>>,
    pub(crate) watched: Option<Box<Watched<'a>>>,
    /// Whether what is read shall be noted.
    pub(crate) remembers: bool,
}

/// A loop that is being run.
pub(crate) struct Running<'a> {
    pub(crate) state: &'a Loop<'a>,
    /// The current message around the loop.
    pub(crate) outer_turn: Option<u32>,
    pub(crate) captures: usize,
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
        settings: &'a Settings,
        output: Output<'a>,
    ) -> Result<Self, Error> {
        Ok(Self {
            program,
            source,
            arena,
            clock: settings.now.as_ref(),
            compat: settings.compat,
            messages: &[],
            variables: inputs.variables,
            context: &[],
            fields: &inputs.fields,
            stack: arena.growable(16)?,
            loops: arena.growable(4)?,
            output,
            captures: Vec::new(),
            unprintable: Vec::new(),
            recursion: None,
            root: None,
            namespaces: Vec::new(),
            turn: None,
            limits: settings.limits,
            frames: 0,
            told: false,
            needed: 0,
            memory: None,
            watched: None,
            remembers: false,
        })
    }

    /// Runs the program over the first messages; gives what it printed.
    pub(crate) fn render(
        mut self,
        inputs: &Inputs<'a>,
        messages: &'a [Value<'a>],
        add_generation_prompt: bool,
    ) -> Result<Output<'a>, Error> {
        self.begin(inputs, messages, add_generation_prompt)?;
        let frame = self.frame(self.program.slots, None)?;
        self.root = Some(frame);
        self.run(0, frame)?;
        self.check_printed()?;
        Ok(self.output)
    }

    /// Sets the variables of the render.
    pub(crate) fn begin(
        &mut self,
        inputs: &Inputs<'a>,
        messages: &'a [Value<'a>],
        add_generation_prompt: bool,
    ) -> Result<(), Error> {
        self.messages = messages;
        let list = List { of_messages: true, ..List::new(messages, inputs.messages_source) };
        let messages = Value::List(self.arena.value(list)?);
        self.context = self.context(inputs, messages, add_generation_prompt)?;
        Ok(())
    }

    /// The variables that the program reads: those of the row and the run come before the standard ones, and
    /// the global functions last; of two with one name, the later counts.
    fn context(
        &self,
        inputs: &Inputs<'a>,
        messages: Value<'a>,
        add_generation_prompt: bool,
    ) -> Result<&'a [Value<'a>], Error> {
        let program = self.program;
        let mut context = self.arena.growable(program.context.len())?;
        context.extend(program.context.iter().enumerate().map(|(place, name)| {
            let name = program.name(*name);
            // What another render of the row had is the same but for these.
            if let Some(known) =
                self.context.get(place).filter(|_| !matches!(name, "messages" | "add_generation_prompt"))
            {
                return *known;
            }
            let own = inputs.variables.iter().rev().find(|(known, _)| *known == name);
            let standard = || standard(name, messages, add_generation_prompt, self.compat);
            own.map_or_else(standard, |(_, value)| *value)
        }));
        Ok(context.into_bump_slice())
    }

    pub(crate) fn cx(&self) -> Context<'a> {
        Context { arena: self.arena, fields: self.fields, turn: self.turn }
    }

    pub(crate) fn frame(&self, slots: u32, parent: Option<&'a Frame<'a>>) -> Result<&'a Frame<'a>, Error> {
        Frame::new(slots, parent, self.arena)
    }

    /// Runs from an instruction to the next return.
    pub(crate) fn run(&mut self, entry: Label, frame: &'a Frame<'a>) -> Result<(), Error> {
        let program = self.program;
        let mut next = entry as usize;
        while let Some(op) = program.ops.get(next) {
            let flow = match self.step(op, frame) {
                Ok(Flow::Goto(label)) if label as usize <= next => {
                    self.arena.work(next - label as usize).map(|()| Flow::Goto(label))
                }
                flow => flow,
            };
            match flow {
                Ok(Flow::Next) => next += 1,
                Ok(Flow::Goto(label)) => next = label as usize,
                Ok(Flow::Return) => return self.arena.work(next.saturating_sub(entry as usize)),
                Err(error) => {
                    let at = program.positions.get(next).copied().unwrap_or_default();
                    return Err(self.explained(error, at));
                }
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm an instruction, each of a line or a call")]
    fn step(&mut self, op: &Op, frame: &'a Frame<'a>) -> Result<Flow, Error> {
        let (mut a, mut b) = (Value::Missing, Value::Missing);
        match *op {
            Op::Text(text) => self.emit_piece(Piece::new(self.program.name(text), Source::LITERAL))?,
            Op::Emit(operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
                self.emit(value)?;
            }
            Op::EmitJson(operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
                self.emit_json(value)?;
            }
            Op::EmitText(at) => self.emit_only_text(at)?,
            Op::EmitSum(left, right, otherwise) => {
                let (left, right) = self.fetch_two(left, right, frame, &mut a, &mut b)?;
                return self.emit_sum(left, right, otherwise);
            }
            Op::EmitPart(operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
                self.emit_part(value)?;
            }
            Op::JoinText(text) => self.join_piece(Piece::new(self.program.name(text), Source::LITERAL))?,
            Op::JoinSum(left, right, otherwise) => {
                let (left, right) = self.fetch_two(left, right, frame, &mut a, &mut b)?;
                return self.join_sum(left, right, otherwise);
            }
            Op::JoinPart(operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
                self.join_part(value)?;
            }
            Op::Push(operand) => {
                let value = *self.fetch(operand, frame, &mut a)?;
                self.stack.push(value);
            }
            Op::Resolve(variable, index) => slot(frame, variable).set(self.context[index as usize]),
            Op::ResolveAround(variable, surroundings, index) => {
                let value = self.around(&slot(frame, surroundings).get(), index)?;
                slot(frame, variable).set(value);
            }
            Op::Alias(to, from) => {
                if self.remembers {
                    self.note_copied(from, frame);
                }
                slot(frame, to).set(slot(frame, from).get());
            }
            Op::Clear(variable) => slot(frame, variable).set(Value::Missing),
            Op::Store(variable, operand) => {
                let told = self.told;
                let value = *self.fetch(operand, frame, &mut a)?;
                if matches!(operand, Operand::Slot(..)) {
                    self.told = told;
                }
                slot(frame, variable).set(value);
            }
            Op::Pop => {
                self.stack.pop();
            }
            Op::Attribute(operand, name) => {
                let object = self.fetch(operand, frame, &mut a)?;
                self.stack.push(attribute(object, self.program.name(name), self.cx())?);
            }
            Op::Receiver => {
                if let Some(Value::Undefined(why)) = self.stack.last() {
                    return Err(undefined(why));
                }
            }
            Op::Item { object, key, counter } => {
                let told = self.told;
                let (object, key) = self.fetch_two(object, key, frame, &mut a, &mut b)?;
                self.item(object, key, counter, told)?;
            }
            Op::Slice { early } => self.slice(early)?,
            Op::Binary(op, left, right) => {
                let (left, right) = self.fetch_two(left, right, frame, &mut a, &mut b)?;
                self.stack.push(binary(op, left, right, self.cx())?);
            }
            Op::Compare(op, left, right) if self.remembers => {
                let truth = self.compared(op, (left, right), frame)?;
                self.stack.push(Value::truth(truth));
            }
            Op::JumpIfCompare(on, op, left, right, label) if self.remembers => {
                if self.compared(op, (left, right), frame)? == on {
                    return Ok(Flow::Goto(label));
                }
            }
            Op::Compare(op, left, right) => {
                let (left, right) = self.fetch_two(left, right, frame, &mut a, &mut b)?;
                let truth = self.holds(op, left, right)?;
                self.stack.push(Value::truth(truth));
            }
            Op::CompareChain(op, label) => return self.compare_chain(op, label),
            Op::Not(operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
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
            Op::JumpIf(on, operand, label) => {
                if self.fetch(operand, frame, &mut a)?.is_true() == on {
                    return Ok(Flow::Goto(label));
                }
            }
            Op::JumpIfCompare(on, op, left, right, label) => {
                let (left, right) = self.fetch_two(left, right, frame, &mut a, &mut b)?;
                if self.holds(op, left, right)? == on {
                    return Ok(Flow::Goto(label));
                }
            }
            Op::JumpIfEquals(on, operand, text, label) => {
                let value = self.fetch(operand, frame, &mut a)?;
                if matches!(value, Value::Str(found) if found.equals(self.program.name(text))) == on {
                    return Ok(Flow::Goto(label));
                }
            }
            Op::JumpIfTest(on, test, operand, label) => {
                let value = self.fetch(operand, frame, &mut a)?;
                if tests::apply(test, value, Args::default(), self.cx())? == on {
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
            Op::Method(method, shape) => self.method(method, shape)?,
            Op::FilterOf(filter, operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
                self.stack.push(filters::apply(filter, value, Args::default(), self.cx())?);
            }
            Op::TestOf(test, operand) => {
                let value = self.fetch(operand, frame, &mut a)?;
                self.stack.push(Value::truth(tests::apply(test, value, Args::default(), self.cx())?));
            }
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
            Op::Fail(message) => {
                return Err(render("TemplateRuntimeError", self.program.name(message)));
            }
            Op::Loop(index, operand) => {
                let told = self.told;
                let iterable = self.fetch(operand, frame, &mut a)?;
                self.start_loop(index, iterable, told, frame)?;
            }
            Op::Recursive(index) => self.recursive_loop(index, frame)?,
            Op::Next(index) => match self.next_item(index, frame)? {
                Some(item) => self.stack.push(item),
                None => return Ok(self.leave_loop(index)),
            },
            Op::NextInto(index, variable) => match self.next_item(index, frame)? {
                Some(item) => slot(frame, variable).set(item),
                None => return Ok(self.leave_loop(index)),
            },
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
            Op::Duplicate => {
                let value = self.pop();
                self.stack.extend([value, value]);
            }
            Op::Unpack(count) => self.unpack(count as usize)?,
            Op::CheckNamespace(variable) => {
                namespace(variable, frame)?;
            }
            Op::StoreAttribute(variable, name) => self.store_attribute(variable, name, frame)?,
            Op::BeginCapture => self.begin_capture()?,
            Op::EndCapture => {
                let captured = self.end_capture()?;
                self.stack.push(Value::Str(captured));
            }
            Op::Macro(index) => {
                let closure = self.closure(index, frame)?;
                self.stack.push(Value::Macro(closure));
            }
            Op::Generation => self.generation()?,
            Op::Template(variable) => slot(frame, variable).set(self.template(None)?),
            Op::NoParent(variable) => slot(frame, variable).set(objects::no_parent(self.cx())?),
            Op::Block(call) => self.block(call, frame)?,
            Op::Include { choice, ignore_missing } => {
                let named = self.pop();
                objects::include(&named, choice, ignore_missing, self.cx())?;
            }
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

    fn item(&mut self, object: &Value<'a>, key: &Value<'a>, counter: bool, told: bool) -> Result<(), Error> {
        let found = item(object, key, self.cx())?;
        if is_of_messages(object) {
            if counter {
                self.counted(&found, key);
            }
            if let (Some(0..), Some(message)) = (as_index(key), found.message()) {
                self.told = told;
                self.need(message as usize);
            }
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

    fn slice(&mut self, early: bool) -> Result<(), Error> {
        let (stop, step) = self.pop_two();
        let (object, start) = self.pop_two();
        let sliced = slice(&object, [&start, &stop, &step], self.cx());
        self.stack.push(match sliced {
            Err(error) if early && error.kind() == "TypeError" => {
                return Err(unsupported_input("a slice of a constant that can't be sliced so"));
            }
            sliced => sliced?,
        });
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

    /// Whether a comparison holds; the common ones are told at once.
    pub(crate) fn holds(&self, op: Comparison, left: &Value<'a>, right: &Value<'a>) -> Result<bool, Error> {
        let equal = match (left, right) {
            (Value::Str(left), Value::Str(right)) => {
                right.scan(self.arena)?;
                left.equals_piece(right)
            }
            (Value::Int(left, _), Value::Int(right, _)) => Some(left == right),
            (Value::Bool(left, _), Value::Bool(right, _)) => Some(left == right),
            _ => None,
        };
        match (op, equal) {
            (Comparison::Eq, Some(equal)) => Ok(equal),
            (Comparison::Ne, Some(equal)) => Ok(!equal),
            _ => compare(op, left, right, self.arena),
        }
    }

    fn sign(&mut self, negative: bool) -> Result<(), Error> {
        let value = self.pop();
        if let Value::Undefined(why) = value {
            return Err(undefined(&why));
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
        calls::check_attribute(name, self.compat)?;
        if self.remembers {
            self.note_assigned(namespace, name);
        }
        let value = self.pop();
        namespace.set(name, value, self.arena)
    }
}

/// What every render has.
pub(crate) const STANDARD_VARIABLES: [&str; 4] = ["messages", "add_generation_prompt", "tools", "documents"];

/// A variable that every render has, or a global function.
fn standard<'a>(name: &str, messages: Value<'a>, add_generation_prompt: bool, compat: Compat) -> Value<'a> {
    match name {
        "messages" => messages,
        "add_generation_prompt" => Value::Bool(add_generation_prompt, Source::VARIABLE),
        "tools" | "documents" => Value::None(Source::LITERAL),
        _ => Global::named(name, compat).map_or(Value::Missing, Value::Global),
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
