//! Templates, tokenizer and options together.
use crate::call::{Arguments, Given};
use crate::control::Control;
use crate::conversation::{of_line, reading};
use crate::convert::variables;
use crate::errors::{EncodeError, Facts, formatter_error, load_error};
use crate::fitting::{Fitting, note_cuts, only};
use crate::guard::{detached, interruptible};
use crate::loss::Loss;
use crate::plan::{long, longs};
use crate::rendered::{Segment, code_points, segments};
use crate::rows::Rows;
use crate::template::{Limits, clock, compat_named, compile, template_text};
use chatloom_dataset::{Batch, BatchError, Encode, Identity, Reading, encode_batch, text_bytes};
use chatloom_template::{self as template, Call, Compat};
use chatloom_tokenize as core;
use core::{Boundary, Broken, Lane, LookAlike, Options, Surrogates, Templates, Vocabulary};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict, PyString};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Bytes of text that take some ten milliseconds to encode.
const MUCH: usize = 1 << 18;

/// `message, header, body, end, end_token`; ranges in code points.
type Turn = (u32, &'static str, (usize, usize), &'static str, Option<(usize, usize)>);
type Ints<'py> = Bound<'py, PyArray1<i32>>;
type Longs<'py> = Bound<'py, PyArray1<i64>>;
type Floats<'py> = Bound<'py, PyArray1<f32>>;
/// `message, path, token`.
type Told = (Option<u32>, String, String);
/// `rows, first row, first of it`.
type Reported = Option<(usize, usize, Told)>;
/// Token ids, labels, weights, and the control tokens that data became.
type Arrays<'py> = (Ints<'py>, Ints<'py>, Option<Floats<'py>>, Vec<Told>);
/// The same and the bytes of the text that each token stands for.
type TokenArrays<'py> = (Arrays<'py>, Bound<'py, PyArray2<i64>>);
/// Text, segments, trained ranges in code points, turns, tokens.
type Traced<'py> = (String, Vec<Segment>, Vec<(usize, usize)>, Vec<Turn>, Option<TokenArrays<'py>>);

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
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    #[pyo3(signature = (templates, tokenizer, settings, now, loss, control_tokens, boundary, fitting, read_by, compat, limits, agrees))]
    fn new(
        py: Python<'_>,
        templates: Vec<(String, Bound<'_, PyString>)>,
        tokenizer: &[u8],
        settings: &Bound<'_, PyDict>,
        now: Option<&Bound<'_, PyDateTime>>,
        loss: Loss,
        control_tokens: Control,
        boundary: &str,
        fitting: Fitting,
        read_by: String,
        compat: &str,
        limits: Limits,
        agrees: Option<bool>,
    ) -> PyResult<Self> {
        let templates = compile_all(py, &templates)?;
        let reads_clock = detached(py, || reads_clock(&templates))?;
        let options = Options {
            control_tokens: control_tokens.policies()?,
            boundary: boundary_named(boundary)?,
            settings: template::Settings {
                variables: variables(settings).map_err(|trouble| trouble.raise(None))?,
                now: now.map(clock).filter(|_| reads_clock),
                compat: compat_named(compat)?,
                limits: limits.into(),
            },
            read_by,
            ..fitting.options(loss.options()?)?
        };
        let vocabulary = detached(py, || Vocabulary::remembered(tokenizer, agrees))?
            .map_err(|error| load_error(&error))?;
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

    /// The ids that the tokenizer puts around a text unless told otherwise.
    fn put_around(&self) -> Vec<u32> {
        self.core.vocabulary().put_around()
    }

    /// The markers that its templates print and that are no single tokens.
    fn plain_markers(&self) -> Vec<String> {
        Identity::of(&self.core).plain_markers
    }

    /// What encodes its texts, why, and whether that is suspicious.
    fn lane(&self) -> (&'static str, &'static str, bool) {
        match self.core.vocabulary().lane() {
            Lane::Fast { family } => ("fast", family, false),
            Lane::Tokenizers { reason, suspicious } => ("tokenizers", reason, suspicious),
        }
    }

    /// Whether the fast lane agrees with `tokenizers`, where it is known to it.
    fn agrees(&self) -> Option<bool> {
        self.core.vocabulary().agrees()
    }

    /// A hash of all that decides what `agrees` tells of a `tokenizer.json`.
    #[staticmethod]
    fn check_key(py: Python<'_>, tokenizer: &[u8]) -> PyResult<String> {
        detached(py, || Vocabulary::check_key(tokenizer))
    }

    /// The token to pad with: the tokenizer's, else its end of sequence.
    fn pad_id(&self) -> Option<u32> {
        self.core.pad_id()
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
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn render(&self, py: Python<'_>, given: Given<'_>) -> PyResult<String> {
        self.text(py, &Arguments::for_text(&given, self.compat())?)
    }

    /// The text of a conversation, its segments, its trained ranges, its turns, and if asked for its tokens.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn trace<'py>(&self, py: Python<'py>, given: Given<'py>, tokens: bool) -> PyResult<Traced<'py>> {
        let Arguments { conversation, call, .. } =
            Arguments::for_parts(&given, self.compat(), true, |arguments| self.text(py, arguments))?;
        self.traced(py, conversation, call, tokens)
    }

    /// As `trace`, for a line of a JSONL file.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    #[pyo3(signature = (line, add_generation_prompt, format, map, tokens))]
    fn trace_line<'py>(
        &self,
        py: Python<'py>,
        line: &[u8],
        add_generation_prompt: bool,
        format: Option<&str>,
        map: Vec<(String, String)>,
        tokens: bool,
    ) -> PyResult<Traced<'py>> {
        let conversation = of_line(py, line, &self.reading(reading(format, map)?))?;
        let call = Call { add_generation_prompt, continue_final_message: None, paths: true };
        self.traced(py, conversation, call, tokens)
    }

    /// The tokens of a conversation, their labels and weights.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn encode<'py>(&self, py: Python<'py>, given: Given<'py>) -> PyResult<Arrays<'py>> {
        let Arguments { conversation, call, .. } =
            Arguments::for_parts(&given, self.compat(), false, |arguments| self.text(py, arguments))?;
        let (core, is_much) = (self.core.clone(), text_bytes(&conversation) > MUCH);
        let outcome = interruptible(py, is_much, move || core.encode(&conversation, &call))?
            .map_err(|error| formatter_error(&error, None))?;
        Ok(self.arrays(py, only(outcome, self.core.options())?))
    }

    /// Which of the tokens `{% generation %}` blocks cover, 1 or 0.
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]
    fn assistant_mask<'py>(
        &self,
        py: Python<'py>,
        given: Given<'py>,
        as_transformers: bool,
    ) -> PyResult<Ints<'py>> {
        let Arguments { conversation, call, .. } =
            Arguments::for_parts(&given, self.compat(), false, |arguments| self.text(py, arguments))?;
        let mask = detached(py, || self.core.assistant_mask(&conversation, &call, as_transformers))?
            .map_err(|error| formatter_error(&error, None))?;
        Ok(PyArray1::from_iter(py, mask.into_iter().map(i32::from)))
    }

    /// Conversations one after the other, on threads: flat tokens, flat labels, offsets, the row of each example, flat
    /// weights if there are any, the look-alikes if there are any, and what became of rows that didn't fit.
    #[pyo3(signature = (rows, threads))]
    #[allow(clippy::type_complexity, reason = "the fields of `Examples`, in order")]
    fn encode_batch<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        threads: Option<NonZeroUsize>,
    ) -> PyResult<(
        Ints<'py>,
        Ints<'py>,
        Longs<'py>,
        Longs<'py>,
        Option<Floats<'py>>,
        Reported,
        Bound<'py, PyDict>,
    )> {
        let mut rows = Rows::new(rows, self.reading(Reading::default()), self.compat())?;
        let core = self.core.clone();
        let encode: Encode = Arc::new(move |conversation| core.encode(conversation, &Call::default()));
        let batch = detached(py, || encode_batch(&mut rows, &encode, threads))?;
        let batch = batch.map_err(batch_error)?;
        let cuts = PyDict::new(py);
        note_cuts(&cuts, &batch.counts(), batch.first_unstable().as_ref())?;
        let Batch { input_ids, labels, weights, offsets, rows, look_alikes, first_look_alike, .. } = batch;
        Ok((
            PyArray1::from_vec(py, input_ids),
            PyArray1::from_vec(py, labels),
            longs(py, &offsets),
            longs(py, &rows),
            weights.map(|weights| PyArray1::from_vec(py, weights)),
            first_look_alike.map(|(row, first)| (look_alikes, row, self.told(first))),
            cuts,
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
    fn compat(&self) -> Compat {
        self.core.options().settings.compat
    }

    fn text(&self, py: Python<'_>, arguments: &Arguments) -> PyResult<String> {
        let Arguments { conversation, call, .. } = arguments;
        let rendered = detached(py, || self.core.render(conversation, call))?;
        rendered.map(|rendered| rendered.text).map_err(|error| formatter_error(&error, None))
    }

    fn traced<'py>(
        &self,
        py: Python<'py>,
        conversation: template::Conversation,
        call: Call,
        tokens: bool,
    ) -> PyResult<Traced<'py>> {
        let (core, is_much) = (self.core.clone(), text_bytes(&conversation) > MUCH);
        let work = move || {
            let trace = core.trace(&conversation, &call)?;
            let tokens = tokens.then(|| core.tokens(&trace)).transpose()?;
            Ok((trace, tokens))
        };
        let (trace, tokens) =
            interruptible(py, is_much, work)?.map_err(|error: core::Error| formatter_error(&error, None))?;
        let segments = segments(&trace.rendered);
        let trained = code_points(&trace.rendered.text, &trace.trained);
        let turns = trace.turns.iter().map(|turn| turn_report(&trace.rendered.text, turn)).collect();
        let tokens = tokens.map(|tokens| self.token_arrays(py, tokens)).transpose()?;
        Ok((trace.rendered.text, segments, trained, turns, tokens))
    }

    /// The same reading of rows, for the template that most of them are rendered by.
    pub(crate) fn reading(&self, reading: Reading) -> Reading {
        let replaces = self.core.options().surrogates == Surrogates::Replace;
        reading.for_template(self.templates.default.as_deref()).replacing_surrogates(replaces)
    }

    fn arrays<'py>(&self, py: Python<'py>, example: core::Example) -> Arrays<'py> {
        (
            PyArray1::from_vec(py, example.input_ids),
            PyArray1::from_vec(py, example.labels),
            example.weights.map(|weights| PyArray1::from_vec(py, weights)),
            example.look_alikes.into_iter().map(|found| self.told(found)).collect(),
        )
    }

    fn token_arrays<'py>(&self, py: Python<'py>, tokens: core::Tokens) -> PyResult<TokenArrays<'py>> {
        let places = tokens.spans.iter().flat_map(|span| [long(span.start), long(span.end)]);
        let spans = PyArray1::from_iter(py, places).reshape([tokens.spans.len(), 2])?;
        Ok((self.arrays(py, tokens.example), spans))
    }

    fn told(&self, found: LookAlike) -> Told {
        let added = self.core.vocabulary().added_tokens().iter().find(|token| token.id == found.id);
        (found.message, found.path, added.map(|token| token.content.clone()).unwrap_or_default())
    }
}

fn compile_all(py: Python<'_>, sources: &[(String, Bound<'_, PyString>)]) -> PyResult<Templates> {
    let mut templates = Templates::default();
    for (name, source) in sources {
        let source = template_text(source)?;
        match compile(py, &source, (sources.len() > 1).then_some(name))? {
            Ok(template) if name == "default" => templates.default = Some(template),
            Ok(template) => templates.named.push((name.clone(), template)),
            Err(error) => templates.broken.push(Broken { name: name.clone(), source, error }),
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

fn boundary_named(name: &str) -> PyResult<Boundary> {
    match name {
        "any" => Ok(Boundary::Any),
        "all" => Ok(Boundary::All),
        _ => Err(unknown("boundary", name, "any or all")),
    }
}

pub(crate) fn unknown(option: &str, given: &str, expected: &str) -> PyErr {
    PyValueError::new_err(format!("{option} is {given:?}, expected {expected}"))
}
