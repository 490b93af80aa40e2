//! What the lexer hands to the parser.
use std::fmt;

/// A token and the byte of the (normalized) source where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'s> {
    pub(crate) kind: Kind<'s>,
    pub(crate) at: usize,
}

/// The kinds of token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind<'s> {
    /// Text between tags, already trimmed as the tags ask.
    Data(&'s str),
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name(&'s str),
    Str(String),
    /// Digits in base 10, or with their prefix, underscores removed.
    Integer(String),
    Float(f64),
    Op(Op),
    End,
}

macro_rules! operators {
    ($($name:ident $text:literal)*) => {
        /// Operators and punctuation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Op { $($name),* }

        impl Op {
            /// Longest first, so that the first match is the right one.
            pub(crate) const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$name)),*];

            fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

operators! {
    FloorDiv "//" Pow "**" Eq "==" Ne "!=" Ge ">=" Le "<="
    Add "+" Sub "-" Div "/" Mul "*" Mod "%" Tilde "~"
    LeftBracket "[" RightBracket "]" LeftParen "(" RightParen ")" LeftBrace "{" RightBrace "}"
    Gt ">" Lt "<" Assign "=" Dot "." Colon ":" Pipe "|" Comma "," Semicolon ";"
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(_) => f.write_str("template data"),
            Self::BlockBegin => f.write_str("begin of statement block"),
            Self::BlockEnd => f.write_str("end of statement block"),
            Self::VariableBegin => f.write_str("begin of print statement"),
            Self::VariableEnd => f.write_str("end of print statement"),
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Str(_) => f.write_str("string"),
            Self::Integer(_) => f.write_str("integer"),
            Self::Float(_) => f.write_str("float"),
            Self::Op(op) => write!(f, "`{}`", op.text()),
            Self::End => f.write_str("end of template"),
        }
    }
}
