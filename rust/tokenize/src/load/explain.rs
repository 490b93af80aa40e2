//! Saying which part of a `tokenizer.json` is wrong.
use crate::LoadError;
use crate::panics::caught;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;
use tokenizers::{
    AddedToken, DecoderWrapper, ModelWrapper, NormalizerWrapper, PaddingParams, PostProcessorWrapper,
    PreTokenizerWrapper, TruncationParams,
};

/// What is wrong with a part, if it is.
type Check = fn(&Value) -> Option<String>;

/// Finds the first part that is wrong by itself.
pub(super) fn explain(json: &[u8], message: &str) -> LoadError {
    match serde_json::from_slice(json) {
        Err(error) => LoadError::new(None, format!("not valid JSON: {error}")),
        Ok(Value::Object(parts)) => explain_parts(&parts, message),
        Ok(_) => LoadError::new(None, "expected an object with the fields of a tokenizer"),
    }
}

fn explain_parts(parts: &Map<String, Value>, message: &str) -> LoadError {
    let Some(model) = parts.get("model") else {
        return LoadError::new(Some("model"), "missing; is this a tokenizer.json?");
    };
    if let Some(reason) = wrong::<ModelWrapper>(model) {
        return explain_model(model).unwrap_or_else(|| LoadError::new(Some("model"), reason));
    }
    let checks: [(&str, Check); 8] = [
        ("version", wrong_version),
        ("normalizer", wrong::<Option<NormalizerWrapper>>),
        ("pre_tokenizer", wrong::<Option<PreTokenizerWrapper>>),
        ("post_processor", wrong::<Option<PostProcessorWrapper>>),
        ("decoder", wrong::<Option<DecoderWrapper>>),
        ("added_tokens", wrong::<Vec<Added>>),
        ("truncation", wrong::<Option<TruncationParams>>),
        ("padding", wrong::<Option<PaddingParams>>),
    ];
    first_wrong(parts, &checks, "").unwrap_or_else(|| LoadError::new(None, message))
}

/// What of a BPE model is wrong, where one part is.
fn explain_model(model: &Value) -> Option<LoadError> {
    let parts = model.as_object()?;
    let checks: [(&str, Check); 3] =
        [("type", wrong_type), ("vocab", wrong::<HashMap<String, u32>>), ("merges", wrong_merges)];
    let count = if parts.get("type").and_then(Value::as_str) == Some("Unigram") { 1 } else { checks.len() };
    first_wrong(parts, &checks[..count], "model.").or_else(|| {
        let (place, token) = unknown_merge(parts)?;
        let message = format!(
            "merge {place}: expected tokens that join to one of the vocabulary, which lacks `{token}`"
        );
        Some(LoadError::new(Some("model.merges"), message))
    })
}

fn first_wrong(parts: &Map<String, Value>, checks: &[(&str, Check)], prefix: &str) -> Option<LoadError> {
    checks.iter().find_map(|(field, check)| {
        let reason = check(parts.get(*field)?)?;
        Some(LoadError::new(Some(&format!("{prefix}{field}")), reason))
    })
}

fn wrong<T: DeserializeOwned>(part: &Value) -> Option<String> {
    match caught(|| T::deserialize(part)) {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panic) => Some(format!("loading it panics: {panic}")),
    }
}

#[derive(Deserialize)]
struct Added {
    #[serde(rename = "id")]
    _id: u32,
    #[serde(flatten)]
    _token: AddedToken,
}

fn wrong_version(part: &Value) -> Option<String> {
    (part != "1.0").then(|| "expected \"1.0\"".to_owned())
}

fn wrong_type(part: &Value) -> Option<String> {
    let is_known = ["BPE", "WordPiece", "WordLevel", "Unigram"].iter().any(|kind| part == kind);
    (!is_known).then(|| "expected \"BPE\", \"WordPiece\", \"WordLevel\" or \"Unigram\"".to_owned())
}

fn wrong_merges(part: &Value) -> Option<String> {
    let is_list = Vec::<(String, String)>::deserialize(part).is_ok() || lines(part).is_some();
    (!is_list).then(|| "expected a list of pairs of tokens, or of lines with two each".to_owned())
}

fn lines(part: &Value) -> Option<Vec<(&str, &str)>> {
    part.as_array()?.iter().map(line).collect()
}

fn line(line: &Value) -> Option<(&str, &str)> {
    line.as_str()?.split_once(' ').filter(|(_, right)| !right.contains(' '))
}

fn pairs(part: &Value) -> Option<Vec<(&str, &str)>> {
    part.as_array()?.iter().map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?))).collect()
}

/// The place of the first merge of a token, or to a token, that the vocabulary lacks, and that token.
fn unknown_merge(parts: &Map<String, Value>) -> Option<(usize, String)> {
    let vocabulary = parts.get("vocab")?.as_object()?;
    let merges = parts.get("merges")?;
    let merges = lines(merges).or_else(|| pairs(merges))?;
    merges.iter().enumerate().find_map(|(place, (left, right))| {
        let tokens = [(*left).to_owned(), (*right).to_owned(), [*left, right].concat()];
        let unknown = tokens.into_iter().find(|token| !vocabulary.contains_key(token))?;
        Some((place, unknown))
    })
}
