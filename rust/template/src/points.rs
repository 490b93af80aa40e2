//! What a render leaves for renders of a chat's prefixes: the points from where they may go on.
use crate::Error;
use crate::alike::Alike;
use crate::arena::Arena;
use crate::program::Program;
use crate::reads::{Location, Reads};
use crate::rendered::Skipped;
use crate::value::{Frame, List, Namespace, Value};

/// What renders leave for others.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    /// The outermost function's variables, those of every render.
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) purpose: Purpose,
    /// What the render of all messages left.
    pub(crate) whole: Left<'a>,
    /// What the last prefix left for a longer one.
    pub(crate) last: Left<'a>,
    /// How far another program than that of the whole is the same; `None` for the same program.
    pub(crate) alike: Option<&'a Alike>,
    /// What of the whole is not rendered again.
    pub(crate) skipped: Vec<Skipped>,
    /// The variables of the last render that the program reads.
    pub(crate) context: &'a [Value<'a>],
}

/// What a render is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// All messages.
    Whole,
    /// What a prefix prints after its last data.
    Tail,
    /// All that a prefix prints.
    Alone,
}

#[derive(Debug, Default)]
pub(crate) struct Left<'a> {
    /// The last loop that began with nothing told, and the namespaces there were.
    pub(crate) root: Option<(u32, Vec<&'a Namespace<'a>>)>,
    pub(crate) loops: Vec<(u32, Known<'a>)>,
}

/// A loop over the messages, in the last render that came to it.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) start: Start<'a>,
    /// From the first to the last.
    pub(crate) points: Vec<Point<'a>>,
    pub(crate) reads: Reads<'a>,
    /// The length of the output when it began.
    pub(crate) begins: usize,
}

/// What a loop may read, as it was when the loop began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start<'a> {
    /// The first of the messages that the loop goes through.
    pub(crate) from: usize,
    pub(crate) variables: &'a [Kept<'a>],
    /// The attributes of each namespace.
    pub(crate) attributes: &'a [&'a [(&'a str, Kept<'a>)]],
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    /// How many items were taken before.
    pub(crate) taken: usize,
    /// How many messages there have to be for all to have gone the same way.
    pub(crate) needed: usize,
    pub(crate) completed: bool,
    /// What the loop assigned: which attribute of which namespace, and its value.
    pub(crate) assigned: &'a [(usize, &'a str, Value<'a>)],
    /// What was printed since the last data, or since the loop began.
    pub(crate) printed: &'a str,
    pub(crate) has_data: bool,
    /// The length of the output.
    pub(crate) offset: usize,
}

impl<'a> Memory<'a> {
    /// A memory for renders by programs such as this, where they may be remembered.
    pub(crate) fn for_program(program: &Program, arena: &'a Arena) -> Result<Option<Box<Self>>, Error> {
        if !program.is_steady {
            return Ok(None);
        }
        Ok(Some(Box::new(Self {
            frame: Frame::new(program.slots, None, arena)?,
            purpose: Purpose::Whole,
            whole: Left::default(),
            last: Left::default(),
            alike: None,
            skipped: Vec::new(),
            context: &[],
        })))
    }

    /// From now on, prefixes are rendered for their tails, each longer than the one before, with a program that is
    /// as much like that of the whole.
    pub(crate) fn expect_tails(&mut self, alike: Option<&'a Alike>) {
        (self.purpose, self.alike, self.last) = (Purpose::Tail, alike, Left::default());
    }

    /// The next prefix is rendered for all it prints.
    pub(crate) fn expect_alone(&mut self, alike: Option<&'a Alike>) {
        (self.purpose, self.alike) = (Purpose::Alone, alike);
        self.skipped.clear();
    }

    /// What of the whole was not rendered again.
    pub(crate) fn take_skipped(&mut self) -> Vec<Skipped> {
        std::mem::take(&mut self.skipped)
    }

    pub(crate) fn left(&mut self) -> &mut Left<'a> {
        if self.purpose == Purpose::Whole { &mut self.whole } else { &mut self.last }
    }

    /// A loop of the whole, if this render's program has the same.
    pub(crate) fn of_whole(&self, index: u32, program: &Program) -> Option<&Known<'a>> {
        let exit = program.loops[index as usize].exit;
        let is_same = self.purpose != Purpose::Whole && self.alike.is_none_or(|alike| exit <= alike.until);
        self.whole.find(index).filter(|_| is_same)
    }

    /// Where a prefix goes on at once: which loop, and from which point of the whole or else of the last prefix.
    pub(crate) fn root(&self, program: &Program, messages: usize) -> Option<(u32, Option<Point<'a>>)> {
        let whole = self.whole.root.as_ref().and_then(|(index, _)| {
            let known = self.of_whole(*index, program)?;
            let point = known.last_point(usize::MAX, messages.checked_sub(known.start.from)?, messages)?;
            Some((*index, point))
        });
        let last = self
            .last
            .root
            .as_ref()
            .filter(|_| self.purpose == Purpose::Tail)
            .and_then(|(index, _)| Some((*index, self.last.find(*index)?.points.last()?.taken)));
        match (whole, last) {
            (Some((_, point)), Some((index, taken))) if taken > point.taken => Some((index, None)),
            (Some((index, point)), _) => Some((index, Some(point))),
            (None, last) => last.map(|(index, _)| (index, None)),
        }
    }
}

impl<'a> Left<'a> {
    pub(crate) fn find(&self, index: u32) -> Option<&Known<'a>> {
        self.loops.iter().find(|(known, _)| *known == index).map(|(_, known)| known)
    }

    pub(crate) fn take(&mut self, index: u32) -> Option<Known<'a>> {
        let place = self.loops.iter().position(|(known, _)| *known == index)?;
        Some(self.loops.swap_remove(place).1)
    }

    pub(crate) fn put(&mut self, index: u32, known: Known<'a>) {
        self.take(index);
        self.loops.push((index, known));
    }
}

impl<'a> Known<'a> {
    pub(crate) fn new(start: Start<'a>, begins: usize) -> Self {
        Self { start, points: Vec::new(), reads: Reads::default(), begins }
    }

    /// The last point before an iteration that a loop over so many items of so many messages comes to, too.
    pub(crate) fn last_point(&self, end: usize, items: usize, messages: usize) -> Option<Point<'a>> {
        let is_reached = |point: &Point<'_>| point.taken <= end.min(items) && point.needed <= messages;
        self.points[..self.points.partition_point(is_reached)].last().copied()
    }

    /// The same loop in another render: only with what it did before it read something that is now different.
    pub(crate) fn restarted(mut self, start: Start<'a>, arena: &'a Arena) -> Result<Self, Error> {
        let end = self.reads.end(&self.start, |location| Ok(start.find(location)), arena)?;
        let kept = self.points.partition_point(|point| point.taken <= end);
        self.points.truncate(kept);
        self.reads.truncate(self.points.last().map_or(0, |point| point.taken));
        Ok(Self { start, ..self })
    }
}

impl<'a> Start<'a> {
    /// Whether another render can go on from here.
    pub(crate) fn is_kept(&self) -> bool {
        let attributes = self.attributes.iter().copied().flatten().map(|(_, kept)| kept);
        self.variables.iter().chain(attributes).all(|kept| !matches!(kept, Kept::Never))
    }

    /// Whether both go through the same messages, and have the same namespaces in the same variables.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
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
