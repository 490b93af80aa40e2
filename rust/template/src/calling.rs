//! The machine's calls: arguments, methods, functions and macros.
use crate::Error;
use crate::args::Args;
use crate::calls;
use crate::fail::{render, type_error, undefined};
use crate::machine::{Machine, later, slot};
use crate::members::attribute;
use crate::program::{Method, Name, Shape, Variable};
use crate::text::Text;
use crate::value::{Bound, Closure, Frame, Global, Value};

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
            named.extend(calls::keywords(&double_star, self.cx())?);
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
            Value::Loop(_) => {
                Err(type_error("The loop must have the 'recursive' marker to be called recursively."))
            }
            _ => Err(type_error(format!("'{}' object is not callable", callee.type_name()))),
        }
    }

    pub(crate) fn call_macro(&mut self, closure: &Closure<'a>, args: Args<'a>) -> Result<Text<'a>, Error> {
        if self.depth >= self.limits.depth {
            return Err(render("RecursionError", "maximum recursion depth exceeded"));
        }
        let facts = &self.program.macros[closure.index as usize];
        let frame = self.frame(facts.slots, Some(closure.frame))?;
        calls::bind_macro(facts, self.program, args, frame, self.cx())?;
        let outer_turn = self.turn;
        let mut given = args.positional.iter().chain(args.named.iter().map(|(_, value)| value));
        if let Some(message) = given.find_map(Value::message) {
            self.turn = later(outer_turn, Some(message));
        }
        let (loops, captures) = (self.loops.len(), self.captures.len());
        self.begin_capture()?;
        self.depth += 1;
        let result = self.run(facts.entry, frame);
        self.depth -= 1;
        self.turn = outer_turn;
        self.loops.truncate(loops);
        result?;
        self.captures.truncate(captures + 1);
        self.end_capture()
    }

    /// Prints what the body of a generation block gives.
    pub(crate) fn generation(&mut self) -> Result<(), Error> {
        let Value::Macro(closure) = self.pop() else { return Ok(()) };
        let text = self.call_macro(closure, Args::default())?;
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
