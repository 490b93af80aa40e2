//! What can stop a run.
use crate::RowShapeError;
use crate::json::JsonError;
use chatloom_pack::PackError;
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
    /// The files hold no row, or every row was dropped for its length.
    NothingToPack {
        /// Rows that were read.
        rows: u64,
    },
    /// More rows than one run can hold.
    TooManyRows,
    /// The lengths could not be packed.
    Pack(PackError),
    /// The threads could not be started.
    Threads(String),
    /// Rows in and rows accounted for differ: a fault of this library.
    Unaccounted {
        /// Rows that were read.
        rows: u64,
        /// Rows that were written or dropped.
        accounted: u64,
    },
    /// The caller asked to stop.
    Cancelled,
}

/// Why a row can't be used. Holds nothing of its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowError {
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
            Self::NothingToPack { rows: 0 } => f.write_str("the input has no rows"),
            Self::NothingToPack { rows } => {
                write!(f, "all {rows} rows were dropped as too long: raise `max_length`")
            }
            Self::TooManyRows => write!(f, "more than {} rows: pack them in several runs", u32::MAX),
            Self::Pack(error) => error.fmt(f),
            Self::Threads(error) => write!(f, "cannot start threads: {error}"),
            Self::Unaccounted { rows, accounted } => {
                write!(f, "{rows} rows were read, but {accounted} accounted for: please report this")
            }
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
            Self::Row { error, .. } => Some(error),
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
