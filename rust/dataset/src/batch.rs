//! Conversations that are already in memory, encoded on threads.
use crate::ordered::{self, Line, StopFlag};
use crate::pipeline::{Encode, thread_pool};
use crate::tally::Tally;
use crate::{Counts, Error, UnstableFacts};
use chatloom_template::{Conversation, Data};
use chatloom_tokenize::{Example, LookAlike, NO_LOSS, Outcome};
use std::num::NonZeroUsize;

/// A chunk is full with so many conversations, or so many bytes of text.
const CHUNK_ROWS: usize = 64;
const CHUNK_BYTES: usize = 1 << 16;

/// Conversations that are encoded by one thread.
#[derive(Debug)]
pub struct Chunk {
    first_row: usize,
    conversations: Vec<Conversation>,
    bytes: usize,
}

impl Chunk {
    /// Whether it shall take no more.
    pub fn is_full(&self) -> bool {
        self.conversations.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }

    /// Adds a conversation.
    pub fn push(&mut self, conversation: Conversation) {
        self.bytes += text_bytes(&conversation);
        self.conversations.push(conversation);
    }
}

/// The caller's side of a batch; all of it is called on the caller's thread.
pub trait Feed {
    /// Why the caller ends the batch early.
    type Stop;

    /// Pushes the next conversations until the chunk is full; tells whether there are more.
    ///
    /// # Errors
    /// A row can't be had. No row is asked for after it, and it is told only if none before it failed.
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, Self::Stop>;

    /// Called often, for instance to look for an interrupt.
    ///
    /// # Errors
    /// The batch shall end at once.
    fn tick(&mut self) -> Result<(), Self::Stop>;
}

/// Examples laid end to end; example `i` is `offsets[i]..offsets[i + 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The tokens of all examples.
    pub input_ids: Vec<i32>,
    /// Their labels.
    pub labels: Vec<i32>,
    /// The weights of their losses, 0 where a token carries none; `None` where every loss counts 1.
    pub weights: Option<Vec<f32>>,
    /// Where each example starts, and where the last one ends.
    pub offsets: Vec<usize>,
    /// The row of each example, from 0; rows that were dropped for their length are missing, and rows that were split
    /// are there several times.
    pub rows: Vec<usize>,
    /// Rows whose own text holds control tokens, where the encoder tells.
    pub look_alikes: usize,
    /// The first of them, and the first such token in it.
    pub first_look_alike: Option<(usize, LookAlike)>,
    tally: Tally,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            input_ids: Vec::new(),
            labels: Vec::new(),
            weights: None,
            offsets: vec![0],
            rows: Vec::new(),
            look_alikes: 0,
            first_look_alike: None,
            tally: Tally::default(),
        }
    }
}

/// Why a batch has no result.
#[derive(Debug)]
pub enum BatchError<S> {
    /// The first row that can't be encoded.
    Row {
        /// Which, from 0.
        row: usize,
        /// What is wrong with it.
        error: chatloom_tokenize::Error,
    },
    /// The threads could not be started.
    Threads(Error),
    /// The caller ended it.
    Stopped(S),
}

/// Encodes conversations on threads, in order: what comes out does not depend on their number.
///
/// The threads end with the call, so that a process may fork between calls. A batch that doesn't fill a chunk is
/// encoded without any.
///
/// # Errors
/// The first row that can't be had or encoded; [`BatchError::Stopped`] where the feed says so.
pub fn encode_batch<F: Feed>(
    feed: &mut F,
    encode: &Encode,
    threads: Option<NonZeroUsize>,
) -> Result<Batch, BatchError<F::Stop>> {
    let mut intake = Intake { feed, supply: Supply::More, ahead: None, rows: 0, batch: Batch::default() };
    let first = intake.chunk()?;
    if matches!(intake.supply, Supply::More) || first.is_full() {
        intake.ahead = Some(first);
        let threads = if matches!(intake.supply, Supply::More) { threads } else { NonZeroUsize::new(1) };
        let pool = thread_pool(threads).map_err(BatchError::Threads)?;
        let in_flight = 2 * pool.current_num_threads() + 1;
        let encode = encode.clone();
        ordered::run(&pool, in_flight, &mut intake, move |chunk, stop| encode_chunk(&chunk, &encode, stop))?;
    } else {
        intake.take(encode_chunk(&first, encode, &StopFlag::default()))?;
    }
    match intake.supply {
        Supply::Refused(stop) => Err(BatchError::Stopped(stop)),
        _ => Ok(intake.batch),
    }
}

/// Whether there are further rows.
enum Supply<S> {
    More,
    Ended,
    Refused(S),
}

struct Intake<'a, F: Feed> {
    feed: &'a mut F,
    supply: Supply<F::Stop>,
    ahead: Option<Chunk>,
    rows: usize,
    batch: Batch,
}

impl<F: Feed> Intake<'_, F> {
    fn chunk(&mut self) -> Result<Chunk, BatchError<F::Stop>> {
        self.feed.tick().map_err(BatchError::Stopped)?;
        let mut chunk = Chunk { first_row: self.rows, conversations: Vec::new(), bytes: 0 };
        self.supply = match self.feed.fill(&mut chunk) {
            Ok(true) => Supply::More,
            Ok(false) => Supply::Ended,
            Err(stop) => Supply::Refused(stop),
        };
        self.rows += chunk.conversations.len();
        Ok(chunk)
    }
}

type Encoded = Result<Batch, (usize, chatloom_tokenize::Error)>;

impl<F: Feed> Line<Chunk, Encoded, BatchError<F::Stop>> for Intake<'_, F> {
    fn next(&mut self) -> Result<Option<Chunk>, BatchError<F::Stop>> {
        match (self.ahead.take(), &self.supply) {
            (None, Supply::More) => self.chunk().map(Some),
            (ahead, _) => Ok(ahead),
        }
    }

    fn take(&mut self, done: Encoded) -> Result<(), BatchError<F::Stop>> {
        let part = done.map_err(|(row, error)| BatchError::Row { row, error })?;
        self.batch.append(part);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), BatchError<F::Stop>> {
        self.feed.tick().map_err(BatchError::Stopped)
    }
}

impl Batch {
    /// What became of rows that were too long or that templates print otherwise alone.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// The first row of which a beginning renders otherwise alone, if there is one.
    pub fn first_unstable(&self) -> Option<UnstableFacts> {
        self.tally.first_unstable()
    }

    /// Adds the weights of further tokens; if they are the first, all losses before count 1.
    fn weigh(&mut self, weights: Option<&[f32]>, labels: &[i32]) {
        if weights.is_some() || self.weights.is_some() {
            let all = self.weights.get_or_insert_with(|| plain(&self.labels));
            match weights {
                Some(weights) => all.extend_from_slice(weights),
                None => all.extend(plain(labels)),
            }
        }
    }

    fn push(&mut self, outcome: &Outcome, row: usize) {
        self.tally += Tally::of(outcome, row);
        self.tally.row(outcome.examples.len(), outcome.fit);
        outcome.examples.iter().for_each(|example| self.push_example(example, row));
        let look_alikes = || outcome.examples.iter().flat_map(|example| &example.look_alikes);
        if let Some(first) = look_alikes().next() {
            self.look_alikes += 1;
            self.first_look_alike.get_or_insert_with(|| (row, first.clone()));
        }
    }

    fn push_example(&mut self, example: &Example, row: usize) {
        self.weigh(example.weights.as_deref(), &example.labels);
        self.input_ids.extend_from_slice(&example.input_ids);
        self.labels.extend_from_slice(&example.labels);
        self.offsets.push(self.input_ids.len());
        self.rows.push(row);
    }

    fn append(&mut self, part: Self) {
        self.tally += part.tally;
        self.look_alikes += part.look_alikes;
        self.first_look_alike = self.first_look_alike.take().or(part.first_look_alike);
        if self.rows.is_empty() {
            let (tally, look_alikes) = (std::mem::take(&mut self.tally), self.look_alikes);
            let first_look_alike = self.first_look_alike.take();
            *self = Self { look_alikes, first_look_alike, tally, ..part };
            return;
        }
        self.weigh(part.weights.as_deref(), &part.labels);
        let start = self.input_ids.len();
        self.input_ids.extend_from_slice(&part.input_ids);
        self.labels.extend_from_slice(&part.labels);
        self.offsets.extend(part.offsets.iter().skip(1).map(|offset| start + offset));
        self.rows.extend_from_slice(&part.rows);
    }
}

/// The weights of losses that count 1.
fn plain(labels: &[i32]) -> Vec<f32> {
    labels.iter().map(|&label| f32::from(u8::from(label != NO_LOSS))).collect()
}

fn encode_chunk(chunk: &Chunk, encode: &Encode, stop: &StopFlag) -> Encoded {
    let mut batch = Batch::default();
    for (row, conversation) in (chunk.first_row..).zip(&chunk.conversations) {
        if stop.is_set() {
            break;
        }
        match encode(conversation) {
            Ok(outcome) => batch.push(&outcome, row),
            Err(error) => return Err((row, error)),
        }
    }
    Ok(batch)
}

/// Bytes of text in a conversation.
pub fn text_bytes(conversation: &Conversation) -> usize {
    let Conversation { messages, tools, documents, .. } = conversation;
    messages.iter().chain(tools).chain(documents).map(bytes_of).sum()
}

fn bytes_of(data: &Data) -> usize {
    match data {
        Data::Str(text) => text.len(),
        Data::List(values) | Data::Tuple(values) => values.iter().map(bytes_of).sum(),
        Data::Dict(entries) => entries.iter().map(|(_, value)| bytes_of(value)).sum(),
        _ => 0,
    }
}
