//! The work of a thread: rows of a chunk to tokens.
use crate::lines::Chunk;
use crate::ordered::StopFlag;
use crate::pipeline::{Encode, Job, OnError};
use crate::spill::{WORD_BYTES, is_sound, word};
use crate::tally::Tally;
use crate::{Error, RowError};
use chatloom_tokenize::{Example, Outcome};
use std::path::PathBuf;

/// What became of a chunk.
#[derive(Default)]
pub(crate) struct Encoded {
    /// For each row how many sequences it gave; none where it was left out.
    pub(crate) rows: Vec<usize>,
    /// The tokens of each sequence.
    pub(crate) lengths: Vec<u32>,
    /// The tokens of all sequences, as [`word`]s.
    pub(crate) words: Vec<u8>,
    /// The weights of the sequences that have any, by their place in `lengths`.
    pub(crate) weights: Vec<(usize, Vec<f32>)>,
    /// How many of what there are.
    pub(crate) tally: Tally,
    /// The rows that can't be used; where they stop the run the first alone, and nothing after it was looked at.
    pub(crate) failures: Vec<Failure>,
    /// Bytes of input.
    pub(crate) bytes: u64,
}

/// A row that can't be used.
pub(crate) struct Failure {
    pub(crate) source: usize,
    pub(crate) line: u64,
    /// Its index among the rows of the chunk.
    pub(crate) row: usize,
    pub(crate) error: RowError,
}

impl Failure {
    /// The error of a run that ends by it.
    pub(crate) fn stops(self, paths: &[PathBuf]) -> Error {
        Error::Row { path: paths[self.source].clone(), line: self.line, error: self.error }
    }
}

pub(crate) fn encode_chunk(chunk: &Chunk, encode: &Encode, job: &Job, stop: &StopFlag) -> Encoded {
    // Text takes about as many bytes as its tokens.
    let words = Vec::with_capacity(chunk.bytes.len());
    let mut encoded = Encoded { bytes: chunk.bytes.len() as u64, words, ..Encoded::default() };
    for (line, row) in chunk.rows().take_while(|_| !stop.is_set()) {
        let outcome = encode_row(row, chunk, encode, job);
        if let Err(error) = outcome.and_then(|outcome| encoded.push(outcome, job.drop_untrained)) {
            encoded.failures.push(Failure { source: chunk.source, line, row: encoded.rows.len(), error });
            encoded.rows.push(0);
            if job.on_error == OnError::Stop {
                break;
            }
        }
    }
    encoded
}

fn encode_row(row: Option<&[u8]>, chunk: &Chunk, encode: &Encode, job: &Job) -> Result<Outcome, RowError> {
    let row = row.ok_or(RowError::LineTooLong { max_bytes: job.max_line_bytes })?;
    let parsed = job.reading.parse(row).map_err(|error| match std::str::from_utf8(row) {
        Err(error) => RowError::Utf8 { byte: error.valid_up_to() + 1 },
        Ok(_) => error.into(),
    });
    let conversation = job.reading.expect(parsed?, chunk.shape.as_ref())?;
    let outcome = encode(&conversation)?;
    let max_length = job.max_length as usize;
    let lengths = || outcome.examples.iter().map(|example| example.input_ids.len());
    match lengths().find(|&tokens| tokens > max_length) {
        _ if lengths().any(|tokens| tokens == 0) => Err(RowError::NoTokens),
        Some(tokens) => Err(chatloom_tokenize::Error::TooLong { tokens, max_length }.into()),
        None => Ok(outcome),
    }
}

impl Encoded {
    /// Adds what a row gave; of a row that can't be used nothing.
    fn push(&mut self, outcome: Outcome, drop_untrained: bool) -> Result<(), RowError> {
        let mut tally = Tally::of(&outcome, self.rows.len());
        let Outcome { examples, fit, .. } = outcome;
        let (words, sequences) = (self.words.len(), self.lengths.len());
        let mut examples = examples.into_iter();
        let pushed = examples.try_for_each(|example| self.push_example(example, drop_untrained, &mut tally));
        pushed.inspect_err(|_| {
            self.words.truncate(words);
            self.lengths.truncate(sequences);
            self.weights.retain(|(sequence, _)| *sequence < sequences);
        })?;
        let given = self.lengths.len() - sequences;
        tally.row(given, fit);
        self.tally += tally;
        self.rows.push(given);
        Ok(())
    }

    fn push_example(
        &mut self,
        mut example: Example,
        drop_untrained: bool,
        tally: &mut Tally,
    ) -> Result<(), RowError> {
        let length = u32::try_from(example.input_ids.len()).map_err(|_| RowError::Labels)?;
        chatloom_pack::mask_first_labels(&mut example.labels, &[length.cast_signed()]);
        let place = self.words.len();
        let trained = self.push_words(&example)?;
        if trained == 0 && drop_untrained {
            self.words.truncate(place);
            return Ok(());
        }
        tally.trained += trained;
        tally.untrained += u64::from(trained == 0);
        tally.straddling += example.straddling as u64;
        tally.look_alikes += u64::from(!example.look_alikes.is_empty());
        if let Some(mut weights) = example.weights {
            weights.iter_mut().take(1).for_each(|first| *first = 0.0);
            self.weights.push((self.lengths.len(), weights));
        }
        self.lengths.push(length);
        Ok(())
    }

    /// Tokens that carry loss.
    fn push_words(&mut self, example: &Example) -> Result<u64, RowError> {
        let weighted = example.weights.as_ref().is_none_or(|weights| weights.len() == example.labels.len());
        if example.input_ids.len() != example.labels.len() || !weighted {
            return Err(RowError::Labels);
        }
        let place = self.words.len();
        self.words.resize(place + example.labels.len() * WORD_BYTES, 0);
        let (slots, _) = self.words[place..].as_chunks_mut();
        let (mut trained, mut sound) = (0, true);
        for ((slot, &id), &label) in slots.iter_mut().zip(&example.input_ids).zip(&example.labels) {
            sound &= is_sound(id, label);
            trained += u64::from(label == id);
            *slot = word(id, label).to_le_bytes();
        }
        if !sound {
            return Err(RowError::Labels);
        }
        Ok(trained)
    }
}
