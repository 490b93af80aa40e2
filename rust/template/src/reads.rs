//! What the iterations of a loop read of what was there before the loop.
use crate::Error;
use crate::arena::Arena;
use crate::ast::Comparison;
use crate::machine::Machine;
use crate::points::{Kept, Start};
use crate::program::{LoopPart, Operand, Variable};
use crate::same::is_same;
use crate::value::{Frame, Loop, Namespace, Value};

/// Where a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location<'a> {
    /// A slot of the outermost function.
    Variable(usize),
    /// Which namespace, and which of its attributes.
    Attribute(usize, &'a str),
}

/// The values that would not have changed the way of a loop, location by location.
#[derive(Debug, Default, Clone)]
pub(crate) struct Reads<'a> {
    variables: Vec<Vec<Read>>,
    attributes: Vec<(Location<'a>, Vec<Read>)>,
}

/// A read that leaves less freedom than those before.
#[derive(Debug, Clone, Copy)]
struct Read {
    /// In which iteration, from 0.
    iteration: usize,
    allowed: Allowed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// Integers from one to another.
    Integers(i64, i64),
    /// Only the value itself.
    Itself,
}

impl<'a> Reads<'a> {
    fn of(&mut self, location: Location<'a>) -> &mut Vec<Read> {
        if let Location::Variable(slot) = location {
            if self.variables.len() <= slot {
                self.variables.resize(slot + 1, Vec::new());
            }
            return &mut self.variables[slot];
        }
        let known = self.attributes.iter().position(|(known, _)| *known == location);
        let place = known.unwrap_or_else(|| {
            self.attributes.push((location, Vec::new()));
            self.attributes.len() - 1
        });
        &mut self.attributes[place].1
    }

    fn note(&mut self, location: Location<'a>, iteration: usize, allowed: Allowed) {
        let reads = self.of(location);
        let before = reads.last().map(|read| read.allowed);
        let allowed = match (before, allowed) {
            (Some(Allowed::Itself), _) => return,
            (Some(Allowed::Integers(low, high)), Allowed::Integers(from, to)) => {
                Allowed::Integers(low.max(from), high.min(to))
            }
            (_, allowed) => allowed,
        };
        if before != Some(allowed) {
            reads.push(Read { iteration, allowed });
        }
    }

    /// The iteration in which a loop that began otherwise would first read something different; `now` tells what is
    /// where.
    pub(crate) fn end(
        &self,
        old: &Start<'a>,
        now: impl Fn(Location<'a>) -> Result<Option<Kept<'a>>, Error>,
        arena: &'a Arena,
    ) -> Result<usize, Error> {
        let variables = self.variables.iter().enumerate();
        let variables = variables.map(|(slot, reads)| (Location::Variable(slot), reads));
        let attributes = self.attributes.iter().map(|(location, reads)| (*location, reads));
        let mut end = usize::MAX;
        for (location, reads) in variables.chain(attributes).filter(|(_, reads)| !reads.is_empty()) {
            let (old, new) = (old.find(location), now(location)?);
            if !are_same(old, new, arena)? {
                let first = reads.partition_point(|read| read.allowed.allows(new));
                end = end.min(reads.get(first).map_or(usize::MAX, |read| read.iteration));
            }
        }
        Ok(end)
    }

    /// What was read before an iteration.
    pub(crate) fn until(&self, iteration: usize) -> Self {
        let mut before = self.clone();
        before.truncate(iteration);
        before
    }

    /// Forgets what was read in an iteration and later.
    pub(crate) fn truncate(&mut self, iteration: usize) {
        let all = self.variables.iter_mut().chain(self.attributes.iter_mut().map(|(_, reads)| reads));
        for reads in all {
            while reads.last().is_some_and(|read| read.iteration >= iteration) {
                reads.pop();
            }
        }
    }
}

fn are_same<'a>(old: Option<Kept<'a>>, new: Option<Kept<'a>>, arena: &'a Arena) -> Result<bool, Error> {
    Ok(match (old, new) {
        (Some(Kept::Value(old)), Some(Kept::Value(new))) => is_same(&old, &new, arena)?,
        (Some(Kept::Messages(_, old)), Some(Kept::Messages(_, new)))
        | (Some(Kept::Namespace(old)), Some(Kept::Namespace(new))) => old == new,
        (None, None) => true,
        _ => false,
    })
}

impl Allowed {
    /// The integers that compare with one as another does.
    fn like(value: i64, comparison: Comparison, other: i64) -> Self {
        let holds = match comparison {
            Comparison::Lt | Comparison::Ge => value < other,
            Comparison::Gt | Comparison::Le => value > other,
            _ if value == other => return Self::Integers(value, value),
            _ if value < other => return Self::Integers(i64::MIN, other.saturating_sub(1)),
            _ => return Self::Integers(other.saturating_add(1), i64::MAX),
        };
        match comparison {
            Comparison::Lt | Comparison::Ge if holds => Self::Integers(i64::MIN, other.saturating_sub(1)),
            Comparison::Lt | Comparison::Ge => Self::Integers(other, i64::MAX),
            _ if holds => Self::Integers(other.saturating_add(1), i64::MAX),
            _ => Self::Integers(i64::MIN, other),
        }
    }

    fn allows(self, kept: Option<Kept<'_>>) -> bool {
        match (self, kept) {
            (Self::Integers(low, high), Some(Kept::Value(Value::Int(value, _)))) => {
                (low..=high).contains(&value)
            }
            _ => false,
        }
    }
}

impl<'a> Machine<'a> {
    /// Notes that a variable is read.
    #[cold]
    #[inline(never)]
    pub(crate) fn note(&mut self, variable: Variable, value: &Value<'a>, frame: &'a Frame<'a>) {
        match value {
            Value::List(list) | Value::Tuple(list) if list.of_messages => self.told = true,
            Value::Loop(state) => self.told |= self.is_watched(state),
            Value::Namespace(_) => self.told |= self.watched.is_some(),
            _ => {}
        }
        if let Some(location) = self.outside(variable, frame) {
            self.note_read(location, Allowed::Itself);
        }
    }

    /// Notes that a variable's value is given to another.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_copied(&mut self, variable: Variable, frame: &'a Frame<'a>) {
        if let Some(location) = self.outside(variable, frame) {
            self.note_read(location, Allowed::Itself);
        }
    }

    /// Notes that a part of `loop` is read.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_part(&mut self, state: &Loop<'a>, part: LoopPart) {
        match (&self.watched, part) {
            (Some(watched), _) if !std::ptr::eq(watched.state, state) => {}
            (Some(_), LoopPart::Length | LoopPart::RevIndex | LoopPart::RevIndex0) => self.told = true,
            (Some(watched), LoopPart::Last | LoopPart::Next) => {
                let next = watched.known.start.from + state.index0() + 1;
                self.told |= state.item(1).is_none();
                self.need(next);
            }
            _ => {}
        }
    }

    /// Notes that it was told that there is a message, if there is.
    pub(crate) fn need(&mut self, message: usize) {
        self.needed = self.needed.max((message + 1).min(self.messages.len()));
    }

    /// Notes that an attribute of a namespace is read.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_attribute(&mut self, namespace: &Namespace<'a>, name: &'a str) {
        if let Some(location) = self.attribute_outside(namespace, name) {
            self.note_read(location, Allowed::Itself);
        }
    }

    /// Notes that an attribute of a namespace is assigned.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_assigned(&mut self, namespace: &Namespace<'a>, name: &'a str) {
        let Some(place) = self.place(namespace) else { return };
        if let Some(watched) = &mut self.watched
            && watched.known.start.has_namespace(place)
            && !watched.assigned.contains(&(place, name))
        {
            watched.assigned.push((place, name));
        }
    }

    /// Compares, and notes no more of what was read than how it compares.
    #[cold]
    #[inline(never)]
    pub(crate) fn compared(
        &mut self,
        comparison: Comparison,
        (left, right): (Operand, Operand),
        frame: &'a Frame<'a>,
    ) -> Result<bool, Error> {
        let (mut a, mut b) = (Value::Missing, Value::Missing);
        let locations = (self.location(left, frame), self.location(right, frame));
        let (left, right) = match locations {
            (Some(_), None) => (self.fetch_quietly(left, frame)?, *self.fetch(right, frame, &mut b)?),
            (None, Some(_)) => (*self.fetch(left, frame, &mut a)?, self.fetch_quietly(right, frame)?),
            _ => {
                let (left, right) = self.fetch_two(left, right, frame, &mut a, &mut b)?;
                return self.holds(comparison, left, right);
            }
        };
        match (locations, left, right) {
            ((Some(location), _), Value::Int(value, _), Value::Int(other, _)) => {
                self.note_read(location, Allowed::like(value, comparison, other));
            }
            ((_, Some(location)), Value::Int(other, _), Value::Int(value, _)) => {
                self.note_read(location, Allowed::like(value, mirrored(comparison), other));
            }
            ((left, right), ..) => {
                left.or(right).into_iter().for_each(|location| self.note_read(location, Allowed::Itself));
            }
        }
        self.holds(comparison, &left, &right)
    }

    fn fetch_quietly(&mut self, operand: Operand, frame: &'a Frame<'a>) -> Result<Value<'a>, Error> {
        let mut own = Value::Missing;
        self.remembers = false;
        let fetched = self.fetch(operand, frame, &mut own).copied();
        self.remembers = true;
        fetched
    }

    fn note_read(&mut self, location: Location<'a>, allowed: Allowed) {
        if let Some(watched) = self.watched.as_mut().filter(|watched| !watched.is_root) {
            let iteration = watched.state.index0();
            watched.known.reads.note(location, iteration, allowed);
        }
    }

    /// Where outside of the loop an operand is read.
    fn location(&self, operand: Operand, frame: &'a Frame<'a>) -> Option<Location<'a>> {
        match operand {
            Operand::Slot(variable, _) => self.outside(variable, frame),
            Operand::Field(field) => {
                let facts = &self.program.fields[field as usize];
                match crate::machine::slot(frame, facts.variable).get() {
                    Value::Namespace(namespace) => {
                        self.attribute_outside(namespace, self.program.name(facts.key))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A variable of the outermost function, if it is outside of the loop.
    fn outside(&self, variable: Variable, frame: &'a Frame<'a>) -> Option<Location<'a>> {
        let (watched, memory) = (self.watched.as_ref()?, self.memory.as_ref()?);
        let slot = crate::machine::slot(frame, variable);
        let own = memory.frame.slots.get(variable.slot as usize)?;
        let level = *self.program.levels.get(variable.slot as usize)?;
        let is_outside = std::ptr::eq(slot, own) && level <= watched.level;
        is_outside.then_some(Location::Variable(variable.slot as usize))
    }

    /// An attribute of a namespace from outside of the loop, unless the loop assigned it.
    fn attribute_outside(&self, namespace: &Namespace<'a>, name: &'a str) -> Option<Location<'a>> {
        let watched = self.watched.as_ref()?;
        let place = self.place(namespace)?;
        (!watched.assigned.contains(&(place, name))).then_some(Location::Attribute(place, name))
    }

    fn is_watched(&self, state: &Loop<'a>) -> bool {
        self.watched.as_ref().is_some_and(|watched| std::ptr::eq(watched.state, state))
    }
}

/// The comparison with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Lt => Comparison::Gt,
        Comparison::Gt => Comparison::Lt,
        Comparison::Le => Comparison::Ge,
        Comparison::Ge => Comparison::Le,
        other => other,
    }
}
