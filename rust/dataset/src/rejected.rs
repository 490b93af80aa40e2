//! Rows that are set aside: `rejected.jsonl`.
use crate::chunk::Failure;
use crate::hashed::HashedFile;
use crate::{Error, FileFacts, Job};
use serde::Serialize;
use std::path::{Path, PathBuf};

const NAME: &str = "rejected.jsonl";

/// A line of the file.
#[derive(Serialize)]
struct Rejected<'a> {
    source: &'a str,
    line: u64,
    row: u64,
    code: &'static str,
    reason: &'a str,
}

/// Writes down the rows that can't be used, in their order, as long as they are not too many.
pub(crate) struct Rejects {
    file: HashedFile,
    paths: Vec<PathBuf>,
    allowed: u64,
    count: u64,
    first: Option<Error>,
}

impl Rejects {
    pub(crate) fn create(directory: &Path, job: &Job) -> Result<Self, Error> {
        let file = HashedFile::create(directory.join(NAME))?;
        let allowed = job.max_rejected.unwrap_or(u64::MAX);
        Ok(Self { file, paths: job.sources.clone(), allowed, count: 0, first: None })
    }

    /// Sets a row aside; `rows_before` is the number of rows before its chunk.
    pub(crate) fn take(&mut self, failure: Failure, rows_before: u64) -> Result<(), Error> {
        let path = &self.paths[failure.source];
        let Failure { line, row, error, .. } = failure;
        if self.count == self.allowed {
            return Err(Error::TooManyRejected { allowed: self.allowed, path: path.clone(), line, error });
        }
        self.count += 1;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let (row, reason) = (rows_before + row as u64, error.to_string());
        let rejected = Rejected { source: &name, line, row, code: error.code(), reason: &reason };
        let text =
            serde_json::to_string(&rejected).map_err(|error| Error::io("write", NAME)(error.into()))?;
        self.file.write((text + "\n").as_bytes())?;
        self.first.get_or_insert_with(|| Error::Row { path: path.clone(), line, error });
        Ok(())
    }

    /// How many there are, the facts of the file, and the first row.
    pub(crate) fn finish(self) -> Result<(u64, Option<FileFacts>, Option<Error>), Error> {
        Ok((self.count, Some(self.file.finish()?), self.first))
    }
}
