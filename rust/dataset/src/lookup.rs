//! A single row of a file.
use crate::lines::ChunkReader;
use crate::{Error, MAX_LINE_BYTES, RowError};
use std::ops::ControlFlow;
use std::path::Path;

const CHUNK_BYTES: usize = 1 << 16;

/// The line of a row, counted from 0, or none where the file has fewer rows. `tick` is called often, and may end
/// the reading.
///
/// # Errors
/// A file that can't be read; a row whose line is too long; [`Error::Cancelled`].
pub fn read_row(path: &Path, row: u64, tick: &dyn Fn() -> ControlFlow<()>) -> Result<Option<Vec<u8>>, Error> {
    let tick = || if tick().is_break() { Err(Error::Cancelled) } else { Ok(()) };
    let paths = [path.to_owned()];
    let mut reader = ChunkReader::new(&paths, CHUNK_BYTES, MAX_LINE_BYTES);
    let mut left = row;
    while let Some(chunk) = reader.next_chunk(&tick)? {
        for (line, found) in chunk.rows() {
            if left > 0 {
                left -= 1;
                continue;
            }
            let too_long = || {
                let error = RowError::LineTooLong { max_bytes: MAX_LINE_BYTES };
                Error::Row { path: path.to_owned(), line, error }
            };
            return found.map(|row| Some(row.to_vec())).ok_or_else(too_long);
        }
    }
    Ok(None)
}
