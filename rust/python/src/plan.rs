//! Which example goes into which pack, and the arrays that follow it.
use crate::errors::{Facts, PackError};
use crate::guard::detached;
use chatloom_pack as core;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

/// A best-fit-decreasing plan.
#[pyclass(frozen, module = "chatloom._core")]
pub(crate) struct Plan(core::Plan);

#[pymethods]
#[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arrays over by value")]
impl Plan {
    #[new]
    fn new(py: Python<'_>, lengths: PyReadonlyArray1<'_, i64>, max_length: u32) -> PyResult<Self> {
        let lengths: Vec<u32> =
            lengths.as_slice()?.iter().map(|&length| length.try_into()).collect::<Result<_, _>>()?;
        let plan = detached(py, || core::plan(&lengths, max_length))?;
        plan.map(Self).map_err(|error| PackError::new_err(Facts::message(error.to_string()).arguments()))
    }

    /// int64: the examples, pack after pack.
    fn order<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        longs(py, self.0.order())
    }

    /// int64: where in `order` each pack starts, and where the last one ends.
    fn starts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        longs(py, self.0.starts())
    }

    /// int32: the values `flat[offsets[i]:offsets[i + 1]]` of each example, in the order of the plan.
    fn gather<'py>(
        &self,
        py: Python<'py>,
        flat: PyReadonlyArray1<'py, i32>,
        offsets: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        let flat = flat.as_slice()?;
        let offsets: Vec<usize> =
            offsets.as_slice()?.iter().map(|&offset| offset.try_into()).collect::<Result<_, _>>()?;
        let gathered = detached(py, || core::gather(&self.0, &offsets, flat))?;
        Ok(PyArray1::from_vec(py, gathered))
    }
}

/// Places in memory as numpy has them.
pub(crate) fn longs<'py>(py: Python<'py>, places: &[usize]) -> Bound<'py, PyArray1<i64>> {
    PyArray1::from_vec(py, places.iter().map(|&place| long(place)).collect())
}

/// A place in memory as numpy has it; none is beyond `i64`.
pub(crate) fn long(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
