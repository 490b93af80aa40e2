//! Why a value that Python handed over can't be used.
use crate::errors::{Facts, TemplateRenderError, UnsupportedInputError};
use pyo3::prelude::*;

/// Why a value could not be converted.
pub(crate) enum Trouble {
    /// Python code that the value brought along raised.
    Python(PyErr),
    /// The value itself is refused.
    Refused(Refusal),
}

/// A value that is refused.
pub(crate) struct Refusal {
    /// What is wrong with it.
    what: String,
    /// The name of the exception that the reference raises, if it raises one.
    kind: Option<&'static str>,
    /// Whether the reference refuses it as well.
    fails: bool,
    hint: Option<&'static str>,
    /// The steps from the value back to the root.
    path: Vec<String>,
}

impl Trouble {
    /// The reference fails at this too, with an exception of this name.
    pub(crate) fn fails(kind: &'static str, what: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            what: what.into(),
            kind: Some(kind),
            fails: true,
            hint: None,
            path: Vec::new(),
        })
    }

    /// What the reference makes of this can't be reproduced.
    pub(crate) fn unsupported(kind: Option<&'static str>, what: impl Into<String>) -> Self {
        Self::Refused(Refusal { what: what.into(), kind, fails: false, hint: None, path: Vec::new() })
    }

    /// The same trouble, with advice.
    pub(crate) fn hint(mut self, advice: &'static str) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.hint = Some(advice);
        }
        self
    }

    /// The same trouble, one step nearer to the root.
    pub(crate) fn under(mut self, step: impl FnOnce() -> String) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.path.push(step());
        }
        self
    }

    /// The exception, naming the row if there are several.
    pub(crate) fn raise(self, row: Option<usize>) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Refused(refusal) => refusal.raise(row),
        }
    }
}

impl Refusal {
    fn raise(self, row: Option<usize>) -> PyErr {
        let path = self.path.iter().rev().fold(String::new(), |path, step| join(path, step));
        let facts = self.facts(&format!("`{path}`"));
        let facts = Facts { row, path: Some(path), ..facts };
        if self.fails {
            return TemplateRenderError::new_err(facts.arguments());
        }
        UnsupportedInputError::new_err(facts.arguments())
    }

    /// What is wrong, said of a thing.
    pub(crate) fn facts(&self, of: &str) -> Facts {
        Facts {
            kind: self.kind,
            hint: self.hint.map(str::to_owned),
            ..Facts::message(format!("{of} {}", self.what))
        }
    }
}

impl From<PyErr> for Trouble {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

fn join(path: String, step: &str) -> String {
    if path.is_empty() || step.starts_with('[') { path + step } else { path + "." + step }
}
