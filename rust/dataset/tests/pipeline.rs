//! The main job, with a stand-in for the encoder.
#![allow(clippy::unwrap_used)]
use chatloom_dataset::{
    Encode, Error, Identity, Job, OnError, Progress, RowError, Stage, Summary, pack_rows,
};
use chatloom_template::Conversation;
use chatloom_tokenize::{Example, Outcome};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const MAX_LENGTH: u32 = 64;
const TOO_LONG: usize = 60;

/// One token a byte of content; what assistants say carries loss; more than [`TOO_LONG`] are dropped.
#[allow(clippy::unnecessary_wraps)]
fn bytes_as_tokens(conversation: &Conversation) -> Result<Outcome, chatloom_tokenize::Error> {
    let mut example = Example::default();
    for message in &conversation.messages {
        let assistant = message.get("role").and_then(|role| role.as_str()) == Some("assistant");
        for byte in message.get("content").and_then(|content| content.as_str()).unwrap_or_default().bytes() {
            let id = i32::from(byte);
            example.input_ids.push(id);
            example.labels.push(if assistant { id } else { -100 });
        }
    }
    let tokens = example.input_ids.len();
    Ok(if tokens > TOO_LONG { Outcome::dropped(tokens, 1) } else { Outcome::whole(example) })
}

fn encoder(
    encode: impl Fn(&Conversation) -> Result<Outcome, chatloom_tokenize::Error> + Send + Sync + 'static,
) -> Encode {
    Arc::new(encode)
}

fn identity() -> Identity {
    let options = serde_json::Value::Null;
    Identity {
        formatter: "f".to_owned(),
        templates: BTreeMap::new(),
        tokenizer: "t".to_owned(),
        pad_id: Some(0),
        answers: BTreeMap::new(),
        plain_markers: Vec::new(),
        options,
    }
}

fn run(job: &Job) -> Result<Summary, Error> {
    pack_rows(job, &encoder(bytes_as_tokens), &identity(), &|_| ControlFlow::Continue(()))
}

fn chat(user: usize, assistant: usize) -> String {
    let (user, assistant) = ("u".repeat(user), "a".repeat(assistant));
    format!(
        r#"{{"messages": [{{"role": "user", "content": "{user}"}}, {{"role": "assistant", "content": "{assistant}"}}]}}"#
    )
}

fn source(directory: &TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn job(directory: &TempDir, text: impl AsRef<[u8]>) -> Job {
    Job::new(vec![source(directory, "in.jsonl", text)], directory.path().join("out"), MAX_LENGTH)
}

/// The elements of an array file, whatever their width.
fn array(path: &Path) -> Vec<i64> {
    let bytes = fs::read(path).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]])) + 10;
    let text = std::str::from_utf8(&bytes[10..header]).unwrap();
    let width = if text.contains("'<i4'") { 4 } else { 8 };
    let elements: Vec<i64> = bytes[header..]
        .chunks_exact(width)
        .map(|element| match element.try_into() {
            Ok(long) => i64::from_le_bytes(long),
            Err(_) => i64::from(i32::from_le_bytes(element.try_into().unwrap())),
        })
        .collect();
    assert!(text.contains(&format!("'shape': ({},)", elements.len())));
    elements
}

/// Row, ids and labels.
type Sequence = (i64, Vec<i64>, Vec<i64>);

/// The sequences of each pack of an output.
fn packs(out: &Path) -> Vec<Vec<Sequence>> {
    let mut shards: Vec<PathBuf> = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    shards.retain(|path| path.is_dir());
    shards.sort();
    shards.iter().flat_map(|shard| shard_packs(shard)).collect()
}

fn shard_packs(shard: &Path) -> Vec<Vec<Sequence>> {
    let read = |name: &str| array(&shard.join(name).with_extension("npy"));
    let index = |value: &i64| usize::try_from(*value).unwrap();
    let (ids, labels, lengths, rows) =
        (read("input_ids"), read("labels"), read("seq_lengths"), read("source"));
    let (sequences, tokens) = (read("seq_offsets"), read("pack_offsets"));
    assert_eq!((tokens[0], tokens[tokens.len() - 1]), (0, i64::try_from(ids.len()).unwrap()));
    let mut packs = Vec::new();
    for (ends, token_ends) in sequences.windows(2).zip(tokens.windows(2)) {
        let mut place = index(&token_ends[0]);
        let mut pack = Vec::new();
        for sequence in index(&ends[0])..index(&ends[1]) {
            let range = place..place + index(&lengths[sequence]);
            pack.push((rows[sequence], ids[range.clone()].to_vec(), labels[range.clone()].to_vec()));
            place = range.end;
        }
        assert_eq!(place, index(&token_ends[1]));
        packs.push(pack);
    }
    packs
}

/// Every file of an output by name; of the manifest only what does not depend on the run.
fn contents(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut directories = vec![out.to_owned()];
    while let Some(directory) = directories.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
            } else if path.ends_with("manifest.json") {
                let text = fs::read_to_string(&path).unwrap();
                files.insert(path, text.split("\n  \"run\"").next().unwrap().into());
            } else {
                files.insert(path.strip_prefix(out).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn entries(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn rows_become_packs() {
    let directory = TempDir::new().unwrap();
    let text =
        format!("\u{feff}{}\r\n\n  \r\n{}\n{}\n{}", chat(10, 20), chat(40, 30), chat(30, 4), chat(3, 0));
    let mut job = job(&directory, text);
    job.sources.push(source(&directory, "more.jsonl", chat(1, 26)));
    let summary = run(&job).unwrap();
    let counts = summary.counts;
    assert_eq!((counts.rows, counts.sequences, counts.dropped, counts.untrained), (5, 4, 1, 1));
    assert_eq!((counts.packs, counts.tokens, counts.trained_tokens), (2, 94, 50));

    let expected = |row: i64, user: usize, assistant: usize| {
        let ids = [vec![i64::from(b'u'); user], vec![i64::from(b'a'); assistant]].concat();
        let labels = [vec![-100; user], vec![i64::from(b'a'); assistant]].concat();
        (row, ids, labels)
    };
    let packs = packs(&job.output);
    assert_eq!(packs[0], [expected(2, 30, 4), expected(0, 10, 20)]);
    assert_eq!(packs[1], [expected(4, 1, 26), expected(3, 3, 0)]);
}

#[test]
fn the_first_label_of_a_sequence_is_masked() {
    let directory = TempDir::new().unwrap();
    let job = job(&directory, [chat(0, 3), chat(0, 2)].join("\n"));
    assert_eq!(run(&job).unwrap().counts.trained_tokens, 3);
    let a = i64::from(b'a');
    assert_eq!(packs(&job.output)[0][0].2, [-100, a, a]);
    assert_eq!(packs(&job.output)[0][1].2, [-100, a]);
}

fn many_chats() -> String {
    chats(500)
}

fn chats(rows: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        writeln!(text, "{}", chat(row * 7 % 31, row * 11 % 41 + 1)).unwrap();
    }
    text
}

#[test]
fn neither_threads_nor_chunks_change_a_byte() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, many_chats());
    job.shard_tokens = 1000;
    let mut outputs = Vec::new();
    for (threads, chunk_bytes) in [(1, 1 << 20), (2, 1000), (8, 1), (3, 77)] {
        job.threads = NonZeroUsize::new(threads);
        job.chunk_bytes = chunk_bytes;
        job.overwrite = true;
        let summary = run(&job).unwrap();
        assert_eq!(summary.threads, threads);
        assert!(summary.shards > 5);
        outputs.push(contents(&job.output));
    }
    assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(entries(&directory), ["in.jsonl", "out"]);
}

#[test]
fn shards_split_between_packs_and_nothing_is_lost() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chats(40));
    run(&job).unwrap();
    let whole = packs(&job.output);
    job.overwrite = true;
    for shard_tokens in [1, 64, 300] {
        job.shard_tokens = shard_tokens;
        run(&job).unwrap();
        assert_eq!(packs(&job.output), whole);
    }
}

#[test]
fn the_manifest_tells_what_was_made() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, many_chats());
    job.versions.insert("python".to_owned(), "3.12".to_owned());
    run(&job).unwrap();
    let text = fs::read_to_string(job.output.join("manifest.json")).unwrap();
    assert!(!text.contains(directory.path().to_str().unwrap()));
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let content = &manifest["content"];
    assert_eq!(manifest["schema_version"], 1);
    assert_eq!(manifest["run"]["versions"]["python"], "3.12");
    assert_eq!(content["sources"][0]["name"], "in.jsonl");
    assert_eq!(content["sources"][0]["blake3"], blake3::hash(many_chats().as_bytes()).to_hex().as_str());
    assert_eq!((&content["max_length"], &content["pad_id"]), (&64.into(), &0.into()));
    assert_eq!(content["shards"].as_array().unwrap().len(), 1);
    let files = content["shards"][0]["files"].as_object().unwrap();
    assert_eq!(files.len(), 6);
    for (name, facts) in files {
        let bytes = fs::read(job.output.join("shard-00000").join(name)).unwrap();
        assert_eq!(facts["bytes"], bytes.len());
        assert_eq!(facts["blake3"], blake3::hash(&bytes).to_hex().as_str());
    }
}

#[test]
fn a_bad_row_is_named_and_leaves_nothing_behind() {
    let good = chat(3, 3);
    for (bad, expected) in [
        (r#"{"messages": ["#.as_bytes(), "not JSON: EOF while parsing a list at byte 15"),
        (b"{\"messages\": \"\xff\"}", "not UTF-8 at byte 15"),
        (b"\0", "not JSON: expected value at byte 1"),
        (b"{\"messages\": []}", "`messages`: expected a message, found an empty list"),
        (chat(0, 0).as_bytes(), "the template renders this conversation to nothing"),
    ] {
        let directory = TempDir::new().unwrap();
        let text = [good.as_bytes(), b"\r\n\n", bad, b"\n", bad].concat();
        let job = job(&directory, text);
        let error = run(&job).unwrap_err();
        assert!(matches!(&error, Error::Row { line: 3, .. }));
        assert_eq!(error.to_string(), format!("{}, line 3: {expected}", job.sources[0].display()));
        assert_eq!(entries(&directory), ["in.jsonl"]);
    }
}

#[test]
fn the_first_bad_row_is_the_one_told_whatever_the_threads() {
    let directory = TempDir::new().unwrap();
    let lines: Vec<String> =
        (0..400).map(|row| if row % 100 == 99 { "{}".to_owned() } else { chat(5, 5) }).collect();
    let mut job = job(&directory, lines.join("\n"));
    job.chunk_bytes = 50;
    job.threads = NonZeroUsize::new(8);
    assert!(matches!(run(&job), Err(Error::Row { line: 100, .. })));
}

/// Bad rows of several kinds, as they stand in a file, with the codes they are rejected under.
const BAD: &[(&[u8], &str)] = &[
    (b"{\"messages\": [", "json"),
    (b"{\"messages\": \"\xff\"}", "encoding"),
    (b"\xef\xbb\xbf{}", "json"),
    (b"\0", "json"),
    (br#"{"messages": [{"role": "user", "content": "\ud800"}]}"#, "surrogate"),
    (br#"{"messages": []}"#, "empty"),
    (br#"{"messages": [{"content": "s3cret"}]}"#, "field"),
    (br#"{"messages": [{"role": "user", "content": 1}]}"#, "field"),
    (br#"{"text": "s3cret"}"#, "shape"),
    (br#"{"messages": [], "data": []}"#, "shape"),
    (br#"{"user": "s3cret", "assistant": "s3cret"}"#, "shape"),
    (br#"{"messages": [{"role": "user", "content": ""}]}"#, "no_tokens"),
];

/// Good rows, one too long, one without loss, and each of the bad ones, over and over.
fn good_and_bad(repeats: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for repeat in 0..repeats {
        for (bad, _) in BAD {
            text.extend_from_slice(format!("{}\r\n", chat(repeat % 7, 5)).as_bytes());
            text.extend_from_slice(bad);
            text.push(b'\n');
        }
        text.extend_from_slice(format!("{}\n{}\n", chat(TOO_LONG, 1), chat(4, 0)).as_bytes());
    }
    text
}

fn rejected(out: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(out.join("rejected.jsonl")).unwrap();
    assert!(!text.contains("s3cret"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn bad_rows_are_set_aside_and_every_row_is_accounted_for() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, good_and_bad(1));
    job.on_error = OnError::Quarantine;
    let counts = run(&job).unwrap().counts;
    let bad = BAD.len() as u64;
    assert_eq!((counts.rows, counts.rejected, counts.dropped, counts.untrained), (2 * bad + 2, bad, 1, 1));
    assert_eq!(counts.sequences, bad + 1);
    let rejected = rejected(&job.output);
    for (index, ((_, code), line)) in BAD.iter().zip(&rejected).enumerate() {
        assert_eq!((&line["source"], &line["code"]), (&"in.jsonl".into(), &(*code).into()), "{line}");
        assert_eq!((&line["line"], &line["row"]), (&(2 * index + 2).into(), &(2 * index + 1).into()));
        assert!(line["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
    let rows: Vec<i64> = packs(&job.output).iter().flatten().map(|(row, _, _)| *row).collect();
    assert!(rows.iter().all(|row| row % 2 == 0 || *row > 2 * i64::try_from(bad).unwrap()));
}

#[test]
fn rows_without_loss_are_left_out_on_demand() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, [chat(4, 0), chat(3, 3), chat(5, 0)].join("\n"));
    job.drop_untrained = true;
    let counts = run(&job).unwrap().counts;
    assert_eq!((counts.rows, counts.sequences, counts.dropped_untrained, counts.untrained), (3, 1, 2, 0));
    let (u, a) = (i64::from(b'u'), i64::from(b'a'));
    let sequence = (1, vec![u, u, u, a, a, a], vec![-100, -100, -100, a, a, a]);
    assert_eq!(packs(&job.output), [[sequence]]);
}

#[test]
fn neither_threads_nor_chunks_change_what_is_rejected() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, good_and_bad(30));
    (job.on_error, job.overwrite) = (OnError::Quarantine, true);
    let mut outputs = Vec::new();
    for (threads, chunk_bytes) in [(1, 1 << 20), (2, 1000), (8, 1), (3, 77)] {
        (job.threads, job.chunk_bytes) = (NonZeroUsize::new(threads), chunk_bytes);
        run(&job).unwrap();
        outputs.push(contents(&job.output));
    }
    assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(rejected(&job.output).len(), 30 * BAD.len());
}

#[test]
fn too_many_rejected_rows_end_the_run() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, good_and_bad(1));
    (job.on_error, job.max_rejected, job.chunk_bytes) = (OnError::Quarantine, Some(3), 20);
    let error = run(&job).unwrap_err();
    assert!(matches!(&error, Error::TooManyRejected { allowed: 3, line: 8, .. }));
    let told = format!("more than 3 rows can't be used; {}, line 8: not JSON", job.sources[0].display());
    assert!(error.to_string().starts_with(&told), "{error}");
    assert_eq!(entries(&directory), ["in.jsonl"]);
    job.max_rejected = Some(BAD.len() as u64);
    assert_eq!(run(&job).unwrap().counts.rejected, BAD.len() as u64);
}

#[test]
fn when_all_rows_are_rejected_the_first_is_told() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, "{\n[]\n");
    job.on_error = OnError::Quarantine;
    let told = run(&job).unwrap_err().to_string();
    assert!(told.contains("of 2 rows none is left") && told.contains("line 1: not JSON"), "{told}");
    assert_eq!(entries(&directory), ["in.jsonl"]);
}

#[test]
fn the_first_readable_row_of_each_file_decides_its_shape() {
    let directory = TempDir::new().unwrap();
    let pair = |user: &str, assistant: &str| format!(r#"{{"{user}": "ask", "{assistant}": "answer"}}"#);
    let first = ["{", &pair("user", "assistant"), &chat(1, 1), &pair("prompt", "completion")].join("\n");
    let mut job = job(&directory, first);
    job.sources.push(source(&directory, "more.jsonl", pair("instruction", "output")));
    for chunk_bytes in [1, 1 << 20] {
        (job.on_error, job.overwrite, job.chunk_bytes) = (OnError::Quarantine, true, chunk_bytes);
        let summary = run(&job).unwrap();
        assert_eq!((summary.counts.sequences, summary.counts.rejected), (2, 3));
        let shapes: Vec<_> = summary.shapes.iter().map(|(_, shape)| shape.as_deref()).collect();
        assert_eq!(shapes, [Some("columns (user, assistant)"), Some("alpaca (instruction, output)")]);
        let reason = &rejected(&job.output)[1]["reason"];
        let told = "row: expected the shape of the file's first row, columns (user, assistant), found messages (messages)";
        assert_eq!(reason, told);
    }
}

#[test]
fn a_line_of_fifty_megabytes_is_a_row_like_any_other() {
    let directory = TempDir::new().unwrap();
    let filler = "x".repeat(50 << 20);
    let noted = chat(2, 2).replacen('{', &format!(r#"{{"note": "{filler}", "#), 1);
    let rows = [chat(1, 1), noted, chat(50 << 20, 1), format!(r#"{{"messages": "{filler}"#), chat(3, 3)];
    let mut job = job(&directory, rows.join("\n"));
    job.on_error = OnError::Quarantine;
    let counts = run(&job).unwrap().counts;
    assert_eq!((counts.rows, counts.sequences, counts.dropped, counts.rejected), (5, 3, 1, 1));
}

#[test]
fn a_line_that_is_too_long_is_named_or_set_aside() {
    let directory = TempDir::new().unwrap();
    let rows = [chat(1, 1), chat(150, 50), chat(2, 2), " ".repeat(200), chat(3, 3), chat(200, 1)];
    let mut job = job(&directory, rows.join("\r\n"));
    (job.max_line_bytes, job.overwrite) = (180, true);
    for chunk_bytes in [1, 100, 1 << 20] {
        (job.on_error, job.chunk_bytes) = (OnError::Stop, chunk_bytes);
        let error = run(&job).unwrap_err();
        let told = "line 2: the line has more than 180 bytes: is this a JSONL file?";
        assert!(error.to_string().ends_with(told), "{error}");
        job.on_error = OnError::Quarantine;
        let counts = run(&job).unwrap().counts;
        assert_eq!((counts.rows, counts.sequences, counts.rejected), (6, 3, 3));
        let places =
            rejected(&job.output).into_iter().map(|line| (line["line"].clone(), line["code"].clone()));
        let code = || serde_json::Value::from("line_too_long");
        assert_eq!(places.collect::<Vec<_>>(), [(2.into(), code()), (4.into(), code()), (6.into(), code())]);
    }
}

#[cfg(unix)]
#[test]
fn a_line_without_end_ends_the_run() {
    let directory = TempDir::new().unwrap();
    let mut job = Job::new(vec![PathBuf::from("/dev/zero")], directory.path().join("out"), MAX_LENGTH);
    job.max_line_bytes = 1 << 20;
    assert!(matches!(
        run(&job),
        Err(Error::Row { line: 1, error: RowError::LineTooLong { max_bytes: 1_048_576 }, .. })
    ));
    job.on_error = OnError::Quarantine;
    assert!(matches!(cancelled_at_tick(&job, 500), Err(Error::Cancelled)));
    assert!(entries(&directory).is_empty());
}

/// Runs a job that is cancelled when it looks for that the so many-th time.
fn cancelled_at_tick(job: &Job, tick: usize) -> Result<Summary, Error> {
    let ticks = Cell::new(0);
    let stop = |_: &Progress| {
        ticks.set(ticks.get() + 1);
        if ticks.get() < tick { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    pack_rows(job, &encoder(bytes_as_tokens), &identity(), &stop)
}

#[cfg(unix)]
fn fifo(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_can_be_given_up() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, "");
    job.sources = vec![fifo(&directory)];
    assert!(matches!(cancelled_at_tick(&job, 3), Err(Error::Cancelled)));
    let held_open = fs::File::options().read(true).write(true).open(&job.sources[0]).unwrap();
    assert!(matches!(cancelled_at_tick(&job, 3), Err(Error::Cancelled)));
    drop(held_open);
    assert_eq!(entries(&directory), ["in.jsonl", "pipe"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_to_its_end() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, many_chats());
    run(&job).unwrap();
    let from_file = packs(&job.output);
    job.sources = vec![fifo(&directory)];
    job.overwrite = true;
    let pipe = job.sources[0].clone();
    let writer = std::thread::spawn(move || fs::write(pipe, many_chats()));
    run(&job).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(packs(&job.output), from_file);
}

#[test]
fn directories_made_for_the_output_go_with_it() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, "{");
    job.output = directory.path().join("a/b/c/out");
    run(&job).unwrap_err();
    assert_eq!(entries(&directory), ["in.jsonl"]);
    fs::create_dir(directory.path().join("a")).unwrap();
    run(&job).unwrap_err();
    assert_eq!(entries(&directory), ["a", "in.jsonl"]);
    assert!(fs::read_dir(directory.path().join("a")).unwrap().next().is_none());
    job.sources = vec![source(&directory, "in.jsonl", chat(1, 1))];
    run(&job).unwrap();
    assert_eq!(packs(&job.output).len(), 1);
}

#[test]
fn an_output_needs_a_name_of_its_own() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chat(1, 1));
    for output in ["", ".", "..", "/", "made/.."] {
        (job.output, job.overwrite) = (PathBuf::from(output), true);
        assert!(matches!(run(&job), Err(Error::OutputUnnamed { .. })), "{output}");
    }
}

#[test]
fn threads_are_bounded() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chat(1, 1));
    job.threads = NonZeroUsize::new(usize::MAX);
    let error = run(&job).unwrap_err().to_string();
    assert!(error.ends_with("expected 1 to 1024"), "{error}");
    assert_eq!(entries(&directory), ["in.jsonl"]);
}

#[test]
fn a_file_that_vanishes_before_it_is_opened_ends_the_run() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chats(50));
    (job.on_error, job.chunk_bytes) = (OnError::Quarantine, 200);
    job.sources.push(source(&directory, "more.jsonl", chats(50)));
    let remove = |_: &Progress| {
        let _ = fs::remove_file(&job.sources[1]);
        ControlFlow::Continue(())
    };
    let error = pack_rows(&job, &encoder(bytes_as_tokens), &identity(), &remove).unwrap_err();
    assert!(matches!(&error, Error::Io { action: "open", path, .. } if *path == job.sources[1]), "{error}");
    assert_eq!(entries(&directory), ["in.jsonl"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_vanishes_while_it_is_read_is_read_to_its_end() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chats(50));
    job.chunk_bytes = 200;
    let remove = |_: &Progress| {
        let _ = fs::remove_file(&job.sources[0]);
        ControlFlow::Continue(())
    };
    let summary = pack_rows(&job, &encoder(bytes_as_tokens), &identity(), &remove).unwrap();
    assert_eq!(entries(&directory), ["out"]);
    assert_eq!(summary.counts.rows, 50);
}

#[test]
fn an_encoder_is_held_to_its_word() {
    let directory = TempDir::new().unwrap();
    let job = job(&directory, chat(1, 1));
    let example = |input_ids, labels| Example { input_ids, labels, ..Example::default() };
    let error = |example: Example| {
        let encode = encoder(move |_| Ok(Outcome::whole(example.clone())));
        match pack_rows(&job, &encode, &identity(), &|_| ControlFlow::Continue(())) {
            Err(Error::Row { error, .. }) => error,
            other => panic!("expected a row to be refused, found {other:?}"),
        }
    };
    assert_eq!(error(example(vec![1, 2], vec![-100, 3])), RowError::Labels);
    assert_eq!(error(example(vec![1, -2], vec![-100, -100])), RowError::Labels);
    assert_eq!(error(example(vec![1, 2], vec![-100])), RowError::Labels);
    let weighed = Example { weights: Some(vec![0.5]), ..example(vec![1, 2], vec![1, 2]) };
    assert_eq!(error(weighed), RowError::Labels);
    let too_long = error(example(vec![1; 65], vec![-100; 65]));
    assert!(too_long.to_string().contains("65 tokens, more than max_length=64"), "{too_long}");
}

#[test]
fn nothing_to_pack_is_an_error() {
    for (text, rows) in [(String::new(), 0), ("\n \n".to_owned(), 0), (chat(60, 1), 1)] {
        let directory = TempDir::new().unwrap();
        let result = run(&job(&directory, text));
        assert!(matches!(result, Err(Error::NothingToPack { counts, .. }) if counts.rows == rows));
        assert_eq!(entries(&directory), ["in.jsonl"]);
    }
}

#[test]
fn an_existing_output_stays_unless_it_is_ours_and_may_go() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chat(1, 1));
    fs::create_dir(&job.output).unwrap();
    fs::write(job.output.join("thesis.txt"), "precious").unwrap();
    assert!(matches!(run(&job), Err(Error::OutputExists { .. })));
    job.overwrite = true;
    assert!(matches!(run(&job), Err(Error::NotOurs { .. })));
    fs::write(job.output.join("manifest.json"), r#"{"name": "an extension"}"#).unwrap();
    assert!(matches!(run(&job), Err(Error::NotOurs { .. })));
    fs::remove_file(job.output.join("thesis.txt")).unwrap();
    assert!(matches!(run(&job), Err(Error::NotOurs { .. })), "somebody else's manifest");
    fs::remove_file(job.output.join("manifest.json")).unwrap();
    run(&job).unwrap();
    run(&job).unwrap();
    fs::copy(&job.sources[0], job.output.join("in.jsonl")).unwrap();
    assert!(matches!(run(&job), Err(Error::NotOurs { .. })), "something beside what a run wrote");
    fs::remove_file(job.output.join("in.jsonl")).unwrap();
    job.overwrite = false;
    let before = contents(&job.output);
    assert!(matches!(run(&job), Err(Error::OutputExists { .. })));
    assert_eq!(contents(&job.output), before);
    assert_eq!(entries(&directory), ["in.jsonl", "out"]);
}

#[test]
fn a_missing_file_and_a_bad_capacity_are_told_before_anything_is_made() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, chat(1, 1));
    job.sources.push(directory.path().join("gone.jsonl"));
    assert!(run(&job).unwrap_err().to_string().contains("gone.jsonl"));
    job.sources.pop();
    job.max_length = 0;
    assert!(matches!(run(&job), Err(Error::Pack(_))));
    assert_eq!(entries(&directory), ["in.jsonl"]);
}

#[test]
fn cancelling_leaves_nothing_behind() {
    for stage in [Stage::Encoding, Stage::Planning, Stage::Writing] {
        let directory = TempDir::new().unwrap();
        let mut job = job(&directory, many_chats());
        job.chunk_bytes = 500;
        let stop = |progress: &Progress| {
            if progress.stage == stage { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let result = pack_rows(&job, &encoder(bytes_as_tokens), &identity(), &stop);
        assert!(matches!(result, Err(Error::Cancelled)));
        assert_eq!(entries(&directory), ["in.jsonl"]);
    }
}

#[test]
fn a_row_that_takes_long_is_not_waited_for() {
    let directory = TempDir::new().unwrap();
    let job = job(&directory, chat(1, 1));
    let (finish, finished) = channel::<()>();
    let finished = Mutex::new(finished);
    let endless = encoder(move |conversation| {
        let _ = finished.lock().map(|finished| finished.recv());
        bytes_as_tokens(conversation)
    });
    let ticks = Cell::new(0);
    let later = |_: &Progress| {
        ticks.set(ticks.get() + 1);
        if ticks.get() < 9 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    assert!(matches!(pack_rows(&job, &endless, &identity(), &later), Err(Error::Cancelled)));
    assert_eq!(entries(&directory), ["in.jsonl"]);
    drop(finish);
}

#[test]
fn a_panic_of_the_encoder_is_passed_on() {
    let directory = TempDir::new().unwrap();
    let job = job(&directory, chat(1, 1));
    let work = || pack_rows(&job, &encoder(|_| panic!("lost")), &identity(), &|_| ControlFlow::Continue(()));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"lost"));
    assert_eq!(entries(&directory), ["in.jsonl"]);
}

#[test]
fn progress_only_grows_and_ends_complete() {
    let directory = TempDir::new().unwrap();
    let mut job = job(&directory, many_chats());
    job.chunk_bytes = 500;
    let seen: RefCell<Vec<Progress>> = RefCell::default();
    let watch = |progress: &Progress| {
        seen.borrow_mut().push(*progress);
        ControlFlow::Continue(())
    };
    let summary = pack_rows(&job, &encoder(bytes_as_tokens), &identity(), &watch).unwrap();
    let seen = seen.into_inner();
    assert!(seen.len() > 20);
    assert!(seen.windows(2).all(|pair| pair[0].bytes <= pair[1].bytes && pair[0].rows <= pair[1].rows));
    let last = seen[seen.len() - 1];
    assert_eq!((last.bytes, last.rows), (last.total_bytes, summary.counts.rows));
    assert_eq!((last.tokens, last.written), (summary.counts.tokens, summary.counts.tokens));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_row_comes_out_once(
        shapes in prop::collection::vec((0..45_usize, 0..45_usize), 1..60),
        chunk_bytes in 1..400_usize,
        shard_tokens in 50..3000_u64,
    ) {
        let directory = TempDir::new()?;
        let rows: Vec<String> = shapes.iter().map(|&(user, assistant)| chat(user, assistant + 1)).collect();
        let mut job = job(&directory, rows.join("\n"));
        (job.chunk_bytes, job.shard_tokens) = (chunk_bytes, shard_tokens);
        let kept: Vec<(i64, usize, usize)> = (0..)
            .zip(&shapes)
            .map(|(row, &(user, assistant))| (row, user, assistant + 1))
            .filter(|(_, user, assistant)| user + assistant <= TOO_LONG)
            .collect();
        let result = run(&job);
        if kept.is_empty() {
            let refused = matches!(result, Err(Error::NothingToPack { .. }));
            prop_assert!(refused);
            return Ok(());
        }
        let packs = packs(&job.output);
        let mut found: Vec<(i64, usize, usize)> = packs
            .iter()
            .flatten()
            .map(|(row, ids, _)| {
                let user = ids.iter().filter(|&&id| id == i64::from(b'u')).count();
                (*row, user, ids.len() - user)
            })
            .collect();
        found.sort_unstable();
        prop_assert_eq!(found, kept);
        for pack in packs {
            prop_assert!(pack.iter().map(|(_, ids, _)| ids.len()).sum::<usize>() <= MAX_LENGTH as usize);
        }
    }
}
