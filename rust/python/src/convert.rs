//! Python values to template data: what transformers' `_plain_template_data` does, and strict.
use crate::python;
use crate::trouble::Trouble;
use chatloom_template::{BigInt, Data};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType};

/// Deeper values are refused; transformers ends in a `RecursionError` at a depth that depends on its caller.
const MAX_DEPTH: usize = 200;

/// A value under a name, as the template shall see it.
pub(crate) fn named(name: &str, value: &Bound<'_, PyAny>) -> Result<Data, Trouble> {
    value_of(value, 0).map_err(|trouble| trouble.under(|| name.to_owned()))
}

/// A value at some depth, as the template shall see it.
pub(crate) fn value_of(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    exact(value, depth).map_or_else(|| plain(value, depth), Ok)
}

/// The entries of a dict with text keys.
pub(crate) fn variables(values: &Bound<'_, PyDict>) -> Result<Vec<(String, Data)>, Trouble> {
    entries(values)
        .into_iter()
        .map(|(name, value)| {
            let name = name.cast::<PyString>().map_err(PyErr::from)?;
            let name = text(name).map_err(|trouble| trouble.under(|| "the name of a variable".to_owned()))?;
            let value = named(&name, &value)?;
            Ok((name, value))
        })
        .collect()
}

/// A value of built-in types throughout, converted without running any Python code; `None` for any other, and for
/// what is refused.
pub(crate) fn exact(value: &Bound<'_, PyAny>, depth: usize) -> Option<Data> {
    if let Ok(text) = value.cast_exact::<PyString>() {
        return Some(text.to_str().ok()?.into());
    }
    if let Ok(mapping) = value.cast_exact::<PyDict>() {
        return exact_dict(mapping, depth);
    }
    if let Ok(values) = value.cast_exact::<PyList>() {
        return exact_items(values.iter(), depth).map(Data::List);
    }
    exact_scalar(value)
}

fn exact_scalar(value: &Bound<'_, PyAny>) -> Option<Data> {
    if value.is_none() {
        Some(Data::None)
    } else if let Ok(truth) = value.cast_exact::<PyBool>() {
        Some(Data::Bool(truth.is_true()))
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        number.extract().ok().map(Data::Int)
    } else {
        value.cast_exact::<PyFloat>().ok().map(|number| Data::Float(number.value()))
    }
}

fn exact_dict(mapping: &Bound<'_, PyDict>, depth: usize) -> Option<Data> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut entries = Vec::with_capacity(mapping.len());
    for (key, value) in mapping {
        let key = key.cast_exact::<PyString>().ok()?.to_str().ok()?;
        entries.push((key.into(), exact(&value, depth + 1)?));
    }
    Some(Data::Dict(entries))
}

fn exact_items<'py>(
    values: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
    depth: usize,
) -> Option<Vec<Data>> {
    if depth > MAX_DEPTH {
        return None;
    }
    values.map(|value| exact(&value, depth + 1)).collect()
}

fn plain(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    if depth > MAX_DEPTH {
        let what = format!("is nested more than {MAX_DEPTH} deep");
        return Err(Trouble::unsupported(Some("RecursionError"), what));
    }
    if let Ok(value) = value.cast::<PyString>() {
        return text(value).map(Data::from);
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
fn entries<'py>(mapping: &Bound<'py, PyDict>) -> Vec<Pair<'py>> {
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

/// The characters of a text.
pub(crate) fn text(text: &Bound<'_, PyString>) -> Result<String, Trouble> {
    text.to_str().map(str::to_owned).map_err(|error| surrogate(text.py(), &error))
}

fn surrogate(py: Python<'_>, error: &PyErr) -> Trouble {
    match error.value(py).getattr("start").and_then(|start| start.extract::<usize>()) {
        Ok(start) => {
            let what = format!("holds a lone surrogate at character {start}");
            Trouble::unsupported(Some("UnicodeEncodeError"), what)
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
        None => Err(Trouble::fails("TypeError", "is no integer")),
    }
}

fn container(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    let py = value.py();
    for scalar in [py.get_type::<PyString>(), py.get_type::<PyInt>(), py.get_type::<PyFloat>()] {
        if value.is_instance(&scalar)? {
            let what = format!(
                "is of type {}, which only passes itself off as {}",
                type_name(value)?,
                scalar.name()?
            );
            return Err(Trouble::fails("TypeError", what));
        }
    }
    if let Ok(mapping) = value.cast::<PyMapping>() {
        let pairs = mapping.call_method0("items")?;
        return dict(pairs.try_iter()?.map(|pair| two(&pair?)), depth);
    }
    if value.is_instance(&py.get_type::<PyList>())? {
        return Ok(Data::List(list(value.try_iter()?, depth)?));
    }
    if value.is_instance(&py.get_type::<PyTuple>())? {
        return Ok(Data::Tuple(list(value.try_iter()?, depth)?));
    }
    object(value, depth)
}

/// A key and its value.
pub(crate) type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The two parts of a pair, whatever it is that holds them.
pub(crate) fn two<'py>(pair: &Bound<'py, PyAny>) -> Result<Pair<'py>, Trouble> {
    let parts = pair.try_iter()?.take(3).collect::<PyResult<Vec<_>>>()?;
    let pair = <[_; 2]>::try_from(parts).map(|[key, value]| (key, value));
    pair.map_err(|_| Trouble::fails("ValueError", "has `items()` that gives something else than pairs"))
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

fn dict<'py>(pairs: impl Iterator<Item = Result<Pair<'py>, Trouble>>, depth: usize) -> Result<Data, Trouble> {
    let mut entries = Vec::new();
    let mut py = None;
    for pair in pairs {
        let (name, value) = pair?;
        let key = plain(&name, depth + 1).map_err(|trouble| trouble.under(|| "[a key]".to_owned()))?;
        if name.cast_exact::<PyString>().is_err() && exact_scalar(&name).is_none() {
            py = Some(name.py());
        }
        let value = plain(&value, depth + 1).map_err(|trouble| trouble.under(|| step(&key)))?;
        entries.push((key, value));
    }
    Ok(Data::Dict(match py {
        Some(py) => unique(py, entries)?,
        None => entries,
    }))
}

/// The name of an entry in a path. Only plain names are shown, since other keys may be contents.
pub(crate) fn step(key: &Data) -> String {
    match key {
        Data::Str(name) if name.len() <= 40 && name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            name.to_string()
        }
        _ => "[…]".to_owned(),
    }
}

/// Keys that are plain data now may have become the same: first place, last value, as in Python.
fn unique(py: Python<'_>, entries: Vec<(Data, Data)>) -> Result<Vec<(Data, Data)>, Trouble> {
    let places = PyDict::new(py);
    let mut kept: Vec<(Data, Data)> = Vec::new();
    for (key, value) in entries {
        let object = python::object(py, &key)?;
        let unhashable =
            |_| Trouble::fails("TypeError", "has a key that can't be hashed once it is plain data");
        let place: Option<usize> =
            places.get_item(&object).map_err(unhashable)?.map(|at| at.extract()).transpose()?;
        match place.and_then(|place| kept.get_mut(place)) {
            Some(entry) => entry.1 = value,
            None => {
                places.set_item(object, kept.len())?;
                kept.push((key, value));
            }
        }
    }
    Ok(kept)
}

fn object(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    let py = value.py();
    if value.is_instance(numpy_generic(py)?)? {
        return plain(&value.call_method0("item")?, depth + 1);
    }
    if !value.is_instance(&py.get_type::<PyType>())? && value.get_type().hasattr("__dataclass_fields__")? {
        return dataclass(value, depth);
    }
    match value.getattr_opt("model_dump")? {
        Some(dump) if dump.is_callable() => plain(&dump.call0()?, depth + 1),
        _ => Ok(format!("<{}>", type_name(value)?).into()),
    }
}

fn dataclass(value: &Bound<'_, PyAny>, depth: usize) -> Result<Data, Trouble> {
    let fields = value.py().import("dataclasses")?.call_method1("fields", (value,))?;
    let pairs = fields.try_iter()?.map(|field| {
        let name = field?.getattr("name")?;
        let value = value.getattr(name.cast::<PyString>().map_err(PyErr::from)?)?;
        Ok((name, value))
    });
    dict(pairs, depth)
}

/// What all of numpy's scalars are.
pub(crate) fn numpy_generic(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static GENERIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    GENERIC.import(py, "numpy", "generic")
}

/// The name of a value's type, as the reference shows it.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.get_type().getattr("__name__")?.str()?.extract()
}
