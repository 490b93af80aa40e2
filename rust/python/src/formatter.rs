//! Templates, tokenizer and options together.
use crate::conversation::Conversation;
use crate::convert::variables;
use crate::errors::{EncodeError, Facts, formatter_error, load_error};
use crate::guard::detached;
use crate::loss::Loss;
use crate::plan::{long, longs};
use crate::rendered::{Segment, code_points, segments};
use crate::rows::Rows;
use crate::template::{clock, compat_named, compile};
use chatloom_dataset::{Batch, BatchError, Encode, Reading, encode_batch};
use chatloom_template::{self as template, Call};
use chatloom_tokenize as core;
use core::{Boundary, ControlPolicy, Lane, LookAlike, Options, Outcome, Overflow, Templates, Vocabulary};
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// `message, header, body, end, end_token`; ranges in code points.
type Turn = (u32, &'static str, (usize, usize), &'static str, Option<(usize, usize)>);
type Ints<'py> = Bound<'py, PyArray1<i32>>;
type Longs<'py> = Bound<'py, PyArray1<i64>>;
type Floats<'py> = Bound<'py, PyArray1<f32>>;
/// `message, path, token`.
type Told = (Option<u32>, String, String);
/// `rows, first row, first of it`.
type Reported = Option<(usize, usize, Told)>;

/// Renders and encodes the conversations of one model.
#[pyclass(frozen, module = "chatloom._core")]
pub(crate) struct Formatter {
    pub(crate) core: Arc<core::Formatter>,
    templates: Templates,
}

#[pymethods]
impl Formatter {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "the options of a formatter, by name")]
    #[pyo3(signature = (templates, tokenizer, settings, now, loss, control_tokens, boundary, max_length, overflow, compat))]
    fn new(
        py: Python<'_>,
        templates: Vec<(String, String)>,
        tokenizer: &[u8],
        settings: &Bound<'_, PyDict>,
        now: Option<&Bound<'_, PyDateTime>>,
        loss: Loss,
        control_tokens: &str,
        boundary: &str,
        max_length: Option<usize>,
        overflow: &str,
        compat: &str,
    ) -> PyResult<Self> {
        let templates = compile_all(py, templates)?;
        let reads_clock = detached(py, || reads_clock(&templates))?;
        let options = Options {
            control_tokens: control_named(control_tokens)?,
            boundary: boundary_named(boundary)?,
            max_length,
            overflow: overflow_named(overflow)?,
            settings: template::Settings {
                variables: variables(settings).map_err(|trouble| trouble.raise(None))?,
                now: now.map(clock).filter(|_| reads_clock),
                compat: compat_named(compat)?,
                ..template::Settings::default()
            },
            ..loss.options()?
        };
        let vocabulary =
            detached(py, || Vocabulary::from_json(tokenizer))?.map_err(|error| load_error(&error))?;
        let parts = templates.clone();
        let core = detached(py, || core::Formatter::new(parts, Arc::new(vocabulary), options))?
            .map_err(|error| formatter_error(&error, None))?;
        Ok(Self { core: Arc::new(core), templates })
    }

    /// A hash of all that decides what comes out.
    fn fingerprint(&self) -> String {
        self.core.fingerprint()
    }

    /// A hash of the tokenizer alone.
    fn tokenizer_fingerprint(&self) -> &str {
        self.core.vocabulary().fingerprint()
    }

    /// Tokens of the vocabulary.
    fn size(&self) -> usize {
        self.core.vocabulary().size()
    }

    /// What encodes its texts, why, and whether that is suspicious.
    fn lane(&self) -> (&'static str, &'static str, bool) {
        match self.core.vocabulary().lane() {
            Lane::Fast => ("fast", "its structure is known, and a test text gave equal ids", false),
            Lane::Tokenizers { reason, suspicious } => ("tokenizers", reason, suspicious),
        }
    }

    /// The id of a token, if the vocabulary has it.
    fn token_id(&self, token: &str) -> Option<u32> {
        self.core.vocabulary().token_id(token)
    }

    /// How header and end of a plain answer are found: `(header, end)`.
    fn facts(&self, tools_given: bool) -> Option<(&'static str, &'static str)> {
        self.core.facts(tools_given).map(|facts| (facts.header.name(), facts.end.name()))
    }

    /// What a template became.
    fn listing(&self, tools_given: bool, add_generation_prompt: bool) -> PyResult<String> {
        self.core.listing(tools_given, add_generation_prompt).map_err(|error| formatter_error(&error, None))
    }

    /// The text of a conversation.
    #[pyo3(signature = (conversation, add_generation_prompt, continue_final_message))]
    fn render(
        &self,
        py: Python<'_>,
        conversation: &Conversation,
        add_generation_prompt: bool,
        continue_final_message: Option<String>,
    ) -> PyResult<String> {
        let call = Call { add_generation_prompt, continue_final_message, paths: false };
        let rendered = detached(py, || self.core.render(&conversation.0, &call))?;
        rendered.map(|rendered| rendered.text).map_err(|error| formatter_error(&error, None))
    }

    /// The text of a conversation, its segments, its trained ranges and its turns.
    #[pyo3(signature = (conversation, add_generation_prompt, continue_final_message))]
    #[allow(clippy::type_complexity, reason = "the fields of `Rendered`, in order")]
    fn trace(
        &self,
        py: Python<'_>,
        conversation: &Conversation,
        add_generation_prompt: bool,
        continue_final_message: Option<String>,
    ) -> PyResult<(String, Vec<Segment>, Vec<(usize, usize)>, Vec<Turn>)> {
        let call = Call { add_generation_prompt, continue_final_message, paths: true };
        let trace = detached(py, || self.core.trace(&conversation.0, &call))?
            .map_err(|error| formatter_error(&error, None))?;
        let segments = segments(&trace.rendered);
        let trained = code_points(&trace.rendered.text, &trace.trained);
        let turns = trace.turns.iter().map(|turn| turn_report(&trace.rendered.text, turn)).collect();
        Ok((trace.rendered.text, segments, trained, turns))
    }

    /// The tokens of a conversation and their labels.
    #[pyo3(signature = (conversation, add_generation_prompt, continue_final_message))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        conversation: &Conversation,
        add_generation_prompt: bool,
        continue_final_message: Option<String>,
    ) -> PyResult<(Ints<'py>, Ints<'py>, Option<Floats<'py>>, Vec<Told>)> {
        let call = Call { add_generation_prompt, continue_final_message, paths: false };
        let outcome = detached(py, || self.core.encode(&conversation.0, &call))?
            .map_err(|error| formatter_error(&error, None))?;
        match outcome {
            Outcome::Example(example) => Ok((
                PyArray1::from_vec(py, example.input_ids),
                PyArray1::from_vec(py, example.labels),
                example.weights.map(|weights| PyArray1::from_vec(py, weights)),
                example.look_alikes.into_iter().map(|found| self.told(found)).collect(),
            )),
            Outcome::Dropped { tokens } => Err(self.left_out(tokens)),
        }
    }

    /// Conversations one after the other, on threads: flat tokens, flat labels, offsets, the row of each example, flat
    /// weights if there are any, and the look-alikes if there are any.
    #[pyo3(signature = (rows, threads))]
    #[allow(clippy::type_complexity, reason = "the fields of `Examples`, in order")]
    fn encode_batch<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        threads: Option<NonZeroUsize>,
    ) -> PyResult<(Ints<'py>, Ints<'py>, Longs<'py>, Longs<'py>, Option<Floats<'py>>, Reported)> {
        let mut rows = Rows::new(rows, self.reading(Reading::default()))?;
        let core = self.core.clone();
        let encode: Encode = Arc::new(move |conversation| core.encode(conversation, &Call::default()));
        let batch = detached(py, || encode_batch(&mut rows, &encode, threads))?;
        let batch = batch.map_err(batch_error)?;
        let Batch { input_ids, labels, weights, offsets, rows, look_alikes, first_look_alike } = batch;
        Ok((
            PyArray1::from_vec(py, input_ids),
            PyArray1::from_vec(py, labels),
            longs(py, &offsets),
            longs(py, &rows),
            weights.map(|weights| PyArray1::from_vec(py, weights)),
            first_look_alike.map(|(row, first)| (look_alikes, row, self.told(first))),
        ))
    }

    /// The tokens of a conversation, their labels, weights, source bytes, and what look-alikes of control tokens
    /// there are; whatever their number.
    #[pyo3(signature = (conversation, add_generation_prompt, continue_final_message))]
    #[allow(clippy::type_complexity, reason = "the fields of `Rendered`, in order")]
    fn trace_tokens<'py>(
        &self,
        py: Python<'py>,
        conversation: &Conversation,
        add_generation_prompt: bool,
        continue_final_message: Option<String>,
    ) -> PyResult<(Ints<'py>, Ints<'py>, Bound<'py, PyArray2<i64>>, Option<Floats<'py>>, Vec<Told>)> {
        let call = Call { add_generation_prompt, continue_final_message, paths: true };
        let traced = detached(py, || self.core.tokens(&self.core.trace(&conversation.0, &call)?))?;
        let core::Tokens { example, spans } = traced.map_err(|error| formatter_error(&error, None))?;
        let spans: Vec<Vec<i64>> = spans.iter().map(|span| vec![long(span.start), long(span.end)]).collect();
        Ok((
            PyArray1::from_vec(py, example.input_ids),
            PyArray1::from_vec(py, example.labels),
            PyArray2::from_vec2(py, &spans)?,
            example.weights.map(|weights| PyArray1::from_vec(py, weights)),
            example.look_alikes.into_iter().map(|found| self.told(found)).collect(),
        ))
    }

    /// The text of ids.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn decode(&self, py: Python<'_>, ids: Vec<u32>, skip_special_tokens: bool) -> PyResult<String> {
        detached(py, || self.core.vocabulary().decode(&ids, skip_special_tokens))?
            .map_err(|error| encode_error(&error))
    }
}

impl Formatter {
    /// The same reading of rows, for the template that most of them are rendered by.
    pub(crate) fn reading(&self, reading: Reading) -> Reading {
        reading.for_template(self.templates.default.as_deref())
    }

    fn told(&self, found: LookAlike) -> Told {
        let added = self.core.vocabulary().added_tokens().iter().find(|token| token.id == found.id);
        (found.message, found.path, added.map(|token| token.content.clone()).unwrap_or_default())
    }

    fn left_out(&self, tokens: usize) -> PyErr {
        let max_length = self.core.options().max_length.unwrap_or(usize::MAX);
        let facts = Facts {
            hint: Some("`encode_batch` leaves such rows out; or raise max_length".to_owned()),
            ..Facts::message(format!(
                "the conversation has {tokens} tokens, more than max_length={max_length}, and overflow='drop' leaves it out"
            ))
        };
        EncodeError::new_err(facts.arguments())
    }
}

fn compile_all(py: Python<'_>, sources: Vec<(String, String)>) -> PyResult<Templates> {
    let mut templates = Templates::default();
    let several = sources.len() > 1;
    for (name, source) in sources {
        let template = compile(py, &source, several.then_some(name.as_str()))?;
        if name == "default" {
            templates.default = Some(template);
        } else {
            templates.named.push((name, template));
        }
    }
    Ok(templates)
}

fn reads_clock(templates: &Templates) -> bool {
    let named = templates.named.iter().map(|(_, template)| template);
    templates.default.iter().chain(named).any(|template| template.reads_clock())
}

fn turn_report(text: &str, turn: &core::TurnReport) -> Turn {
    let body = code_points(text, std::slice::from_ref(&turn.body));
    let end_token = turn.end_token.as_ref().map(|range| code_points(text, std::slice::from_ref(range))[0]);
    (turn.message, turn.header.name(), body[0], turn.end.name(), end_token)
}

fn batch_error(error: BatchError<PyErr>) -> PyErr {
    match error {
        BatchError::Row { row, error } => formatter_error(&error, Some(row)),
        BatchError::Threads(error) => PyOSError::new_err(error.to_string()),
        BatchError::Stopped(error) => error,
    }
}

fn encode_error(error: &core::EncodeError) -> PyErr {
    EncodeError::new_err(Facts::message(error.to_string()).arguments())
}

fn control_named(name: &str) -> PyResult<ControlPolicy> {
    match name {
        "allow" => Ok(ControlPolicy::Allow),
        "template" => Ok(ControlPolicy::Template),
        "report" => Ok(ControlPolicy::Report),
        "error" => Ok(ControlPolicy::Error),
        _ => Err(unknown("control_tokens", name, "allow, template, report or error")),
    }
}

fn boundary_named(name: &str) -> PyResult<Boundary> {
    match name {
        "any" => Ok(Boundary::Any),
        "all" => Ok(Boundary::All),
        _ => Err(unknown("boundary", name, "any or all")),
    }
}

fn overflow_named(name: &str) -> PyResult<Overflow> {
    match name {
        "error" => Ok(Overflow::Error),
        "drop" => Ok(Overflow::Drop),
        _ => Err(unknown("overflow", name, "error or drop")),
    }
}

pub(crate) fn unknown(option: &str, given: &str, expected: &str) -> PyErr {
    PyValueError::new_err(format!("{option} is {given:?}, expected {expected}"))
}
