//! The extension module `chatloom._core`: convert, detach, call, map the error.
mod conversation;
mod convert;
mod errors;
mod formatter;
mod guard;
mod job;
mod loss;
mod plan;
mod rendered;
mod rows;
mod template;

/// Internals of the package `chatloom`; use that.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use crate::conversation::Conversation;
    #[pymodule_export]
    use crate::formatter::Formatter;
    #[pymodule_export]
    use crate::job::pack_files;
    #[pymodule_export]
    use crate::plan::Plan;
    #[pymodule_export]
    use crate::template::Template;
}
