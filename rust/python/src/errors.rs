//! Core errors to the Python exceptions of `chatloom.errors`.
use chatloom_template as template;
use chatloom_tokenize as tokenize;
use pyo3::PyErr;
use pyo3::exceptions::PyValueError;
use template::Class;

/// The exception classes, imported; documented where they are defined, in `chatloom/errors.py`.
mod imported {
    #![allow(missing_docs)]
    use pyo3::import_exception;
    import_exception!(chatloom.errors, BudgetExceeded);
    import_exception!(chatloom.errors, DataError);
    import_exception!(chatloom.errors, EncodeError);
    import_exception!(chatloom.errors, InternalError);
    import_exception!(chatloom.errors, PackError);
    import_exception!(chatloom.errors, TemplateRaisedError);
    import_exception!(chatloom.errors, TemplateRenderError);
    import_exception!(chatloom.errors, TemplateSyntaxError);
    import_exception!(chatloom.errors, TokenizerLoadError);
    import_exception!(chatloom.errors, UnsupportedInputError);
    import_exception!(chatloom.errors, UnsupportedTemplateError);
}
pub(crate) use imported::*;

/// The constructor arguments of `ChatloomError`, in their order.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) message: String,
    pub(crate) kind: Option<&'static str>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) snippet: Option<String>,
    pub(crate) hint: Option<String>,
    pub(crate) row: Option<usize>,
    pub(crate) path: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) shown: Option<String>,
}

impl Facts {
    /// An error that is told by its message alone.
    pub(crate) fn message(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The arguments as Python takes them.
    #[allow(clippy::type_complexity, reason = "it is the argument list of one constructor")]
    pub(crate) fn arguments(
        self,
    ) -> (
        String,
        Option<&'static str>,
        Option<u32>,
        Option<u32>,
        Option<String>,
        Option<String>,
        Option<usize>,
        Option<String>,
        Option<String>,
        Option<String>,
    ) {
        let Self { message, kind, line, column, snippet, hint, row, path, template, shown } = self;
        (message, kind, line, column, snippet, hint, row, path, template, shown)
    }
}

/// An error of the template language.
pub(crate) fn template_error(error: &template::Error, row: Option<usize>) -> PyErr {
    let position = error.position();
    let facts = Facts {
        message: error.message().to_owned(),
        kind: Some(error.kind()),
        line: position.map(|p| p.line),
        column: position.map(|p| p.column),
        snippet: error.snippet().map(str::to_owned),
        hint: error.advice().map(str::to_owned),
        row,
        path: error.turn().map(|turn| format!("messages[{turn}]")),
        template: error.template().map(str::to_owned),
        shown: (error.shown() != error.message()).then(|| error.shown().to_owned()),
    };
    match error.class() {
        Class::Syntax => TemplateSyntaxError::new_err(facts.arguments()),
        Class::Unsupported => UnsupportedTemplateError::new_err(facts.arguments()),
        Class::Render => TemplateRenderError::new_err(facts.arguments()),
        Class::Raised => TemplateRaisedError::new_err(facts.arguments()),
        Class::Budget => BudgetExceeded::new_err(facts.arguments()),
        Class::Input => UnsupportedInputError::new_err(facts.arguments()),
    }
}

/// An error of a formatter.
pub(crate) fn formatter_error(error: &tokenize::Error, row: Option<usize>) -> PyErr {
    match error {
        tokenize::Error::Template(error) => template_error(error, row),
        tokenize::Error::NoTemplate { .. } => {
            let facts = Facts { kind: Some("ValueError"), row, ..Facts::message(error.to_string()) };
            TemplateRenderError::new_err(facts.arguments())
        }
        tokenize::Error::ControlToken { message, path, .. } => {
            let path = message.map_or_else(|| path.clone(), |message| format!("messages[{message}].{path}"));
            let facts = Facts { row, path: Some(path), ..Facts::message(error.to_string()) };
            EncodeError::new_err(facts.arguments())
        }
        tokenize::Error::UnknownText { .. } => PyValueError::new_err(error.to_string()),
        tokenize::Error::Unstable(rewrite) => {
            let path = Some(format!("messages[{}]", rewrite.message));
            EncodeError::new_err(Facts { row, path, ..Facts::message(error.to_string()) }.arguments())
        }
        tokenize::Error::Share { message, key, .. } => {
            let path = Some(format!("messages[{message}].{key}"));
            DataError::new_err(Facts { row, path, ..Facts::message(error.to_string()) }.arguments())
        }
        _ => EncodeError::new_err(Facts { row, ..Facts::message(error.to_string()) }.arguments()),
    }
}

/// A tokenizer that can't be loaded.
pub(crate) fn load_error(error: &tokenize::LoadError) -> PyErr {
    TokenizerLoadError::new_err(Facts::message(error.to_string()).arguments())
}
