//! Files, pipes and devices, read in a way that can be given up while there is nothing to read.
use crate::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Called often while input is waited for; its error ends the waiting.
pub(crate) type Tick<'a> = dyn Fn() -> Result<(), Error> + 'a;

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// An open source of bytes.
pub(crate) struct Input<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Input<'a> {
    /// Opens a file, a pipe that nobody may write to yet, or standard input.
    pub(crate) fn open(path: &'a Path) -> Result<Self, Error> {
        let is_standard = path == Path::new(STANDARD_INPUT);
        let opened = if is_standard { system::standard_input() } else { system::open(path) };
        Ok(Self { path, file: opened.map_err(Error::io("open", path))? })
    }

    pub(crate) fn path(&self) -> &'a Path {
        self.path
    }

    /// Appends what there is to read, at most `wanted` bytes; nothing only at the end.
    pub(crate) fn read(&self, wanted: usize, bytes: &mut Vec<u8>, tick: &Tick<'_>) -> Result<usize, Error> {
        loop {
            tick()?;
            match self.try_read(wanted, bytes) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                read => return read.map_err(Error::io("read", self.path)),
            }
        }
    }

    fn try_read(&self, wanted: usize, bytes: &mut Vec<u8>) -> io::Result<usize> {
        if !system::is_ready(&self.file)? {
            return Err(ErrorKind::WouldBlock.into());
        }
        let before = bytes.len();
        bytes.resize(before + wanted, 0);
        let read = (&self.file).read(&mut bytes[before..]);
        bytes.truncate(before + read.as_ref().map_or(0, |&read| read));
        read
    }
}

#[cfg(unix)]
mod system {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags};
    use rustix::io::Errno;
    use std::fs::File;
    use std::io;
    use std::path::Path;

    const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

    pub(super) fn open(path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
    }

    pub(super) fn standard_input() -> io::Result<File> {
        Ok(rustix::io::dup(rustix::stdio::stdin())?.into())
    }

    /// Whether reading would not wait; waits a moment for that.
    pub(super) fn is_ready(file: &File) -> io::Result<bool> {
        match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&PATIENCE)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    pub(super) fn standard_input() -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
    pub(super) fn is_ready(_: &File) -> io::Result<bool> {
        Ok(true)
    }
}
