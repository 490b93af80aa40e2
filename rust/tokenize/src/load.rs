//! Loading a `tokenizer.json`.
mod explain;

use crate::LoadError;
use crate::panics::caught;
use explain::explain;
use tokenizers::models::bpe::BPE;
use tokenizers::{
    DecoderWrapper, Model, ModelWrapper, NormalizedString, Normalizer, NormalizerWrapper, OffsetReferential,
    OffsetType, PostProcessorWrapper, PreTokenizedString, PreTokenizer, PreTokenizerWrapper, Tokenizer,
    TokenizerImpl,
};

/// Some of everything: letters, marks, digits, spaces, a line break, other scripts.
const PROBE: &str = "Hello, world! 12 e\u{301}\n\u{d55c}\u{ad6d} \u{1f600}";

/// The tokenizer without its post-processor, and the post-processor.
pub(crate) fn tokenizer(json: &[u8]) -> Result<(Tokenizer, Option<PostProcessorWrapper>), LoadError> {
    let mut tokenizer = match caught(|| of_bpe(json).or_else(|_| Tokenizer::from_bytes(json))) {
        Ok(Ok(tokenizer)) => tokenizer,
        Ok(Err(error)) => return Err(explain(json, &error.to_string())),
        Err(panic) => return Err(explain(json, &format!("loading it panics: {panic}"))),
    };
    let processor = tokenizer.get_post_processor().cloned();
    strip(&mut tokenizer)?;
    refuse_dropout(&tokenizer)?;
    probe(&tokenizer)?;
    Ok((tokenizer, processor))
}

type OfBpe = TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// Where the kind of the model isn't left open, it is read once instead of three times.
fn of_bpe(json: &[u8]) -> tokenizers::Result<Tokenizer> {
    Ok(OfBpe::from_bytes(json)?.into())
}

/// Without special tokens a post-processor changes no id, but some move offsets.
fn strip(tokenizer: &mut Tokenizer) -> Result<(), LoadError> {
    let stripped = tokenizer.with_truncation(None).map(|_| ());
    stripped.map_err(|error| LoadError::new(Some("truncation"), error.to_string()))?;
    tokenizer.with_padding(None);
    tokenizer.with_post_processor(None::<PostProcessorWrapper>);
    Ok(())
}

fn refuse_dropout(tokenizer: &Tokenizer) -> Result<(), LoadError> {
    match tokenizer.get_model() {
        ModelWrapper::BPE(model) if model.dropout.is_some_and(|rate| rate > 0.0) => {
            Err(LoadError::new(Some("model.dropout"), "expected null or 0: dropout makes ids random"))
        }
        _ => Ok(()),
    }
}

/// Runs each stage once, so that one that always panics is found while the file can still be named.
fn probe(tokenizer: &Tokenizer) -> Result<(), LoadError> {
    let mut text = NormalizedString::from(PROBE);
    if let Some(normalizer) = tokenizer.get_normalizer() {
        stage("normalizer", || normalizer.normalize(&mut text))?;
    }
    let mut words = PreTokenizedString::from(text);
    if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
        stage("pre_tokenizer", || pre_tokenizer.pre_tokenize(&mut words))?;
    }
    for (word, ..) in words.get_splits(OffsetReferential::Normalized, OffsetType::Byte) {
        stage("model", || tokenizer.get_model().tokenize(word))?;
    }
    Ok(())
}

/// An ordinary failure is let pass: a small vocabulary may lack what the probe holds.
fn stage<T>(field: &str, work: impl FnOnce() -> T) -> Result<(), LoadError> {
    match caught(work) {
        Ok(_) => Ok(()),
        Err(panic) => Err(LoadError::new(Some(field), format!("encoding with it panics: {panic}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_read_as_bpe_is_the_same_tokenizer() {
        let json = include_bytes!("../../../examples/model/tokenizer.json");
        let written =
            |tokenizer: tokenizers::Result<Tokenizer>| tokenizer.and_then(|it| it.to_string(true)).ok();
        assert!(written(of_bpe(json)).is_some());
        assert_eq!(written(of_bpe(json)), written(Tokenizer::from_bytes(json)));
    }

    #[test]
    fn other_models_are_not_read_as_bpe() {
        let json = br#"{"version": "1.0", "model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?", "merges": []}}"#;
        assert!(of_bpe(json).is_err());
        assert!(tokenizer(json).is_ok());
    }
}
