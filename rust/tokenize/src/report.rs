//! How the trained text of a conversation was found.
use crate::ControlPolicy;
use chatloom_template::Rendered;
use std::ops::Range;

/// A rendered conversation and what of it carries loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The text and the origin of each part.
    pub rendered: Rendered,
    /// The byte ranges of the text that carry loss: in order, none empty, none touching the next.
    pub trained: Vec<Range<usize>>,
    /// The same ranges, cut where the weight of their loss changes; empty where all of it counts 1.
    pub weights: Vec<(Range<usize>, f32)>,
    /// What would carry loss but for the options, such as reasoning: in order, none touching the next.
    pub left_out: Vec<Range<usize>>,
    /// One report for each assistant turn that printed something, in order of messages.
    pub turns: Vec<TurnReport>,
    /// What becomes of control tokens in each of the render's fields; empty where that is the same in all.
    pub policies: Vec<ControlPolicy>,
    /// Whether the conversation declares tools, which may choose the template.
    pub tools_given: bool,
}

/// How one assistant turn was taken apart. Ranges are bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnReport {
    /// Index of the message.
    pub message: u32,
    /// How its header was found.
    pub header: HeaderKind,
    /// From the header's end to the end token, or to the turn's last byte where there is none. Text of other
    /// turns and untrusted data may stand between and carry no loss.
    pub body: Range<usize>,
    /// How its end token was found.
    pub end: EndKind,
    /// Where that end token stands.
    pub end_token: Option<Range<usize>>,
}

/// How a turn's header was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderKind {
    /// It is what the generation prompt prints.
    Derived,
    /// It is the text that opens the answer of a plain chat.
    Guessed,
    /// There is none: all literals of the turn are taken as body.
    None,
}

impl HeaderKind {
    /// `derived`, `guessed` or `none`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Derived => "derived",
            Self::Guessed => "guessed",
            Self::None => "none",
        }
    }
}

/// How a turn's end token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndKind {
    /// The turn prints it.
    Printed,
    /// It is the control token that directly follows the turn.
    Follows,
    /// There is none.
    None,
}

impl EndKind {
    /// `printed`, `follows` or `none`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Follows => "follows",
            Self::None => "none",
        }
    }
}

/// What plain chats tell of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// How the header of the answer in a plain chat is found.
    pub header: HeaderKind,
    /// How its end token is found.
    pub end: EndKind,
    /// The header that is looked for in a turn where the generation prompt can't tell.
    pub guess: Option<String>,
}
