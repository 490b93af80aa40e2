//! The fast lane against the `tokenizers` crate, which is what a vocabulary without the lane asks.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_tokenize::{Lane, Vocabulary};
use proptest::prelude::*;
use serde_json::{Value, json};

const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

fn load(json: &Value) -> Vocabulary {
    Vocabulary::from_json(json.to_string().as_bytes()).unwrap()
}

fn reason(json: &Value) -> &'static str {
    match load(json).lane() {
        Lane::Fast { .. } => "none",
        Lane::Tokenizers { reason, suspicious } => {
            assert!(!suspicious);
            reason
        }
    }
}

fn byte_level() -> Value {
    small::byte_level(&Value::Null)
}

fn token(content: &str, id: u32, flags: [bool; 4]) -> Value {
    let [single_word, lstrip, rstrip, normalized] = flags;
    json!({"id": id, "content": content, "single_word": single_word, "lstrip": lstrip, "rstrip": rstrip,
        "normalized": normalized, "special": false})
}

const OVERLAPPING: [&str; 16] = [
    "<a>", "<a><b>", "b", "e\u{301}", "é!", "<b", "word", "中", "\u{301}", "a>", "x y", "<", ">b", "1",
    "the", "!!",
];
const SPACES: [&str; 8] = [" ", "\n\n", " <b", "  ", "\u{3000}", "<b", "b", "\t"];

/// Tokens with the flags that their places spell; those of `without` taken out.
fn with_added(normalizer: &Value, contents: &[&str], without: usize) -> Value {
    let mut json = small::byte_level(normalizer);
    let has = |place: usize, flag: usize| place & flag & !without != 0;
    let flags = |place| [has(place, 1), has(place, 2), has(place, RSTRIP), has(place, 8)];
    let tokens = (258..).zip(contents.iter().enumerate());
    json["added_tokens"] = tokens.map(|(id, (place, content))| token(content, id, flags(place))).collect();
    json
}

const RSTRIP: usize = 4;

#[test]
fn added_tokens_that_may_overlap_are_left_to_tokenizers() {
    let reason = reason(&with_added(&Value::Null, &SPACES, 0));
    assert_eq!(reason, "one of its added tokens takes whitespace that may be another one");
}

#[test]
fn what_is_known_goes_the_fast_lane() {
    let split =
        json!({"type": "Split", "pattern": {"Regex": CL100K}, "behavior": "Isolated", "invert": false});
    let bytes =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    let mut json = byte_level();
    assert!(load(&json).lane().is_fast());
    json["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [split, bytes]});
    json["normalizer"] = json!({"type": "NFC"});
    assert!(load(&json).lane().is_fast());
    json["model"]["merges"] = json!(["t h", "th e"]);
    assert!(load(&json).lane().is_fast());
}

#[test]
fn what_is_not_known_exactly_is_left_to_tokenizers() {
    let changes: [(&str, Value); 9] = [
        ("/normalizer", json!({"type": "NFKC"})),
        ("/normalizer", json!({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]})),
        ("/pre_tokenizer", Value::Null),
        ("/pre_tokenizer/add_prefix_space", json!(true)),
        ("/pre_tokenizer/use_regex", json!(false)),
        ("/pre_tokenizer", json!({"type": "Whitespace"})),
        ("/model/end_of_word_suffix", json!("</w>")),
        ("/model/continuing_subword_prefix", json!("#")),
        ("/model/vocab/the", json!(256)),
    ];
    for (place, value) in changes {
        let mut json = byte_level();
        json["model"]["continuing_subword_prefix"] = Value::Null;
        json["model"]["end_of_word_suffix"] = Value::Null;
        json["model"]["merges"] = json!([]);
        *json.pointer_mut(place).unwrap() = value;
        assert_ne!(reason(&json), "none", "{place}");
    }
    assert_ne!(reason(&small::word_piece()), "none");
}

#[test]
fn bytes_without_a_token_are_left_to_tokenizers() {
    let mut json = byte_level();
    json["model"]["vocab"].as_object_mut().unwrap().remove("q");
    let [lane, tokenizers] = pair(&json);
    for text in ["the quick", "q", "éq!", "the"] {
        assert_eq!(lane.encode(text), tokenizers.encode(text));
    }
}

#[test]
fn long_words_take_hardly_more_time_than_short_ones() {
    let vocabulary = load(&byte_level());
    for text in ["the".repeat(300_000), "中".repeat(300_000), " ".repeat(900_000)] {
        assert!(vocabulary.encode(&text).unwrap().ids.len() >= 300_000);
    }
}

fn texts() -> impl Strategy<Value = String> {
    let common = vec![
        "the",
        "th",
        "he",
        " ",
        "  ",
        "\n",
        "\n\n",
        "<a>",
        "<b",
        "<a><b>",
        "b",
        "e\u{301}",
        "é",
        "\u{301}",
        "!",
        "word",
        "中",
        "x y",
        "<",
        ">",
        "a",
        "1",
        "한",
        "ᄒ",
        "ᅡ",
        "ᆫ",
        "😀",
        "\0",
        "'s",
        "\u{3000}",
        "thethethethethethe",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(common).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

fn pair(json: &Value) -> [Vocabulary; 2] {
    let bytes = json.to_string();
    let pair = [
        Vocabulary::from_json(bytes.as_bytes()).unwrap(),
        Vocabulary::without_lane(bytes.as_bytes()).unwrap(),
    ];
    assert!(pair[0].lane().is_fast());
    pair
}

#[test]
fn ids_and_spans_are_those_of_tokenizers() {
    let example: Value =
        serde_json::from_str(include_str!("../../../examples/model/tokenizer.json")).unwrap();
    let mut whole = example.clone();
    whole["model"]["ignore_merges"] = json!(true);
    whole["normalizer"] = json!({"type": "NFC"});
    let nfc = json!({"type": "NFC"});
    let files = [
        byte_level(),
        with_added(&Value::Null, &OVERLAPPING, 0),
        with_added(&nfc, &OVERLAPPING, 0),
        with_added(&nfc, &SPACES, RSTRIP),
        example,
        whole,
    ];
    let pairs = files.map(|json| pair(&json));
    let cases = ProptestConfig::with_cases(4000);
    proptest!(cases, |(text in texts())| {
        for [lane, tokenizers] in &pairs {
            prop_assert_eq!(lane.encode(&text), tokenizers.encode(&text));
        }
    });
}
