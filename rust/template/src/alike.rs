//! How far the programs of a template, without generation prompt and with it, are the same.
use std::collections::HashSet;

use crate::program::{Label, Op, Operand, Program, Variable};
use crate::slots::{Slot, Slots};

/// What two programs share that differ in whether a generation prompt is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alike {
    /// What runs before this instruction does the same in both, to the last value.
    pub(crate) until: Label,
    /// The slots of the outermost function that until then hold whether it is asked for, or nothing.
    pub(crate) prompt: Vec<u16>,
}

impl Alike {
    pub(crate) fn of(without: &Program, with: &Program) -> Self {
        let slots = Slots::of(without);
        let prompt = slots_of_prompt(without, &slots);
        let is_prompt = |at, variable| prompt.contains(&slots.slot(at, variable));
        let is_same = |at: usize| {
            let (op, other) = (without.ops[at], with.ops[at]);
            let touches =
                reads(op, without).into_iter().chain(written(op)).any(|variable| is_prompt(at, variable));
            op == other && printed(op, without) == printed(other, with) && !touches
        };
        let length = without.ops.len().min(with.ops.len());
        let same = (0..length).find(|at| !is_same(*at)).unwrap_or(length);
        let until =
            differing_parts(without, with).fold(Label::try_from(same).unwrap_or(Label::MAX), Label::min);
        let outermost = prompt.iter().filter(|(function, _)| *function == 0);
        Self { until, prompt: outermost.map(|(_, slot)| *slot).collect() }
    }
}

/// Where loops and functions stand that are not the same in both.
fn differing_parts<'p>(one: &'p Program, other: &'p Program) -> impl Iterator<Item = Label> + 'p {
    let loops = one.loops.iter().zip(&other.loops).filter(|(one, other)| one != other);
    let macros = one.macros.iter().zip(&other.macros).filter(|(one, other)| one != other);
    let loops = loops.flat_map(|(one, other)| [one.head, other.head]);
    loops.chain(macros.flat_map(|(one, other)| [one.entry, other.entry]))
}

/// Text of the template: what is printed under one name may not be the same in both.
fn printed(op: Op, program: &Program) -> Option<&str> {
    if let Op::Text(name) = op { Some(program.name(name)) } else { None }
}

/// The slots that may hold whether a generation prompt is asked for.
fn slots_of_prompt(program: &Program, slots: &Slots) -> HashSet<Slot> {
    let is_prompt = |index: u32| program.name(program.context[index as usize]) == "add_generation_prompt";
    let mut found = HashSet::new();
    loop {
        let known = found.len();
        for (at, op) in program.ops.iter().enumerate() {
            match *op {
                Op::Resolve(to, index) | Op::ResolveAround(to, _, index) if is_prompt(index) => {
                    found.insert(slots.slot(at, to));
                }
                Op::Alias(to, from) if found.contains(&slots.slot(at, from)) => {
                    found.insert(slots.slot(at, to));
                }
                _ => {}
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

/// The variable to which an instruction gives a value of its own.
fn written(op: Op) -> Option<Variable> {
    match op {
        Op::Template(variable)
        | Op::NoParent(variable)
        | Op::Clear(variable)
        | Op::Store(variable, _)
        | Op::NextInto(_, variable)
        | Op::StoreLoop(variable)
        | Op::Unprovided(variable, _) => Some(variable),
        _ => None,
    }
}

/// The variables that an instruction reads; one that only hands a variable on reads none.
fn reads(op: Op, program: &Program) -> Vec<Variable> {
    let variable = |operand| match operand {
        Operand::Slot(variable, _) => Some(variable),
        Operand::Field(field) => Some(program.fields[field as usize].variable),
        Operand::Top | Operand::Constant(_) => None,
    };
    match op {
        Op::Emit(of)
        | Op::EmitJson(of)
        | Op::EmitPart(of)
        | Op::JoinPart(of)
        | Op::Push(of)
        | Op::Store(_, of)
        | Op::Attribute(of, _)
        | Op::Not(of)
        | Op::JumpIf(_, of, _)
        | Op::JumpIfEquals(_, of, ..)
        | Op::JumpIfTest(_, _, of, _)
        | Op::FilterOf(_, of)
        | Op::TestOf(_, of)
        | Op::Loop(_, of) => variable(of).into_iter().collect(),
        Op::EmitSum(left, right, _)
        | Op::JoinSum(left, right, _)
        | Op::Item { object: left, key: right, .. }
        | Op::Binary(_, left, right)
        | Op::Compare(_, left, right)
        | Op::JumpIfCompare(_, _, left, right, _) => [left, right].into_iter().filter_map(variable).collect(),
        Op::CheckNamespace(variable)
        | Op::StoreAttribute(variable, _)
        | Op::JumpIfSet(variable, _)
        | Op::Unprovided(variable, _) => vec![variable],
        // A list without a rest, so that a new instruction has to be looked at.
        Op::Text(_)
        | Op::EmitText(_)
        | Op::JoinText(_)
        | Op::Resolve(..)
        | Op::ResolveAround(..)
        | Op::Alias(..)
        | Op::Clear(_)
        | Op::Pop
        | Op::Receiver
        | Op::Slice { .. }
        | Op::CompareChain(..)
        | Op::Negative
        | Op::Positive
        | Op::Concat(_)
        | Op::List(_)
        | Op::Tuple(_)
        | Op::Dict(_)
        | Op::Jump(_)
        | Op::JumpIfFalseOrPop(_)
        | Op::JumpIfTrueOrPop(_)
        | Op::NoElse
        | Op::Call(_)
        | Op::Method(..)
        | Op::Filter(..)
        | Op::Test(..)
        | Op::Fail(_)
        | Op::Recursive(_)
        | Op::Next(_)
        | Op::NextInto(..)
        | Op::Completed
        | Op::Break(_)
        | Op::Continue(_)
        | Op::StoreLoop(_)
        | Op::Duplicate
        | Op::Unpack(_)
        | Op::BeginCapture
        | Op::EndCapture
        | Op::Macro(_)
        | Op::Generation
        | Op::Template(_)
        | Op::NoParent(_)
        | Op::Block(_)
        | Op::Include { .. }
        | Op::Return => Vec::new(),
    }
}
