//! Template data as Python values.
use crate::convert::variables;
use chatloom_template::{BigInt, Data};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyTuple};

/// Variables as templates see them, made anew.
#[pyfunction]
pub(crate) fn plain_variables<'py>(given: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    let plain = PyDict::new(given.py());
    for (name, value) in variables(given).map_err(|trouble| trouble.raise(None))? {
        plain.set_item(name, object(given.py(), &value)?)?;
    }
    Ok(plain)
}

/// A value of built-in types, made anew.
pub(crate) fn object<'py>(py: Python<'py>, data: &Data) -> PyResult<Bound<'py, PyAny>> {
    match data {
        Data::None => Ok(py.None().into_bound(py)),
        Data::Bool(truth) => Ok(truth.into_pyobject(py)?.to_owned().into_any()),
        Data::Int(number) => Ok(number.into_pyobject(py)?.into_any()),
        Data::BigInt(number) => integer(py, number),
        Data::Float(number) => Ok(number.into_pyobject(py)?.into_any()),
        Data::Str(text) => Ok(text.into_pyobject(py)?.into_any()),
        Data::List(items) => Ok(PyList::new(py, objects(py, items)?)?.into_any()),
        Data::Tuple(items) => Ok(PyTuple::new(py, objects(py, items)?)?.into_any()),
        Data::Dict(entries) => dict(py, entries),
    }
}

fn objects<'py>(py: Python<'py>, items: &[Data]) -> PyResult<Vec<Bound<'py, PyAny>>> {
    items.iter().map(|item| object(py, item)).collect()
}

fn dict<'py>(py: Python<'py>, entries: &[(Data, Data)]) -> PyResult<Bound<'py, PyAny>> {
    let dict = PyDict::new(py);
    for (key, value) in entries {
        dict.set_item(object(py, key)?, object(py, value)?)?;
    }
    Ok(dict.into_any())
}

fn integer<'py>(py: Python<'py>, number: &BigInt) -> PyResult<Bound<'py, PyAny>> {
    py.get_type::<PyInt>().call1((format!("{number:x}"), 16))
}
