//! Which tokenizers the lane knows: by the structure of the file, never by a name. What isn't known exactly is not
//! guessed at.
mod bytes;
mod marks;
mod model;
pub(super) mod patterns;

pub(super) use marks::{Before, MARK, Marks};
pub(super) use model::Model;

use patterns::{CL100K, DEEPSEEK, O200K, QWEN, QWEN1, QWEN35, TEKKEN};
use serde::Deserialize;
use serde_json::{Value, json};

/// Why a tokenizer is left to the `tokenizers` crate.
pub(super) type Reason = &'static str;

/// How a text is cut into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Cl100k,
    Qwen,
    Qwen1,
    Qwen35,
    O200k,
    Tekken,
    Gpt2,
    DigitsApart,
    DeepSeek,
}

/// A BPE that the lane can do.
#[derive(Debug)]
pub(super) enum Known {
    /// Over bytes; `composes` tells whether text is brought into normalization form C.
    ByteLevel { split: Split, composes: bool, model: Model },
    /// Over characters, in the manner of `SentencePiece`.
    SentencePiece { marks: Marks, model: Model },
}

impl Known {
    /// What it is called: how it merges, and how it cuts words.
    pub(super) fn family(&self) -> &'static str {
        match self {
            Self::ByteLevel { split, .. } => split.family(),
            Self::SentencePiece { marks: Marks::Normalized { .. }, .. } => {
                "SentencePiece-style BPE, whose normalizer marks spaces"
            }
            Self::SentencePiece { marks: Marks::Cut { .. }, .. } => {
                "SentencePiece-style BPE, whose pre-tokenizer marks spaces"
            }
        }
    }
}

impl Split {
    fn family(self) -> &'static str {
        match self {
            Self::Cl100k => "byte-level BPE, which cuts words as cl100k and Llama 3 do",
            Self::Qwen => "byte-level BPE, which cuts words as Qwen 2 and 3 do",
            Self::Qwen1 => "byte-level BPE, which cuts words as Qwen 1 does",
            Self::Qwen35 => "byte-level BPE, which cuts words as Qwen 3.5 does",
            Self::O200k => "byte-level BPE, which cuts words as o200k and GPT-OSS do",
            Self::Tekken => "byte-level BPE, which cuts words as Tekken does",
            Self::Gpt2 => "byte-level BPE, which cuts words as GPT-2 does",
            Self::DigitsApart => "byte-level BPE, which cuts words as GPT-2 does, and digits apart",
            Self::DeepSeek => "byte-level BPE, which cuts words as DeepSeek 3 does",
        }
    }
}

#[derive(Deserialize)]
struct File<'a> {
    normalizer: Option<Value>,
    pre_tokenizer: Option<Value>,
    #[serde(borrow)]
    model: model::Section<'a>,
}

/// Reads a `tokenizer.json` that `tokenizers` has accepted and whose model is BPE.
pub(super) fn known(json: &[u8]) -> Result<Known, Reason> {
    let file: File =
        serde_json::from_slice(json).map_err(|_| "its file has parts that the lane doesn't know")?;
    let File { normalizer, pre_tokenizer, model } = file;
    if let Some(marks) = Marks::of(normalizer.as_ref(), pre_tokenizer.as_ref()) {
        return Ok(Known::SentencePiece { marks, model: Model::of_characters(model)? });
    }
    let composes = composes(normalizer.as_ref())?;
    let split = split(pre_tokenizer.as_ref())?;
    Ok(Known::ByteLevel { split, composes, model: Model::of_bytes(model)? })
}

fn composes(normalizer: Option<&Value>) -> Result<bool, Reason> {
    let Some(normalizer) = normalizer else { return Ok(false) };
    let nfc = json!({"type": "NFC"});
    let sequence = |members: Value| json!({"type": "Sequence", "normalizers": members});
    if *normalizer == sequence(json!([])) {
        Ok(false)
    } else if *normalizer == nfc || *normalizer == sequence(json!([nfc])) {
        Ok(true)
    } else {
        Err("its normalizer is not one that the lane knows")
    }
}

const UNKNOWN_SPLIT: Reason = "its pre-tokenizer is not one that the lane knows";

fn split(pre_tokenizer: Option<&Value>) -> Result<Split, Reason> {
    let pre_tokenizer = pre_tokenizer.ok_or(UNKNOWN_SPLIT)?;
    let stages = match pre_tokenizer.get("pretokenizers").and_then(Value::as_array) {
        Some(stages) if *pre_tokenizer == json!({"type": "Sequence", "pretokenizers": stages}) => {
            stages.as_slice()
        }
        _ => std::slice::from_ref(pre_tokenizer),
    };
    let (last, stages) = stages.split_last().ok_or(UNKNOWN_SPLIT)?;
    let digits = json!({"type": "Digits", "individual_digits": true});
    if is_byte_level(last, true) {
        return match stages {
            [] => Ok(Split::Gpt2),
            [stage] if *stage == digits => Ok(Split::DigitsApart),
            _ => Err(UNKNOWN_SPLIT),
        };
    }
    let stages: Option<Vec<_>> = stages.iter().map(pattern).collect();
    match stages.as_deref() {
        Some([one]) if is_byte_level(last, false) => by_pattern(one).ok_or(UNKNOWN_SPLIT),
        Some(stages) if is_byte_level(last, false) && stages == DEEPSEEK => Ok(Split::DeepSeek),
        _ => Err(UNKNOWN_SPLIT),
    }
}

fn by_pattern(pattern: &str) -> Option<Split> {
    let known = [
        (CL100K, Split::Cl100k),
        (QWEN, Split::Qwen),
        (QWEN1, Split::Qwen1),
        (QWEN35, Split::Qwen35),
        (O200K, Split::O200k),
        (TEKKEN, Split::Tekken),
    ];
    known.into_iter().find_map(|(known, split)| (known == pattern).then_some(split))
}

/// The pattern of a `Split` that keeps what it matches.
fn pattern(stage: &Value) -> Option<&str> {
    let pattern = stage.get("pattern")?.get("Regex")?.as_str()?;
    let plain =
        json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
    (*stage == plain).then_some(pattern)
}

/// `trim_offsets` matters to the post-processor alone, which is switched off.
fn is_byte_level(stage: &Value, use_regex: bool) -> bool {
    [true, false].iter().any(|trim_offsets| {
        let plain = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": trim_offsets,
            "use_regex": use_regex});
        *stage == plain
    })
}
