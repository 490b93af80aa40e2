//! Renders of a chat's prefixes, which go on from the render of the whole, or of a shorter prefix.
//!
//! Two renders go the same way until they read something that differs between them. What a loop over the
//! messages did before that is not done again: at each item it takes it leaves a *point*, from where another
//! render goes on. It does so
//! - at once, where nothing that was read before the loop *told* how many messages there are (the *root*),
//! - else as soon as it comes to that loop, at the last point before the loop read what is now different.
use std::cell::Cell;

use crate::Error;
use crate::alike::Alike;
use crate::input::Inputs;
use crate::machine::{Machine, Running};
use crate::output::Output;
use crate::points::{Kept, Known, Memory, Point, Purpose, Start};
use crate::program::Label;
use crate::reads::Location;
use crate::rendered::Skipped;
use crate::same::{is_identical, is_lasting};
use crate::text::{Piece, Source};
use crate::value::{Frame, Items, List, Loop, Namespace, Value};

/// A loop that leaves points.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    pub(crate) known: Known<'a>,
    pub(crate) state: &'a Loop<'a>,
    /// Which variables are outside of it: those with no more scopes around them.
    pub(crate) level: usize,
    index: u32,
    pub(crate) is_root: bool,
    /// Whether it is too late for further points.
    is_over: bool,
    /// Which attributes of which namespaces it assigned.
    pub(crate) assigned: Vec<(usize, &'a str)>,
    /// The length of the output from which on it is the loop's, and whether data before counts as the loop's.
    since: usize,
    has_data: bool,
}

/// With more text since the last data, or more that is assigned, a loop leaves no point.
const MOST_PRINTED: usize = 1 << 10;
const MOST_PRINTED_AT_ROOT: usize = 1 << 14;
const MOST_ASSIGNED: usize = 32;
const MOST_POINTS: usize = 1 << 14;

/// What says whether a generation prompt is asked for.
const PROMPT: &str = "add_generation_prompt";

impl<'a> Machine<'a> {
    /// Renders the first messages, from where the memory of other renders allows.
    pub(crate) fn render_remembering(
        mut self,
        inputs: &Inputs<'a>,
        messages: &'a [Value<'a>],
        add_generation_prompt: bool,
        memory: &mut Option<Box<Memory<'a>>>,
    ) -> Result<Output<'a>, Error> {
        let Some(frame) = memory.as_ref().map(|memory| memory.frame) else {
            return self.render(inputs, messages, add_generation_prompt);
        };
        self.context = memory.as_ref().map_or(&[], |memory| memory.context);
        (self.root, self.memory, self.remembers) = (Some(frame), memory.take(), true);
        let ended = self.begin(inputs, messages, add_generation_prompt).and_then(|()| {
            if let Some(memory) = &mut self.memory {
                memory.context = self.context;
            }
            frame.slots.iter().for_each(|slot| slot.set(Value::Missing));
            let entry = self.go_on(frame)?;
            self.run(entry, frame)?;
            self.check_printed()
        });
        self.loops.clear();
        self.end_watch();
        *memory = self.memory.take();
        ended.map(|()| self.output)
    }

    /// Goes on in the root, if there is one; gives the place in the program.
    fn go_on(&mut self, frame: &'a Frame<'a>) -> Result<Label, Error> {
        let Some(memory) = &mut self.memory else { return Ok(0) };
        let Some((index, point)) = memory.root(self.program, self.messages.len()) else { return Ok(0) };
        let left = if point.is_some() { &memory.whole } else { &memory.last };
        let (Some((_, namespaces)), Some(known)) = (&left.root, left.find(index)) else { return Ok(0) };
        let (start, alike) = (known.start, memory.alike.filter(|_| point.is_some()));
        self.namespaces.clone_from(namespaces);
        self.restore(&start, frame)?;
        if let Some(alike) = alike {
            self.ask_anew(alike, frame);
        }
        let items = self.messages.get(start.from..).unwrap_or_default();
        let state = self.arena.value(Loop::new(Items::Slice(items)))?;
        self.loops.push(Running { state, outer_turn: None, captures: 0, stack: 0 });
        self.begin_at_root(index, state, start, point)?;
        Ok(self.program.loops[index as usize].head)
    }

    /// Goes on in a loop that is the root: from a point of the whole, or as the last prefix.
    fn begin_at_root(
        &mut self,
        index: u32,
        state: &'a Loop<'a>,
        start: Start<'a>,
        point: Option<Point<'a>>,
    ) -> Result<(), Error> {
        let Some(memory) = &mut self.memory else { return Ok(()) };
        let known = match point {
            Some(point) if memory.purpose == Purpose::Alone || point.taken == state.items.len() => {
                return self.resume(index, state, point, None);
            }
            Some(point) => {
                memory.last.root = Some((index, self.namespaces.clone()));
                Known { points: vec![point], ..Known::new(start, 0) }
            }
            None => memory.last.take(index).unwrap_or_else(|| Known::new(start, 0)),
        };
        self.begin_watch(index, state, known, true)
    }

    /// Makes variables and namespaces what they were when a loop began.
    fn restore(&self, start: &Start<'a>, frame: &'a Frame<'a>) -> Result<(), Error> {
        for (slot, kept) in frame.slots.iter().zip(start.variables) {
            slot.set(self.renewed(*kept)?);
        }
        for (namespace, attributes) in self.namespaces.iter().zip(start.attributes) {
            let mut own = namespace.attributes.borrow_mut();
            own.clear();
            for (name, kept) in *attributes {
                own.push((name, self.renewed(*kept)?));
            }
        }
        Ok(())
    }

    /// Sets what says whether a generation prompt is asked for, where it is set.
    fn ask_anew(&self, alike: &Alike, frame: &'a Frame<'a>) {
        let names = self.program.context.iter().map(|name| self.program.name(*name));
        let Some((_, asked)) = names.zip(self.context).find(|(name, _)| *name == PROMPT) else { return };
        let slots = alike.prompt.iter().filter_map(|slot| frame.slots.get(usize::from(*slot)));
        slots.filter(|slot| !matches!(slot.get(), Value::Missing)).for_each(|slot| slot.set(*asked));
    }

    /// What a variable that is kept means in this render.
    fn renewed(&self, kept: Kept<'a>) -> Result<Value<'a>, Error> {
        Ok(match kept {
            Kept::Value(value) => value,
            Kept::Namespace(index) => {
                self.namespaces.get(index).map_or(Value::Missing, |namespace| Value::Namespace(namespace))
            }
            Kept::Messages(list, from) => {
                let items = self.messages.get(from..).unwrap_or_default();
                Value::List(self.arena.value(List { items, ..*list })?)
            }
            Kept::Never => Value::Missing,
        })
    }

    /// Goes on in a loop over messages that begins, if it was begun before, and lets it leave points. `told` is
    /// whether something told the number of messages before the loop looked at what it goes through.
    #[inline(never)] // Frames of the machine stay small, since macros put one upon the other.
    pub(crate) fn watch(
        &mut self,
        index: u32,
        state: &'a Loop<'a>,
        told: bool,
        frame: &'a Frame<'a>,
    ) -> Result<(), Error> {
        let is_inner = self.frames > 0 || !self.loops.is_empty() || !self.captures.is_empty();
        if is_inner || !self.stack.is_empty() {
            return Ok(());
        }
        let Items::Slice(items) = state.items else { return Ok(()) };
        let Some(from) = self.from(items) else { return Ok(()) };
        let whole = self.reached(index, from, items.len(), frame)?;
        let output = self.output.len();
        let Some(memory) = &self.memory else { return Ok(()) };
        match whole {
            Some(point) if memory.purpose == Purpose::Alone || point.taken == items.len() => {
                return self.resume(index, state, point, Some(output));
            }
            None if memory.purpose == Purpose::Alone => return Ok(()),
            _ => {}
        }
        let start = self.start(index, from, frame)?;
        let (arena, program) = (self.arena, self.program);
        let Some(memory) = &mut self.memory else { return Ok(()) };
        let last = memory.left().take(index).filter(|known| told && known.start.is_like(&start));
        let last = last.map(|known| known.restarted(start, arena)).transpose()?;
        let reached = last.as_ref().and_then(|known| known.points.last()).map_or(0, |point| point.taken);
        let further = whole.filter(|point| point.taken > reached);
        let further = further.zip(memory.of_whole(index, program)).map(|(point, known)| {
            let reads = known.reads.until(point.taken);
            Known { start, points: vec![point], reads, begins: output }
        });
        let is_root = !told && further.is_none() && start.is_kept();
        if is_root {
            memory.left().root = Some((index, self.namespaces.clone()));
        } else {
            // What was read before, others read themselves before they come to this loop.
            self.needed = 0;
        }
        self.told = false;
        let known = further.or(last).unwrap_or_else(|| Known::new(start, output));
        self.begin_watch(index, state, known, is_root)
    }

    /// The last point of the whole that this render comes to in a loop that begins.
    fn reached(
        &self,
        index: u32,
        from: usize,
        items: usize,
        frame: &'a Frame<'a>,
    ) -> Result<Option<Point<'a>>, Error> {
        let Some(memory) = &self.memory else { return Ok(None) };
        let Some(known) = memory.of_whole(index, self.program) else { return Ok(None) };
        let start = &known.start;
        let is_like = start.from == from && start.attributes.len() == self.namespaces.len();
        let mut namespaces = start.variables.iter().zip(frame.slots).filter_map(|(kept, slot)| match kept {
            Kept::Namespace(place) => Some((*place, slot.get())),
            _ => None,
        });
        let is_in_place =
            |(place, value)| matches!(value, Value::Namespace(own) if self.place(own) == Some(place));
        if !is_like || !namespaces.all(is_in_place) {
            return Ok(None);
        }
        let now = |location| self.now(location, index, frame);
        let end = known.reads.end(start, now, self.arena)?;
        Ok(known.last_point(end, items, self.messages.len()))
    }

    /// What a loop that begins would read in a place.
    fn now(
        &self,
        location: Location<'a>,
        index: u32,
        frame: &'a Frame<'a>,
    ) -> Result<Option<Kept<'a>>, Error> {
        let value = match location {
            Location::Variable(slot) => {
                let level = self.program.loops[index as usize].level;
                let is_outside = self.program.levels.get(slot).is_some_and(|own| *own <= level);
                frame.slots.get(slot).filter(|_| is_outside).map(Cell::get)
            }
            Location::Attribute(place, name) => {
                let found = self.namespaces.get(place).map(|namespace| namespace.find(name, self.arena));
                found.transpose()?.flatten()
            }
        };
        value.map(|value| self.kept(value, frame)).transpose()
    }

    /// Goes on where the whole was, in a loop of which nothing else is to be remembered. `output` is its length when
    /// the loop began, if this render came to that.
    fn resume(
        &mut self,
        index: u32,
        state: &'a Loop<'a>,
        point: Point<'a>,
        output: Option<usize>,
    ) -> Result<(), Error> {
        self.told = true;
        self.assign(&point, state)?;
        let Some(memory) = &mut self.memory else { return Ok(()) };
        if memory.purpose == Purpose::Alone {
            let begins = output.and_then(|_| Some(memory.whole.find(index)?.begins));
            let range = begins.unwrap_or(0)..point.offset;
            memory.skipped.push(Skipped { at: output.unwrap_or(0), range });
        } else {
            self.print_tail(&point);
        }
        Ok(())
    }

    fn begin_watch(
        &mut self,
        index: u32,
        state: &'a Loop<'a>,
        known: Known<'a>,
        is_root: bool,
    ) -> Result<(), Error> {
        let since = if is_root { 0 } else { self.output.len() };
        let level = self.program.loops[index as usize].level;
        let mut watched = Watched {
            known,
            state,
            level,
            index,
            is_root,
            is_over: false,
            assigned: Vec::new(),
            since,
            has_data: is_root,
        };
        if let Some(point) = watched.known.points.last().copied() {
            watched.assigned.extend(point.assigned.iter().map(|(place, name, _)| (*place, *name)));
            self.assign(&point, state)?;
            if point.has_data {
                (watched.since, watched.has_data) = (0, true);
            }
            self.print_tail(&point);
        }
        self.watched = Some(Box::new(watched));
        Ok(())
    }

    /// Assigns what a loop had assigned at a point.
    fn assign(&self, point: &Point<'a>, state: &'a Loop<'a>) -> Result<(), Error> {
        for (place, name, value) in point.assigned {
            if let Some(namespace) = self.namespaces.get(*place) {
                namespace.set(name, *value, self.arena)?;
            }
        }
        state.next.set(point.taken);
        state.completed.set(point.completed);
        Ok(())
    }

    /// Prints what a loop had printed since the last data.
    fn print_tail(&mut self, point: &Point<'a>) {
        if point.has_data {
            self.output.clear();
        }
        self.output.push(&Piece::new(point.printed, Source::LITERAL));
    }

    /// What a loop over the messages from one on may read.
    fn start(&self, index: u32, from: usize, frame: &'a Frame<'a>) -> Result<Start<'a>, Error> {
        let known =
            self.memory.as_ref().and_then(|memory| memory.last.find(index).or(memory.whole.find(index)));
        let level = self.program.loops[index as usize].level;
        let mut variables = self.arena.growable(frame.slots.len())?;
        for (place, (slot, own)) in frame.slots.iter().zip(&self.program.levels).enumerate() {
            // What the loop assigns anew in each iteration is no matter.
            let value = if *own <= level { slot.get() } else { Value::Missing };
            variables.push(match known.and_then(|known| known.start.variables.get(place)) {
                Some(Kept::Value(before)) if is_identical(before, &value) => Kept::Value(*before),
                _ => self.kept(value, frame)?,
            });
        }
        let mut attributes = self.arena.growable(self.namespaces.len())?;
        for namespace in &self.namespaces {
            let own = namespace.attributes.borrow();
            let mut kept = self.arena.growable(own.len())?;
            for (name, value) in own.iter() {
                kept.push((*name, self.kept(*value, frame)?));
            }
            let kept: &[_] = kept.into_bump_slice();
            attributes.push(kept);
        }
        Ok(Start { from, variables: variables.into_bump_slice(), attributes: attributes.into_bump_slice() })
    }

    /// Which message some messages start with, if they go on to the last.
    fn from(&self, items: &[Value<'a>]) -> Option<usize> {
        let from = self.messages.len().checked_sub(items.len())?;
        std::ptr::eq(self.messages.get(from..)?, items).then_some(from)
    }

    fn kept(&self, value: Value<'a>, frame: &'a Frame<'a>) -> Result<Kept<'a>, Error> {
        Ok(match value {
            Value::List(list) if list.of_messages => {
                self.from(list.items).map_or(Kept::Never, |from| Kept::Messages(list, from))
            }
            Value::Namespace(namespace) => self.place(namespace).map_or(Kept::Never, Kept::Namespace),
            Value::Macro(closure) if std::ptr::eq(closure.frame, frame) => Kept::Value(value),
            _ if is_lasting(&value, self.arena)? => Kept::Value(value),
            _ => Kept::Never,
        })
    }

    /// Which of the namespaces one is.
    pub(crate) fn place(&self, namespace: &Namespace<'a>) -> Option<usize> {
        self.namespaces.iter().position(|known| std::ptr::eq(*known, namespace))
    }

    /// Leaves a point where a loop takes its next item, or ends.
    #[inline(never)]
    pub(crate) fn leave_point(&mut self) -> Result<(), Error> {
        let Some(mut watched) = self.watched.take() else { return Ok(()) };
        if !watched.is_over && self.loops.len() == 1 {
            watched.is_over =
                self.told || !self.unprintable.is_empty() || watched.state.changed.get().is_some();
            if !watched.is_over {
                let point = self.point(&watched)?;
                watched.keep(point, &mut self.memory);
            }
        }
        self.watched = Some(watched);
        Ok(())
    }

    /// The point where a loop is; nothing if there is more of it than can be kept.
    fn point(&self, watched: &Watched<'a>) -> Result<Option<Point<'a>>, Error> {
        let data = self.output.end_of_data();
        let has_data = watched.has_data || data > watched.since;
        let printed = self.output.text_from(if has_data { data } else { watched.since });
        let most_printed = if watched.is_root { MOST_PRINTED_AT_ROOT } else { MOST_PRINTED };
        let is_much = printed.len() > most_printed
            || watched.assigned.len() > MOST_ASSIGNED
            || watched.known.points.len() > MOST_POINTS;
        if is_much {
            return Ok(None);
        }
        let mut assigned = self.arena.growable(watched.assigned.len())?;
        for (place, name) in &watched.assigned {
            let value = self.namespaces.get(*place).map(|namespace| namespace.find(name, self.arena));
            let Some(value) = value.transpose()?.flatten() else { return Ok(None) };
            if !is_lasting(&value, self.arena)? {
                return Ok(None);
            }
            assigned.push((*place, *name, value));
        }
        Ok(Some(Point {
            taken: watched.state.next.get(),
            needed: self.needed,
            completed: watched.state.completed.get(),
            assigned: assigned.into_bump_slice(),
            printed: self.arena.str(printed)?,
            has_data,
            offset: self.output.len(),
        }))
    }

    /// The end of a loop, of which something may have been told before.
    #[inline(never)]
    pub(crate) fn end_watch(&mut self) {
        if !self.loops.is_empty() {
            return;
        }
        if let (Some(watched), Some(memory)) = (self.watched.take(), &mut self.memory) {
            self.told |= !watched.is_root;
            if !self.told {
                self.needed = self.needed.max(watched.known.start.from + watched.state.next.get());
            }
            memory.left().put(watched.index, watched.known);
        }
    }
}

impl<'a> Watched<'a> {
    fn keep(&mut self, point: Option<Point<'a>>, memory: &mut Option<Box<Memory<'a>>>) {
        let points = &mut self.known.points;
        if let (true, Some(memory)) = (self.is_root, memory) {
            if points.is_empty() && point.is_none() {
                memory.left().root = None;
            }
            if point.is_some() && memory.purpose == Purpose::Tail {
                points.clear();
            }
        }
        points.extend(point);
    }
}
