//! Rows of data as conversations.
use crate::call::conversation;
use crate::convert::named;
use crate::errors::{DataError, Facts};
use crate::guard::detached;
use chatloom_dataset::Reading;
use chatloom_template::{Compat, Conversation, Data};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// The conversation of a line of a JSONL file.
pub(crate) fn of_line(py: Python<'_>, line: &[u8], reading: &Reading) -> PyResult<Conversation> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line).trim_ascii();
    let row =
        detached(py, || reading.parse(line))?.map_err(|error| bad_row(format!("not JSON: {error}"), None))?;
    adapted(row, reading, None)
}

/// A row of a batch: a list of messages, or a mapping as the rows of a data file are.
pub(crate) fn of_row(
    row: &Bound<'_, PyAny>,
    reading: &Reading,
    compat: Compat,
    index: usize,
) -> PyResult<Conversation> {
    if row.is_instance_of::<PyList>() || row.is_instance_of::<PyTuple>() {
        let messages = conversation(row, compat).map_err(|trouble| trouble.under(|| "messages".to_owned()));
        let messages = messages.map_err(|trouble| trouble.raise(Some(index)))?;
        return Ok(Conversation { messages, ..Conversation::default() });
    }
    adapted(named("row", row).map_err(|trouble| trouble.raise(Some(index)))?, reading, Some(index))
}

fn adapted(row: Data, reading: &Reading, index: Option<usize>) -> PyResult<Conversation> {
    reading.conversation(row).map_err(|error| bad_row(error.to_string(), index))
}

/// How rows are read: a format by name, or any; and our names of keys with the rows' own.
pub(crate) fn reading(format: Option<&str>, map: Vec<(String, String)>) -> PyResult<Reading> {
    Reading::new(format, map).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn bad_row(reason: String, row: Option<usize>) -> PyErr {
    DataError::new_err(Facts { row, ..Facts::message(reason) }.arguments())
}
