//! The guarded pipeline beside that of the crate.
#![allow(clippy::unwrap_used)]
use super::Guard;
use crate::control_ids::IdSet;
use crate::ranges::{merged, touches};
use crate::{small, spans};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::ops::Range;
use tokenizers::Tokenizer;

const CONTROL: [&str; 4] = ["<e>", "<e><e>", "[x]", "Ne"];

/// The control tokens, one of which is within another, and one that is only text; `how` sets their flags.
fn with_added(mut json: Value, how: &[bool]) -> Value {
    let flag = |place: usize| how.get(place).copied().unwrap_or_default();
    let contents = [CONTROL.as_slice(), &["\n\n"]].concat();
    let token = |(place, content): (usize, &&str)| {
        let (single_word, lstrip, rstrip) = (flag(place), flag(place + 1), flag(place + 2));
        let id = if place < 4 { 1000 + place } else { 999 };
        json!({"id": id, "content": content, "single_word": single_word && place == 3, "lstrip": lstrip,
            "rstrip": rstrip, "normalized": flag(place + 3), "special": place < 2})
    };
    let mut tokens: Vec<_> = contents.iter().enumerate().map(token).collect();
    tokens.sort_by_key(|token| token["id"].as_u64());
    json["added_tokens"] = tokens.into();
    json
}

fn without_control(json: &Value) -> Value {
    let mut json = json.clone();
    let keep = |token: &Value| token["content"] == "\n\n";
    let tokens = json["added_tokens"].as_array().unwrap().iter().filter(|token| keep(token));
    json["added_tokens"] = tokens.cloned().collect();
    json
}

fn models() -> Vec<Value> {
    let mut metaspace = small::sentence_piece();
    metaspace["normalizer"] = Value::Null;
    metaspace["pre_tokenizer"] =
        json!({"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "first", "split": false});
    let pieces = ["<unk>", "\u{2581}", "<", "e", ">", "<e>", "[", "x", "]", "N", "a"];
    let scored = |piece: &&str| json!([piece, if *piece == "<e>" { 0.0 } else { -3.0 }]);
    let vocab: Vec<_> = pieces.iter().map(scored).collect();
    let unigram = json!({"version": "1.0", "model": {"type": "Unigram", "unk_id": 0, "vocab": vocab}});
    vec![
        small::byte_level(&Value::Null),
        small::byte_level(&json!({"type": "NFC"})),
        small::sentence_piece(),
        metaspace,
        small::word_piece(),
        unigram,
    ]
}

fn tokenizer(json: &Value) -> Tokenizer {
    crate::load::tokenizer(json.to_string().as_bytes()).unwrap().0
}

fn text() -> impl Strategy<Value = String> {
    let parts =
        ["<e>", "<e", "e>", "<", ">", "[x]", "[x", "Ne", "ne", " ", "\n", "a", "the", "e\u{301}", "\u{301}"];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

fn flags() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 8)
}

/// Some of the text's characters.
fn untrusted(text: &str, seed: &[bool]) -> Vec<Range<usize>> {
    let letters = text.char_indices().enumerate();
    let chosen = letters.filter(|(place, _)| seed.get(place / 2 % seed.len()).copied().unwrap_or_default());
    merged(chosen.map(|(_, (at, letter))| at..at + letter.len_utf8()).collect())
}

fn guard(tokenizer: &Tokenizer) -> Guard {
    Guard::new(tokenizer, control(tokenizer)).unwrap()
}

fn control(tokenizer: &Tokenizer) -> IdSet {
    CONTROL.iter().filter_map(|token| tokenizer.token_to_id(token)).collect()
}

proptest! {
    #[test]
    fn where_all_is_trusted_it_is_the_pipeline_of_the_crate(
        text in text(), how in flags(), which in 0..6usize
    ) {
        let tokenizer = tokenizer(&with_added(models()[which].clone(), &how));
        let expected = tokenizer.encode(text.as_str(), false);
        let ours = guard(&tokenizer).encode(&tokenizer, &text, &[]);
        match (ours, expected) {
            (Ok(ours), Ok(expected)) => {
                prop_assert_eq!(ours.get_ids(), expected.get_ids());
                prop_assert_eq!(ours.get_offsets(), expected.get_offsets());
            }
            (ours, expected) => prop_assert_eq!(ours.is_err(), expected.is_err()),
        }
    }

    #[test]
    fn where_nothing_is_trusted_there_are_no_control_tokens(
        text in text(), how in flags(), which in 0..5usize
    ) {
        let json = with_added(models()[which].clone(), &how);
        let (tokenizer, plain) = (tokenizer(&json), tokenizer(&without_control(&json)));
        let all = Vec::from_iter((!text.is_empty()).then_some(0..text.len()));
        let ours = guard(&tokenizer).encode(&tokenizer, &text, &all).unwrap();
        let plain = plain.encode(text.as_str(), false).unwrap();
        prop_assert_eq!(ours.get_ids(), plain.get_ids());
    }

    #[test]
    fn no_control_token_comes_from_an_untrusted_byte(
        text in text(), how in flags(), seed in flags(), which in 0..6usize
    ) {
        let tokenizer = tokenizer(&with_added(models()[which].clone(), &how));
        let (untrusted, control) = (untrusted(&text, &seed), control(&tokenizer));
        let encoding = guard(&tokenizer).encode(&tokenizer, &text, &untrusted).unwrap();
        for (id, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
            prop_assert!(!control.contains(*id) || !touches(&(start..end), &untrusted));
        }
    }

    #[test]
    fn the_text_between_tokens_joins_as_plain_text_does(text in text(), seed in flags()) {
        let json = with_added(small::byte_level(&Value::Null), &[]);
        let (tokenizer, plain) = (tokenizer(&json), tokenizer(&without_control(&json)));
        let untrusted = untrusted(&text, &seed);
        let ours = guard(&tokenizer).encode(&tokenizer, &text, &untrusted).unwrap();
        prop_assert_eq!(tokenizer.decode(ours.get_ids(), false).unwrap(), text.clone());
        let control = control(&tokenizer);
        let mut expected = Vec::new();
        let mut at = 0;
        for (id, &(start, end)) in ours.get_ids().iter().zip(ours.get_offsets()) {
            if control.contains(*id) {
                expected.extend_from_slice(plain.encode(&text[at..start], false).unwrap().get_ids());
                expected.push(*id);
                at = end;
            }
        }
        expected.extend_from_slice(plain.encode(&text[at..], false).unwrap().get_ids());
        prop_assert_eq!(ours.get_ids(), expected);
    }
}

/// The control tokens that are found, and where.
fn found(json: &Value, text: &str, untrusted: Range<usize>) -> Vec<(String, Range<usize>)> {
    let tokenizer = tokenizer(json);
    let untrusted = Vec::from_iter((!untrusted.is_empty()).then_some(untrusted));
    let encoding = guard(&tokenizer).encode(&tokenizer, text, &untrusted).unwrap();
    let spans = spans::encoding(&tokenizer, text, &encoding).spans;
    let tokens = encoding.get_ids().iter().zip(spans);
    let control = control(&tokenizer);
    let named = |(id, span): (&u32, _)| {
        (tokenizer.get_added_vocabulary().simple_id_to_token(*id).unwrap_or_default(), span)
    };
    tokens.filter(|(id, _)| control.contains(**id)).map(named).collect()
}

#[test]
fn a_shorter_token_is_found_where_the_longer_one_is_refused() {
    let json = with_added(small::byte_level(&Value::Null), &[]);
    let found = |untrusted| found(&json, "<e><e>", untrusted);
    assert_eq!(found(0..0), [("<e><e>".to_owned(), 0..6)]);
    assert_eq!(found(3..6), [("<e>".to_owned(), 0..3)]);
    assert_eq!(found(5..6), [("<e>".to_owned(), 0..3)]);
    assert_eq!(found(2..4), []);
}

#[test]
fn a_token_takes_no_space_of_the_rows() {
    let json = with_added(small::byte_level(&Value::Null), &[false, true, true]);
    let place = |untrusted| found(&json, "a  <e>  a", untrusted)[0].1.clone();
    assert_eq!(place(0..0), 1..8);
    assert_eq!(place(0..2), 2..8);
    assert_eq!(place(7..9), 1..7);
}

#[test]
fn a_word_that_the_model_knows_as_control_token_is_cut() {
    let json = with_added(models().remove(5), &[]);
    assert_eq!(found(&json, "<e>a", 0..0).len(), 1);
    let tokenizer = tokenizer(&json);
    let long = "<e>".repeat(5000);
    let ids = |text: &str, untrusted: Range<usize>| {
        let encoding = guard(&tokenizer).encode(&tokenizer, text, &[untrusted]).unwrap();
        encoding.get_ids().to_vec()
    };
    assert_eq!(ids("<e>a", 0..3), [2, 3, 4, 10]);
    assert_eq!(ids(&long, 0..long.len()), [2, 3, 4].repeat(5000));
}
