//! Batches of conversations that are in memory.
use chatloom_dataset::{Batch, BatchError, Chunk, Encode, Feed, encode_batch};
use chatloom_template::Conversation;
use chatloom_tokenize::{Error, Example, Outcome};
use proptest::prelude::*;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows as numbers: a row is encoded to as many tokens; row 0 is dropped.
fn conversation(length: usize) -> Conversation {
    Conversation { messages: vec!["x".repeat(length).into()], ..Conversation::default() }
}

fn length(conversation: &Conversation) -> usize {
    conversation.messages[0].as_str().map_or(0, str::len)
}

#[expect(clippy::unnecessary_wraps, reason = "an encoder may fail")]
fn encode(conversation: &Conversation) -> Result<Outcome, Error> {
    let tokens = length(conversation);
    let ids: Vec<i32> = (0..).take(tokens).collect();
    Ok(match tokens {
        0 => Outcome::dropped(tokens, 0),
        _ => Outcome::whole(Example {
            labels: ids.iter().rev().copied().collect(),
            input_ids: ids,
            ..Example::default()
        }),
    })
}

fn fail(conversation: &Conversation) -> Result<Outcome, Error> {
    match length(conversation) {
        7 => Err(Error::TooLong { tokens: 7, max_length: 6 }),
        _ => encode(conversation),
    }
}

struct Lengths<'a>(std::slice::Iter<'a, usize>);

impl Feed for Lengths<'_> {
    type Stop = Infallible;

    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, Infallible> {
        while !chunk.is_full() {
            let Some(&length) = self.0.next() else { return Ok(false) };
            chunk.push(conversation(length));
        }
        Ok(true)
    }

    fn tick(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Gives rows of one token up to `refused`, which can't be had.
struct Refusing {
    row: usize,
    refused: usize,
}

impl Feed for Refusing {
    type Stop = &'static str;

    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, &'static str> {
        while !chunk.is_full() {
            if self.row == self.refused {
                return Err("no such row");
            }
            chunk.push(conversation(if self.row == 5 { 7 } else { 1 }));
            self.row += 1;
        }
        Ok(true)
    }

    fn tick(&mut self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Endless rows, until an interrupt is seen.
struct Interrupted<'a>(&'a AtomicBool);

impl Feed for Interrupted<'_> {
    type Stop = &'static str;

    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, &'static str> {
        while !chunk.is_full() {
            chunk.push(conversation(1));
        }
        Ok(true)
    }

    fn tick(&mut self) -> Result<(), &'static str> {
        if self.0.load(Ordering::Relaxed) { Err("interrupted") } else { Ok(()) }
    }
}

fn encoder(encode: impl Fn(&Conversation) -> Result<Outcome, Error> + Send + Sync + 'static) -> Encode {
    Arc::new(encode)
}

fn threads(count: usize) -> Option<NonZeroUsize> {
    NonZeroUsize::new(count)
}

fn content(batch: &Batch) -> [Vec<usize>; 4] {
    let ids = |ids: &[i32]| ids.iter().map(|&id| id.cast_unsigned() as usize).collect();
    [ids(&batch.input_ids), ids(&batch.labels), batch.offsets.clone(), batch.rows.clone()]
}

fn one_by_one(lengths: &[usize]) -> Batch {
    let mut batch = Batch::default();
    for (row, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        for example in encode(&conversation(length)).into_iter().flat_map(|outcome| outcome.examples) {
            batch.input_ids.extend(example.input_ids);
            batch.labels.extend(example.labels);
            batch.offsets.push(batch.input_ids.len());
            batch.rows.push(row);
        }
    }
    batch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_number_of_threads_gives_the_rows_in_order(
        lengths in prop::collection::vec(prop_oneof![8 => 0..50_usize, 1 => 60_000..70_000_usize], 0..300),
        count in 1..9_usize,
    ) {
        let batch = encode_batch(&mut Lengths(lengths.iter()), &encoder(encode), threads(count));
        prop_assert_eq!(batch.as_ref().ok().map(content), Some(content(&one_by_one(&lengths))));
        let dropped = lengths.iter().filter(|length| **length == 0).count();
        prop_assert_eq!(batch.ok().map(|batch| batch.counts().dropped), Some(dropped as u64));
    }
}

#[test]
fn the_first_row_that_fails_is_told() {
    let mut lengths = vec![1; 1000];
    lengths[900] = 7;
    lengths[400] = 7;
    for count in [1, 2, 8] {
        let failed = encode_batch(&mut Lengths(lengths.iter()), &encoder(fail), threads(count));
        assert!(matches!(failed, Err(BatchError::Row { row: 400, .. })), "{failed:?}");
    }
}

#[test]
fn a_row_that_cannot_be_had_is_told_only_if_none_before_it_failed() {
    for refused in [10, 1000] {
        let stopped = encode_batch(&mut Refusing { row: 0, refused }, &encoder(encode), threads(2));
        assert!(matches!(stopped, Err(BatchError::Stopped("no such row"))), "{stopped:?}");
        let failed = encode_batch(&mut Refusing { row: 0, refused }, &encoder(fail), threads(2));
        assert!(matches!(failed, Err(BatchError::Row { row: 5, .. })), "{failed:?}");
    }
}

#[test]
fn an_interrupt_ends_an_endless_batch() {
    let interrupt = Arc::new(AtomicBool::new(false));
    let begun = interrupt.clone();
    let interrupting = encoder(move |conversation| {
        begun.store(true, Ordering::Relaxed);
        encode(conversation)
    });
    let stopped = encode_batch(&mut Interrupted(&interrupt), &interrupting, threads(2));
    assert!(matches!(stopped, Err(BatchError::Stopped("interrupted"))), "{stopped:?}");
}
