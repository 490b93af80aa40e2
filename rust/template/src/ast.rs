//! The syntax tree; every node knows the byte of the source that errors point at: its start, or its operator.

/// A constant of the source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Const {
    None,
    Bool(bool),
    /// Decimal, or with a `0x`, `0o`, `0b` prefix.
    Integer(String),
    Float(f64),
    Str(String),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr<'s> {
    pub(crate) at: usize,
    /// How many expressions are within each other here.
    pub(crate) depth: u32,
    pub(crate) node: ExprNode<'s>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExprNode<'s> {
    Const(Const),
    Name(&'s str),
    Attribute(Box<Expr<'s>>, &'s str),
    Item(Box<Expr<'s>>, Box<Expr<'s>>),
    Slice(Box<Expr<'s>>, Box<[Option<Expr<'s>>; 3]>),
    Call(Box<Expr<'s>>, Box<Args<'s>>),
    /// The inner expression is missing where a block's output is filtered.
    Filter(Option<Box<Expr<'s>>>, &'s str, Box<Args<'s>>),
    Test(Box<Expr<'s>>, &'s str, Box<Args<'s>>),
    Binary(Binary, Box<Expr<'s>>, Box<Expr<'s>>),
    Compare(Box<Expr<'s>>, Vec<(Comparison, Expr<'s>)>),
    And(Box<Expr<'s>>, Box<Expr<'s>>),
    Or(Box<Expr<'s>>, Box<Expr<'s>>),
    Not(Box<Expr<'s>>),
    Negative(Box<Expr<'s>>),
    Positive(Box<Expr<'s>>),
    /// `a ~ b ~ c`.
    Concat(Vec<Expr<'s>>),
    /// `then if test else other`.
    Conditional(Box<Expr<'s>>, Box<Expr<'s>>, Option<Box<Expr<'s>>>),
    List(Vec<Expr<'s>>),
    Tuple(Vec<Expr<'s>>),
    Dict(Vec<(Expr<'s>, Expr<'s>)>),
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
}

impl Binary {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::FloorDiv => "//",
            Self::Mod => "%",
            Self::Pow => "**",
        }
    }
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

impl Comparison {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

/// The arguments of a call, filter or test.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Args<'s> {
    pub(crate) positional: Vec<Expr<'s>>,
    pub(crate) named: Vec<(&'s str, Expr<'s>)>,
    pub(crate) star: Option<Box<Expr<'s>>>,
    pub(crate) double_star: Option<Box<Expr<'s>>>,
}

/// What a `set` or `for` assigns to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target<'s> {
    Name(&'s str),
    /// `namespace.attribute`.
    Attribute(&'s str, &'s str),
    Tuple(Vec<Target<'s>>),
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stmt<'s> {
    pub(crate) at: usize,
    pub(crate) node: StmtNode<'s>,
}

pub(crate) type Body<'s> = Vec<Stmt<'s>>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StmtNode<'s> {
    Text(&'s str),
    Print(Expr<'s>),
    If {
        test: Expr<'s>,
        then: Body<'s>,
        elifs: Vec<(Expr<'s>, Body<'s>)>,
        otherwise: Body<'s>,
    },
    For(Box<For<'s>>),
    Set(Target<'s>, Expr<'s>),
    SetBlock {
        target: Target<'s>,
        filter: Option<Expr<'s>>,
        body: Body<'s>,
    },
    /// A macro and its name.
    Macro(&'s str, Macro<'s>),
    /// `{% call(args) callee(…) %}body{% endcall %}`.
    Call {
        block: Macro<'s>,
        callee: Expr<'s>,
        args: Args<'s>,
    },
    Filter {
        filter: Expr<'s>,
        body: Body<'s>,
    },
    With {
        values: Vec<(Target<'s>, Expr<'s>)>,
        body: Body<'s>,
    },
    /// `{% generation %}`, which transformers compiles as a call block.
    Generation(Macro<'s>),
    Block(Block<'s>),
    /// `{% include template %}`.
    Include {
        template: Expr<'s>,
        ignore_missing: bool,
    },
    /// `{% import template as name %}`, `{% from template import names %}`.
    Import {
        template: Expr<'s>,
        names: Vec<&'s str>,
    },
    Extends(Expr<'s>),
    Break,
    Continue,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct For<'s> {
    pub(crate) target: Target<'s>,
    pub(crate) iter: Expr<'s>,
    pub(crate) test: Option<Expr<'s>>,
    pub(crate) body: Body<'s>,
    pub(crate) otherwise: Body<'s>,
    /// Whether `loop(…)` runs it again, within itself.
    pub(crate) recursive: bool,
}

/// `{% block name %}`: a function of the template that is called where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block<'s> {
    pub(crate) name: &'s str,
    /// Whether it sees the variables around it.
    pub(crate) scoped: bool,
    /// Whether only a template that extends this one could fill it.
    pub(crate) required: bool,
    pub(crate) body: Body<'s>,
}

/// A macro, or the body of a call block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Macro<'s> {
    pub(crate) name: Option<&'s str>,
    pub(crate) params: Vec<&'s str>,
    /// For the last parameters.
    pub(crate) defaults: Vec<Expr<'s>>,
    pub(crate) body: Body<'s>,
}
