//! The machine's loops.
use std::cell::Cell;

use crate::Error;
use crate::iterate::{is_of_messages, items};
use crate::machine::{Flow, Machine, Running, Shortening, later};
use crate::value::{Generator, Items, Loop, Value};

impl<'a> Machine<'a> {
    pub(crate) fn start_loop(&mut self, index: u32, iterable: &Value<'a>) -> Result<(), Error> {
        let generator = if let Value::Generator(generator) = iterable { Some(*generator) } else { None };
        let items = match generator {
            Some(generator) => Items::Slice(generator.begin()?),
            None => items(iterable, self.cx())?,
        };
        let (next, completed, changed) = (Cell::new(0), Cell::new(false), Cell::new(None));
        let state = Loop { items, next, completed, changed, generator };
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
        let Some(item) = running.state.items.get(at) else {
            running.state.generator.map_or(Ok(()), Generator::end)?;
            return Ok(None);
        };
        running.state.next.set(at + 1);
        self.turn = later(running.outer_turn, item.message());
        Ok(Some(item))
    }

    /// Drops what the current iteration left behind.
    pub(crate) fn unwind(&mut self) {
        if let Some(running) = self.loops.last() {
            self.captures.truncate(running.captures);
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

    pub(crate) fn keep(&mut self) -> Result<(), Error> {
        let (item, kept) = self.pop_two();
        if let Some(collected) = self.collected.last_mut().filter(|_| kept.is_true()) {
            self.arena.charge(size_of::<Value<'_>>())?;
            collected.push(item);
        }
        Ok(())
    }
}
