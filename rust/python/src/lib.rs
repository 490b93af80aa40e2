//! The extension module `chatloom._core`: convert, detach, call, map the error.
mod call;
mod control;
mod conversation;
mod convert;
mod errors;
mod fitting;
mod formatter;
mod guard;
mod job;
mod loss;
mod plan;
mod python;
mod rendered;
mod rows;
mod template;
mod trouble;

/// Internals of the package `chatloom`; use that.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use crate::formatter::Formatter;
    #[pymodule_export]
    use crate::job::{pack_files, read_row};
    #[pymodule_export]
    use crate::plan::Plan;
    #[pymodule_export]
    use crate::python::plain_variables;
    #[pymodule_export]
    use crate::template::Template;
    use chatloom_dataset::{MAX_LINE_BYTES, MAX_THREADS, RESERVED_NAMES};
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::guard::silence_panics();
        module.add("MAX_LINE_BYTES", MAX_LINE_BYTES)?;
        module.add("MAX_THREADS", MAX_THREADS)?;
        module.add("RESERVED_NAMES", PyTuple::new(module.py(), RESERVED_NAMES)?)
    }
}
