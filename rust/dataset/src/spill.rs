//! Encoded rows, waiting on disk to be packed.
//!
//! A token takes four bytes: its id, and in the top bit whether it carries loss. Where a sequence stands is
//! found from the lengths, so that a sequence takes eight bytes of memory.
use crate::Error;
use crate::chunk::Encoded;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Whether a label belongs to a token: its own id, or no loss.
pub(crate) fn is_sound(id: i32, label: i32) -> bool {
    id >= 0 && (label == id || label == chatloom_pack::IGNORED)
}

/// A token and its label in four bytes, if they are sound.
pub(crate) fn word(id: i32, label: i32) -> u32 {
    id.cast_unsigned() | (u32::from(label == id) * CARRIES_LOSS)
}

/// The id and the label that [`word`] was made of.
pub(crate) fn id_and_label(word: u32) -> (i32, i32) {
    let id = (word & !CARRIES_LOSS).cast_signed();
    (id, if word & CARRIES_LOSS == 0 { chatloom_pack::IGNORED } else { id })
}

const CARRIES_LOSS: u32 = 1 << 31;

/// Bytes that a token takes.
pub(crate) const WORD_BYTES: usize = size_of::<u32>();

/// How many sequences share one remembered offset.
const STRIDE: usize = 64;

/// A temporary file of sequences, and their lengths and rows.
pub(crate) struct Spill {
    path: PathBuf,
    file: File,
    tokens: u64,
    rows_seen: u32,
    lengths: Vec<u32>,
    rows: Vec<u32>,
    /// The token at which each [`STRIDE`]th sequence starts.
    starts: Vec<u64>,
}

impl Spill {
    pub(crate) fn create(path: PathBuf) -> Result<Self, Error> {
        let mut options = File::options();
        let opened = options.read(true).write(true).create_new(true).open(&path);
        let file = opened.map_err(Error::io("create", &path))?;
        let (lengths, rows, starts) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { path, file, tokens: 0, rows_seen: 0, lengths, rows, starts })
    }

    pub(crate) fn append(&mut self, encoded: &Encoded) -> Result<(), Error> {
        for &length in &encoded.lengths {
            if let Some(length) = length {
                self.note(length);
            }
            self.rows_seen = self.rows_seen.checked_add(1).ok_or(Error::TooManyRows)?;
        }
        self.file.write_all(&encoded.words).map_err(Error::io("write", &self.path))
    }

    fn note(&mut self, length: u32) {
        if self.lengths.len().is_multiple_of(STRIDE) {
            self.starts.push(self.tokens);
        }
        self.lengths.push(length);
        self.rows.push(self.rows_seen);
        self.tokens += u64::from(length);
    }

    /// Tokens of each sequence.
    pub(crate) fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// The row of a sequence.
    pub(crate) fn row(&self, sequence: usize) -> i64 {
        i64::from(self.rows[sequence])
    }

    /// Rows that were appended, those without a sequence among them.
    pub(crate) fn rows_seen(&self) -> u64 {
        u64::from(self.rows_seen)
    }

    /// Tokens of all sequences.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Appends the words of a sequence to `words`.
    pub(crate) fn read(&self, sequence: usize, words: &mut Vec<u8>) -> Result<(), Error> {
        let first = sequence - sequence % STRIDE;
        let skipped: u64 = self.lengths[first..sequence].iter().copied().map(u64::from).sum();
        let offset = (self.starts[sequence / STRIDE] + skipped) * WORD_BYTES as u64;
        let place = words.len();
        words.resize(place + self.lengths[sequence] as usize * WORD_BYTES, 0);
        let mut file = &self.file;
        let sought = file.seek(SeekFrom::Start(offset));
        sought.and_then(|_| file.read_exact(&mut words[place..])).map_err(Error::io("read", &self.path))
    }

    /// Deletes the file.
    pub(crate) fn remove(self) -> Result<(), Error> {
        drop(self.file);
        std::fs::remove_file(&self.path).map_err(Error::io("remove", &self.path))
    }
}
