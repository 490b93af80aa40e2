//! Small tokenizers of each kind, as JSON.
#![allow(dead_code, reason = "each test file uses some of them")]
use serde_json::{Value, json};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

/// Byte-level BPE that knows one word, with two added tokens that take the whitespace around them.
pub(crate) fn byte_level(normalizer: &Value) -> Value {
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let mut vocab: serde_json::Map<_, _> =
        alphabet.iter().enumerate().map(|(id, char)| (char.to_string(), json!(id))).collect();
    vocab.insert("th".into(), json!(256));
    vocab.insert("the".into(), json!(257));
    json!({
        "version": "1.0",
        "added_tokens": [
            {"id": 258, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": true, "normalized": false, "special": true},
            {"id": 259, "content": "<both>", "single_word": false, "lstrip": true, "rstrip": true, "normalized": false, "special": false},
        ],
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocab, "merges": [["t", "h"], ["th", "e"]]},
    })
}

/// SentencePiece-style BPE: a visible space before everything, bytes for what the vocabulary lacks.
pub(crate) fn sentence_piece() -> Value {
    let words = ["<unk>", "▁", "H", "i", "Hi", "▁Hi"];
    let bytes = (0..=255u8).map(|byte| format!("<0x{byte:02X}>"));
    let tokens = words.into_iter().map(String::from).chain(bytes);
    let vocab: serde_json::Map<_, _> = tokens.enumerate().map(|(id, token)| (token, json!(id))).collect();
    json!({
        "version": "1.0",
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ]},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
            "vocab": vocab, "merges": [["H", "i"], ["▁", "Hi"]]},
    })
}

/// `WordPiece` as BERT has it.
pub(crate) fn word_piece() -> Value {
    json!({
        "version": "1.0",
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "he": 1, "##llo": 2, ",": 3}},
    })
}

/// The byte-level one with special tokens instead of its added ones.
pub(crate) fn with_control(tokens: &[&str]) -> Value {
    let added = |(place, content): (usize, &&str)| {
        json!({"id": 258 + place, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let mut json = byte_level(&Value::Null);
    json["added_tokens"] = tokens.iter().enumerate().map(added).collect();
    json
}
