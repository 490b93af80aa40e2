//! What can't be packed.
use std::fmt;

/// Why lengths could not be packed; examples are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackError {
    /// An example that no pack can hold.
    TooLong {
        /// Which one.
        example: usize,
        /// Its length.
        length: u32,
        /// What a pack holds.
        max_length: u32,
    },
    /// An example without tokens: it trains nothing, and attention kernels take no empty sequence.
    Empty {
        /// Which one.
        example: usize,
    },
    /// A capacity of zero, or one whose positions do not fit the int32 arrays.
    Capacity {
        /// What was asked for.
        max_length: u32,
    },
    /// More examples than 2³² − 1.
    TooMany {
        /// How many there are.
        examples: usize,
    },
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { example, length, max_length } => write!(
                f,
                "example {example} has {length} tokens, more than the {max_length} of a pack: \
                 raise `max_length`, or drop or shorten it"
            ),
            Self::Empty { example } => write!(f, "example {example} has no tokens: leave it out"),
            Self::Capacity { max_length } => {
                write!(f, "`max_length` is {max_length}, expected 1 to {}", i32::MAX)
            }
            Self::TooMany { examples } => {
                write!(f, "{examples} examples are more than one plan can hold ({}): split them", u32::MAX)
            }
        }
    }
}

impl std::error::Error for PackError {}
