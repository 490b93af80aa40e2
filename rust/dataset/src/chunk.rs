//! The work of a thread: rows of a chunk to tokens.
use crate::lines::Chunk;
use crate::ordered::StopFlag;
use crate::pipeline::Encode;
use crate::spill::{WORD_BYTES, is_sound, word};
use crate::{RowError, json, row_to_conversation};
use chatloom_tokenize::{Example, Outcome};

/// What became of a chunk.
#[derive(Default)]
pub(crate) struct Encoded {
    /// For each row its tokens, or none where it was dropped.
    pub(crate) lengths: Vec<Option<u32>>,
    /// The tokens of all rows, as [`word`]s.
    pub(crate) words: Vec<u8>,
    /// Tokens that carry loss.
    pub(crate) trained: u64,
    /// Rows that were kept and have none.
    pub(crate) untrained: u64,
    /// The first row that can't be used; nothing after it was looked at.
    pub(crate) failure: Option<Failure>,
    /// Bytes of input.
    pub(crate) bytes: u64,
}

pub(crate) struct Failure {
    pub(crate) source: usize,
    pub(crate) line: u64,
    pub(crate) error: RowError,
}

pub(crate) fn encode_chunk(chunk: &Chunk, encode: &Encode<'_>, max_length: u32, stop: &StopFlag) -> Encoded {
    // Text takes about as many bytes as its tokens.
    let words = Vec::with_capacity(chunk.bytes.len());
    let mut encoded = Encoded { bytes: chunk.bytes.len() as u64, words, ..Encoded::default() };
    for (line, row) in chunk.rows().take_while(|_| !stop.is_set()) {
        if let Err(error) = encode_row(row, encode, max_length).and_then(|outcome| encoded.push(outcome)) {
            encoded.failure = Some(Failure { source: chunk.source, line, error });
            break;
        }
    }
    encoded
}

fn encode_row(row: &[u8], encode: &Encode<'_>, max_length: u32) -> Result<Outcome, RowError> {
    std::str::from_utf8(row).map_err(|error| RowError::Utf8 { byte: error.valid_up_to() + 1 })?;
    let outcome = encode(&row_to_conversation(json::parse(row)?)?)?;
    match &outcome {
        Outcome::Example(example) if example.input_ids.is_empty() => Err(RowError::NoTokens),
        Outcome::Example(example) if example.input_ids.len() > max_length as usize => {
            let (tokens, max_length) = (example.input_ids.len(), max_length as usize);
            Err(chatloom_tokenize::Error::TooLong { tokens, max_length }.into())
        }
        _ => Ok(outcome),
    }
}

impl Encoded {
    fn push(&mut self, outcome: Outcome) -> Result<(), RowError> {
        match outcome {
            Outcome::Dropped { .. } => self.lengths.push(None),
            Outcome::Example(mut example) => {
                let length = u32::try_from(example.input_ids.len()).map_err(|_| RowError::Labels)?;
                chatloom_pack::mask_first_labels(&mut example.labels, &[length.cast_signed()]);
                let trained = self.push_words(&example)?;
                self.trained += trained;
                self.untrained += u64::from(trained == 0);
                self.lengths.push(Some(length));
            }
        }
        Ok(())
    }

    /// Tokens that carry loss.
    fn push_words(&mut self, example: &Example) -> Result<u64, RowError> {
        if example.input_ids.len() != example.labels.len() {
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
