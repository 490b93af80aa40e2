//! Compares the fast lane with the `tokenizers` crate, ids and spans: `exact [--generated COUNT] [--text FILE]...
//! TOKENIZER.json...`. Files are read in documents of some kilobytes; every code point is tried in several places.
//! The exit code is 1 where anything differs.
#![allow(clippy::print_stdout, reason = "a tool for developers")]
use chatloom_tokenize::Vocabulary;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Default)]
struct Options {
    generated: u64,
    texts: Vec<PathBuf>,
    tokenizers: Vec<PathBuf>,
}

#[derive(Default)]
struct Tally {
    documents: u64,
    bytes: usize,
    tokens: usize,
    differences: u64,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = options(std::env::args().skip(1))?;
    println!(
        "{:<40} {:>6} {:>10} {:>8} {:>12} {:>5}",
        "tokenizer", "lane", "documents", "MB", "tokens", "diff"
    );
    let mut differences = 0;
    for path in &options.tokenizers {
        differences += compare(path, &options)?;
    }
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options { generated: 100_000, ..Options::default() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--generated" => {
                options.generated = arguments.next().ok_or("--generated needs a count")?.parse()?;
            }
            "--text" => {
                let file = arguments.next().ok_or("--text needs a file")?;
                options.texts.push(file.into());
            }
            _ => options.tokenizers.push(argument.into()),
        }
    }
    Ok(options)
}

fn compare(path: &Path, options: &Options) -> Result<u64, Box<dyn Error>> {
    let json = std::fs::read(path)?;
    let (ours, theirs) = (Vocabulary::from_json(&json)?, Vocabulary::without_lane(&json)?);
    let mut tally = Tally::default();
    let mut check = |text: &str| tally.add(&ours, &theirs, text);
    code_points(&mut check);
    let added: Vec<&str> = ours.added_tokens().iter().map(|token| token.content.as_str()).collect();
    let mut dice = Dice(1);
    (0..options.generated).for_each(|_| check(&dice.text(&added)));
    for text in &options.texts {
        documents(&String::from_utf8_lossy(&std::fs::read(text)?), &mut dice, &mut check);
    }
    let lane = if ours.lane().is_fast() { "fast" } else { "none" };
    let Tally { documents, bytes, tokens, differences } = tally;
    let name = path.display().to_string();
    println!("{name:<40} {lane:>6} {documents:>10} {:>8} {tokens:>12} {differences:>5}", bytes / 1_000_000);
    Ok(differences)
}

impl Tally {
    fn add(&mut self, ours: &Vocabulary, theirs: &Vocabulary, text: &str) {
        let (ours, theirs) = (ours.encode(text), theirs.encode(text));
        self.documents += 1;
        self.bytes += text.len();
        self.tokens += theirs.as_ref().map_or(0, |encoding| encoding.ids.len());
        if ours != theirs {
            self.differences += 1;
            if self.differences <= 5 {
                println!("differs: {:?}", text.chars().take(300).collect::<String>());
            }
        }
    }
}

fn code_points(check: &mut impl FnMut(&str)) {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    let places = [
        ("", ""),
        ("a", "b "),
        (" ", "A"),
        ("'", "s 1"),
        ("e", "\u{301}"),
        ("中", "の!"),
        ("\n ", " \n"),
        ("'l", ""),
    ];
    for (before, after) in places {
        for chars in all.chunks(64) {
            let placed: Vec<_> = chars.iter().map(|char| format!("{before}{char}{after}")).collect();
            check(&placed.concat());
        }
    }
}

fn documents(mut text: &str, dice: &mut Dice, check: &mut impl FnMut(&str)) {
    while !text.is_empty() {
        let length = 200 + dice.below(8000);
        let end = (length..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        let (document, rest) = text.split_at(end);
        check(document);
        text = rest;
    }
}

const PIECES: [&str; 72] = [
    "a",
    "Z",
    "the",
    "Hello",
    "HTTP",
    "'s",
    "'LL",
    "'ſ",
    "'",
    "1",
    "12345",
    "٣",
    "Ⅷ",
    "½",
    " ",
    "  ",
    "\u{a0}",
    "\u{3000}",
    "\n",
    "\r",
    "\r\n",
    "\n\n\n",
    "\t",
    "!",
    "...",
    "/",
    "//",
    "$",
    "€",
    "_",
    "`",
    "~",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{323}",
    "\u{345}",
    "ñ",
    "ß",
    "İ",
    "ſ",
    "ǅ",
    "ʰ",
    "ー",
    "中",
    "文",
    "の",
    "カ",
    "゠",
    "・",
    "\u{3099}",
    "\u{3040}",
    "한",
    "국",
    "ᄒ",
    "ᅡ",
    "ᆫ",
    "ا",
    "َ",
    "क",
    "\u{93c}",
    "ไ",
    "ท",
    "😀",
    "👩\u{200d}👩",
    "\u{fe0f}",
    "\u{200b}",
    "\u{e000}",
    "\0",
    "\u{85}",
    "<",
    "▁",
];

/// A small generator of numbers that look random: the same ones in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }

    fn text(&mut self, added: &[&str]) -> String {
        (0..self.below(24)).map(|_| self.piece(added)).collect()
    }

    fn piece(&mut self, added: &[&str]) -> String {
        match self.below(40) {
            0 => self.char().into(),
            1 => added.get(self.below(added.len())).map_or(String::new(), |token| (*token).to_owned()),
            2 => self.fragment(added),
            3 => PIECES[self.below(PIECES.len())].repeat(self.below(40)),
            _ => PIECES[self.below(PIECES.len())].to_owned(),
        }
    }

    fn fragment(&mut self, added: &[&str]) -> String {
        let token = added.get(self.below(added.len())).copied().unwrap_or("<|");
        token.chars().take(self.below(token.chars().count())).collect()
    }

    fn char(&mut self) -> char {
        let code = u32::try_from(self.below(0x0011_0000)).unwrap_or(0);
        char::from_u32(code).unwrap_or('\u{d7ff}')
    }
}
