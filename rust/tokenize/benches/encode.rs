//! Encodes texts to ids, for `benches/encode_peers.py` to compare with other libraries.
//!
//! The argument is a `tokenizer.json`. Then, for each line on standard input, the path of a JSON list of texts, it
//! writes one line of JSON: the seconds of the processor that encoding them took, and the ids of each text. Without
//! arguments, as `cargo bench` calls it, it does nothing.
#![allow(missing_docs)]
use chatloom_tokenize::Vocabulary;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::error::Error;
use std::fs;
use std::io::{BufRead, Write, stdin, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(tokenizer) = arguments.next() else { return Ok(()) };
    let vocabulary = Vocabulary::from_json(&fs::read(tokenizer)?)?;
    for path in stdin().lock().lines() {
        let texts: Vec<String> = serde_json::from_slice(&fs::read(path?)?)?;
        let start = processor_seconds();
        let ids = texts.iter().map(|text| vocabulary.ids(text)).collect::<Result<Vec<_>, _>>()?;
        let seconds = processor_seconds() - start;
        writeln!(stdout(), "{}", json!({"seconds": seconds, "ids": ids}))?;
    }
    Ok(())
}

/// Other processes on the machine don't count in it.
#[allow(clippy::cast_precision_loss)]
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
