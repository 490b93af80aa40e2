//! The machine's loops.
use std::cell::{Cell, RefCell};

use crate::Error;
use crate::iterate::{is_of_messages, items};
use crate::machine::{Flow, Machine, Running, Shortening, later};
use crate::program::LoopPart;
use crate::value::{Frame, Generator, Items, Kept, Loop, Value};

impl<'a> Machine<'a> {
    /// Starts a loop over a value.
    pub(crate) fn start_loop(
        &mut self,
        index: u32,
        iterable: &Value<'a>,
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
        let (next, completed, changed) = (Cell::new(0), Cell::new(false), Cell::new(None));
        let recursion = self.recursion.take();
        let state = Loop { items, next, completed, changed, generator, recursion };
        let state = self.arena.value(state)?;
        if is_of_messages(iterable) {
            self.shorten(index, state)?;
        }
        let (captures, stack) = (self.captures.len(), self.stack.len());
        self.loops.push(Running { state, outer_turn: self.turn, captures, stack });
        Ok(())
    }

    /// In a shortened render, leaves out the iterations of a loop over messages that can't change the end of
    /// the output unless through what they assign; that is marked, so that reading it is noticed.
    pub(crate) fn shorten(&mut self, index: u32, state: &Loop<'a>) -> Result<(), Error> {
        let facts = &self.program.loops[index as usize];
        let length = state.items.len();
        let left_out = if facts.prints { length.saturating_sub(1) } else { length };
        let Shortening::On { scans, .. } = self.shortening else { return Ok(()) };
        if !facts.prints && !scans || !facts.skippable || left_out == 0 || !self.captures.is_empty() {
            return Ok(());
        }
        state.next.set(left_out);
        state.completed.set(true);
        for name in facts.writes.iter().chain(&self.program.macro_writes) {
            for namespace in &self.namespaces {
                namespace.set(self.program.name(*name), Value::Stale, self.arena)?;
            }
        }
        if facts.prints {
            self.shortening = Shortening::On { scans, since: Some(self.output.len()) };
        }
        Ok(())
    }

    /// The next item of the innermost loop; nothing at its end.
    pub(crate) fn next_item(&mut self) -> Result<Option<Value<'a>>, Error> {
        self.arena.work(1)?;
        let Some(running) = self.loops.last() else { return Ok(None) };
        let at = running.state.next.get();
        let item = match running.state.items.get(at) {
            Some(item) => item,
            None if !running.state.is_lazy() => return Ok(None),
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
        Flow::Goto(if running.state.completed.get() { facts.exit } else { facts.otherwise })
    }
}
