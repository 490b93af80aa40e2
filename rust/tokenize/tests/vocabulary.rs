//! Ids and source spans of small tokenizers, and files that can't be loaded.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_tokenize::{Encoding, LoadError, TOKENIZERS_VERSION, Vocabulary};
use proptest::prelude::*;
use serde_json::{Value, json};
use small::{byte_level, sentence_piece, word_piece};

fn load(json: &Value) -> Vocabulary {
    Vocabulary::from_json(json.to_string().as_bytes()).unwrap()
}

fn refusal(json: &Value) -> LoadError {
    Vocabulary::from_json(json.to_string().as_bytes()).unwrap_err()
}

/// The source text of each token.
fn sources<'a>(vocabulary: &Vocabulary, text: &'a str) -> Vec<&'a str> {
    let Encoding { ids, spans } = vocabulary.encode(text).unwrap();
    assert_eq!(ids.len(), spans.len());
    spans.into_iter().map(|span| &text[span]).collect()
}

#[test]
fn tokens_that_split_a_character_share_it() {
    let vocabulary = load(&byte_level(&Value::Null));
    assert_eq!(sources(&vocabulary, "a😀b"), ["a", "😀", "😀", "😀", "😀", "b"]);
}

#[test]
fn merged_bytes_span_their_characters() {
    let vocabulary = load(&byte_level(&Value::Null));
    assert_eq!(sources(&vocabulary, "the hat"), ["the", " ", "h", "a", "t"]);
}

#[test]
fn a_composed_character_spans_all_its_parts() {
    let vocabulary = load(&byte_level(&json!({"type": "NFC"})));
    let text = "xe\u{301}";
    assert_eq!(sources(&vocabulary, text), ["x", "e\u{301}", "e\u{301}"]);
    let jamo = "\u{1112}\u{1161}\u{11ab}";
    assert_eq!(sources(&vocabulary, jamo), [jamo; 3]);
}

#[test]
fn an_inserted_prefix_spans_the_character_before_which_it_stands() {
    let vocabulary = load(&sentence_piece());
    assert_eq!(sources(&vocabulary, "Hi Hi"), ["Hi", " Hi"]);
    assert_eq!(sources(&vocabulary, "H"), ["H", "H"]);
}

#[test]
fn byte_fallback_tokens_share_their_character() {
    let vocabulary = load(&sentence_piece());
    assert_eq!(sources(&vocabulary, "Hi é"), ["Hi", " ", "é", "é"]);
}

#[test]
fn lower_case_and_stripped_accents_keep_their_place() {
    let vocabulary = load(&word_piece());
    assert_eq!(sources(&vocabulary, "HÉLLO  Héllo,"), ["HÉ", "LLO", "Hé", "llo", ","]);
    assert_eq!(sources(&vocabulary, "He\u{301}llo"), ["He\u{301}", "\u{301}llo"]);
}

#[test]
fn added_tokens_span_the_whitespace_they_take() {
    let vocabulary = load(&byte_level(&Value::Null));
    assert_eq!(sources(&vocabulary, "a <end> \n b"), ["a", " ", "<end> \n ", "b"]);
    assert_eq!(sources(&vocabulary, "a <both> b"), ["a", " <both> ", "b"]);
}

#[test]
fn added_tokens_are_told_with_their_ids() {
    let vocabulary = load(&byte_level(&Value::Null));
    let told: Vec<_> =
        vocabulary.added_tokens().iter().map(|token| (token.content.as_str(), token.special)).collect();
    assert_eq!(told, [("<end>", true), ("<both>", false)]);
    for token in vocabulary.added_tokens() {
        assert_eq!(vocabulary.token_id(&token.content), Some(token.id));
    }
    assert_eq!(vocabulary.size(), 256 + 2 + 2);
}

#[test]
fn decoding_gives_the_text_and_may_skip_special_tokens() {
    let vocabulary = load(&byte_level(&Value::Null));
    let ids = vocabulary.encode("the hat<end>").unwrap().ids;
    assert_eq!(vocabulary.decode(&ids, false).unwrap(), "the hat<end>");
    assert_eq!(vocabulary.decode(&ids, true).unwrap(), "the hat");
}

#[test]
fn truncation_padding_and_post_processor_change_nothing() {
    let mut json = byte_level(&Value::Null);
    let plain = load(&json).encode(" the hat").unwrap();
    json["truncation"] =
        json!({"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"});
    json["padding"] = json!({"strategy": {"Fixed": 20}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "!"});
    json["post_processor"] =
        json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true});
    assert_eq!(load(&json).encode(" the hat").unwrap(), plain);
}

#[test]
fn a_fingerprint_tells_contents_apart() {
    let (one, other) = (load(&byte_level(&Value::Null)), load(&sentence_piece()));
    assert_eq!(one.fingerprint(), load(&byte_level(&Value::Null)).fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn what_is_no_tokenizer_is_refused() {
    let refused = |bytes: &[u8]| Vocabulary::from_json(bytes).unwrap_err();
    assert!(refused(b"{").message().starts_with("not valid JSON"));
    assert!(refused(b"[]").message().starts_with("expected an object"));
    assert_eq!(refused(b"{\"chat_template\": \"\"}").field(), Some("model"));
    assert_eq!(refused(b"\xff\xfe").field(), None);
}

#[test]
fn the_part_at_fault_is_named() {
    let cases = [
        ("normalizer", json!({"type": "Nonsense"})),
        ("normalizer", json!({"type": "Precompiled", "precompiled_charsmap": "AAAA"})),
        ("pre_tokenizer", json!({"type": "FixedLength", "length": 0})),
        (
            "pre_tokenizer",
            json!({"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": false}),
        ),
        ("decoder", json!(7)),
        ("added_tokens", json!([{"id": "x"}])),
    ];
    for (field, part) in cases {
        let mut json = byte_level(&Value::Null);
        json[field] = part.clone();
        assert_eq!(refusal(&json).field(), Some(field), "{part}");
    }
}

#[test]
fn a_post_processor_that_would_panic_does_no_harm() {
    let mut json = byte_level(&Value::Null);
    json["post_processor"] = json!({"type": "TemplateProcessing", "special_tokens": {},
        "single": [{"SpecialToken": {"id": "<gone>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}]});
    match Vocabulary::from_json(json.to_string().as_bytes()) {
        Ok(vocabulary) => assert_eq!(sources(&vocabulary, "the"), ["the"]),
        Err(error) => assert_eq!(error.field(), Some("post_processor")),
    }
}

#[test]
fn dropout_is_refused() {
    let mut json = byte_level(&Value::Null);
    json["model"]["dropout"] = json!(0.5);
    assert_eq!(refusal(&json).field(), Some("model.dropout"));
}

#[test]
fn a_character_without_a_token_is_an_error() {
    let mut json = word_piece();
    json["model"]["unk_token"] = json!("[GONE]");
    let error = load(&json).encode("Z").unwrap_err();
    assert!(!error.to_string().contains('Z'));
}

#[test]
fn the_version_is_the_one_that_is_linked() {
    let manifest = include_str!("../../../Cargo.toml");
    assert!(manifest.contains(&format!("tokenizers = {{ version = \"={TOKENIZERS_VERSION}\"")));
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "the", " ", "Hi", "é", "e\u{301}", "😀", "\n", "<end>", "<both>", "한", "ﬁ"
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn spans_are_ordered_and_cover_the_text(text in texts()) {
        for normalizer in [Value::Null, json!({"type": "NFC"}), json!({"type": "NFKD"})] {
            check(&load(&byte_level(&normalizer)), &text, false)?;
        }
        check(&load(&sentence_piece()), &text, false)?;
        check(&load(&word_piece()), &text, true)?;
    }

    #[test]
    fn byte_level_tokens_spell_the_text(text in texts()) {
        prop_assume!(!text.contains("<end>") && !text.contains("<both>"));
        let vocabulary = load(&byte_level(&Value::Null));
        let Encoding { ids, spans } = vocabulary.encode(&text).unwrap();
        prop_assert_eq!(vocabulary.decode(&ids, false).unwrap(), text.as_str());
        for character in spans.chunk_by(|one, other| one == other) {
            let first = spans.partition_point(|span| span.start < character[0].start);
            let spelled = vocabulary.decode(&ids[first..first + character.len()], false).unwrap();
            prop_assert_eq!(spelled, &text[character[0].clone()]);
        }
    }
}

fn check(vocabulary: &Vocabulary, text: &str, drops_spaces: bool) -> Result<(), TestCaseError> {
    let Encoding { ids, spans } = vocabulary.encode(text).unwrap();
    prop_assert_eq!(ids.len(), spans.len());
    prop_assert!(spans.windows(2).all(|pair| pair[0].start <= pair[1].start));
    prop_assert!(spans.iter().all(|span| text.get(span.clone()).is_some()));
    let lost = text.char_indices().find(|&(at, char)| {
        let claimed = spans.iter().any(|span| span.contains(&at));
        !claimed && !(drops_spaces && (char.is_whitespace() || spans.is_empty()))
    });
    prop_assert_eq!(lost, None);
    Ok(())
}
