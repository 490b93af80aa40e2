//! What the main job costs beside encoding: 64 MB of chats through an encoder that hardly does anything.
#![allow(missing_docs, clippy::unwrap_used)]
use chatloom_dataset::{Encode, Identity, Job, json, pack_rows, row_to_conversation};
use chatloom_template::Conversation;
use chatloom_tokenize::{Example, Outcome};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

const BYTES: u64 = 64 << 20;

/// A token for every four bytes; what assistants say carries loss.
#[allow(clippy::unnecessary_wraps)]
fn quarters(conversation: &Conversation) -> Result<Outcome, chatloom_tokenize::Error> {
    let mut example = Example::default();
    for message in &conversation.messages {
        let assistant = message.get("role").and_then(|role| role.as_str()) == Some("assistant");
        let content = message.get("content").and_then(|content| content.as_str()).unwrap_or_default();
        let ids =
            content.as_bytes().chunks_exact(4).map(|four| i32::from_le_bytes([four[0], four[1], four[2], 0]));
        example.input_ids.extend(ids);
        let labels = example.input_ids[example.labels.len()..].iter();
        example.labels.extend(labels.map(|&id| if assistant { id } else { -100 }));
    }
    Ok(Outcome::whole(example))
}

/// Chats of five messages and about six kilobytes.
fn write_chats(path: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let (mut written, mut row) = (0, 0_usize);
    while written < BYTES {
        let text = |turn: usize| {
            "The weaver said: \\\"warp and weft\\\",\\n and so on. ".repeat(10 + (row * 31 + turn * 17) % 30)
        };
        let message =
            |turn: usize, role: &str| format!(r#"{{"role": "{role}", "content": "{}"}}"#, text(turn));
        let roles = ["system", "user", "assistant", "user", "assistant"];
        let messages: Vec<String> =
            roles.iter().enumerate().map(|(turn, role)| message(turn, role)).collect();
        let line = format!("{{\"id\": {row}, \"messages\": [{}]}}\n", messages.join(", "));
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        row += 1;
    }
    file.flush()
}

fn identity() -> Identity {
    let options = serde_json::Value::Null;
    Identity {
        formatter: String::new(),
        templates: BTreeMap::new(),
        tokenizer: String::new(),
        pad_id: None,
        answers: BTreeMap::new(),
        plain_markers: Vec::new(),
        options,
    }
}

fn everything_but_encoding(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("chats.jsonl");
    write_chats(&source).unwrap();
    let mut group = criterion.benchmark_group("64 MB of chats");
    group.sample_size(10).throughput(Throughput::Bytes(BYTES));
    let text = std::fs::read(&source).unwrap();
    group.bench_function("rows to conversations", |bencher| {
        bencher.iter(|| {
            for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                black_box(row_to_conversation(json::parse(line).unwrap()).unwrap());
            }
        });
    });
    for threads in [1, 2] {
        let mut job = Job::new(vec![source.clone()], directory.path().join("out"), 32_768);
        (job.overwrite, job.threads) = (true, NonZeroUsize::new(threads));
        let encode: Encode = Arc::new(quarters);
        group.bench_function(format!("the main job, threads: {threads}"), |bencher| {
            bencher.iter(|| pack_rows(&job, &encode, &identity(), &|_| ControlFlow::Continue(())).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, everything_but_encoding);
criterion_main!(benches);
