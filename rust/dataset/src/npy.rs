//! Flat arrays in the `.npy` format, version 1.0, little-endian.
use crate::hashed::HashedFile;
use crate::{Error, FileFacts};
use std::path::PathBuf;

const ALIGNMENT: usize = 64;

/// Type of an element.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Element {
    Float32,
    Int32,
    Int64,
}

impl Element {
    fn description(self) -> &'static str {
        match self {
            Self::Float32 => "<f4",
            Self::Int32 => "<i4",
            Self::Int64 => "<i8",
        }
    }
}

/// Creates the file of an array of `count` elements, to be appended as little-endian bytes.
pub(crate) fn create(path: PathBuf, element: Element, count: u64) -> Result<HashedFile, Error> {
    let mut file = HashedFile::create(path)?;
    file.write(&header(element, count))?;
    Ok(file)
}

/// Writes an array of int32.
pub(crate) fn write_i32(path: PathBuf, values: &[i32]) -> Result<FileFacts, Error> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    write_all(path, Element::Int32, values.len(), &bytes)
}

/// Writes an array of int64.
pub(crate) fn write_i64(path: PathBuf, values: &[i64]) -> Result<FileFacts, Error> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    write_all(path, Element::Int64, values.len(), &bytes)
}

fn write_all(path: PathBuf, element: Element, count: usize, bytes: &[u8]) -> Result<FileFacts, Error> {
    let mut writer = create(path, element, count as u64)?;
    writer.write(bytes)?;
    writer.finish()
}

fn header(element: Element, count: u64) -> Vec<u8> {
    const PREFIX: &[u8] = b"\x93NUMPY\x01\x00";
    let description = element.description();
    let mut text = format!("{{'descr': '{description}', 'fortran_order': False, 'shape': ({count},), }}");
    let unpadded = PREFIX.len() + size_of::<u16>() + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(ALIGNMENT) - unpadded));
    text.push('\n');
    // Type, shape and padding stay far below two alignments.
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
    [PREFIX, &length, text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::{Element, header};

    #[test]
    fn the_header_is_what_numpy_writes() {
        let header = header(Element::Int32, 12);
        assert_eq!(header.len() % 64, 0);
        assert!(header.starts_with(
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i4', 'fortran_order': False, 'shape': (12,), }   "
        ));
        assert!(header.ends_with(b" \n"));
    }
}
