//! How far a run is.
use crate::Error;
use std::ops::ControlFlow;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// Bytes of input read and encoded.
    pub bytes: u64,
    /// Bytes of input in all files.
    pub total_bytes: u64,
    /// Rows encoded.
    pub rows: u64,
    /// Tokens encoded, those of dropped rows left out.
    pub tokens: u64,
    /// Tokens written to shards.
    pub written: u64,
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and encoding rows.
    Encoding,
    /// Finding the packs.
    Planning,
    /// Writing the shards.
    Writing,
}

/// Tells the caller how far the run is, and hears whether it shall go on.
pub(crate) struct Meter<'a> {
    tell: &'a dyn Fn(&Progress) -> ControlFlow<()>,
    pub(crate) now: Progress,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(tell: &'a dyn Fn(&Progress) -> ControlFlow<()>, total_bytes: u64) -> Self {
        let now = Progress { stage: Stage::Encoding, bytes: 0, total_bytes, rows: 0, tokens: 0, written: 0 };
        Self { tell, now }
    }

    pub(crate) fn tick(&self) -> Result<(), Error> {
        match (self.tell)(&self.now) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }

    pub(crate) fn enter(&mut self, stage: Stage) -> Result<(), Error> {
        self.now.stage = stage;
        self.tick()
    }
}
