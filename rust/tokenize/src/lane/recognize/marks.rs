//! Tokenizers in the manner of `SentencePiece`: a mark stands for each space, and words begin with one.
use serde::Deserialize;
use serde_json::{Value, json};

/// What stands for a space.
pub(in crate::lane) const MARK: char = '▁';

/// Where marks are put, beside those for spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lane) enum Marks {
    /// The normalizer replaces spaces, and may put one mark before each stretch of text between added tokens.
    Normalized { prepends: bool },
    /// The pre-tokenizer replaces spaces, puts marks before what doesn't begin with one, and may cut before each.
    Cut { before: Before, splits: bool },
}

/// Before which texts a mark is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::lane) enum Before {
    First,
    Always,
    Never,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metaspace {
    #[serde(rename = "type")]
    kind: String,
    replacement: char,
    #[serde(default = "always")]
    prepend_scheme: Before,
    add_prefix_space: Option<bool>,
    split: Option<bool>,
    #[serde(rename = "str_rep")]
    _str_rep: Option<String>,
}

fn always() -> Before {
    Before::Always
}

impl Marks {
    /// `None` where normalizer and pre-tokenizer do anything else.
    pub(super) fn of(normalizer: Option<&Value>, pre_tokenizer: Option<&Value>) -> Option<Self> {
        match pre_tokenizer {
            Some(value) if !splits_at_spaces(value) => {
                metaspace(value).filter(|_| normalizer.is_none_or(does_nothing))
            }
            _ => replacing(normalizer?),
        }
    }
}

/// Gemma's pre-tokenizer, which finds no spaces: they have been replaced.
fn splits_at_spaces(pre_tokenizer: &Value) -> bool {
    let pattern = json!({"String": " "});
    *pre_tokenizer
        == json!({"type": "Split", "pattern": pattern, "behavior": "MergedWithPrevious", "invert": false})
}

fn does_nothing(normalizer: &Value) -> bool {
    *normalizer == json!({"type": "Sequence", "normalizers": []})
}

fn replacing(normalizer: &Value) -> Option<Marks> {
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": MARK});
    let prepend = json!({"type": "Prepend", "prepend": MARK});
    let sequence = |members: &[&Value]| json!({"type": "Sequence", "normalizers": members});
    if *normalizer == sequence(&[&prepend, &replace]) {
        return Some(Marks::Normalized { prepends: true });
    }
    let alone = [&replace, &sequence(&[&replace])].contains(&normalizer);
    alone.then_some(Marks::Normalized { prepends: false })
}

fn metaspace(pre_tokenizer: &Value) -> Option<Marks> {
    let metaspace = Metaspace::deserialize(pre_tokenizer).ok()?;
    if metaspace.kind != "Metaspace" || metaspace.replacement != MARK {
        return None;
    }
    let before =
        if metaspace.add_prefix_space == Some(false) { Before::Never } else { metaspace.prepend_scheme };
    Some(Marks::Cut { before, splits: metaspace.split.unwrap_or(true) })
}

/// The bytes that text gives for a token, with a space for each mark; a token with a space never comes of text.
pub(super) fn spelled(token: &str) -> Option<Box<[u8]>> {
    match byte(token) {
        Some(byte) => Some(Box::new([byte])),
        None if token.contains(' ') => None,
        None => Some(token.replace(MARK, " ").into_bytes().into()),
    }
}

/// The byte that a token such as `<0x0A>` stands for.
pub(super) fn byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    let is_digit = |digit: u8| digit.is_ascii_digit() || matches!(digit, b'A'..=b'F');
    if digits.len() != 2 || !digits.bytes().all(is_digit) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}
