//! The machine's loops.
use std::cell::{Cell, RefCell};

use crate::Error;
use crate::iterate::{is_of_messages, items};
use crate::machine::{Flow, Machine, Running, later, slot};
use crate::program::{LoopFlag, LoopPart};
use crate::value::{Frame, Generator, Items, Kept, Loop, Value};

impl<'a> Machine<'a> {
    /// Starts a loop over a value; `told` is whether how many messages there are was told before it was looked at.
    pub(crate) fn start_loop(
        &mut self,
        index: u32,
        iterable: &Value<'a>,
        told: bool,
        frame: &'a Frame<'a>,
    ) -> Result<(), Error> {
        let generator = if let Value::Generator(generator) = iterable { Some(*generator) } else { None };
        let items = match generator {
            Some(generator) => Items::Slice(generator.begin()?),
            None => items(iterable, self.cx())?,
        };
        let items = match self.program.loops[index as usize].test {
            None => items,
            Some(test) => {
                let (tested, kept) = (Cell::new(0), RefCell::new(self.arena.empty()));
                let kept = Kept { from: self.arena.value(items)?, tested, items: kept, test, frame };
                Items::Kept(self.arena.value(kept)?)
            }
        };
        let recursion = self.recursion.take();
        let state = self.arena.value(Loop { generator, recursion, ..Loop::new(items) })?;
        if self.remembers && is_of_messages(iterable) {
            self.watch(index, state, told, frame)?;
        }
        let (captures, stack) = (self.captures.len(), self.stack.len());
        self.loops.push(Running { state, outer_turn: self.turn, captures, stack });
        Ok(())
    }

    /// The next item of the innermost loop; nothing at its end.
    pub(crate) fn next_item(&mut self, index: u32, frame: &'a Frame<'a>) -> Result<Option<Value<'a>>, Error> {
        self.arena.work(1)?;
        if self.watched.is_some() {
            self.leave_point()?;
        }
        let Some(running) = self.loops.last() else { return Ok(None) };
        if let Some(flag) = self.program.loops[index as usize].flag
            && self.is_idle(flag, frame)?
        {
            running.state.next.set(running.state.items.len());
            running.state.completed.set(true);
        }
        let at = running.state.next.get();
        let item = match running.state.items.get(at) {
            Some(item) => item,
            None if !running.state.is_lazy() => {
                self.told |= self.watched.is_some() && self.loops.len() == 1;
                return Ok(None);
            }
            None => match self.item_ahead(running.state, at)? {
                Some(item) => item,
                None => return Ok(None),
            },
        };
        let Some(running) = self.loops.last() else { return Ok(None) };
        running.state.next.set(at + 1);
        self.turn = later(running.outer_turn, item.message());
        Ok(Some(item))
    }

    /// An item that comes later, if there is one.
    #[cold]
    fn item_ahead(&mut self, state: &'a Loop<'a>, at: usize) -> Result<Option<Value<'a>>, Error> {
        self.test_items(state, at.saturating_add(1))?;
        let item = state.items.get(at);
        if item.is_none() {
            state.generator.map_or(Ok(()), Generator::end)?;
        }
        Ok(item)
    }

    /// Tests the next items of a loop with a test, until so many are kept or there are no more.
    fn test_items(&mut self, state: &'a Loop<'a>, wanted: usize) -> Result<(), Error> {
        let Items::Kept(kept) = state.items else { return Ok(()) };
        let turn = self.turn;
        while state.items.len() < wanted {
            let Some(item) = kept.from.get(kept.tested.get()) else { break };
            kept.tested.set(kept.tested.get() + 1);
            self.arena.work(1)?;
            self.turn = later(turn, item.message());
            self.stack.push(item);
            self.run(kept.test, kept.frame)?;
            if self.pop().is_true() {
                self.arena.charge(size_of::<Value<'_>>())?;
                kept.items.borrow_mut().push(item);
            }
        }
        self.turn = turn;
        Ok(())
    }

    /// An attribute of a loop that may have to look at what comes.
    #[cold]
    pub(crate) fn lazy_part(
        &mut self,
        state: &'a Loop<'a>,
        part: LoopPart,
    ) -> Result<Option<Value<'a>>, Error> {
        use LoopPart::{Last, Length, Next, RevIndex, RevIndex0};
        match part {
            Last | Next => self.item_ahead(state, state.next.get()).map(drop)?,
            Length | RevIndex | RevIndex0 => self.item_ahead(state, usize::MAX).map(drop)?,
            _ => {}
        }
        Ok(state.part(part))
    }

    /// Prints what a recursive loop makes of the top of the stack.
    pub(crate) fn recursive_loop(&mut self, index: u32, frame: &'a Frame<'a>) -> Result<(), Error> {
        let iterable = self.pop();
        let closure = self.closure(index, frame)?;
        let text = self.recurse(closure, &iterable, 0)?;
        self.emit_text(&text)
    }

    /// Whether the innermost loop, which has been through its body, has nothing left to do.
    fn is_idle(&self, flag: LoopFlag, frame: &'a Frame<'a>) -> Result<bool, Error> {
        let is_begun = self.loops.last().is_some_and(|running| running.state.next.get() > 0);
        let Value::Namespace(namespace) = slot(frame, flag.variable).get() else { return Ok(false) };
        let found = namespace.find(self.program.name(flag.attribute), self.arena)?;
        Ok(is_begun && found.is_some_and(|value| value.is_true() == flag.when))
    }

    /// Drops what the current iteration left behind.
    pub(crate) fn unwind(&mut self) {
        if let Some(running) = self.loops.last() {
            let captures = running.captures;
            self.captures.truncate(captures);
            if !self.unprintable.is_empty() {
                self.unprintable.retain(|(capture, _)| *capture <= captures);
            }
            self.stack.truncate(running.stack);
        }
    }

    pub(crate) fn leave_loop(&mut self, index: u32) -> Flow {
        self.unwind();
        let facts = &self.program.loops[index as usize];
        let Some(running) = self.loops.pop() else { return Flow::Return };
        self.turn = running.outer_turn;
        if self.watched.is_some() {
            self.end_watch();
        }
        Flow::Goto(if running.state.completed.get() { facts.exit } else { facts.otherwise })
    }
}
