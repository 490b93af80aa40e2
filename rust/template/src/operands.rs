//! What the instructions work on.
use crate::Error;
use crate::args::Args;
use crate::filters::{self, Filter};
use crate::machine::{Machine, slot};
use crate::members::{attribute, item};
use crate::program::{Constant, FieldFacts, Lookup, LoopPart, Name, Operand, Variable};
use crate::text::Source;
use crate::value::{Big, Frame, Reason, Value};

impl<'a> Machine<'a> {
    /// The value of an operand: where it is, or put into `own`.
    #[inline]
    pub(crate) fn fetch<'v>(
        &mut self,
        operand: Operand,
        frame: &'a Frame<'a>,
        own: &'v mut Value<'a>,
    ) -> Result<&'v Value<'a>, Error>
    where
        'a: 'v,
    {
        match operand {
            Operand::Top => *own = self.pop(),
            Operand::Slot(variable, name) => match slot(frame, variable).get() {
                Value::Missing => {
                    self.noting(variable, &Value::Missing, frame);
                    *own = self.undefined_name(name)?;
                }
                value => {
                    self.noting(variable, &value, frame);
                    *own = value;
                }
            },
            Operand::Constant(constant) => *own = self.constant(constant)?,
            Operand::Field(field) => return self.fetch_field(field, frame, own),
        }
        Ok(own)
    }

    /// Notes that a variable is read, where that is of interest.
    #[inline]
    fn noting(&mut self, variable: Variable, value: &Value<'a>, frame: &'a Frame<'a>) {
        if self.remembers {
            self.note(variable, value, frame);
        }
    }

    fn fetch_field<'v>(
        &mut self,
        field: u32,
        frame: &'a Frame<'a>,
        own: &'v mut Value<'a>,
    ) -> Result<&'v Value<'a>, Error>
    where
        'a: 'v,
    {
        let facts = &self.program.fields[field as usize];
        let key = self.program.name(facts.key);
        match slot(frame, facts.variable).get() {
            Value::Dict(dict) => {
                self.noting(facts.variable, &Value::Dict(dict), frame);
                if let Some(value) = dict.get(key)
                    && (facts.trim.is_none() || filters::is_trimmed(value))
                {
                    return Ok(value);
                }
            }
            Value::Loop(running) => {
                if let (Some(part), true) = (facts.of_loop, self.remembers) {
                    self.note_part(running, part);
                }
                let part = match facts.of_loop {
                    Some(part) if running.is_lazy() => self.lazy_part(running, part)?,
                    Some(part) => running.part(part),
                    None => None,
                };
                if let Some(value) = part {
                    *own = self.trimmed(value, facts)?;
                    return Ok(own);
                }
            }
            _ => {}
        }
        let value = self.field(facts, key, frame)?;
        *own = self.trimmed(value, facts)?;
        Ok(own)
    }

    /// A member without whitespace at its ends, if that is asked for.
    fn trimmed(&self, value: Value<'a>, facts: &FieldFacts) -> Result<Value<'a>, Error> {
        let Some(at) = facts.trim else { return Ok(value) };
        let trimmed = filters::apply(Filter::Trim, &value, Args::default(), self.cx());
        trimmed.map_err(|error| self.explained(error, at))
    }

    /// The values of two operands, of which the left one was computed first.
    pub(crate) fn fetch_two<'v>(
        &mut self,
        left: Operand,
        right: Operand,
        frame: &'a Frame<'a>,
        own_left: &'v mut Value<'a>,
        own_right: &'v mut Value<'a>,
    ) -> Result<(&'v Value<'a>, &'v Value<'a>), Error>
    where
        'a: 'v,
    {
        if left == Operand::Top && right == Operand::Top {
            (*own_left, *own_right) = self.pop_two();
            return Ok((own_left, own_right));
        }
        Ok((self.fetch(left, frame, own_left)?, self.fetch(right, frame, own_right)?))
    }

    /// A member of a variable that is not just an item of a mapping.
    fn field(&mut self, facts: &FieldFacts, key: &'a str, frame: &'a Frame<'a>) -> Result<Value<'a>, Error> {
        let object = self.load(facts.variable, facts.name, frame)?;
        match object {
            Value::Namespace(namespace) if self.remembers => self.note_attribute(namespace, key),
            Value::Loop(_) if facts.of_loop == Some(LoopPart::Previous) => {}
            _ => self.noting(facts.variable, &object, frame),
        }
        let found = match facts.lookup {
            Lookup::Attribute => attribute(&object, key, self.cx()),
            Lookup::Item => item(&object, &Value::literal(key), self.cx()),
        };
        found.map_err(|error| self.explained(error, facts.at))
    }

    fn constant(&self, constant: u32) -> Result<Value<'a>, Error> {
        let program = self.program;
        Ok(match &program.constants[constant as usize] {
            Constant::None => Value::None(Source::LITERAL),
            Constant::Bool(truth) => Value::Bool(*truth, Source::LITERAL),
            Constant::Int(number) => Value::Int(*number, Source::LITERAL),
            Constant::Big(number) => Big::value(number, Source::LITERAL, self.arena)?,
            Constant::Float(number) => Value::Float(*number, Source::LITERAL),
            Constant::Str(text) => Value::literal(program.name(*text)),
        })
    }

    fn load(&self, variable: Variable, name: Name, frame: &'a Frame<'a>) -> Result<Value<'a>, Error> {
        match slot(frame, variable).get() {
            Value::Missing => self.undefined_name(name),
            value => Ok(value),
        }
    }

    #[cold]
    pub(crate) fn undefined_name(&self, name: Name) -> Result<Value<'a>, Error> {
        Value::undefined(Reason::Name(self.program.name(name)), self.arena)
    }
}
