//! Outlines of the lane beside all spans, and beside the guarded pipeline.
#![allow(clippy::unwrap_used)]
use super::{Known, Outline, Spans};
use crate::control_ids::{ControlIds, IdSet};
use crate::ranges::merged;
use crate::{Encoding, Vocabulary, load, small, spans};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::LazyLock;
use tokenizers::Tokenizer;

const CONTROL: [&str; 6] = ["<e>", "<e><e>", "e><", "[x]", "Ne", "e\u{301}!"];

/// A tokenizer of the lane, with control tokens that are within another or overlap, and some that are only text;
/// `how` sets their flags.
fn with_added(mut json: Value, how: &[bool]) -> Value {
    let flag = |place: usize| how.get(place).copied().unwrap_or_default();
    let takes_space = (0..CONTROL.len()).any(|place| flag(place + 2));
    let text = if takes_space { "the" } else { "\n\n" };
    let contents = CONTROL.iter().chain([&text, &"<e"]).enumerate();
    let token = |(place, content): (usize, &&str)| {
        json!({"id": 100_000 + place, "content": content, "single_word": flag(place) && place == 4,
            "lstrip": flag(place + 1), "rstrip": takes_space && flag(place + 2), "normalized": flag(place + 3),
            "special": place < 2})
    };
    json["added_tokens"] = contents.map(token).collect();
    json
}

struct Model {
    vocabulary: Vocabulary,
    control: ControlIds,
    tokenizer: Tokenizer,
}

fn model(json: &Value) -> Model {
    let json = json.to_string();
    let vocabulary = Vocabulary::from_json(json.as_bytes()).unwrap();
    assert!(vocabulary.lane().is_fast());
    let added = vocabulary.added_tokens().iter();
    let ids: IdSet =
        added.filter(|token| CONTROL.contains(&token.content.as_str())).map(|token| token.id).collect();
    let control = vocabulary.control_ids(ids, true).unwrap();
    Model { vocabulary, control, tokenizer: load::tokenizer(json.as_bytes()).unwrap().0 }
}

/// Models of each kind, with several settings of the flags.
static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let nfc = small::byte_level(&json!({"type": "NFC"}));
    let mut example: Value =
        serde_json::from_str(include_str!("../../../../examples/model/tokenizer.json")).unwrap();
    example["normalizer"] = json!({"type": "NFC"});
    let mut knows_words = small::byte_level(&Value::Null);
    knows_words["model"]["ignore_merges"] = json!(true);
    for (place, token) in [(0, "<e>"), (2, "e><"), (4, "Ne")] {
        knows_words["model"]["vocab"][token] = json!(100_000 + place);
    }
    let mut metaspace = small::sentence_piece();
    metaspace["normalizer"] = Value::Null;
    metaspace["pre_tokenizer"] =
        json!({"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "first", "split": false});
    let flags = (0..36_u32).map(|number| (0..12).map(|bit| ((number * 97) >> bit) & 1 == 1).collect());
    let kinds =
        [small::byte_level(&Value::Null), nfc, example, knows_words, small::sentence_piece(), metaspace]
            .into_iter()
            .cycle();
    kinds.zip(flags).map(|(json, flags): (_, Vec<bool>)| model(&with_added(json, &flags))).collect()
});

fn text() -> impl Strategy<Value = String> {
    let parts = [
        "<e>",
        "<e",
        "e>",
        "<",
        ">",
        "[x]",
        "[x",
        "Ne",
        "ne",
        " ",
        "  ",
        "\n",
        "a",
        "the",
        "e",
        "\u{301}",
        "!",
        "e\u{301}!",
        "\u{2581}",
        "Hi",
        "é",
        "한",
        "ᄒ",
        "ᅡ",
        "ᆫ",
        "\u{3000}",
        "Words",
        "Hi Hi",
        "▁",
        "12",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

fn flags() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 12)
}

/// Some of the text's characters.
fn chosen(text: &str, seed: &[bool]) -> Vec<Range<usize>> {
    let letters = text.char_indices().enumerate();
    let chosen = letters.filter(|(place, _)| seed.get(place / 2 % seed.len()).copied().unwrap_or_default());
    merged(chosen.map(|(_, (at, letter))| at..at + letter.len_utf8()).collect())
}

impl Model {
    /// What the guarded pipeline gives.
    fn slow(&self, text: &str, untrusted: &[Range<usize>]) -> Encoding {
        let guard = self.control.guard.as_ref().unwrap();
        let encoded = guard.encode(&self.tokenizer, text, untrusted).unwrap();
        spans::encoding(&self.tokenizer, text, &encoded)
    }

    fn outline(&self, text: &str, spans: Spans, untrusted: &[Range<usize>]) -> Outline {
        self.vocabulary.guarded_outline(text, spans, &self.control, untrusted).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn the_lane_guards_as_the_guarded_pipeline_does(text in text(), seed in flags()) {
        let untrusted = chosen(&text, &seed);
        for model in MODELS.iter() {
            let ours = Encoding::from(model.outline(&text, Spans::All, &untrusted));
            prop_assert_eq!(ours, model.slow(&text, &untrusted));
        }
    }

    #[test]
    fn an_outline_has_the_spans_at_the_borders(text in text(), seed in flags(), at in flags()) {
        let untrusted = chosen(&text, &seed);
        let borders: Vec<usize> = chosen(&text, &at).into_iter().flat_map(|range| [range.start, range.end]).collect();
        for model in MODELS.iter() {
            let all = model.outline(&text, Spans::All, &untrusted);
            let some = model.outline(&text, Spans::At(&borders), &untrusted);
            prop_assert_eq!(&some.ids, &all.ids);
            let is_wanted = |Known { token, span }: &&Known| {
                *token == 0 || model.control.ids.contains(all.ids[*token]) || borders.iter().any(|at| span.contains(at))
            };
            prop_assert!(all.known.iter().filter(is_wanted).all(|known| some.known.contains(known)));
            prop_assert!(some.known.iter().all(|known| all.known.contains(known)));
            prop_assert!(some.known.is_sorted_by_key(|known| known.token));
        }
    }
}

#[test]
fn few_spans_are_told_where_few_are_asked_for() {
    let model = model(&with_added(small::byte_level(&Value::Null), &[]));
    let text = "the words of a text <e>and more of them";
    let outline = model.outline(text, Spans::At(&[10]), &[]);
    let spans: Vec<_> = outline.known.iter().map(|known| &text[known.span.clone()]).collect();
    assert_eq!(spans.concat(), "the of<e>");
}

#[test]
fn a_control_token_is_text_in_bytes_that_are_not_trusted() {
    for model in MODELS.iter() {
        let count = |untrusted: &[Range<usize>]| {
            let ids = model.outline("[x]", Spans::All, untrusted).ids;
            ids.into_iter().filter(|&id| model.control.ids.contains(id)).count()
        };
        assert_eq!((count(&[]), count(&[0..1, 2..3])), (1, 0));
    }
}

proptest! {
    #[test]
    fn an_outline_tells_all_whose_spans_are_known(
        ids in prop::collection::vec(0..6_u32, 0..12),
        known in prop::collection::btree_set(0..12_usize, 0..12),
        asked in prop::collection::vec(2..9_u32, 0..3),
    ) {
        let span = 0..1;
        let known = known.into_iter().filter(|token| *token < ids.len());
        let known: Vec<_> = known.map(|token| Known { token, span: span.clone() }).collect();
        let is_told = |token| known.iter().any(|known| known.token == token);
        let expected = (0..ids.len()).all(|token| is_told(token) || !asked.contains(&ids[token]));
        let outline = Outline { ids, known: known.clone() };
        prop_assert_eq!(outline.tells_all(&asked.into_iter().collect::<IdSet>()), expected);
    }
}
