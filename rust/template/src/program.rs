//! The compiled form: one flat list of instructions for a stack machine.
use std::collections::HashSet;

use num_bigint::BigInt;

use crate::ast::{Binary, Comparison};
use crate::filters::Filter;
use crate::tests::Test;

/// A variable: how many functions outwards, and which slot there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) hops: u16,
    pub(crate) slot: u16,
}

/// Index of a string constant.
pub(crate) type Name = u32;
/// Index of an instruction.
pub(crate) type Label = u32;

/// Where an instruction finds a value. Only what can't be observed to come late is looked up in place; all
/// else is computed onto the stack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Operand {
    /// The top of the stack, from where it is taken.
    Top,
    Constant(u32),
    /// A variable and its name.
    Slot(Variable, Name),
    /// Index into [`Program::fields`].
    Field(u32),
}

/// `variable.key` or `variable['key']`, trimmed or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FieldFacts {
    pub(crate) variable: Variable,
    /// The variable's name.
    pub(crate) name: Name,
    pub(crate) key: Name,
    pub(crate) lookup: Lookup,
    /// What the key means where the variable is `loop`.
    pub(crate) of_loop: Option<LoopPart>,
    /// Where in the source.
    pub(crate) at: u32,
    /// Where `| trim` stands behind it, if it does.
    pub(crate) trim: Option<u32>,
}

/// An attribute of `loop` that is no method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoopPart {
    First,
    Last,
    Index0,
    Index,
    Length,
    RevIndex,
    RevIndex0,
    Depth,
    Depth0,
    Previous,
    Next,
}

impl LoopPart {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "first" => Self::First,
            "last" => Self::Last,
            "index0" => Self::Index0,
            "index" => Self::Index,
            "length" => Self::Length,
            "revindex" => Self::RevIndex,
            "revindex0" => Self::RevIndex0,
            "depth" => Self::Depth,
            "depth0" => Self::Depth0,
            "previtem" => Self::Previous,
            "nextitem" => Self::Next,
            _ => return None,
        })
    }
}

/// Which of a value's members come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    Attribute,
    Item,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op {
    /// Prints text of the template.
    Text(Name),
    Emit(Operand),
    /// Prints `operand | tojson`.
    EmitJson(Operand),
    /// Prints the top of the stack, which must be text: blocks that are filtered or called print as it is. The
    /// place is that of the error otherwise, which comes late.
    EmitText(u32),
    /// Prints the first two parts of a sum, if both are text; else leaves their sum on the stack for the
    /// instructions at the label.
    EmitSum(Operand, Operand, Label),
    /// Prints a further part of a sum of texts, which must be text as well.
    EmitPart(Operand),
    /// Adds text of the template to the sum that is being built as the innermost captured block.
    JoinText(Name),
    /// As [`Op::EmitSum`], but begins to build the sum.
    JoinSum(Operand, Operand, Label),
    /// As [`Op::EmitPart`], but adds to the sum that is being built.
    JoinPart(Operand),
    Push(Operand),
    /// Sets a slot from the render's variables: an index into [`Program::context`].
    Resolve(Variable, u32),
    /// As [`Op::Resolve`], but first from what the second slot holds: a block's surroundings.
    ResolveAround(Variable, Variable, u32),
    /// Sets a slot from another.
    Alias(Variable, Variable),
    Clear(Variable),
    Store(Variable, Operand),
    Pop,
    Attribute(Operand, Name),
    /// Looks whether the top of the stack is something that can have methods.
    Receiver,
    Item {
        object: Operand,
        key: Operand,
        /// Whether the index is a loop's counter, so that the item may become the current message.
        counter: bool,
    },
    Slice {
        /// Whether Jinja may have computed it before the render.
        early: bool,
    },
    Binary(Binary, Operand, Operand),
    Compare(Comparison, Operand, Operand),
    /// A comparison inside of a chain: if it holds, its right operand stays for the next one.
    CompareChain(Comparison, Label),
    Not(Operand),
    Negative,
    Positive,
    Concat(u32),
    List(u32),
    Tuple(u32),
    Dict(u32),
    Jump(Label),
    /// Jumps if the operand is true, or false.
    JumpIf(bool, Operand, Label),
    /// Jumps if the comparison holds, or doesn't.
    JumpIfCompare(bool, Comparison, Operand, Operand, Label),
    /// Jumps if the operand equals a text of the template, or doesn't.
    JumpIfEquals(bool, Operand, Name, Label),
    /// Jumps if the test, which has no arguments, holds, or doesn't.
    JumpIfTest(bool, Test, Operand, Label),
    JumpIfFalseOrPop(Label),
    JumpIfTrueOrPop(Label),
    /// The value of an inline `if` whose test is false and that has no `else`.
    NoElse,
    Call(Shape),
    Method(Method, Shape),
    /// A filter without arguments.
    FilterOf(Filter, Operand),
    Filter(Filter, Shape),
    /// A test without arguments.
    TestOf(Test, Operand),
    Test(Test, Shape),
    /// Something that is only wrong when it is reached, as an unknown filter or test in a branch.
    Fail(Name),
    /// Starts a loop over the operand.
    Loop(u32, Operand),
    /// Prints what a recursive loop, which is a function, makes of the top of the stack.
    Recursive(u32),
    /// Pushes the next item, or leaves the loop.
    Next(u32),
    /// Stores the next item, or leaves the loop.
    NextInto(u32, Variable),
    /// A body came to its end.
    Completed,
    Break(u32),
    Continue(Label),
    /// Sets `loop`.
    StoreLoop(Variable),
    Duplicate,
    Unpack(u32),
    CheckNamespace(Variable),
    StoreAttribute(Variable, Name),
    BeginCapture,
    EndCapture,
    Macro(u32),
    /// Prints what the macro on the stack gives, as covered by a generation block.
    Generation,
    /// Sets `self`.
    Template(Variable),
    /// Sets `super`, which there is none.
    NoParent(Variable),
    /// Prints what a block gives: an index into [`Program::block_calls`].
    Block(u32),
    /// Looks for the template or templates that the top of the stack names, and finds none.
    Include {
        choice: Choice,
        ignore_missing: bool,
    },
    /// Skips a parameter's default if the parameter was given.
    JumpIfSet(Variable, Label),
    Unprovided(Variable, Name),
    Return,
}

impl Op {
    /// Where the instruction may jump.
    pub(crate) fn label_mut(&mut self) -> Option<&mut Label> {
        match self {
            Self::Jump(label)
            | Self::JumpIf(_, _, label)
            | Self::JumpIfCompare(_, _, _, _, label)
            | Self::JumpIfEquals(_, _, _, label)
            | Self::JumpIfTest(_, _, _, label)
            | Self::EmitSum(_, _, label)
            | Self::JoinSum(_, _, label)
            | Self::JumpIfFalseOrPop(label)
            | Self::JumpIfTrueOrPop(label)
            | Self::CompareChain(_, label)
            | Self::JumpIfSet(_, label)
            | Self::Continue(label) => Some(label),
            _ => None,
        }
    }
}

/// The name of a method, and whose method it is for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Method {
    pub(crate) name: Name,
    pub(crate) of_text: bool,
    pub(crate) of_mapping: bool,
}

/// Index into [`Program::shapes`].
pub(crate) type Shape = u32;

/// How many values of which kind a call takes from the stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: usize,
    pub(crate) named: Vec<Name>,
    pub(crate) star: bool,
    pub(crate) double_star: bool,
}

/// What names a template that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    One,
    Some,
    OneOrSome,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockFacts {
    pub(crate) name: Name,
    /// Index into [`Program::macros`].
    pub(crate) function: u32,
}

/// A block where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockCall {
    /// Index into [`Program::blocks`].
    pub(crate) block: u32,
    /// Where the block around it keeps its surroundings.
    pub(crate) surroundings: Option<Variable>,
    /// The variables that it sees besides.
    pub(crate) locals: Vec<(Name, Variable)>,
}

/// A loop's facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LoopFacts {
    pub(crate) exit: Label,
    /// Where to go if no body came to its end.
    pub(crate) otherwise: Label,
    /// Where its test is, if that may be needed before it is an item's turn.
    pub(crate) test: Option<Label>,
    /// Where the next item is taken.
    pub(crate) head: Label,
    /// How many scopes are around it in its function.
    pub(crate) level: usize,
    /// What says that its iterations have nothing left to do.
    pub(crate) flag: Option<LoopFlag>,
}

/// An attribute of a namespace that says so when it is true, or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoopFlag {
    pub(crate) variable: Variable,
    pub(crate) attribute: Name,
    pub(crate) when: bool,
}

/// A function: a macro, the body of a call block, a recursive loop, or a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MacroFacts {
    /// The bodies of call blocks have none.
    pub(crate) name: Option<Name>,
    pub(crate) entry: Label,
    pub(crate) slots: u32,
    pub(crate) params: Vec<(Name, u16)>,
    pub(crate) caller: Option<u16>,
    /// Whether it reads `caller`, be that a parameter or not.
    pub(crate) reads_caller: bool,
    pub(crate) kwargs: Option<u16>,
    pub(crate) varargs: Option<u16>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    None,
    Bool(bool),
    Int(i64),
    Big(BigInt),
    Float(f64),
    Str(Name),
}

/// A compiled template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    /// Where in the source each instruction is from.
    pub(crate) positions: Vec<u32>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) names: Vec<String>,
    /// Variables of the render that the template reads.
    pub(crate) context: Vec<Name>,
    pub(crate) fields: Vec<FieldFacts>,
    pub(crate) shapes: Vec<Arguments>,
    pub(crate) loops: Vec<LoopFacts>,
    pub(crate) macros: Vec<MacroFacts>,
    pub(crate) blocks: Vec<BlockFacts>,
    pub(crate) block_calls: Vec<BlockCall>,
    /// The names and slots of the outermost function that blocks see.
    pub(crate) globals: Vec<(Name, u32)>,
    /// Whether what a loop does depends on nothing but variables and namespaces: there are no blocks, no
    /// recursive loops, nothing that changes with use, and nobody asks what is the same object.
    pub(crate) is_steady: bool,
    /// Slots of the outermost function.
    pub(crate) slots: u32,
    /// How many scopes are around that of each of them.
    pub(crate) levels: Vec<usize>,
    /// Strings that the template compares something with.
    pub(crate) compared: HashSet<String>,
    /// Text that the template may print of its own.
    pub(crate) literals: Vec<Name>,
    pub(crate) reads_clock: bool,
}

impl Program {
    pub(crate) fn name(&self, name: Name) -> &str {
        &self.names[name as usize]
    }

    pub(crate) fn add_name(&mut self, text: String) -> Name {
        self.names.push(text);
        u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
    }

    /// Makes these the instructions, without those that are not kept; labels lead to what comes next.
    pub(crate) fn keep(&mut self, ops: &[Op], kept: &[bool]) {
        let mut places = Vec::with_capacity(ops.len() + 1);
        let mut next = 0;
        for kept in kept {
            places.push(next);
            next += u32::from(*kept);
        }
        places.push(next);
        let place = |label: &mut Label| *label = places.get(*label as usize).copied().unwrap_or(next);
        let each_kept = || (0..ops.len()).filter(|at| kept[*at]);
        self.positions = each_kept().map(|at| self.positions[at]).collect();
        self.ops = each_kept().map(|at| ops[at]).collect();
        self.ops.iter_mut().filter_map(Op::label_mut).for_each(place);
        self.loops.iter_mut().for_each(|facts| {
            place(&mut facts.head);
            place(&mut facts.exit);
            place(&mut facts.otherwise);
            facts.test.iter_mut().for_each(place);
        });
        self.macros.iter_mut().for_each(|facts| place(&mut facts.entry));
    }
}
