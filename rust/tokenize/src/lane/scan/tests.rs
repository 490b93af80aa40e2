//! Scanners against their patterns in Oniguruma, the naive twins.
#![allow(clippy::unwrap_used)]
use super::{Cased, Cl100k, DeepSeek, DigitsApart, Gpt2, Scanner, Text};
use crate::lane::classes::Classes;
use crate::lane::recognize::patterns;
use onig::Regex;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Patterns, each applied to the words of the one before.
struct Twin(Vec<Regex>);

impl Twin {
    fn of(patterns: &[&str]) -> Self {
        Self(patterns.iter().map(|pattern| Regex::new(pattern).unwrap()).collect())
    }

    fn split(&self, pieces: Vec<String>) -> Vec<String> {
        self.0
            .iter()
            .fold(pieces, |pieces, regex| pieces.iter().flat_map(|piece| split(regex, piece)).collect())
    }
}

/// Splits as `tokenizers` does: matches and what is between them.
fn split(regex: &Regex, piece: &str) -> Vec<String> {
    let (mut words, mut at) = (Vec::new(), 0);
    for (start, end) in regex.find_iter(piece).filter(|(start, end)| start < end) {
        words.extend([piece[at..start].to_owned(), piece[start..end].to_owned()]);
        at = end;
    }
    words.push(piece[at..].to_owned());
    words.retain(|word| !word.is_empty());
    words
}

fn digits_apart(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for char in text.chars() {
        if char.is_numeric() {
            pieces.extend([char.to_string(), String::new()]);
        } else if let Some(last) = pieces.last_mut() {
            last.push(char);
        }
    }
    pieces
}

static QWEN: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::QWEN]));
static CL100K: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::CL100K]));
static QWEN1: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::QWEN1]));
static QWEN35: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::QWEN35]));
static O200K: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::O200K]));
static TEKKEN: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::TEKKEN]));
static GPT2: LazyLock<Twin> = LazyLock::new(|| Twin::of(&[patterns::GPT2]));
static DEEPSEEK: LazyLock<Twin> = LazyLock::new(|| Twin::of(&patterns::DEEPSEEK));

fn scanned(scanner: &impl Scanner, text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut reached = 0;
    scanner.words(Text { bytes: text.as_bytes(), classes: &CLASSES }, |start, end| {
        assert_eq!(start, reached);
        reached = end;
        words.push(text[start..end].to_owned());
    });
    words
}

static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::new);

fn check(text: &str) {
    let same =
        |ours: Vec<String>, theirs: Vec<String>, name: &str| assert_eq!(ours, theirs, "{name}: {text:?}");
    same(scanned(&Cl100k::<1, false, true>, text), QWEN.split(vec![text.to_owned()]), "qwen");
    same(scanned(&Cl100k::<3, false, true>, text), CL100K.split(vec![text.to_owned()]), "cl100k");
    same(scanned(&Cl100k::<1, true, true>, text), QWEN35.split(vec![text.to_owned()]), "qwen 3.5");
    same(scanned(&Cased::<3, true>, text), O200K.split(vec![text.to_owned()]), "o200k");
    same(scanned(&Cased::<1, false>, text), TEKKEN.split(vec![text.to_owned()]), "tekken");
    same(scanned(&Cl100k::<1, false, false>, text), QWEN1.split(vec![text.to_owned()]), "qwen 1");
    same(scanned(&Gpt2, text), GPT2.split(vec![text.to_owned()]), "gpt2");
    same(scanned(&DigitsApart, text), GPT2.split(digits_apart(text)), "digits apart");
    same(scanned(&DeepSeek, text), DEEPSEEK.split(vec![text.to_owned()]), "deepseek");
}

/// What stands before and after a character, so that it is met in every role that the patterns know.
const CONTEXTS: [(&str, &str); 14] = [
    ("", ""),
    ("a", "b"),
    ("A", "B"),
    (" ", "a"),
    ("'", "s"),
    ("'r", "e"),
    ("1", "2"),
    (" \n", "\n x"),
    ("  ", "  "),
    ("!", "!\n"),
    ("\u{301}", "A"),
    ("ー", "Ⅷ"),
    ("中", "の"),
    ("\u{200b}", "\u{200b}x"),
];

fn in_context(chars: &[char], before: &str, after: &str) -> String {
    let placed: Vec<_> = chars.iter().map(|char| format!("{before}{char}{after}")).collect();
    placed.concat()
}

/// The first and the last character of each run of the table.
fn borders() -> Vec<char> {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    let kinds = all.chunk_by(|&one, &other| CLASSES.entry(one.into()) == CLASSES.entry(other.into()));
    kinds.flat_map(|run| [run[0], run[run.len() - 1]]).collect()
}

#[test]
fn every_kind_of_character_in_every_context() {
    for (before, after) in CONTEXTS {
        for chars in borders().chunks(1000) {
            check(&in_context(chars, before, after));
        }
    }
}

#[test]
fn every_character_in_contractions() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for before in ["'", "'r", "'v", "'l"] {
        for chars in all.chunks(1 << 16) {
            let text = in_context(chars, before, "");
            assert_eq!(scanned(&Cl100k::<3, false, true>, &text), CL100K.split(vec![text.clone()]));
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    let common = vec![
        "a", "B", "ſ", "'", "s", "ll", "'RE", "1", "٣", "Ⅷ", "½", " ", "\u{3000}", "\n", "\r", "\r\n", "\t",
        "!", "/", "\u{301}", "ー", "ǅ", "中", "の", "゠", "\u{3099}", "\u{3040}", "\u{200b}", "\u{85}", "€",
        "_", "é", "한", "\0",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(common).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn generated_texts(text in texts()) {
        check(&text);
    }
}
