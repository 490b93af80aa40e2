//! Folding: a program without the branches that are decided as soon as the variables of the run are known.
//!
//! Only jumps are decided, by the machine's own tests and comparisons; every instruction that is left does what
//! it did before.
use crate::arena::Arena;
use crate::args::{Args, Context};
use crate::compare::compare;
use crate::data::Data;
use crate::program::{Constant, Label, Name, Op, Operand, Program};
use crate::slots::Slots;
use crate::text::{Source, Text};
use crate::value::{Global, Reason, Value};
use crate::{Compat, Error, tests};

/// What is known before a render: the variables of the run, where the row brings none of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'r> {
    pub(crate) variables: &'r [(String, Data)],
    pub(crate) add_generation_prompt: bool,
}

/// The program for a run.
pub(crate) fn fold(program: &Program, run: Run<'_>) -> Program {
    let arena = Arena::new();
    let folding = Folding { program, run, slots: Slots::of(program), arena: &arena };
    let mut ops: Vec<Op> = (0..program.ops.len()).map(|at| folding.op(at)).collect();
    shorten_jumps(&mut ops);
    let mut kept = reachable(program, &ops);
    drop_idle_jumps(&ops, &mut kept);
    merge_texts(program, &mut ops, &mut kept)
}

struct Folding<'f> {
    program: &'f Program,
    run: Run<'f>,
    slots: Slots,
    arena: &'f Arena,
}

impl<'f> Folding<'f> {
    /// An instruction, or what is left of it: a jump that is always taken, or one to the next instruction.
    fn op(&self, at: usize) -> Op {
        let mut op = self.program.ops[at];
        let decided = self.jumps(at, op).ok().flatten();
        match (decided, op.label_mut().copied()) {
            (Some(true), Some(label)) => Op::Jump(label),
            (Some(false), Some(_)) => Op::Jump(u32::try_from(at + 1).unwrap_or(u32::MAX)),
            _ => op,
        }
    }

    /// Whether an instruction jumps, if that is known.
    fn jumps(&self, at: usize, op: Op) -> Result<Option<bool>, Error> {
        let known = |operand| self.value(at, operand);
        Ok(match op {
            Op::JumpIf(on, operand, _) => known(operand)?.map(|value| value.is_true() == on),
            Op::JumpIfTest(on, test, operand, _) => match known(operand)? {
                Some(value) => Some(tests::apply(test, &value, Args::default(), self.context())? == on),
                None => None,
            },
            Op::JumpIfEquals(on, operand, text, _) => known(operand)?.map(|value| {
                matches!(value, Value::Str(found) if found.equals(self.program.name(text))) == on
            }),
            Op::JumpIfCompare(on, comparison, left, right, _) => match (known(left)?, known(right)?) {
                (Some(left), Some(right)) => Some(compare(comparison, &left, &right, self.arena)? == on),
                _ => None,
            },
            _ => None,
        })
    }

    fn context(&self) -> Context<'f> {
        Context { arena: self.arena, fields: &[], turn: None }
    }

    /// The value that an operand always has.
    fn value(&self, at: usize, operand: Operand) -> Result<Option<Value<'f>>, Error> {
        Ok(match operand {
            Operand::Constant(constant) => self.constant(constant),
            Operand::Slot(variable, name) => match self.slots.variable_of(at, variable) {
                Some(index) => self.variable(self.program.context[index as usize], name)?,
                None => None,
            },
            Operand::Top | Operand::Field(_) => None,
        })
    }

    fn constant(&self, constant: u32) -> Option<Value<'f>> {
        Some(match &self.program.constants[constant as usize] {
            Constant::None => Value::None(Source::LITERAL),
            Constant::Bool(truth) => Value::Bool(*truth, Source::LITERAL),
            Constant::Int(number) => Value::Int(*number, Source::LITERAL),
            Constant::Float(number) => Value::Float(*number, Source::LITERAL),
            Constant::Str(text) => Value::literal(self.program.name(*text)),
            Constant::Big(_) => return None,
        })
    }

    /// A variable of the render, if every row has the same.
    fn variable(&self, variable: Name, name: Name) -> Result<Option<Value<'f>>, Error> {
        let wanted = self.program.name(variable);
        if matches!(wanted, "messages" | "tools" | "documents") {
            return Ok(None);
        }
        if let Some((_, data)) = self.run.variables.iter().rev().find(|(known, _)| known == wanted) {
            return Ok(scalar(data));
        }
        if wanted == "add_generation_prompt" {
            return Ok(Some(Value::Bool(self.run.add_generation_prompt, Source::VARIABLE)));
        }
        // Tests and comparisons tell the same of a function in every version.
        match Global::named(wanted, Compat::default()) {
            Some(global) => Ok(Some(Value::Global(global))),
            None => Value::undefined(Reason::Name(self.program.name(name)), self.arena).map(Some),
        }
    }
}

fn scalar(data: &Data) -> Option<Value<'_>> {
    Some(match data {
        Data::None => Value::None(Source::VARIABLE),
        Data::Bool(truth) => Value::Bool(*truth, Source::VARIABLE),
        Data::Int(number) => Value::Int(*number, Source::VARIABLE),
        Data::Float(number) => Value::Float(*number, Source::VARIABLE),
        Data::Str(text) => Value::Str(Text::from_source(text, Source::VARIABLE)),
        Data::BigInt(_) | Data::List(_) | Data::Tuple(_) | Data::Dict(_) => return None,
    })
}

/// Makes what jumps to a jump go where that one leads.
fn shorten_jumps(ops: &mut [Op]) {
    for at in 0..ops.len() {
        let mut op = ops[at];
        if let Some(label) = op.label_mut() {
            *label = destination(ops, *label);
            ops[at] = op;
        }
    }
}

/// No further than this, since jumps may go in circles.
const MAX_JUMPS: usize = 16;

fn destination(ops: &[Op], label: Label) -> Label {
    (0..MAX_JUMPS).fold(label, |label, _| match ops.get(label as usize) {
        Some(Op::Jump(further)) => *further,
        _ => label,
    })
}

/// Which instructions a render may come to.
fn reachable(program: &Program, ops: &[Op]) -> Vec<bool> {
    let mut reached = vec![false; ops.len()];
    let mut waiting = vec![0];
    while let Some(at) = waiting.pop() {
        if at < ops.len() && !std::mem::replace(&mut reached[at], true) {
            waiting.extend(followers(program, ops[at], at));
        }
    }
    reached
}

/// The instructions that may come after one.
fn followers(program: &Program, op: Op, at: usize) -> Vec<usize> {
    let goes_on = !matches!(op, Op::Jump(_) | Op::Continue(_) | Op::Break(_) | Op::Return);
    leads_to(program, op).into_iter().chain(goes_on.then_some(at + 1)).collect()
}

/// Where an instruction may lead, besides to the next.
fn leads_to(program: &Program, mut op: Op) -> Vec<usize> {
    let mut labels: Vec<Label> = op.label_mut().into_iter().map(|label| *label).collect();
    match op {
        Op::Next(index) | Op::NextInto(index, _) | Op::Break(index) => {
            let facts = &program.loops[index as usize];
            labels.extend([facts.exit, facts.otherwise]);
        }
        Op::Loop(index, _) => labels.extend(program.loops[index as usize].test),
        Op::Macro(index) | Op::Recursive(index) => labels.push(program.macros[index as usize].entry),
        Op::Block(call) => {
            let block = program.block_calls[call as usize].block;
            labels.push(program.macros[program.blocks[block as usize].function as usize].entry);
        }
        // Any block may be called through `self`.
        Op::Template(_) => {
            labels.extend(program.blocks.iter().map(|block| program.macros[block.function as usize].entry));
        }
        _ => {}
    }
    labels.into_iter().map(|label| label as usize).collect()
}

/// Drops the jumps that only lead over dropped instructions.
fn drop_idle_jumps(ops: &[Op], kept: &mut [bool]) {
    let mut next = ops.len();
    for at in (0..ops.len()).rev().filter(|at| kept[*at]).collect::<Vec<_>>() {
        let is_idle = matches!(ops[at], Op::Jump(label) if at < label as usize && label as usize <= next);
        kept[at] = !is_idle;
        if kept[at] {
            next = at;
        }
    }
}

/// Makes one of texts that follow each other; then the program is complete.
fn merge_texts(program: &Program, ops: &mut [Op], kept: &mut [bool]) -> Program {
    let mut folded = program.clone();
    let is_target = targets(program, ops, kept);
    let mut last: Option<usize> = None;
    for at in 0..ops.len() {
        if is_target[at] {
            last = None;
        }
        match (kept[at], last, ops[at]) {
            (false, ..) => {}
            (true, Some(before), Op::Text(text)) => {
                let Op::Text(first) = ops[before] else { continue };
                let merged = format!("{}{}", folded.name(first), folded.name(text));
                ops[before] = Op::Text(folded.add_name(merged));
                kept[at] = false;
            }
            (true, _, op) => last = matches!(op, Op::Text(_)).then_some(at),
        }
    }
    folded.keep(ops, kept);
    folded
}

/// Which instructions something may jump to.
fn targets(program: &Program, ops: &[Op], kept: &[bool]) -> Vec<bool> {
    let mut is_target = vec![false; ops.len() + 1];
    let labels = ops.iter().zip(kept).filter(|(_, kept)| **kept).flat_map(|(op, _)| leads_to(program, *op));
    labels.for_each(|label| is_target[label] = true);
    is_target
}
