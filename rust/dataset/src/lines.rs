//! Files read in chunks of whole lines.
use crate::input::{Input, Tick};
use crate::shape::Shape;
use crate::{Error, SourceFacts};
use std::path::PathBuf;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole lines of one file.
pub(crate) struct Chunk {
    /// Index of the file.
    pub(crate) source: usize,
    /// The number of the first line, from 1.
    pub(crate) first_line: u64,
    /// The lines, each but perhaps the last with its end.
    pub(crate) bytes: Vec<u8>,
    /// Whether it stands for a single line that is longer than a line may be, and was not kept.
    pub(crate) overlong: bool,
    /// The longest that a line may be.
    pub(crate) max_line_bytes: usize,
    /// The shape of the file's rows, once a row has shown it.
    pub(crate) shape: Option<Shape>,
}

impl Chunk {
    /// The lines that hold anything but white space, with their numbers; none in the place of an overlong line.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, Option<&[u8]>)> {
        let lines = Lines { rest: unmarked(&self.bytes, self.first_line) };
        let kept = lines.map(|line| Some(line).filter(|line| line.len() <= self.max_line_bytes));
        let rows = kept.chain(self.overlong.then_some(None));
        (self.first_line..).zip(rows).filter(|(_, row)| row.is_none_or(|row| !row.trim_ascii().is_empty()))
    }
}

/// What follows the byte-order mark that a file may begin with.
fn unmarked(bytes: &[u8], first_line: u64) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).filter(|_| first_line == 1).unwrap_or(bytes)
}

/// Lines without their ends.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Some(line)
    }
}

/// Reads files one after another; holds one chunk, however long a file is. Only a line longer than a chunk
/// makes it longer, up to the longest that a line may be.
pub(crate) struct ChunkReader<'a> {
    paths: &'a [PathBuf],
    chunk_bytes: usize,
    max_line_bytes: usize,
    current: Option<OpenFile<'a>>,
    finished: Vec<SourceFacts>,
}

struct OpenFile<'a> {
    input: Input<'a>,
    hasher: blake3::Hasher,
    bytes: u64,
    next_line: u64,
    /// The beginning of a line whose end was not read yet.
    carried: Vec<u8>,
    /// Whether what comes next is the rest of an overlong line.
    within_overlong: bool,
}

/// What reading on gave.
enum Piece {
    Lines(Vec<u8>),
    Overlong,
    End,
}

impl<'a> ChunkReader<'a> {
    pub(crate) fn new(paths: &'a [PathBuf], chunk_bytes: usize, max_line_bytes: usize) -> Self {
        let chunk_bytes = chunk_bytes.max(1);
        Self { paths, chunk_bytes, max_line_bytes, current: None, finished: Vec::new() }
    }

    /// The next chunk, or none after the last file.
    pub(crate) fn next_chunk(&mut self, tick: &Tick<'_>) -> Result<Option<Chunk>, Error> {
        while let Some(path) = self.paths.get(self.finished.len()) {
            let source = self.finished.len();
            let mut open = match self.current.take() {
                Some(open) => open,
                None => OpenFile::new(Input::open(path)?),
            };
            let piece = open.read_lines(self.chunk_bytes, self.max_line_bytes, tick)?;
            let first_line = open.next_line;
            let (bytes, overlong) = match piece {
                Piece::Lines(bytes) => (bytes, false),
                Piece::Overlong => (Vec::new(), true),
                Piece::End => {
                    self.finished.push(open.facts());
                    continue;
                }
            };
            open.next_line += memchr::memchr_iter(b'\n', &bytes).count() as u64 + u64::from(overlong);
            self.current = Some(open);
            let max_line_bytes = self.max_line_bytes;
            return Ok(Some(Chunk { source, first_line, bytes, overlong, max_line_bytes, shape: None }));
        }
        Ok(None)
    }

    /// What was read; all of it once there is no further chunk.
    pub(crate) fn into_facts(self) -> Vec<SourceFacts> {
        self.finished
    }
}

impl<'a> OpenFile<'a> {
    fn new(input: Input<'a>) -> Self {
        let hasher = blake3::Hasher::new();
        Self { input, hasher, bytes: 0, next_line: 1, carried: Vec::new(), within_overlong: false }
    }

    /// About `wanted` bytes of whole lines.
    fn read_lines(&mut self, wanted: usize, max_line_bytes: usize, tick: &Tick<'_>) -> Result<Piece, Error> {
        self.skip_overlong(wanted, tick)?;
        let mut bytes = std::mem::take(&mut self.carried);
        let mut before = 0;
        loop {
            if let Some(end) = memchr::memrchr(b'\n', &bytes[before..]) {
                self.carried = bytes.split_off(before + end + 1);
                return Ok(Piece::Lines(bytes));
            }
            if unmarked(&bytes, self.next_line).len() > max_line_bytes {
                self.within_overlong = true;
                return Ok(Piece::Overlong);
            }
            before = bytes.len();
            if self.read(wanted, &mut bytes, tick)? == 0 {
                return Ok(if bytes.is_empty() { Piece::End } else { Piece::Lines(bytes) });
            }
        }
    }

    /// Reads past the end of an overlong line.
    fn skip_overlong(&mut self, wanted: usize, tick: &Tick<'_>) -> Result<(), Error> {
        let mut bytes = Vec::new();
        while self.within_overlong && self.read(wanted, &mut bytes, tick)? > 0 {
            if let Some(end) = memchr::memchr(b'\n', &bytes) {
                self.carried = bytes.split_off(end + 1);
                self.within_overlong = false;
            }
            bytes.clear();
        }
        Ok(())
    }

    fn read(&mut self, wanted: usize, bytes: &mut Vec<u8>, tick: &Tick<'_>) -> Result<usize, Error> {
        let before = bytes.len();
        let read = self.input.read(wanted, bytes, tick)?;
        self.hasher.update(&bytes[before..]);
        self.bytes += read as u64;
        Ok(read)
    }

    fn facts(&self) -> SourceFacts {
        let path = self.input.path();
        let name = path.file_name().unwrap_or(path.as_os_str());
        SourceFacts {
            name: name.to_string_lossy().into_owned(),
            bytes: self.bytes,
            blake3: self.hasher.finalize().to_hex().to_string(),
            shape: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ChunkReader;
    use proptest::prelude::*;
    use std::path::PathBuf;

    /// A row with its file and line; none where it is too long.
    type Found = (usize, u64, Option<Vec<u8>>);

    /// Every row of all files, read at once.
    fn naive(texts: &[Vec<u8>], max_line_bytes: usize) -> Vec<Found> {
        let mut rows = Vec::new();
        for (source, text) in texts.iter().enumerate() {
            let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
            for (line, row) in (1..).zip(text.split(|&byte| byte == b'\n')) {
                let kept = (row.len() <= max_line_bytes).then(|| row.to_vec());
                if kept.as_ref().is_none_or(|row| !row.trim_ascii().is_empty()) {
                    rows.push((source, line, kept));
                }
            }
        }
        rows
    }

    fn write(directory: &tempfile::TempDir, texts: &[Vec<u8>]) -> std::io::Result<Vec<PathBuf>> {
        let named = texts.iter().enumerate();
        let written = named.map(|(index, text)| {
            let path = directory.path().join(format!("{index}.jsonl"));
            std::fs::write(&path, text).map(|()| path)
        });
        written.collect()
    }

    proptest! {
        #[test]
        fn chunks_hold_the_rows_that_reading_at_once_finds(
            texts in prop::collection::vec("(\u{FEFF})?[ab\u{AC00}\r\n ]{0,60}", 0..4),
            chunk_bytes in 1..40_usize,
            max_line_bytes in 3..20_usize,
        ) {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let directory = tempfile::tempdir()?;
            let paths = write(&directory, &texts)?;
            let mut reader = ChunkReader::new(&paths, chunk_bytes, max_line_bytes);
            let mut rows = Vec::new();
            let next = |reader: &mut ChunkReader<'_>| reader.next_chunk(&|| Ok(()));
            while let Some(chunk) = next(&mut reader).map_err(|error| TestCaseError::fail(error.to_string()))? {
                rows.extend(chunk.rows().map(|(line, row)| (chunk.source, line, row.map(<[u8]>::to_vec))));
            }
            prop_assert_eq!(rows, naive(&texts, max_line_bytes));
            let facts = reader.into_facts();
            prop_assert_eq!(facts.len(), texts.len());
            for (facts, text) in facts.iter().zip(&texts) {
                prop_assert_eq!(facts.bytes, text.len() as u64);
                prop_assert_eq!(&facts.blake3, &blake3::hash(text).to_hex().to_string());
            }
        }
    }
}
