//! What can stop a run.
use crate::json::JsonError;
use crate::{Counts, MAX_THREADS, RowShapeError};
use chatloom_pack::PackError;
use chatloom_template::Class;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a run ended without output.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A row that can't be used.
    Row {
        /// Its file.
        path: PathBuf,
        /// Its line there, from 1.
        line: u64,
        /// What is wrong with it.
        error: RowError,
    },
    /// More rows than allowed were rejected.
    TooManyRejected {
        /// How many are allowed.
        allowed: u64,
        /// The first one beyond: its file.
        path: PathBuf,
        /// Its line there, from 1.
        line: u64,
        /// What is wrong with it.
        error: RowError,
    },
    /// There is something in the output's place.
    OutputExists {
        /// Where.
        path: PathBuf,
    },
    /// What shall be overwritten does not look like an output of ours.
    NotOurs {
        /// Where.
        path: PathBuf,
    },
    /// The files hold no row, or none that was to be kept.
    NothingToPack {
        /// What became of the rows.
        counts: Box<Counts>,
        /// The first row that was rejected, if one was.
        first: Option<Box<Error>>,
    },
    /// More rows than one run can hold.
    TooManyRows,
    /// The lengths could not be packed.
    Pack(PackError),
    /// The output has no name of its own.
    OutputUnnamed {
        /// What was given.
        path: PathBuf,
    },
    /// More threads than a run may have.
    TooManyThreads {
        /// How many were asked for.
        threads: usize,
    },
    /// The threads could not be started.
    Threads(String),
    /// Rows in and rows accounted for differ: a fault of this library.
    Unaccounted {
        /// Rows that were read.
        rows: u64,
        /// Rows that were written, filtered or rejected.
        accounted: u64,
    },
    /// The caller asked to stop.
    Cancelled,
}

/// Why a row can't be used. Holds nothing of its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowError {
    /// Longer than a line may be.
    LineTooLong {
        /// How long that is.
        max_bytes: usize,
    },
    /// Not UTF-8.
    Utf8 {
        /// The first byte of the line that is wrong, from 1.
        byte: usize,
    },
    /// Not JSON.
    Json(JsonError),
    /// Not a conversation.
    Shape(RowShapeError),
    /// Could not be rendered or encoded, or is too long.
    Encode(chatloom_tokenize::Error),
    /// It rendered to nothing.
    NoTokens,
    /// The encoder gave labels that are not its token ids: a fault of this library.
    Labels,
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { action, path, error }
    }
}

impl RowError {
    /// A short name of what is wrong, which stays as it is.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LineTooLong { .. } => "line_too_long",
            Self::Utf8 { .. } => "encoding",
            Self::Json(error) if error.is_lone_surrogate() => "surrogate",
            Self::Json(_) => "json",
            Self::Shape(error) => error.code(),
            Self::Encode(error) => encode_code(error),
            Self::NoTokens => "no_tokens",
            Self::Labels => "internal",
        }
    }
}

fn encode_code(error: &chatloom_tokenize::Error) -> &'static str {
    use chatloom_tokenize::Error::{ControlToken, NoTemplate, Share, Template, TooLong, Unstable};
    match error {
        Template(error) => match error.class() {
            Class::Raised => "raised",
            Class::Budget => "budget",
            Class::Input | Class::Unsupported => "unsupported",
            Class::Render | Class::Syntax => "render",
        },
        ControlToken { .. } => "control_token",
        Unstable { .. } => "unstable",
        Share { .. } => "field",
        TooLong { .. } => "too_long",
        NoTemplate { .. } => "no_template",
        _ => "encode",
    }
}

impl From<PackError> for Error {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

impl From<JsonError> for RowError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<RowShapeError> for RowError {
    fn from(error: RowShapeError) -> Self {
        Self::Shape(error)
    }
}

impl From<chatloom_tokenize::Error> for RowError {
    fn from(error: chatloom_tokenize::Error) -> Self {
        Self::Encode(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, path, error } => write!(f, "cannot {action} `{}`: {error}", path.display()),
            Self::Row { path, line, error } => write!(f, "{}, line {line}: {error}", path.display()),
            Self::OutputExists { path } => {
                write!(f, "`{}` exists: choose another output, or overwrite it", path.display())
            }
            Self::NotOurs { path } => write!(
                f,
                "`{}` has no `manifest.json` and so is no output of an earlier run: it is not overwritten",
                path.display()
            ),
            Self::TooManyRejected { allowed, path, line, error } => {
                write!(f, "more than {allowed} rows can't be used; {}, line {line}: {error}", path.display())
            }
            Self::NothingToPack { counts, first } => nothing(f, counts, first.as_deref()),
            Self::TooManyRows => write!(f, "more than {} rows: pack them in several runs", u32::MAX),
            Self::Pack(error) => error.fmt(f),
            Self::OutputUnnamed { path } => {
                write!(f, "output `{}`: expected the name of a directory to make", path.display())
            }
            Self::TooManyThreads { threads } => {
                write!(f, "threads is {threads}, expected 1 to {MAX_THREADS}")
            }
            Self::Threads(error) => write!(f, "cannot start threads: {error}"),
            Self::Unaccounted { rows, accounted } => {
                write!(f, "{rows} rows were read, but {accounted} accounted for: please report this")
            }
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

fn nothing(f: &mut fmt::Formatter<'_>, counts: &Counts, first: Option<&Error>) -> fmt::Result {
    let Counts { rows, dropped, dropped_cut, dropped_untrained, rejected, .. } = counts;
    if *rows == 0 {
        return f.write_str("the input has no rows");
    }
    write!(f, "of {rows} rows none is left: {} are too long for `max_length`, ", dropped + dropped_cut)?;
    write!(f, "{dropped_untrained} have nothing to train, {rejected} can't be used")?;
    first.map_or(Ok(()), |first| write!(f, "; the first of these: {first}"))
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineTooLong { max_bytes } => {
                write!(f, "the line has more than {max_bytes} bytes: is this a JSONL file?")
            }
            Self::Utf8 { byte } => write!(f, "not UTF-8 at byte {byte}"),
            Self::Json(error) => write!(f, "not JSON: {error}"),
            Self::Shape(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::NoTokens => f.write_str("the template renders this conversation to nothing"),
            Self::Labels => f.write_str("the encoder gave labels that are not token ids: please report this"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Row { error, .. } | Self::TooManyRejected { error, .. } => Some(error),
            Self::Pack(error) => Some(error),
            _ => None,
        }
    }
}

impl std::error::Error for RowError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Shape(error) => Some(error),
            Self::Encode(error) => Some(error),
            _ => None,
        }
    }
}
