//! Which variable of the render a slot always holds.
use std::collections::HashMap;

use crate::program::{Op, Program, Variable};

/// A slot of a function: the outermost, or one more than the index of a macro.
pub(crate) type Slot = (usize, u16);

/// Where the values of slots come from.
#[derive(Debug)]
pub(crate) struct Slots {
    /// The function of each instruction.
    functions: Vec<usize>,
    /// The function around each function.
    parents: Vec<usize>,
    origins: HashMap<Slot, Vec<Origin>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A variable of the render, as an index into the program's context.
    Variable(u32),
    Slot(Slot),
    Computed,
}

/// Slots that copy slots further than this count as computed.
const MAX_COPIES: usize = 64;

impl Slots {
    pub(crate) fn of(program: &Program) -> Self {
        let (functions, parents) = functions(program);
        let mut slots = Self { functions, parents, origins: HashMap::new() };
        for (at, op) in program.ops.iter().enumerate() {
            slots.note(at, *op);
        }
        for (index, facts) in program.macros.iter().enumerate() {
            let special = [facts.caller, facts.kwargs, facts.varargs].into_iter().flatten();
            for slot in facts.params.iter().map(|(_, slot)| *slot).chain(special) {
                slots.origins.entry((index + 1, slot)).or_default().push(Origin::Computed);
            }
        }
        slots
    }

    /// Notes what an instruction assigns.
    fn note(&mut self, at: usize, op: Op) {
        let (variable, origin) = match op {
            Op::Resolve(variable, index) => (variable, Origin::Variable(index)),
            Op::Alias(to, from) => (to, Origin::Slot(self.slot(at, from))),
            Op::ResolveAround(variable, ..)
            | Op::Template(variable)
            | Op::NoParent(variable)
            | Op::Clear(variable)
            | Op::Store(variable, _)
            | Op::NextInto(_, variable)
            | Op::StoreLoop(variable)
            | Op::Unprovided(variable, _) => (variable, Origin::Computed),
            _ => return,
        };
        let slot = self.slot(at, variable);
        self.origins.entry(slot).or_default().push(origin);
    }

    /// The slot of a variable, as an instruction sees it.
    pub(crate) fn slot(&self, at: usize, variable: Variable) -> Slot {
        let function = (0..variable.hops).fold(self.functions[at], |function, _| self.parents[function]);
        (function, variable.slot)
    }

    /// The variable of the render that a slot holds whenever an instruction reads it.
    pub(crate) fn variable_of(&self, at: usize, variable: Variable) -> Option<u32> {
        self.only_variable(self.slot(at, variable), MAX_COPIES)
    }

    fn only_variable(&self, slot: Slot, copies: usize) -> Option<u32> {
        let mut found = self.origins.get(&slot)?.iter().map(|origin| match origin {
            Origin::Variable(index) => Some(*index),
            Origin::Slot(from) => self.only_variable(*from, copies.checked_sub(1)?),
            Origin::Computed => None,
        });
        let first = found.next()??;
        found.all(|other| other == Some(first)).then_some(first)
    }
}

/// The function of each instruction, and the function around each function.
fn functions(program: &Program) -> (Vec<usize>, Vec<usize>) {
    let mut functions = vec![0; program.ops.len()];
    let mut parents = vec![0; program.macros.len() + 1];
    for (index, facts) in program.macros.iter().enumerate() {
        // A body stands behind a jump over it; those within it come later in the list.
        let entry = facts.entry as usize;
        let Some(Op::Jump(end)) = entry.checked_sub(1).map(|around| program.ops[around]) else { continue };
        parents[index + 1] = functions[entry - 1];
        functions[entry..end as usize].fill(index + 1);
    }
    (functions, parents)
}
