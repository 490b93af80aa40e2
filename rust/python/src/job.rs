//! The main job: files in, shards out.
use crate::conversation::reading;
use crate::errors::{DataError, Facts, InternalError, PackError};
use crate::fitting::note_cuts;
use crate::formatter::Formatter;
use crate::guard::detached;
use chatloom_dataset as core;
use core::{Error, Job, OnError, Progress, RowError, Stage, Summary};
use pyo3::exceptions::{PyFileExistsError, PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often signals are looked for, so that an interrupt ends the run at once.
const TICK: Duration = Duration::from_millis(50);

/// Packs the rows of files into a directory and tells what was made. `progress` is called with stage, bytes,
/// total bytes, rows, tokens and written tokens; what it raises ends the run.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "the fields of a job, by name")]
#[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
#[pyo3(signature = (formatter, sources, output, *, max_length, threads, overwrite, versions, format, map, on_error, max_rejected, drop_untrained, progress))]
pub(crate) fn pack_files<'py>(
    py: Python<'py>,
    formatter: &Formatter,
    sources: Vec<PathBuf>,
    output: PathBuf,
    max_length: u32,
    threads: Option<NonZeroUsize>,
    overwrite: bool,
    versions: BTreeMap<String, String>,
    format: Option<&str>,
    map: Vec<(String, String)>,
    on_error: &str,
    max_rejected: Option<u64>,
    drop_untrained: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let job = Job {
        overwrite,
        threads,
        versions,
        reading: reading(format, map)?,
        on_error: on_error_named(on_error)?,
        max_rejected,
        drop_untrained,
        ..Job::new(sources, output, max_length)
    };
    let (result, raised) = detached(py, || {
        let watch = Watch::new(progress.as_ref());
        let result = core::pack_files(&job, &formatter.core, &|now| watch.look(Some(now)));
        (result, watch.raised.into_inner())
    })?;
    let summary = result.map_err(|error| job_error(py, &error, raised))?;
    summary_dict(py, &summary)
}

/// The line of a row of a JSONL file, or None where it has fewer; `-` is standard input.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
pub(crate) fn read_row(py: Python<'_>, path: PathBuf, row: u64) -> PyResult<Option<Bound<'_, PyBytes>>> {
    let (line, raised) = detached(py, || {
        let watch = Watch::new(None);
        let line = core::read_row(&path, row, &|| watch.look(None));
        (line, watch.raised.into_inner())
    })?;
    let line = line.map_err(|error| job_error(py, &error, raised))?;
    Ok(line.map(|line| PyBytes::new(py, &line)))
}

fn on_error_named(name: &str) -> PyResult<OnError> {
    match name {
        "stop" => Ok(OnError::Stop),
        "quarantine" => Ok(OnError::Quarantine),
        _ => Err(PyValueError::new_err(format!("on_error is {name:?}, expected stop or quarantine"))),
    }
}

/// Looks for signals while the core works, and tells Python how far it is.
struct Watch<'a> {
    progress: Option<&'a Py<PyAny>>,
    last: Cell<Option<Instant>>,
    raised: RefCell<Option<PyErr>>,
}

impl<'a> Watch<'a> {
    fn new(progress: Option<&'a Py<PyAny>>) -> Self {
        Self { progress, last: Cell::new(None), raised: RefCell::new(None) }
    }

    fn look(&self, now: Option<&Progress>) -> ControlFlow<()> {
        if self.last.get().is_some_and(|last| last.elapsed() < TICK) {
            return ControlFlow::Continue(());
        }
        self.last.set(Some(Instant::now()));
        match Python::attach(|py| self.tell(py, now)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                *self.raised.borrow_mut() = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn tell(&self, py: Python<'_>, now: Option<&Progress>) -> PyResult<()> {
        py.check_signals()?;
        let (Some(progress), Some(now)) = (self.progress, now) else { return Ok(()) };
        let facts = (stage(now.stage), now.bytes, now.total_bytes, now.rows, now.tokens, now.written);
        progress.call1(py, facts).map(drop)
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Encoding => "encoding",
        Stage::Planning => "planning",
        Stage::Writing => "writing",
    }
}

fn summary_dict<'py>(py: Python<'py>, summary: &Summary) -> PyResult<Bound<'py, PyDict>> {
    let counts = summary.counts;
    let dict = PyDict::new(py);
    dict.set_item("rows", counts.rows)?;
    dict.set_item("sequences", counts.sequences)?;
    note_cuts(&dict, &counts, summary.first_unstable.as_ref())?;
    dict.set_item("dropped_untrained", counts.dropped_untrained)?;
    dict.set_item("rejected", counts.rejected)?;
    dict.set_item("rows_packed", counts.rows_packed)?;
    dict.set_item("untrained", counts.untrained)?;
    dict.set_item("straddling", counts.straddling)?;
    dict.set_item("look_alikes", counts.look_alikes)?;
    dict.set_item("packs", counts.packs)?;
    dict.set_item("tokens", counts.tokens)?;
    dict.set_item("trained_tokens", counts.trained_tokens)?;
    dict.set_item("shapes", PyTuple::new(py, &summary.shapes)?)?;
    let answers = summary.answers.iter().map(|(name, facts)| (name, facts.header, facts.end));
    dict.set_item("answers", PyTuple::new(py, answers.collect::<Vec<_>>())?)?;
    dict.set_item("plain_markers", PyTuple::new(py, &summary.plain_markers)?)?;
    dict.set_item("shards", summary.shards)?;
    dict.set_item("bytes", summary.bytes)?;
    dict.set_item("threads", summary.threads)?;
    dict.set_item("seconds", summary.seconds)?;
    Ok(dict)
}

fn job_error(py: Python<'_>, error: &Error, raised: Option<PyErr>) -> PyErr {
    match error {
        Error::Io { action, path, error } => os_error(action, path, error),
        Error::Row { path, line, error: row } | Error::TooManyRejected { path, line, error: row, .. } => {
            row_error(error.to_string(), path, *line, row)
        }
        Error::OutputExists { path } | Error::NotOurs { path } => exists(py, error, path),
        Error::Pack(error) => PackError::new_err(Facts::message(error.to_string()).arguments()),
        Error::Threads(reason) => PyOSError::new_err(format!("cannot start threads: {reason}")),
        Error::OutputUnnamed { .. } | Error::TooManyThreads { .. } => {
            PyValueError::new_err(error.to_string())
        }
        Error::Cancelled => raised.unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        Error::Unaccounted { .. } => InternalError::new_err(Facts::message(error.to_string()).arguments()),
        _ => DataError::new_err(Facts::message(error.to_string()).arguments()),
    }
}

fn os_error(action: &str, path: &Path, error: &io::Error) -> PyErr {
    let message = format!("cannot {action} it: {error}");
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, message, path.display().to_string())),
        None => PyOSError::new_err(format!("{}: {message}", path.display())),
    }
}

fn exists(py: Python<'_>, error: &Error, path: &Path) -> PyErr {
    let number = py.import("errno").and_then(|errno| errno.getattr("EEXIST")?.extract::<i32>());
    match number {
        Ok(number) => PyFileExistsError::new_err((number, error.to_string(), path.display().to_string())),
        Err(error) => error,
    }
}

fn row_error(message: String, path: &Path, line: u64, error: &RowError) -> PyErr {
    let template = match error {
        RowError::Encode(chatloom_tokenize::Error::Template(error)) => Some(error),
        _ => None,
    };
    let facts = Facts {
        kind: template.map(chatloom_template::Error::kind),
        line: u32::try_from(line).ok(),
        snippet: template.and_then(|error| error.snippet().map(str::to_owned)),
        hint: template.and_then(|error| error.advice().map(str::to_owned)),
        path: Some(path.display().to_string()),
        ..Facts::message(message)
    };
    DataError::new_err(facts.arguments())
}
