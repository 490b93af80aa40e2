//! The fast lane for vocabularies in the manner of `SentencePiece` against the `tokenizers` crate.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_tokenize::{Lane, Vocabulary};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const LETTERS: [&str; 7] = ["<unk>", "▁", "a", "b", "é", "中", "<"];

/// How spaces are replaced.
fn forms() -> Vec<(Value, Value)> {
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    let prepend = json!({"type": "Prepend", "prepend": "▁"});
    let legacy = json!({"type": "Sequence", "normalizers": [prepend, replace]});
    let gemma = json!({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false});
    let metaspace = |scheme: &str, split: bool| {
        let form = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split});
        (Value::Null, form)
    };
    let mut forms = vec![(legacy, Value::Null), (replace.clone(), gemma), (replace, Value::Null)];
    for scheme in ["first", "always", "never"] {
        forms.extend([metaspace(scheme, true), metaspace(scheme, false)]);
    }
    forms
}

/// A vocabulary of some letters and all bytes, with merges of what stands before them in it.
fn model(seeds: &[(usize, usize)]) -> Value {
    let mut tokens: Vec<String> = LETTERS.iter().map(|&letter| letter.to_owned()).collect();
    let mut merges = Vec::new();
    for (left, right) in seeds {
        let place = |seed| 1 + seed % (tokens.len() - 1);
        let (left, right) = (tokens[place(left)].clone(), tokens[place(right)].clone());
        let result = [left.as_str(), &right].concat();
        if result.chars().count() <= 6 {
            merges.push(json!([left, right]));
            if !tokens.contains(&result) {
                tokens.push(result);
            }
        }
    }
    tokens.extend((0..=255_u8).map(|byte| format!("<0x{byte:02X}>")));
    let vocab: Map<_, _> = tokens.into_iter().enumerate().map(|(id, token)| (token, json!(id))).collect();
    json!({"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
        "vocab": vocab, "merges": merges})
}

/// Tokens with the flags that their places spell, the first of them the least.
fn added(contents: &[&str], first_flags: usize) -> Value {
    let token = |(place, content): (usize, &&str)| {
        let has = |flag: usize| (place + first_flags) & flag != 0;
        json!({"id": 1000 + place, "content": content, "single_word": has(1), "lstrip": has(2), "rstrip": false,
            "normalized": has(4), "special": place % 2 == 0})
    };
    contents.iter().enumerate().map(token).collect()
}

const ADDED: [&str; 8] = ["<x>", "a b", "▁▁", "\n\n", "b", "   ", "é", "<x>a"];

fn pair(json: &Value) -> [Vocabulary; 2] {
    let bytes = json.to_string();
    let [lane, tokenizers] =
        [Vocabulary::from_json, Vocabulary::without_lane].map(|load| load(bytes.as_bytes()).unwrap());
    assert!(lane.lane().is_fast(), "{json}");
    [lane, tokenizers]
}

fn texts() -> impl Strategy<Value = String> {
    let common = vec![
        "a", "b", "ab", "ba", "é", "中", " ", "  ", "▁", "<x>", "<x", "a b", "\n", "\n\n", "q", "😀",
        "<0x61>", "<unk>", "\0", " a", "abababab",
    ];
    let piece = prop_oneof![
        12 => prop::sample::select(common).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn ids_and_spans_are_those_of_tokenizers(
        seeds in prop::collection::vec((any::<usize>(), any::<usize>()), 0..60),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8),
        (normalizer, pre_tokenizer) in prop::sample::select(forms()),
        contents in prop::sample::subsequence(ADDED.to_vec(), 0..ADDED.len()),
        flags in 0..8_usize,
        texts in prop::collection::vec(texts(), 20),
    ) {
        let mut model = model(&seeds);
        let merges = model["merges"].as_array_mut().unwrap();
        let count = merges.len();
        for (one, other) in swaps.iter().filter(|_| count > 0) {
            merges.swap(one.index(count), other.index(count));
        }
        let json = json!({"version": "1.0", "added_tokens": added(&contents, flags), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "model": model});
        let [lane, tokenizers] = pair(&json);
        for text in texts {
            prop_assert_eq!(lane.encode(&text), tokenizers.encode(&text), "{:?}", text);
        }
    }
}

fn reason(json: &Value) -> &'static str {
    match Vocabulary::from_json(json.to_string().as_bytes()).unwrap().lane() {
        Lane::Fast { .. } => "none",
        Lane::Tokenizers { reason, suspicious } => {
            assert!(!suspicious);
            reason
        }
    }
}

#[test]
fn what_is_not_known_exactly_is_left_to_tokenizers() {
    let metaspace =
        json!({"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true});
    let lower = json!({"type": "Sequence", "normalizers": [{"type": "Lowercase"}]});
    let changes: [(&str, Value); 8] = [
        ("/normalizer", Value::Null),
        ("/normalizer", lower),
        ("/normalizer/normalizers/0/prepend", json!("_")),
        ("/pre_tokenizer", metaspace),
        (
            "/pre_tokenizer",
            json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}),
        ),
        ("/model/byte_fallback", json!(false)),
        ("/model/ignore_merges", json!(true)),
        ("/model/merges", json!([["<0x61>", "<0x62>"]])),
    ];
    for (place, value) in changes {
        let mut json = small::sentence_piece();
        json["pre_tokenizer"] = Value::Null;
        json["model"]["ignore_merges"] = json!(false);
        json["model"]["vocab"]["<0x61><0x62>"] = json!(500);
        assert_eq!(reason(&json), "none");
        *json.pointer_mut(place).unwrap() = value;
        assert_ne!(reason(&json), "none", "{place}");
    }
}

#[test]
fn added_tokens_that_are_normalized_alike_are_left_to_tokenizers() {
    let mut json = small::sentence_piece();
    json["added_tokens"] = added(&["a b", "a▁b"], 4);
    assert_eq!(reason(&json), "two of its added tokens are the same once normalized");
}

#[test]
fn a_missing_byte_or_mark_is_left_to_tokenizers() {
    for token in ["▁", "<0x0A>"] {
        let mut json = small::sentence_piece();
        json["model"]["merges"] = json!([]);
        json["model"]["vocab"].as_object_mut().unwrap().remove(token);
        assert_ne!(reason(&json), "none", "{token}");
    }
}

#[test]
fn one_long_word_takes_hardly_more_time_than_many_short_ones() {
    let vocabulary = pair(&small::sentence_piece()).into_iter().next().unwrap();
    for text in ["Hi".repeat(300_000), "H".repeat(600_000), " ".repeat(600_000), "中".repeat(200_000)] {
        assert!(vocabulary.encode(&text).unwrap().ids.len() >= 300_000);
    }
}
