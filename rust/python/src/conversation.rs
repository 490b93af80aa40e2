//! A conversation, converted once.
use crate::convert::{Trouble, items, named, variables};
use crate::errors::{DataError, Facts};
use crate::formatter::Formatter;
use crate::guard::detached;
use chatloom_dataset::{Reading, json};
use chatloom_template::{self as template, Data};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// One row: messages, tools, documents and variables.
#[pyclass(frozen, module = "chatloom._core")]
pub(crate) struct Conversation(pub(crate) template::Conversation);

#[pymethods]
impl Conversation {
    #[new]
    fn new(
        messages: &Bound<'_, PyAny>,
        tools: Option<&Bound<'_, PyAny>>,
        documents: Option<&Bound<'_, PyAny>>,
        row_variables: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        convert(messages, tools, documents, row_variables).map(Self).map_err(|trouble| trouble.raise(None))
    }

    /// The conversation of a line of a JSONL file, for a formatter.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    #[pyo3(signature = (line, formatter, format, map))]
    fn from_json(
        py: Python<'_>,
        line: &[u8],
        formatter: &Formatter,
        format: Option<&str>,
        map: Vec<(String, String)>,
    ) -> PyResult<Self> {
        let reading = formatter.reading(reading(format, map)?);
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line).trim_ascii();
        let row = detached(py, || json::parse(line))?
            .map_err(|error| bad_row(format!("not JSON: {error}"), None))?;
        adapted(row, &reading, None).map(Self)
    }
}

fn convert(
    messages: &Bound<'_, PyAny>,
    tools: Option<&Bound<'_, PyAny>>,
    documents: Option<&Bound<'_, PyAny>>,
    row_variables: &Bound<'_, PyDict>,
) -> Result<template::Conversation, Trouble> {
    Ok(template::Conversation {
        messages: items("messages", messages)?,
        tools: tools.map(|tools| named("tools", tools)).transpose()?,
        documents: documents.map(|documents| named("documents", documents)).transpose()?,
        variables: variables(row_variables)?,
        ..template::Conversation::default()
    })
}

/// A row of a batch: a list of messages, or a mapping as the rows of a data file are.
pub(crate) fn of_row(
    row: &Bound<'_, PyAny>,
    reading: &Reading,
    index: usize,
) -> PyResult<template::Conversation> {
    if row.is_instance_of::<PyList>() || row.is_instance_of::<PyTuple>() {
        let messages = items("messages", row).map_err(|trouble| trouble.raise(Some(index)))?;
        return Ok(template::Conversation { messages, ..template::Conversation::default() });
    }
    adapted(named("row", row).map_err(|trouble| trouble.raise(Some(index)))?, reading, Some(index))
}

fn adapted(row: Data, reading: &Reading, index: Option<usize>) -> PyResult<template::Conversation> {
    reading.conversation(row).map_err(|error| bad_row(error.to_string(), index))
}

/// How rows are read: a format by name, or any; and our names of keys with the rows' own.
pub(crate) fn reading(format: Option<&str>, map: Vec<(String, String)>) -> PyResult<Reading> {
    Reading::new(format, map).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn bad_row(reason: String, row: Option<usize>) -> PyErr {
    DataError::new_err(Facts { row, ..Facts::message(reason) }.arguments())
}
