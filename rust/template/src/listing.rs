//! A program as text, for people.
use std::fmt::Write;

use crate::program::{Constant, Lookup, Name, Op, Operand, Program, Variable};
use crate::source::position;

/// One line an instruction: its number, the line of the template it is from, and what it does.
pub(crate) fn listing(program: &Program, source: &str) -> String {
    let mut listing = String::new();
    for (at, op) in program.ops.iter().enumerate() {
        let line = position(source, program.positions[at] as usize).line;
        // Writing to a string can't fail.
        let _ = writeln!(listing, "{at:5} {line:5}  {}", Words { program }.op(*op));
    }
    listing
}

struct Words<'p> {
    program: &'p Program,
}

impl Words<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm an instruction, each of a line or two")]
    fn op(&self, op: Op) -> String {
        let (of, text, name) =
            (|op| self.operand(op), |name| self.text(name), |name| self.program.name(name));
        match op {
            Op::Text(printed) => format!("print {}", text(printed)),
            Op::Emit(printed) => format!("print {}", of(printed)),
            Op::EmitJson(printed) => format!("print {} | tojson", of(printed)),
            Op::EmitText(_) => "print top, a text".to_owned(),
            Op::EmitSum(left, right, label) => {
                format!(
                    "print {} and {} if both are texts, else add them and go to {label}",
                    of(left),
                    of(right)
                )
            }
            Op::EmitPart(part) => format!("print {}, a text", of(part)),
            Op::JoinText(part) => format!("join {}", text(part)),
            Op::JoinSum(left, right, label) => {
                format!(
                    "begin to join {} and {} if both are texts, else add them and go to {label}",
                    of(left),
                    of(right)
                )
            }
            Op::JoinPart(part) => format!("join {}, a text", of(part)),
            Op::Push(value) => format!("push {}", of(value)),
            Op::Resolve(to, index) => {
                format!("{} = variable {}", slot(to), name(self.program.context[index as usize]))
            }
            Op::ResolveAround(to, around, index) => {
                let variable = name(self.program.context[index as usize]);
                format!("{} = variable {variable} around {}", slot(to), slot(around))
            }
            Op::Alias(to, from) => format!("{} = {}", slot(to), slot(from)),
            Op::Clear(variable) => format!("{} = nothing", slot(variable)),
            Op::Store(variable, value) => format!("{} = {}", slot(variable), of(value)),
            Op::Pop => "drop top".to_owned(),
            Op::Attribute(object, key) => format!("push {}.{}", of(object), name(key)),
            Op::Receiver => "check that top may have methods".to_owned(),
            Op::Item { object, key, .. } => format!("push {}[{}]", of(object), of(key)),
            Op::Slice { .. } => "push slice of top four".to_owned(),
            Op::Binary(op, left, right) => format!("push {} {} {}", of(left), op.symbol(), of(right)),
            Op::Compare(op, left, right) => format!("push {} {} {}", of(left), op.symbol(), of(right)),
            Op::CompareChain(op, label) => {
                format!("compare by {}, keep the right side, else push false and go to {label}", op.symbol())
            }
            Op::Not(value) => format!("push not {}", of(value)),
            Op::Negative => "push -top".to_owned(),
            Op::Positive => "push +top".to_owned(),
            Op::Concat(count) => format!("push top {count} as one text"),
            Op::List(count) => format!("push list of top {count}"),
            Op::Tuple(count) => format!("push tuple of top {count}"),
            Op::Dict(count) => format!("push mapping of top {count} pairs"),
            Op::Jump(label) => format!("go to {label}"),
            Op::JumpIf(on, value, label) => format!("{} {} go to {label}", when(on), of(value)),
            Op::JumpIfCompare(on, op, left, right, label) => {
                format!("{} {} {} {} go to {label}", when(on), of(left), op.symbol(), of(right))
            }
            Op::JumpIfEquals(on, value, other, label) => {
                format!("{} {} == {} go to {label}", when(on), of(value), text(other))
            }
            Op::JumpIfTest(on, test, value, label) => {
                format!("{} {} is {} go to {label}", when(on), of(value), test.name())
            }
            Op::JumpIfFalseOrPop(label) => format!("unless top go to {label}, else drop it"),
            Op::JumpIfTrueOrPop(label) => format!("if top go to {label}, else drop it"),
            Op::NoElse => "push undefined".to_owned(),
            Op::Call(shape) => format!("call with {}", self.shape(shape)),
            Op::Method(method, shape) => {
                format!("call method {} with {}", name(method.name), self.shape(shape))
            }
            Op::FilterOf(filter, value) => format!("push {} | {}", of(value), filter.name()),
            Op::Filter(filter, shape) => format!("filter {} with {}", filter.name(), self.shape(shape)),
            Op::TestOf(test, value) => format!("push {} is {}", of(value), test.name()),
            Op::Test(test, shape) => format!("test {} with {}", test.name(), self.shape(shape)),
            Op::Fail(message) => format!("fail: {}", name(message)),
            Op::Loop(index, value) => match self.program.loops[index as usize].test {
                Some(test) => format!("loop {index} over {}, tested at {test}", of(value)),
                None => format!("loop {index} over {}", of(value)),
            },
            Op::Recursive(index) => {
                let entry = self.program.macros[index as usize].entry;
                format!("print what the loop at {entry} makes of top")
            }
            Op::Next(index) => format!("push next of loop {index}, or go to {}", self.exits(index)),
            Op::NextInto(index, variable) => {
                format!("{} = next of loop {index}, or go to {}", slot(variable), self.exits(index))
            }
            Op::Completed => "loop was not empty".to_owned(),
            Op::Break(index) => format!("leave loop {index}, go to {}", self.exits(index)),
            Op::Continue(label) => format!("go on with the loop at {label}"),
            Op::StoreLoop(variable) => format!("{} = loop", slot(variable)),
            Op::Duplicate => "push top again".to_owned(),
            Op::Unpack(count) => format!("push the {count} items of top"),
            Op::CheckNamespace(variable) => format!("check that {} is a namespace", slot(variable)),
            Op::StoreAttribute(variable, key) => format!("{}.{} = top", slot(variable), name(key)),
            Op::BeginCapture => "begin a text".to_owned(),
            Op::EndCapture => "push the text".to_owned(),
            Op::Macro(index) => {
                let facts = &self.program.macros[index as usize];
                format!("push macro {}", facts.name.map_or("without a name", name))
            }
            Op::Generation => "print what top gives, as generated".to_owned(),
            Op::Template(variable) => format!("{} = self", slot(variable)),
            Op::NoParent(variable) => format!("{} = undefined", slot(variable)),
            Op::Block(call) => {
                let block = self.program.block_calls[call as usize].block;
                format!("print block {}", name(self.program.blocks[block as usize].name))
            }
            Op::Include { .. } => "look for the template that top names".to_owned(),
            Op::JumpIfSet(variable, label) => format!("if {} was given go to {label}", slot(variable)),
            Op::Unprovided(variable, param) => {
                format!("{} = undefined unless given: {}", slot(variable), name(param))
            }
            Op::Return => "return".to_owned(),
        }
    }

    fn operand(&self, operand: Operand) -> String {
        match operand {
            Operand::Top => "top".to_owned(),
            Operand::Constant(constant) => self.constant(constant),
            Operand::Slot(variable, name) => format!("{}:{}", self.program.name(name), slot(variable)),
            Operand::Field(field) => {
                let facts = &self.program.fields[field as usize];
                let of = self.operand(Operand::Slot(facts.variable, facts.name));
                let trim = if facts.trim.is_some() { " | trim" } else { "" };
                match facts.lookup {
                    Lookup::Attribute => format!("{of}.{}{trim}", self.program.name(facts.key)),
                    Lookup::Item => format!("{of}[{}]{trim}", self.text(facts.key)),
                }
            }
        }
    }

    fn constant(&self, constant: u32) -> String {
        match &self.program.constants[constant as usize] {
            Constant::None => "none".to_owned(),
            Constant::Bool(truth) => truth.to_string(),
            Constant::Int(number) => number.to_string(),
            Constant::Big(number) => number.to_string(),
            Constant::Float(number) => number.to_string(),
            Constant::Str(text) => self.text(*text),
        }
    }

    fn text(&self, name: Name) -> String {
        format!("{:?}", self.program.name(name))
    }

    fn shape(&self, shape: u32) -> String {
        let shape = &self.program.shapes[shape as usize];
        let named = shape.named.iter().map(|name| format!("{}=", self.program.name(*name)));
        let stars = [(shape.star, "*"), (shape.double_star, "**")].into_iter().filter(|(given, _)| *given);
        let parts = std::iter::once(shape.positional.to_string())
            .chain(named)
            .chain(stars.map(|(_, star)| star.to_owned()));
        parts.collect::<Vec<_>>().join(", ")
    }

    fn exits(&self, index: u32) -> String {
        let facts = &self.program.loops[index as usize];
        if facts.exit == facts.otherwise {
            return facts.exit.to_string();
        }
        format!("{} ({} if it was empty)", facts.exit, facts.otherwise)
    }
}

/// A variable: the number of its slot, and of how many functions outwards.
fn slot(variable: Variable) -> String {
    match variable.hops {
        0 => format!("v{}", variable.slot),
        hops => format!("v{}^{hops}", variable.slot),
    }
}

fn when(on: bool) -> &'static str {
    if on { "if" } else { "unless" }
}
