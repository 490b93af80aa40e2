//! The machine's calls: arguments, methods, functions and macros.
use crate::arena::exceeded;
use crate::args::Args;
use crate::calls;
use crate::fail::{render, type_error, undefined};
use crate::machine::{Machine, later, slot};
use crate::members::attribute;
use crate::objects::{self, Around, NAMES_OF_A_STEP, Object, Surroundings};
use crate::program::{Label, Method, Name, Shape, Variable};
use crate::text::Text;
use crate::value::{Bound, Closure, Frame, Global, Loop, Value};
use crate::{Error, Limits};

/// How many frames of Python's stack a call of a macro or of a recursive loop takes in Jinja, and how many more a
/// call of a block.
const FRAMES_OF_A_CALL: usize = 5;
const FURTHER_FRAMES_OF_A_BLOCK: usize = 1;

impl<'a> Machine<'a> {
    /// Takes a call's arguments from the stack.
    pub(crate) fn arguments(&mut self, shape: Shape) -> Result<Args<'a>, Error> {
        let program = self.program;
        let shape = &program.shapes[shape as usize];
        let double_star = if shape.double_star { Some(self.pop()) } else { None };
        let star = if shape.star { Some(self.pop()) } else { None };
        let values = self.pop_many(shape.named.len())?;
        let positional = self.pop_many(shape.positional)?;
        if values.is_empty() && star.is_none() && double_star.is_none() {
            return Ok(Args { positional, named: &[] });
        }
        let mut named: Vec<_> =
            shape.named.iter().map(|name| program.name(*name)).zip(values.iter().copied()).collect();
        let mut all = positional.to_vec();
        if let Some(star) = star {
            all.extend(crate::iterate::all(&star, self.cx())?);
        }
        if let Some(double_star) = double_star {
            for (name, value) in calls::keywords(&double_star, self.cx())? {
                if named.iter().any(|(known, _)| *known == name) {
                    return Err(type_error(format!("got multiple values for keyword argument '{name}'")));
                }
                named.push((name, value));
            }
        }
        Ok(Args { positional: self.arena.slice(&all)?, named: self.arena.slice(&named)? })
    }

    pub(crate) fn method(&mut self, method: Method, shape: Shape) -> Result<(), Error> {
        let args = self.arguments(shape)?;
        let receiver = self.pop();
        let name = self.program.name(method.name);
        let result = match receiver {
            Value::Str(_) if method.of_text => self.call_method(&receiver, name, args),
            Value::Dict(_) if method.of_mapping => self.call_method(&receiver, name, args),
            _ => self.call(&attribute(&receiver, name, self.cx())?, args),
        };
        self.stack.push(result?);
        Ok(())
    }

    fn call_method(
        &mut self,
        receiver: &Value<'a>,
        name: &'a str,
        args: Args<'a>,
    ) -> Result<Value<'a>, Error> {
        self.arena.work(1)?;
        calls::method(receiver, name, args, self.cx())
    }

    pub(crate) fn call(&mut self, callee: &Value<'a>, args: Args<'a>) -> Result<Value<'a>, Error> {
        self.arena.work(1)?;
        match callee {
            Value::Method(Bound { receiver, name }) => calls::method(receiver, name, args, self.cx()),
            Value::Macro(closure) => self.call_macro(closure, args).map(Value::Str),
            Value::Global(Global::Namespace) => {
                let namespace = calls::new_namespace(args, self.compat, self.cx())?;
                self.namespaces.push(namespace);
                Ok(Value::Namespace(namespace))
            }
            Value::Global(global) => calls::global(*global, args, self.clock, self.cx()),
            Value::Undefined(why) => Err(undefined(why)),
            Value::Loop(running) => self.call_loop(running, args).map(Value::Str),
            Value::Object(Object::Joiner(joiner)) => joiner.call(args),
            Value::Object(Object::Block(block)) => self.call_block(block, args).map(Value::Str),
            _ => Err(type_error(format!("'{}' object is not callable", callee.type_name()))),
        }
    }

    /// A function of the program with the variables around it.
    pub(crate) fn closure(&self, index: u32, frame: &'a Frame<'a>) -> Result<&'a Closure<'a>, Error> {
        let program = self.program;
        self.arena.value(Closure { facts: &program.macros[index as usize], program, frame })
    }

    pub(crate) fn call_macro(&mut self, closure: &Closure<'a>, args: Args<'a>) -> Result<Text<'a>, Error> {
        self.check_depth()?;
        let facts = closure.facts;
        let frame = self.frame(facts.slots, Some(closure.frame))?;
        calls::bind_macro(facts, self.program, args, frame, self.cx())?;
        let outer_turn = self.turn;
        let mut given = args.positional.iter().chain(args.named.iter().map(|(_, value)| value));
        if let Some(message) = given.find_map(Value::message) {
            self.turn = later(outer_turn, Some(message));
        }
        let result = self.captured(facts.entry, frame);
        self.turn = outer_turn;
        result
    }

    /// Runs a function; gives what it printed.
    fn captured(&mut self, entry: Label, frame: &'a Frame<'a>) -> Result<Text<'a>, Error> {
        let (loops, captures) = (self.loops.len(), self.captures.len());
        self.begin_capture()?;
        self.frames += FRAMES_OF_A_CALL;
        let result = self.run(entry, frame);
        self.frames -= FRAMES_OF_A_CALL;
        self.loops.truncate(loops);
        result?;
        self.captures.truncate(captures + 1);
        self.end_capture()
    }

    fn check_depth(&self) -> Result<(), Error> {
        if self.frames >= Limits::DEEPEST * FRAMES_OF_A_CALL {
            return Err(render("RecursionError", "maximum recursion depth exceeded"));
        }
        if self.frames >= self.limits.depth * FRAMES_OF_A_CALL {
            return Err(exceeded(
                "the template calls macros within each other deeper than its limit",
                "depth",
            ));
        }
        Ok(())
    }

    /// `loop(iterable)`.
    fn call_loop(&mut self, running: &Loop<'a>, args: Args<'a>) -> Result<Text<'a>, Error> {
        let [iterable] = args.bind("loop", ["iterable"], 1)?;
        let Some((closure, depth)) = running.recursion else {
            return Err(type_error("The loop must have the 'recursive' marker to be called recursively."));
        };
        self.recurse(closure, &iterable.unwrap_or(Value::Missing), depth + 1)
    }

    /// Runs a recursive loop over a value; gives what it printed.
    pub(crate) fn recurse(
        &mut self,
        closure: &'a Closure<'a>,
        iterable: &Value<'a>,
        depth: usize,
    ) -> Result<Text<'a>, Error> {
        self.check_depth()?;
        let facts = closure.facts;
        let frame = self.frame(facts.slots, Some(closure.frame))?;
        self.stack.push(*iterable);
        self.recursion = Some((closure, depth));
        self.captured(facts.entry, frame)
    }

    /// `self`, as code in these surroundings has it.
    pub(crate) fn template(&self, around: Around<'a>) -> Result<Value<'a>, Error> {
        Ok(Value::Object(self.arena.value(Object::Template(self.program, around))?))
    }

    /// A variable as a block sees it: of its surroundings, of the outermost function, or of the render.
    pub(crate) fn around(&self, template: &Value<'a>, index: u32) -> Result<Value<'a>, Error> {
        let name = self.program.context[index as usize];
        if let Some(value) = Surroundings::find(surroundings(template), name, self.arena)? {
            return Ok(value);
        }
        self.arena.work(self.program.globals.len() / NAMES_OF_A_STEP)?;
        let global = self.program.globals.iter().find(|(known, _)| *known == name);
        let value = global.zip(self.root).map(|((_, slot), root)| root.slots[*slot as usize].get());
        Ok(match value {
            None | Some(Value::Missing) => self.context[index as usize],
            Some(value) => value,
        })
    }

    /// Prints what a block gives where it stands.
    pub(crate) fn block(&mut self, call: u32, frame: &'a Frame<'a>) -> Result<(), Error> {
        let program = self.program;
        let call = &program.block_calls[call as usize];
        let outer = call.surroundings.and_then(|variable| surroundings(&slot(frame, variable).get()));
        let mut locals = self.arena.growable(call.locals.len())?;
        let values = call.locals.iter().map(|(name, variable)| (*name, slot(frame, *variable).get()));
        locals.extend(values.filter(|(_, value)| !matches!(value, Value::Missing)));
        let around = if locals.is_empty() {
            outer
        } else {
            Some(self.arena.value(Surroundings { locals: locals.into_bump_slice(), outer })?)
        };
        let text = self.run_block(program.blocks[call.block as usize].function, around)?;
        self.emit_text(&text)
    }

    fn call_block(&mut self, block: &objects::Block<'a>, args: Args<'a>) -> Result<Text<'a>, Error> {
        args.bind::<0>("block", [], 0)?;
        self.frames += FURTHER_FRAMES_OF_A_BLOCK;
        let text = self.run_block(block.function, block.around);
        self.frames -= FURTHER_FRAMES_OF_A_BLOCK;
        text
    }

    fn run_block(&mut self, function: u32, around: Around<'a>) -> Result<Text<'a>, Error> {
        self.check_depth()?;
        let facts = &self.program.macros[function as usize];
        let frame = self.frame(facts.slots, None)?;
        // What it is called with comes first.
        frame.slots[0].set(self.template(around)?);
        self.captured(facts.entry, frame)
    }

    /// Prints what the body of a generation block gives.
    pub(crate) fn generation(&mut self) -> Result<(), Error> {
        let Value::Macro(closure) = self.pop() else { return Ok(()) };
        let start = self.output.len();
        let text = self.call_macro(closure, Args::default())?;
        let letters = text.with_pieces(|pieces| pieces.iter().map(|piece| piece.text.chars().count()).sum());
        self.output.tag(start, letters);
        text.with_pieces(|pieces| pieces.iter().try_for_each(|piece| self.emit_piece(piece.in_generation())))
    }

    pub(crate) fn unprovided(
        &self,
        variable: Variable,
        name: Name,
        frame: &'a Frame<'a>,
    ) -> Result<(), Error> {
        let slot = slot(frame, variable);
        if matches!(slot.get(), Value::Missing) {
            let name = self.program.name(name);
            let why = self.arena.str(&format!("parameter '{name}' was not provided"))?;
            slot.set(self.cx().because(why)?);
        }
        Ok(())
    }
}

/// What `self` of a block knows to be around it.
fn surroundings<'a>(template: &Value<'a>) -> Around<'a> {
    match template {
        Value::Object(Object::Template(_, around)) => *around,
        _ => None,
    }
}
