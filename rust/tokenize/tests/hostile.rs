//! Damaged and crafted files: refused with the field at fault, or harmless.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_tokenize::{LoadError, Vocabulary};
use serde_json::{Value, json};
use small::{byte_level, sentence_piece};

fn load(json: &Value) -> Result<Vocabulary, LoadError> {
    Vocabulary::from_json(json.to_string().as_bytes())
}

/// The small files with one value changed or put in.
fn changed(field: &str, place: &str, value: &Value) -> [Value; 2] {
    [byte_level(&Value::Null), sentence_piece()].map(|mut json| {
        let part = if place.is_empty() { &mut json[field] } else { &mut json[field][place] };
        *part = value.clone();
        json
    })
}

#[test]
fn the_field_at_fault_is_named() {
    let truncation = |key: &str, value: Value| {
        let mut section =
            json!({"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"});
        section[key] = value;
        section
    };
    let cases = [
        ("model", "vocab", json!({"the": -1})),
        ("model", "vocab", json!({"the": 4_294_967_296_u64})),
        ("model", "vocab", json!({"the": 1.5})),
        ("model", "vocab", json!({"the": "1"})),
        ("model", "vocab", json!({"the": null})),
        ("model", "vocab", json!(["the"])),
        ("model", "vocab", json!(null)),
        ("model", "merges", json!([["th", "gone"]])),
        ("model", "merges", json!([["gone", "H"]])),
        ("model", "merges", json!([["H"]])),
        ("model", "merges", json!([["H", "i", "i"]])),
        ("model", "merges", json!(["H i", ["H", "i"]])),
        ("model", "merges", json!(["Hi"])),
        ("model", "merges", json!(["H i i"])),
        ("model", "merges", json!([[0, 1]])),
        ("model", "merges", json!({})),
        ("model", "type", json!("BPEE")),
        ("model", "type", json!(null)),
        ("model", "", json!([])),
        ("added_tokens", "", json!({})),
        ("added_tokens", "", json!([{"content": "<a>"}])),
        (
            "added_tokens",
            "",
            json!([{"id": -1, "content": "<a>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": false}]),
        ),
        ("added_tokens", "", json!([{"id": 3, "content": "<a>"}])),
        ("truncation", "", truncation("max_length", json!(-1))),
        ("truncation", "", truncation("strategy", json!("Nonsense"))),
        ("truncation", "", json!("yes")),
        ("padding", "", json!({"strategy": {"Fixed": -1}})),
        ("padding", "", json!([])),
        ("version", "", json!("2.0")),
        ("version", "", json!(1)),
    ];
    for (field, place, value) in cases {
        for json in changed(field, place, &value) {
            let error = load(&json).unwrap_err();
            let expected = [field, place].join(".");
            assert_eq!(error.field(), Some(expected.trim_end_matches('.')), "{value}: {error}");
        }
    }
}

#[test]
fn a_merge_of_unknown_tokens_is_told_by_its_place() {
    let [json, _] = changed("model", "merges", &json!(["t h", "th o"]));
    let error = load(&json).unwrap_err();
    assert_eq!(error.field(), Some("model.merges"));
    assert!(error.message().starts_with("merge 1:") && error.message().ends_with("lacks `tho`"), "{error}");
}

#[test]
fn what_panics_while_it_is_read_is_refused() {
    let mut json = byte_level(&Value::Null);
    json["model"]["continuing_subword_prefix"] = json!("a prefix longer than any token");
    assert_eq!(load(&json).unwrap_err().field(), Some("model"));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let bytes = byte_level(&Value::Null).to_string().into_bytes();
    for end in (0..bytes.len()).step_by(53) {
        assert!(Vocabulary::from_json(&bytes[..end]).is_err());
    }
}

#[test]
fn absurd_sizes_do_no_harm() {
    let truncation =
        json!({"max_length": u64::MAX, "strategy": "LongestFirst", "stride": u64::MAX, "direction": "Left"});
    let padding = json!({"strategy": {"Fixed": u64::MAX}, "direction": "Left", "pad_to_multiple_of": 0,
        "pad_id": u32::MAX, "pad_type_id": 0, "pad_token": "!"});
    let token = json!([{"id": u32::MAX, "content": "<far>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true}]);
    let plain = load(&byte_level(&Value::Null)).unwrap().encode("the hat").unwrap();
    for (field, value) in [("truncation", truncation), ("padding", padding), ("added_tokens", token)] {
        for json in changed(field, "", &value) {
            assert!(load(&json).unwrap().encode("Hi <far>").is_ok());
        }
        let [json, _] = changed(field, "", &value);
        assert_eq!(load(&json).unwrap().encode("the hat").unwrap(), plain);
    }
}

#[test]
fn ids_far_beyond_the_vocabulary_are_left_to_tokenizers() {
    for id in [3_000_000_u32, u32::MAX] {
        let mut json = byte_level(&Value::Null);
        json["model"]["vocab"]["the"] = json!(id);
        let ids = load(&json).unwrap().encode("the").unwrap().ids;
        assert_eq!(ids, [id]);
    }
}
