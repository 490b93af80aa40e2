//! A file that is hashed while it is written.
use crate::{Error, FileFacts};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Writes one file from front to back, and hashes it on the way.
pub(crate) struct HashedFile {
    path: PathBuf,
    file: File,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl HashedFile {
    pub(crate) fn create(path: PathBuf) -> Result<Self, Error> {
        let file = File::create_new(&path).map_err(Error::io("create", &path))?;
        Ok(Self { path, file, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(Error::io("write", &self.path))
    }

    /// Makes the file last.
    pub(crate) fn finish(self) -> Result<FileFacts, Error> {
        self.file.sync_all().map_err(Error::io("sync", &self.path))?;
        Ok(FileFacts { bytes: self.bytes, blake3: self.hasher.finalize().to_hex().to_string() })
    }
}
