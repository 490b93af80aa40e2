//! Files read in chunks of whole lines.
use crate::shape::Shape;
use crate::{Error, SourceFacts};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole lines of one file.
pub(crate) struct Chunk {
    /// Index of the file.
    pub(crate) source: usize,
    /// The number of the first line, from 1.
    pub(crate) first_line: u64,
    /// The lines, each but perhaps the last with its end.
    pub(crate) bytes: Vec<u8>,
    /// The shape of the file's rows, once a row has shown it.
    pub(crate) shape: Option<Shape>,
}

impl Chunk {
    /// The lines that hold anything but white space, with their numbers.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let marked = self.bytes.strip_prefix(BYTE_ORDER_MARK).filter(|_| self.first_line == 1);
        let lines = Lines { rest: marked.unwrap_or(&self.bytes) };
        (self.first_line..).zip(lines).filter(|(_, line)| !line.trim_ascii().is_empty())
    }
}

struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest);
        let (line, rest) = self.rest.split_at(end.map_or(self.rest.len(), |end| end + 1));
        self.rest = rest;
        Some(line)
    }
}

/// Reads files one after another; holds one chunk, however long a file is. Only a line longer than a chunk
/// makes it longer.
pub(crate) struct ChunkReader<'a> {
    paths: &'a [PathBuf],
    chunk_bytes: usize,
    current: Option<OpenFile>,
    finished: Vec<SourceFacts>,
}

struct OpenFile {
    file: File,
    hasher: blake3::Hasher,
    bytes: u64,
    next_line: u64,
    /// The beginning of a line whose end was not read yet.
    carried: Vec<u8>,
}

impl<'a> ChunkReader<'a> {
    pub(crate) fn new(paths: &'a [PathBuf], chunk_bytes: usize) -> Self {
        Self { paths, chunk_bytes: chunk_bytes.max(1), current: None, finished: Vec::new() }
    }

    /// The next chunk, or none after the last file.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        while let Some(path) = self.paths.get(self.finished.len()) {
            let source = self.finished.len();
            let mut open = match self.current.take() {
                Some(open) => open,
                None => OpenFile::open(path).map_err(Error::io("open", path))?,
            };
            let bytes = open.read_lines(self.chunk_bytes).map_err(Error::io("read", path))?;
            if bytes.is_empty() {
                self.finished.push(open.facts(path));
                continue;
            }
            let first_line = open.next_line;
            open.next_line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
            self.current = Some(open);
            return Ok(Some(Chunk { source, first_line, bytes, shape: None }));
        }
        Ok(None)
    }

    /// What was read; all of it once there is no further chunk.
    pub(crate) fn into_facts(self) -> Vec<SourceFacts> {
        self.finished
    }
}

impl OpenFile {
    fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self { file, hasher: blake3::Hasher::new(), bytes: 0, next_line: 1, carried: Vec::new() })
    }

    /// About `wanted` bytes of whole lines; nothing at the end of the file.
    fn read_lines(&mut self, wanted: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = std::mem::take(&mut self.carried);
        loop {
            let before = bytes.len();
            let read = (&self.file).take(wanted as u64).read_to_end(&mut bytes)?;
            self.hasher.update(&bytes[before..]);
            self.bytes += read as u64;
            if read == 0 {
                return Ok(bytes);
            }
            if let Some(end) = memchr::memrchr(b'\n', &bytes[before..]) {
                self.carried = bytes.split_off(before + end + 1);
                return Ok(bytes);
            }
        }
    }

    fn facts(&self, path: &Path) -> SourceFacts {
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

    /// Every row of all files with its file and line, read at once.
    fn naive(texts: &[Vec<u8>]) -> Vec<(usize, u64, Vec<u8>)> {
        let mut rows = Vec::new();
        for (source, text) in texts.iter().enumerate() {
            let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
            for (line, row) in (1..).zip(text.split(|&byte| byte == b'\n')) {
                if !row.trim_ascii().is_empty() {
                    rows.push((source, line, row.to_vec()));
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
        ) {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let directory = tempfile::tempdir()?;
            let paths = write(&directory, &texts)?;
            let mut reader = ChunkReader::new(&paths, chunk_bytes);
            let mut rows = Vec::new();
            while let Some(chunk) = reader.next_chunk().map_err(|error| TestCaseError::fail(error.to_string()))? {
                let without_end = |row: &[u8]| row.strip_suffix(b"\n").unwrap_or(row).to_vec();
                rows.extend(chunk.rows().map(|(line, row)| (chunk.source, line, without_end(row))));
            }
            prop_assert_eq!(rows, naive(&texts));
            let facts = reader.into_facts();
            prop_assert_eq!(facts.len(), texts.len());
            for (facts, text) in facts.iter().zip(&texts) {
                prop_assert_eq!(facts.bytes, text.len() as u64);
                prop_assert_eq!(&facts.blake3, &blake3::hash(text).to_hex().to_string());
            }
        }
    }
}
