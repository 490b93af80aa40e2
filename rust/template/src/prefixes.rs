//! Renders of a chat's prefixes, each longer than the one before.
//!
//! Two renders go the same way until they read something that differs between them. What a loop over the
//! messages did before that is not done again: at each item it takes it leaves a *point*, from where the next
//! render goes on. It does so
//! - at once, where nothing that the render read before the loop *told* how many messages there are (the
//!   *root*),
//! - else as soon as it comes to that loop, at the last point before the loop read what is now different.
use std::collections::HashMap;

use crate::Error;
use crate::input::Inputs;
use crate::machine::{Machine, Running};
use crate::program::Label;
use crate::reads::{Location, Reads};
use crate::same::{is_identical, is_lasting};
use crate::text::{Piece, Source};
use crate::value::{Frame, Items, List, Loop, Namespace, Value};

/// What the render of a prefix leaves for the next.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    /// The outermost function's variables, those of every render.
    pub(crate) frame: &'a Frame<'a>,
    /// The last loop that began with nothing told, and the namespaces there were.
    root: Option<(u32, Vec<&'a Namespace<'a>>)>,
    loops: HashMap<u32, Known<'a>>,
}

/// A loop over the messages, in the last render that came to it.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) start: Start<'a>,
    /// From the first to the last.
    points: Vec<Point<'a>>,
    pub(crate) reads: Reads<'a>,
}

/// What a loop may read, as it was when the loop began.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    /// The first of the messages that the loop goes through.
    from: usize,
    variables: Vec<Kept<'a>>,
    /// The attributes of each namespace.
    attributes: Vec<Vec<(&'a str, Kept<'a>)>>,
}

/// A variable, as it means the same in another render.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kept<'a> {
    Value(Value<'a>),
    /// The messages from one on.
    Messages(&'a List<'a>, usize),
    /// One of the namespaces.
    Namespace(usize),
    /// Something that no other render has.
    Never,
}

/// Where a loop takes an item, or ends.
#[derive(Debug)]
struct Point<'a> {
    /// How many items were taken before.
    taken: usize,
    completed: bool,
    /// What the loop assigned: which attribute of which namespace, and its value.
    assigned: Vec<(usize, &'a str, Value<'a>)>,
    /// What was printed since the last data, or since the loop began.
    printed: String,
    has_data: bool,
}

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

impl<'a> Memory<'a> {
    fn new(frame: &'a Frame<'a>) -> Self {
        Self { frame, root: None, loops: HashMap::new() }
    }
}

impl<'a> Machine<'a> {
    /// Renders the first messages, from where the memory of a shorter prefix allows; gives what is printed
    /// after the last data.
    pub(crate) fn render_prefix(
        mut self,
        inputs: &Inputs<'a>,
        messages: &'a [Value<'a>],
        add_generation_prompt: bool,
        memory: &mut Option<Box<Memory<'a>>>,
    ) -> Result<String, Error> {
        let frame = match memory {
            Some(memory) => memory.frame,
            None => self.frame(self.program.slots, None)?,
        };
        self.root = Some(frame);
        (self.memory, self.remembers) =
            (Some(memory.take().unwrap_or_else(|| Box::new(Memory::new(frame)))), true);
        let ended = self.begin(inputs, messages, add_generation_prompt).and_then(|()| {
            frame.slots.iter().for_each(|slot| slot.set(Value::Missing));
            let entry = self.go_on(frame)?.unwrap_or_default();
            self.run(entry, frame)?;
            self.check_printed()
        });
        self.loops.clear();
        self.end_watch();
        *memory = self.memory.take();
        ended.map(|()| self.output.after_data().to_owned())
    }

    /// Goes on in the root, if there is one; gives the place in the program.
    fn go_on(&mut self, frame: &'a Frame<'a>) -> Result<Option<Label>, Error> {
        let Some(memory) = &mut self.memory else { return Ok(None) };
        let Some((index, namespaces)) = &memory.root else { return Ok(None) };
        let index = *index;
        let Some(known) = memory.loops.remove(&index) else { return Ok(None) };
        self.namespaces.clone_from(namespaces);
        let facts = &self.program.loops[index as usize];
        for (slot, kept) in frame.slots.iter().zip(&known.start.variables) {
            slot.set(self.renewed(*kept)?);
        }
        for (namespace, attributes) in self.namespaces.iter().zip(&known.start.attributes) {
            let mut own = namespace.attributes.borrow_mut();
            own.clear();
            for (name, kept) in attributes {
                own.push((name, self.renewed(*kept)?));
            }
        }
        let items = self.messages.get(known.start.from..).unwrap_or_default();
        let state = self.arena.value(Loop::new(Items::Slice(items)))?;
        self.loops.push(Running { state, outer_turn: None, captures: 0, stack: 0 });
        self.begin_watch(index, state, known, true)?;
        Ok(Some(facts.head))
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
        let is_inner = self.depth > 0 || !self.loops.is_empty() || !self.captures.is_empty();
        if is_inner || !self.stack.is_empty() {
            return Ok(());
        }
        let known = self.memory.as_mut().and_then(|memory| memory.loops.remove(&index));
        let Some(start) = self.start(index, state, known.as_ref(), frame)? else { return Ok(()) };
        let known = known.filter(|known| told && known.start.is_like(&start));
        let Some(memory) = &mut self.memory else { return Ok(()) };
        let is_root = !told && start.is_kept();
        if is_root {
            memory.root = Some((index, self.namespaces.clone()));
        }
        let known = match known {
            Some(known) => known.restarted(start, self.arena)?,
            None => Known { start, points: Vec::new(), reads: Reads::default() },
        };
        self.told = false;
        self.begin_watch(index, state, known, is_root)
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
        if let Some(point) = watched.known.points.last() {
            for (place, name, value) in &point.assigned {
                if let Some(namespace) = self.namespaces.get(*place) {
                    namespace.set(name, *value, self.arena)?;
                }
                watched.assigned.push((*place, name));
            }
            state.next.set(point.taken);
            state.completed.set(point.completed);
            if point.has_data {
                self.output.clear();
                (watched.since, watched.has_data) = (0, true);
            }
            self.output.push(&Piece::new(&point.printed, Source::LITERAL));
        }
        self.watched = Some(Box::new(watched));
        Ok(())
    }

    /// What a loop may read; nothing if it doesn't go through all messages from one on.
    fn start(
        &self,
        index: u32,
        state: &Loop<'a>,
        known: Option<&Known<'a>>,
        frame: &'a Frame<'a>,
    ) -> Result<Option<Start<'a>>, Error> {
        let Items::Slice(items) = state.items else { return Ok(None) };
        let Some(from) = self.from(items) else { return Ok(None) };
        let level = self.program.loops[index as usize].level;
        let mut variables = Vec::with_capacity(frame.slots.len());
        for (place, (slot, own)) in frame.slots.iter().zip(&self.program.levels).enumerate() {
            // What the loop assigns anew in each iteration is no matter.
            let value = if *own <= level { slot.get() } else { Value::Missing };
            variables.push(match known.and_then(|known| known.start.variables.get(place)) {
                Some(Kept::Value(before)) if is_identical(before, &value) => Kept::Value(*before),
                _ => self.kept(value, frame)?,
            });
        }
        let mut attributes = Vec::with_capacity(self.namespaces.len());
        for namespace in &self.namespaces {
            let own = namespace.attributes.borrow();
            let kept = own.iter().map(|(name, value)| Ok((*name, self.kept(*value, frame)?)));
            attributes.push(kept.collect::<Result<_, Error>>()?);
        }
        Ok(Some(Start { from, variables, attributes }))
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
        let mut assigned = Vec::with_capacity(watched.assigned.len());
        for (place, name) in &watched.assigned {
            let value = self.namespaces.get(*place).map(|namespace| namespace.find(name, self.arena));
            let Some(value) = value.transpose()?.flatten() else { return Ok(None) };
            if !is_lasting(&value, self.arena)? {
                return Ok(None);
            }
            assigned.push((*place, *name, value));
        }
        let (taken, completed) = (watched.state.next.get(), watched.state.completed.get());
        Ok(Some(Point { taken, completed, assigned, printed: printed.to_owned(), has_data }))
    }

    /// The end of a loop, of which something may have been told before.
    #[inline(never)]
    pub(crate) fn end_watch(&mut self) {
        if !self.loops.is_empty() {
            return;
        }
        if let (Some(watched), Some(memory)) = (self.watched.take(), &mut self.memory) {
            self.told |= !watched.is_root;
            memory.loops.insert(watched.index, watched.known);
        }
    }
}

impl<'a> Watched<'a> {
    fn keep(&mut self, point: Option<Point<'a>>, memory: &mut Option<Box<Memory<'a>>>) {
        let points = &mut self.known.points;
        if let (true, Some(memory)) = (self.is_root, memory) {
            if points.is_empty() && point.is_none() {
                memory.root = None;
            }
            if point.is_some() {
                points.clear();
            }
        }
        points.extend(point);
    }
}

impl<'a> Known<'a> {
    /// The same loop in another render: only with what it did before it read something that is now different.
    fn restarted(mut self, start: Start<'a>, arena: &'a crate::arena::Arena) -> Result<Self, Error> {
        let end = self.reads.end(&self.start, &start, arena)?;
        let kept = self.points.partition_point(|point| point.taken <= end);
        self.points.truncate(kept);
        self.reads.truncate(self.points.last().map_or(0, |point| point.taken));
        Ok(Self { start, ..self })
    }
}

impl<'a> Start<'a> {
    /// Whether another render can go on from here.
    fn is_kept(&self) -> bool {
        let attributes = self.attributes.iter().flatten().map(|(_, kept)| kept);
        self.variables.iter().chain(attributes).all(|kept| !matches!(kept, Kept::Never))
    }

    /// Whether both go through the same messages, and have the same namespaces in the same variables.
    fn is_like(&self, other: &Self) -> bool {
        let namespace = |kept: &Kept<'_>| if let Kept::Namespace(place) = kept { Some(*place) } else { None };
        self.from == other.from
            && self.attributes.len() == other.attributes.len()
            && self.variables.iter().map(namespace).eq(other.variables.iter().map(namespace))
    }

    pub(crate) fn has_namespace(&self, place: usize) -> bool {
        place < self.attributes.len()
    }

    pub(crate) fn find(&self, location: Location<'a>) -> Option<Kept<'a>> {
        match location {
            Location::Variable(place) => self.variables.get(place).copied(),
            Location::Attribute(place, name) => {
                let mut attributes = self.attributes.get(place)?.iter();
                attributes.find(|(known, _)| *known == name).map(|(_, kept)| *kept)
            }
        }
    }
}
