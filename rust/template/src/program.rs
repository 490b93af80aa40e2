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

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op {
    /// Prints text of the template.
    Text(Name),
    /// Prints the top of the stack.
    Emit,
    /// Prints the top of the stack, which must be text: blocks that are filtered or called print as it is.
    EmitText,
    Const(u32),
    Load(Variable, Name),
    /// Sets a slot from the render's variables.
    Resolve(Variable, Name),
    /// Sets a slot from another.
    Alias(Variable, Variable),
    Clear(Variable),
    Store(Variable),
    Pop,
    Attribute(Name),
    /// Looks whether the top of the stack is something that can have methods.
    Receiver,
    /// Whether the index is a loop's counter, so that the item may become the current message.
    Item {
        counter: bool,
    },
    Slice,
    Binary(Binary),
    Compare(Comparison),
    /// A comparison inside of a chain: if it holds, its right operand stays for the next one.
    CompareChain(Comparison, Label),
    Not,
    Negative,
    Positive,
    Concat(u32),
    List(u32),
    Tuple(u32),
    Dict(u32),
    Jump(Label),
    JumpIfFalse(Label),
    JumpIfFalseOrPop(Label),
    JumpIfTrueOrPop(Label),
    /// The value of an inline `if` whose test is false and that has no `else`.
    NoElse,
    Call(Shape),
    Method(Name, Shape),
    Filter(Filter, Shape),
    Test(Test, Shape),
    /// An unknown filter or test that is only wrong when it is reached.
    Unknown(Name),
    /// Starts a loop over the top of the stack.
    Loop(u32),
    /// Pushes the next item, or leaves the loop.
    Next(u32),
    /// A body came to its end.
    Completed,
    Break(u32),
    Continue(Label),
    /// Sets `loop`.
    StoreLoop(Variable),
    /// Starts to collect the items that a loop's test keeps.
    Collect,
    /// Keeps the item below the test's result, if that is true.
    Keep,
    Collected,
    Duplicate,
    Unpack(u32),
    CheckNamespace(Variable),
    StoreAttribute(Variable, Name),
    BeginCapture,
    EndCapture,
    Macro(u32),
    /// Prints what the macro on the stack gives, as covered by a generation block.
    Generation,
    /// Skips a parameter's default if the parameter was given.
    JumpIfSet(Variable, Label),
    Unprovided(Variable, Name),
    Return,
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

/// A loop's facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LoopFacts {
    pub(crate) exit: Label,
    /// Where to go if no body came to its end.
    pub(crate) otherwise: Label,
    /// Whether leaving out all but the last iteration can be told from what is printed last.
    pub(crate) skippable: bool,
    pub(crate) prints: bool,
    /// Namespace attributes that its body assigns.
    pub(crate) writes: Vec<Name>,
}

/// A macro, or the body of a call block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MacroFacts {
    pub(crate) name: Name,
    pub(crate) entry: Label,
    pub(crate) slots: u32,
    pub(crate) params: Vec<(Name, u16)>,
    pub(crate) caller: Option<u16>,
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
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    /// Where in the source each instruction is from.
    pub(crate) positions: Vec<u32>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) names: Vec<String>,
    pub(crate) shapes: Vec<Arguments>,
    pub(crate) loops: Vec<LoopFacts>,
    pub(crate) macros: Vec<MacroFacts>,
    /// Slots of the outermost function.
    pub(crate) slots: u32,
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
}
