//! Renders rows that are already in Rust, for `benches/compare.py` to time beside other renderers.
//!
//! Arguments: a template file, and a JSON file with the variables of the run (special tokens). Then, for each
//! line on standard input, the path of a JSONL file with rows, it writes one line of JSON: the `seconds` of the
//! processor that rendering all rows took, and their `texts`. Without arguments, as `cargo bench` calls it, it does nothing.
#![allow(missing_docs)]
mod common;

use chatloom_template::{Call, Conversation, Settings, Template};
use common::{Outcome, processor_seconds, read_chats, read_variables};
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, Write, stdin, stdout};

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [template, variables] = arguments.as_slice() else { return Ok(()) };
    let settings = Settings { variables: read_variables(variables)?, ..Settings::default() };
    let template = Template::compile(&fs::read_to_string(template)?)?.folded(&settings.variables);
    for path in stdin().lock().lines() {
        let chats = read_chats(&path?)?;
        let seconds = time(&template, &settings, &chats)?;
        let texts = chats.iter().map(|chat| Ok(template.render(chat, &settings, &Call::default())?.text));
        let texts = texts.collect::<Outcome<Vec<String>>>()?;
        writeln!(stdout(), "{}", serde_json::json!({"seconds": seconds, "texts": texts}))?;
    }
    Ok(())
}

fn time(template: &Template, settings: &Settings, chats: &[Conversation]) -> Outcome<f64> {
    let start = processor_seconds();
    for chat in chats {
        black_box(template.render(chat, settings, &Call::default())?);
    }
    Ok(processor_seconds() - start)
}
