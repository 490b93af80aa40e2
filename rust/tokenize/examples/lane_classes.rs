//! Writes the table of character classes: `cargo run --release -p chatloom-tokenize --example lane_classes >
//! rust/tokenize/src/lane/classes/runs.rs`. Classes are asked of Oniguruma, how characters compose of the
//! normalizer of `tokenizers`, for every code point.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for developers")]
use onig::Regex;
use std::fmt::Write;
use unicode_normalization_alignments::char::canonical_combining_class;
use unicode_normalization_alignments::{IsNormalized, is_nfc_quick};

/// In the order of the numbers that the table holds, from 1 on.
const CLASSES: [&str; 11] = [
    r"\p{Lu}",
    r"\p{Lt}",
    r"\p{Ll}",
    r"\p{Lm}",
    r"\p{Lo}",
    r"\p{M}",
    r"\p{N}",
    r"\p{P}",
    r"\p{S}",
    r"[\s&&[^\r\n]]",
    r"[\r\n]",
];
const COMBINING: u8 = 0x10;
const COMPOSING: u8 = 0x20;

#[allow(dead_code, reason = "the test of the table takes only the text")]
fn main() {
    print!("{}", table());
}

/// The content of the file.
pub(crate) fn table() -> String {
    let mut text = String::from(
        "//! Written by `examples/lane_classes.rs`: the first code point of each run, and in the low byte what its\n\
         //! characters are.\n\n#[rustfmt::skip]\npub(super) const RUNS: &[u32] = &[",
    );
    for (place, run) in runs().into_iter().enumerate() {
        text.push_str(if place % 10 == 0 { "\n    " } else { " " });
        write!(text, "{run:#x},").expect("a string takes all");
    }
    text + "\n];\n"
}

fn runs() -> Vec<u32> {
    let all: String = ('\0'..=char::MAX).collect();
    let mut kinds: Vec<(char, u8)> = all.chars().map(|char| (char, composition(char))).collect();
    for (class, pattern) in (1..).zip(CLASSES) {
        let found = Regex::new(pattern).expect("a pattern of Oniguruma");
        let members = found.find_iter(&all).flat_map(|(start, end)| all[start..end].chars());
        for member in members {
            let place = kinds.binary_search_by_key(&member, |&(char, _)| char).expect("all are there");
            assert_eq!(kinds[place].1 & 0xf, 0, "{member:?} is of two classes");
            kinds[place].1 |= class;
        }
    }
    kinds.dedup_by_key(|&mut (_, kind)| kind);
    kinds.into_iter().map(|(char, kind)| u32::from(char) << 8 | u32::from(kind)).collect()
}

fn composition(char: char) -> u8 {
    let combining = if canonical_combining_class(char) == 0 { 0 } else { COMBINING };
    let composing = if is_nfc_quick([char].into_iter()) == IsNormalized::Yes { 0 } else { COMPOSING };
    combining | composing
}
