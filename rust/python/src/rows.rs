//! The rows of a batch, taken from Python one after the other.
use crate::conversation::of_row;
use chatloom_dataset::{Chunk, Feed, Reading};
use chatloom_template::Compat;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

/// An iterator that is looked at only with the interpreter attached.
pub(crate) struct Rows {
    iterator: Py<PyIterator>,
    reading: Reading,
    compat: Compat,
    index: usize,
}

impl Rows {
    pub(crate) fn new(rows: &Bound<'_, PyAny>, reading: Reading, compat: Compat) -> PyResult<Self> {
        Ok(Self { iterator: rows.try_iter()?.unbind(), reading, compat, index: 0 })
    }
}

impl Feed for Rows {
    type Stop = PyErr;

    fn fill(&mut self, chunk: &mut Chunk) -> PyResult<bool> {
        Python::attach(|py| {
            let mut rows = self.iterator.bind(py).clone();
            while !chunk.is_full() {
                let Some(row) = rows.next() else { return Ok(false) };
                chunk.push(of_row(&row?, &self.reading, self.compat, self.index)?);
                self.index += 1;
            }
            Ok(true)
        })
    }

    fn tick(&mut self) -> PyResult<()> {
        Python::attach(|py| {
            py.check_signals()?;
            Ok(())
        })
    }
}
