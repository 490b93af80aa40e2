//! Python values to template data: what transformers' `_plain_template_data` does, and strict.
use crate::errors::{Facts, TemplateRenderError, UnsupportedInputError};
use chatloom_template::{BigInt, Data};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType};
use std::collections::HashMap;

/// Deeper values are refused; transformers ends in a `RecursionError` at a depth that depends on its caller.
const MAX_DEPTH: usize = 200;

/// Why a value could not be converted.
pub(crate) enum Trouble {
    /// Python code that the value brought along raised.
    Python(PyErr),
    /// The value itself is refused.
    Refused {
        /// What is wrong with it.
        what: String,
        /// The name of the exception that the reference raises.
        kind: &'static str,
        /// The steps from the value back to the root.
        path: Vec<String>,
    },
}

impl Trouble {
    fn refused(what: impl Into<String>, kind: &'static str) -> Self {
        Self::Refused { what: what.into(), kind, path: Vec::new() }
    }

    /// The same trouble, one step nearer to the root.
    pub(crate) fn under(mut self, step: impl FnOnce() -> String) -> Self {
        if let Self::Refused { path, .. } = &mut self {
            path.push(step());
        }
        self
    }

    /// The exception, naming the row if there are several.
    pub(crate) fn raise(self, row: Option<usize>) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Refused { what, kind, path } => {
                let path = path.iter().rev().fold(String::new(), |path, step| join(path, step));
                let facts = Facts {
                    kind: Some(kind),
                    row,
                    path: Some(path.clone()),
                    ..Facts::message(format!("`{path}` {what}"))
                };
                if kind == "TypeError" {
                    return TemplateRenderError::new_err(facts.arguments());
                }
                UnsupportedInputError::new_err(facts.arguments())
            }
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

/// A value under a name, as the template shall see it.
pub(crate) fn named(name: &str, value: &Bound<'_, PyAny>) -> Result<Data, Trouble> {
    plain(value, 0).map_err(|trouble| trouble.under(|| name.to_owned()))
}

/// The items of a list, a tuple or anything else that can be iterated.
pub(crate) fn items(name: &str, values: &Bound<'_, PyAny>) -> Result<Vec<Data>, Trouble> {
    let Ok(iterator) = values.try_iter() else {
        let what = format!("is of type {}, expected a list", type_name(values));
        return Err(Trouble::refused(what, "TypeError").under(|| name.to_owned()));
    };
    list(iterator, 0).map_err(|trouble| trouble.under(|| name.to_owned()))
}

/// The entries of a dict with text keys.
pub(crate) fn variables(values: &Bound<'_, PyDict>) -> Result<Vec<(String, Data)>, Trouble> {
    entries(values)
        .into_iter()
        .map(|(name, value)| {
            let name: String = name.extract()?;
            let value = named(&name, &value)?;
            Ok((name, value))
        })
        .collect()
}

fn plain(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    if depth > MAX_DEPTH {
        return Err(Trouble::refused(format!("is nested more than {MAX_DEPTH} deep"), "RecursionError"));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return string(text);
    }
    if let Ok(mapping) = value.cast_exact::<PyDict>() {
        return dict(entries(mapping).into_iter().map(Ok), depth);
    }
    if let Ok(values) = value.cast_exact::<PyList>() {
        return Ok(Data::List(list(values.iter().map(Ok), depth)?));
    }
    match scalar(value)? {
        Some(data) => Ok(data),
        None => container(value, depth),
    }
}

/// The entries of a dict as they are now: converting one may run code that changes the dict.
fn entries<'py>(mapping: &Bound<'py, PyDict>) -> Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    mapping.iter().collect()
}

fn scalar(value: &Bound<'_, PyAny>) -> Result<Option<Data>, Trouble> {
    Ok(if value.is_none() {
        Some(Data::None)
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Some(Data::Bool(truth.is_true()))
    } else if let Ok(number) = value.cast::<PyInt>() {
        Some(integer(number)?)
    } else if let Ok(number) = value.cast::<PyFloat>() {
        Some(Data::Float(number.value()))
    } else {
        None
    })
}

fn string(text: &Bound<'_, PyString>) -> Result<Data, Trouble> {
    match text.to_str() {
        Ok(text) => Ok(Data::Str(text.to_owned())),
        Err(error) => Err(surrogate(text.py(), &error)),
    }
}

fn surrogate(py: Python<'_>, error: &PyErr) -> Trouble {
    match error.value(py).getattr("start").and_then(|start| start.extract::<usize>()) {
        Ok(start) => {
            Trouble::refused(format!("holds a lone surrogate at character {start}"), "UnicodeEncodeError")
        }
        Err(_) => Trouble::Python(error.clone_ref(py)),
    }
}

fn integer(number: &Bound<'_, PyInt>) -> Result<Data, Trouble> {
    match number.extract::<i64>() {
        Ok(small) => Ok(Data::Int(small)),
        Err(error) if error.is_instance_of::<PyOverflowError>(number.py()) => big(number),
        Err(error) => Err(error.into()),
    }
}

fn big(number: &Bound<'_, PyInt>) -> Result<Data, Trouble> {
    let int = number.py().get_type::<PyInt>();
    let digits: String = int.call_method1("__format__", (number, "x"))?.extract()?;
    match BigInt::parse_bytes(digits.as_bytes(), 16) {
        Some(big) => Ok(Data::BigInt(big)),
        None => Err(Trouble::refused("is no integer", "TypeError")),
    }
}

fn container(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    if let Ok(mapping) = value.cast::<PyMapping>() {
        let pairs = mapping.call_method0("items")?;
        return dict(pairs.try_iter()?.map(|pair| pair?.extract()), depth);
    }
    if value.is_instance_of::<PyList>() {
        return Ok(Data::List(list(value.try_iter()?, depth)?));
    }
    if value.is_instance_of::<PyTuple>() {
        return Ok(Data::Tuple(list(value.try_iter()?, depth)?));
    }
    object(value, depth)
}

fn list<'py>(
    values: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
    depth: usize,
) -> Result<Vec<Data>, Trouble> {
    values
        .enumerate()
        .map(|(index, value)| {
            plain(&value?, depth + 1).map_err(|trouble| trouble.under(|| format!("[{index}]")))
        })
        .collect()
}

fn dict<'py>(
    pairs: impl Iterator<Item = PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)>>,
    depth: usize,
) -> Result<Data, Trouble> {
    let mut entries = Vec::new();
    let mut placeholders = false;
    for pair in pairs {
        let (name, value) = pair?;
        let key = key(&name, depth)?;
        placeholders |= matches!(key, Data::Str(_)) && !name.is_instance_of::<PyString>();
        let value = plain(&value, depth + 1).map_err(|trouble| trouble.under(|| step(&key)))?;
        entries.push((key, value));
    }
    Ok(Data::Dict(if placeholders { unique(entries) } else { entries }))
}

fn key(name: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    match plain(name, depth + 1).map_err(|trouble| trouble.under(|| "[a key]".to_owned()))? {
        Data::List(_) | Data::Dict(_) => {
            Err(Trouble::refused("has a key that can't be hashed once it is plain data", "TypeError"))
        }
        key => Ok(key),
    }
}

/// The name of an entry in a path. Only plain names are shown, since other keys may be contents.
fn step(key: &Data) -> String {
    match key {
        Data::Str(name) if name.len() <= 40 && name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            name.clone()
        }
        _ => "[…]".to_owned(),
    }
}

/// Several objects as keys may have become the same placeholder: first place, last value, as in Python.
fn unique(entries: Vec<(Data, Data)>) -> Vec<(Data, Data)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<(Data, Data)> = Vec::new();
    for (key, value) in entries {
        let place = key.as_str().map(|name| *places.entry(name.to_owned()).or_insert(kept.len()));
        match place.and_then(|place| kept.get_mut(place)) {
            Some(entry) => entry.1 = value,
            None => kept.push((key, value)),
        }
    }
    kept
}

fn object(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    let py = value.py();
    if value.is_instance(numpy_generic(py)?)? {
        return plain(&value.call_method0("item")?, depth + 1);
    }
    if !value.is_instance_of::<PyType>() && value.hasattr("__dataclass_fields__")? {
        return dataclass(value, depth);
    }
    match value.getattr_opt("model_dump")? {
        Some(dump) if dump.is_callable() => plain(&dump.call0()?, depth + 1),
        _ => Ok(Data::Str(format!("<{}>", type_name(value)))),
    }
}

fn dataclass(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    let fields = value.py().import("dataclasses")?.call_method1("fields", (value,))?;
    let pairs = fields.try_iter()?.map(|field| {
        let name = field?.getattr("name")?;
        let value = value.getattr(name.cast::<PyString>()?)?;
        Ok((name, value))
    });
    dict(pairs, depth)
}

fn numpy_generic(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static GENERIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    GENERIC.import(py, "numpy", "generic")
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string())
}
