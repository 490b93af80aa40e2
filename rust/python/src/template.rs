//! The bare template language.
use crate::call::{Arguments, Given};
use crate::convert::text;
use crate::errors::{UnsupportedTemplateError, template_error};
use crate::formatter::unknown;
use crate::guard::detached;
use crate::rendered::{Segment, segments};
use crate::trouble::Trouble;
use chatloom_template as template;
use pyo3::prelude::*;
use pyo3::type_object::PyTypeInfo;
use pyo3::types::{PyDateAccess, PyDateTime, PyString, PyTimeAccess};
use std::sync::Arc;
use template::{Clock, Compat, Rendered, Settings};

/// What a render may use, as `chatloom.Limits` has it.
#[derive(FromPyObject)]
pub(crate) struct Limits {
    steps: u64,
    steps_per_byte: u64,
    memory: usize,
    memory_per_byte: usize,
    depth: usize,
}

impl From<Limits> for template::Limits {
    fn from(limits: Limits) -> Self {
        let Limits { steps, steps_per_byte, memory, memory_per_byte, depth } = limits;
        Self { steps, steps_per_byte, memory, memory_per_byte, depth }
    }
}

/// A compiled chat template.
#[pyclass(frozen, module = "chatloom._core")]
pub(crate) struct Template {
    core: Arc<template::Template>,
    compat: Compat,
    now: Option<Clock>,
    limits: template::Limits,
}

#[pymethods]
impl Template {
    #[new]
    #[pyo3(signature = (source, now, compat, limits))]
    fn new(
        py: Python<'_>,
        source: &Bound<'_, PyString>,
        now: Option<&Bound<'_, PyDateTime>>,
        compat: &str,
        limits: Limits,
    ) -> PyResult<Self> {
        let core =
            compile(py, &template_text(source)?, None)?.map_err(|error| template_error(&error, None))?;
        Ok(Self { core, now: now.map(clock), compat: compat_named(compat)?, limits: limits.into() })
    }

    /// Whether its output may depend on the time.
    fn reads_clock(&self) -> bool {
        self.core.reads_clock()
    }

    /// The text of a conversation.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn render(&self, py: Python<'_>, given: Given<'_>) -> PyResult<String> {
        Ok(self.run(py, &Arguments::for_text(&given, self.compat)?)?.text)
    }

    /// The text of a conversation and its segments.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn trace(&self, py: Python<'_>, given: Given<'_>) -> PyResult<(String, Vec<Segment>)> {
        let arguments = Arguments::for_parts(&given, self.compat, true, |arguments| {
            self.run(py, arguments).map(|rendered| rendered.text)
        })?;
        let rendered = self.run(py, &arguments)?;
        let segments = segments(&rendered);
        Ok((rendered.text, segments))
    }
}

impl Template {
    fn run(&self, py: Python<'_>, arguments: &Arguments) -> PyResult<Rendered> {
        let Arguments { conversation, call, .. } = arguments;
        let Self { compat, limits, .. } = *self;
        let settings = Settings { now: self.now(py)?, compat, limits, ..Settings::default() };
        detached(py, || self.core.render(conversation, &settings, call))?
            .map_err(|error| template_error(&error, None))
    }

    /// The time that was given, else the present if that matters.
    fn now(&self, py: Python<'_>) -> PyResult<Option<Clock>> {
        if self.now.is_some() || !self.core.reads_clock() {
            return Ok(self.now);
        }
        let now = PyDateTime::type_object(py).call_method0("now")?;
        Ok(Some(clock(now.cast()?)))
    }
}

/// The text of a template.
pub(crate) fn template_text(source: &Bound<'_, PyString>) -> PyResult<String> {
    text(source).map_err(|trouble| match trouble {
        Trouble::Python(error) => error,
        Trouble::Refused(refusal) => {
            let facts = refusal.facts("the template");
            UnsupportedTemplateError::new_err(facts.arguments())
        }
    })
}

/// Compiles the text of a template, which has a name where the model has several.
pub(crate) fn compile(
    py: Python<'_>,
    source: &str,
    name: Option<&str>,
) -> PyResult<Result<Arc<template::Template>, template::Error>> {
    let compiled = detached(py, || template::Template::compile(source))?;
    Ok(compiled.map(Arc::new).map_err(|error| error.in_template(name)))
}

/// The version of transformers of this name.
pub(crate) fn compat_named(name: &str) -> PyResult<Compat> {
    Compat::named(name).ok_or_else(|| unknown("compat", name, "transformers-5 or transformers-4.57"))
}

/// A `datetime` as the core's clock; its time zone doesn't matter there.
pub(crate) fn clock(now: &Bound<'_, PyDateTime>) -> Clock {
    Clock {
        year: now.get_year(),
        month: now.get_month().into(),
        day: now.get_day().into(),
        hour: now.get_hour().into(),
        minute: now.get_minute().into(),
        second: now.get_second().into(),
        microsecond: now.get_microsecond(),
    }
}
