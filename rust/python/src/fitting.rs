//! The options that say what may become of conversations that can't be taken as they are: that are too long, that a
//! template prints otherwise alone, or that hold halves of characters.
use crate::errors::{EncodeError, Facts};
use crate::formatter::unknown;
use chatloom_dataset::{Counts, UnstableFacts};
use chatloom_tokenize::{Example, Fit, Keep, Options, Outcome, Overflow, Surrogates, Unstable};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// They, by the names they have in Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Fitting {
    max_length: Option<usize>,
    overflow: String,
    keep: String,
    unstable: String,
    surrogates: String,
}

impl Fitting {
    /// Some options with these set.
    pub(crate) fn options(self, others: Options) -> PyResult<Options> {
        let overflow = match self.overflow.as_str() {
            "error" => Overflow::Error,
            "drop" => Overflow::Drop,
            "truncate" => Overflow::Truncate,
            "split" => Overflow::Split,
            name => return Err(unknown("overflow", name, "error, drop, truncate or split")),
        };
        let keep = match self.keep.as_str() {
            "end" => Keep::End,
            "start" => Keep::Start,
            name => return Err(unknown("keep", name, "end or start")),
        };
        let unstable = match self.unstable.as_str() {
            "whole" => Unstable::Whole,
            "split" => Unstable::Split,
            "error" => Unstable::Error,
            name => return Err(unknown("unstable", name, "whole, split or error")),
        };
        let surrogates = match self.surrogates.as_str() {
            "error" => Surrogates::Error,
            "replace" => Surrogates::Replace,
            name => return Err(unknown("surrogates", name, "error or replace")),
        };
        Ok(Options { max_length: self.max_length, overflow, keep, unstable, surrogates, ..others })
    }
}

/// The example that a conversation gave, if it gave one.
pub(crate) fn only(mut outcome: Outcome, options: &Options) -> PyResult<Example> {
    match (outcome.examples.pop(), outcome.examples.len()) {
        (Some(example), 0) => Ok(example),
        (None, _) => Err(left_out(&outcome, options)),
        (Some(_), others) => Err(several(&outcome, others + 1)),
    }
}

fn left_out(outcome: &Outcome, options: &Options) -> PyErr {
    let max_length = options.max_length.unwrap_or(usize::MAX);
    let why = match outcome.fit {
        Fit::Emptied => "and cut to that, nothing of it would carry loss",
        _ => "and overflow='drop' leaves it out",
    };
    let message =
        format!("the conversation has {} tokens, more than max_length={max_length}, {why}", outcome.tokens);
    let hint = Some("`encode_batch` leaves such rows out; or raise max_length".to_owned());
    EncodeError::new_err(Facts { hint, ..Facts::message(message) }.arguments())
}

fn several(outcome: &Outcome, examples: usize) -> PyErr {
    let why = match &outcome.rewrite {
        Some(rewrite) if outcome.fit != Fit::Split => format!("with unstable='split', since {rewrite}"),
        _ => format!("with overflow='split', since it has {} tokens", outcome.tokens),
    };
    let message = format!("the conversation gives {examples} examples {why}");
    let hint = Some("`encode_batch` gives all of them".to_owned());
    EncodeError::new_err(Facts { hint, ..Facts::message(message) }.arguments())
}

/// Writes down what became of rows that didn't fit, by the names that this has in Python.
pub(crate) fn note_cuts(
    dict: &Bound<'_, PyDict>,
    counts: &Counts,
    first: Option<&UnstableFacts>,
) -> PyResult<()> {
    dict.set_item("dropped", counts.dropped)?;
    dict.set_item("dropped_cut", counts.dropped_cut)?;
    dict.set_item("truncated", counts.truncated)?;
    dict.set_item("split", counts.split)?;
    dict.set_item("trained_tokens_lost", counts.trained_tokens_lost)?;
    dict.set_item("unstable", counts.unstable)?;
    dict.set_item("unstable_unchecked", counts.unstable_unchecked)?;
    let first = first.map(|first| (first.row, first.message, &first.reason));
    dict.set_item("first_unstable", first)
}
