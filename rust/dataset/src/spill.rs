//! Encoded rows, waiting on disk to be packed.
//!
//! A token takes four bytes: its id, and in the top bit whether it carries loss. Where a sequence stands is
//! found from the lengths, so that a sequence takes eight bytes of memory.
use crate::Error;
use crate::chunk::Encoded;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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
    weights: Option<Weights>,
}

impl Spill {
    pub(crate) fn create(path: PathBuf) -> Result<Self, Error> {
        let file = create(&path)?;
        let (lengths, rows, starts) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { path, file, tokens: 0, rows_seen: 0, lengths, rows, starts, weights: None })
    }

    pub(crate) fn append(&mut self, encoded: &Encoded) -> Result<(), Error> {
        let mut weights = encoded.weights.iter().peekable();
        let mut sequences = encoded.lengths.iter().enumerate();
        for &given in &encoded.rows {
            for (place, &length) in sequences.by_ref().take(given) {
                if let Some((_, weights)) = weights.next_if(|(weighted, _)| *weighted == place) {
                    self.note_weights(weights)?;
                }
                self.note(length);
            }
            self.rows_seen = self.rows_seen.checked_add(1).ok_or(Error::TooManyRows)?;
        }
        self.file.write_all(&encoded.words).map_err(Error::io("write", &self.path))
    }

    /// Keeps the weights of the sequence that comes next.
    fn note_weights(&mut self, weights: &[f32]) -> Result<(), Error> {
        let kept = match self.weights.take() {
            Some(kept) => kept,
            None => Weights::create(self.path.with_extension("weights"))?,
        };
        self.weights.insert(kept).append(self.lengths.len(), weights)
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

    /// Whether any sequence has weights.
    pub(crate) fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// Appends the weights of a sequence of `words` to `weights`, as bytes of float32.
    pub(crate) fn read_weights(
        &self,
        sequence: usize,
        words: &[u8],
        weights: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let kept = self.weights.as_ref().and_then(|kept| Some((kept, *kept.starts.get(&sequence)?)));
        let Some((kept, start)) = kept else {
            let (words, _) = words.as_chunks();
            let weight =
                |&word: &[u8; WORD_BYTES]| f32::from(u8::from(u32::from_le_bytes(word) & CARRIES_LOSS != 0));
            weights.extend(words.iter().flat_map(|word| weight(word).to_le_bytes()));
            return Ok(());
        };
        let place = weights.len();
        weights.resize(place + words.len(), 0);
        let mut file = &kept.file;
        let sought = file.seek(SeekFrom::Start(start));
        sought.and_then(|_| file.read_exact(&mut weights[place..])).map_err(Error::io("read", &kept.path))
    }

    /// Deletes the file.
    pub(crate) fn remove(self) -> Result<(), Error> {
        drop(self.file);
        if let Some(Weights { path, file, .. }) = self.weights {
            drop(file);
            std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
        std::fs::remove_file(&self.path).map_err(Error::io("remove", &self.path))
    }
}

fn create(path: &Path) -> Result<File, Error> {
    let mut options = File::options();
    let opened = options.read(true).write(true).create_new(true).open(path);
    opened.map_err(Error::io("create", path))
}

/// The weights of the sequences that have any, in a file of their own.
struct Weights {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// By sequence, the byte its weights start at.
    starts: HashMap<usize, u64>,
}

impl Weights {
    fn create(path: PathBuf) -> Result<Self, Error> {
        let file = create(&path)?;
        Ok(Self { path, file, bytes: 0, starts: HashMap::new() })
    }

    fn append(&mut self, sequence: usize, weights: &[f32]) -> Result<(), Error> {
        let bytes: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        self.starts.insert(sequence, self.bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(&bytes).map_err(Error::io("write", &self.path))
    }
}
