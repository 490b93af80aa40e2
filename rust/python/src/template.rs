//! The bare template language.
use crate::conversation::Conversation;
use crate::errors::template_error;
use crate::formatter::unknown;
use crate::guard::detached;
use crate::rendered::{Segment, segments};
use chatloom_template as template;
use pyo3::prelude::*;
use pyo3::types::{PyDateAccess, PyDateTime, PyTimeAccess};
use std::sync::Arc;
use template::{Call, Clock, Compat, Rendered, Settings};

/// A compiled chat template.
#[pyclass(frozen, module = "chatloom._core")]
pub(crate) struct Template {
    core: Arc<template::Template>,
    compat: Compat,
}

#[pymethods]
impl Template {
    #[new]
    fn new(py: Python<'_>, source: &str, compat: &str) -> PyResult<Self> {
        Ok(Self { compat: compat_named(compat)?, core: compile(py, source, None)? })
    }

    /// Whether its output may depend on the time.
    fn reads_clock(&self, py: Python<'_>) -> PyResult<bool> {
        detached(py, || self.core.reads_clock())
    }

    /// The text of a conversation.
    #[pyo3(signature = (conversation, add_generation_prompt, continue_final_message, now))]
    fn render(
        &self,
        py: Python<'_>,
        conversation: &Conversation,
        add_generation_prompt: bool,
        continue_final_message: Option<String>,
        now: Option<&Bound<'_, PyDateTime>>,
    ) -> PyResult<String> {
        let call = Call { add_generation_prompt, continue_final_message, paths: false };
        Ok(self.run(py, conversation, &call, now)?.text)
    }

    /// The text of a conversation and its segments.
    #[pyo3(signature = (conversation, add_generation_prompt, continue_final_message, now))]
    fn trace(
        &self,
        py: Python<'_>,
        conversation: &Conversation,
        add_generation_prompt: bool,
        continue_final_message: Option<String>,
        now: Option<&Bound<'_, PyDateTime>>,
    ) -> PyResult<(String, Vec<Segment>)> {
        let call = Call { add_generation_prompt, continue_final_message, paths: true };
        let rendered = self.run(py, conversation, &call, now)?;
        let segments = segments(&rendered);
        Ok((rendered.text, segments))
    }
}

impl Template {
    fn run(
        &self,
        py: Python<'_>,
        conversation: &Conversation,
        call: &Call,
        now: Option<&Bound<'_, PyDateTime>>,
    ) -> PyResult<Rendered> {
        let settings = Settings { now: now.map(clock), compat: self.compat, ..Settings::default() };
        detached(py, || self.core.render(&conversation.0, &settings, call))?
            .map_err(|error| template_error(&error, None))
    }
}

/// Compiles the text of a template, which has a name where the model has several.
pub(crate) fn compile(py: Python<'_>, source: &str, name: Option<&str>) -> PyResult<Arc<template::Template>> {
    let compiled = detached(py, || template::Template::compile(source))?;
    compiled.map(Arc::new).map_err(|error| template_error(&error.in_template(name), None))
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
