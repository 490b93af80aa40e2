//! Times the main job beside parts of it on the same rows, for `benches/compare.py` to tell what the rest costs.
//!
//! Arguments: a template file, a JSON file with the variables of the run (special tokens), a `tokenizer.json`, and a
//! directory to write to. Then, for each line on standard input, the path of a JSONL file with rows, it writes one line
//! of JSON: the seconds of the processor that encoding the rendered texts took, encoding the rows, and the whole job.
//! Each has an encoder of its own, which has met the same text. Without arguments, as `cargo bench` calls it, it does
//! nothing.
#![allow(missing_docs)]
mod common;

use chatloom_dataset::{Job, pack_files};
use chatloom_template::{Call, Settings, Template};
use chatloom_tokenize::{ControlPolicy, Formatter, Options, Templates, Vocabulary};
use common::{Outcome, processor_seconds, read_chats, read_variables};
use serde_json::{Value, json};
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, Write, stdin, stdout};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

const LENGTH: u32 = 1 << 17;

struct Stages {
    texts: Formatter,
    rows: Formatter,
    job: Arc<Formatter>,
    output: String,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [template, variables, tokenizer, output] = arguments.as_slice() else { return Ok(()) };
    let formatter = || formatter(template, variables, tokenizer);
    let (texts, rows, job) = (formatter()?, formatter()?, Arc::new(formatter()?));
    let stages = Stages { texts, rows, job, output: output.clone() };
    for path in stdin().lock().lines() {
        writeln!(stdout(), "{}", stages.times(&path?)?)?;
    }
    Ok(())
}

fn formatter(template: &str, variables: &str, tokenizer: &str) -> Outcome<Formatter> {
    let templates = Templates::single(Arc::new(Template::compile(&fs::read_to_string(template)?)?));
    let vocabulary = Arc::new(Vocabulary::from_json(&fs::read(tokenizer)?)?);
    let settings = Settings { variables: read_variables(variables)?, ..Settings::default() };
    let options = Options { settings, control_tokens: ControlPolicy::Report.into(), ..Options::default() };
    Ok(Formatter::new(templates, vocabulary, options)?)
}

impl Stages {
    fn times(&self, path: &str) -> Outcome<Value> {
        let chats = read_chats(path)?;
        let texts = chats.iter().map(|chat| Ok(self.texts.render(chat, &Call::default())?.text));
        let texts = texts.collect::<Outcome<Vec<String>>>()?;
        let encoder = self.texts.vocabulary();
        let of_texts = time(&texts, |text| Ok(encoder.ids(text)?))?;
        let of_rows = time(&chats, |chat| Ok(self.rows.encode(chat, &Call::default())?))?;
        let mut job = Job::new(vec![path.into()], &self.output, LENGTH);
        job.threads = NonZeroUsize::new(1);
        let of_job = time(&[job], |job| Ok(pack_files(job, &self.job, &|_| ControlFlow::Continue(()))?))?;
        fs::remove_dir_all(&self.output)?;
        let bytes: usize = texts.iter().map(String::len).sum();
        Ok(json!({"bytes": bytes, "texts": of_texts, "rows": of_rows, "job": of_job}))
    }
}

fn time<T, R>(inputs: &[T], work: impl Fn(&T) -> Outcome<R>) -> Outcome<f64> {
    let start = processor_seconds();
    for input in inputs {
        black_box(work(input)?);
    }
    Ok(processor_seconds() - start)
}
