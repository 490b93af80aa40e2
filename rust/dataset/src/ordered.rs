//! Work on threads, results in order.
use rayon::ThreadPool;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(50);

/// Set when a run ends early, so that work in flight is not carried on for nothing.
#[derive(Default)]
pub(crate) struct StopFlag(AtomicBool);

impl StopFlag {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The caller's side of the work, all of it on the caller's thread.
pub(crate) trait Line<Item, Done, E> {
    /// The next thing to work on.
    fn next(&mut self) -> Result<Option<Item>, E>;
    /// Takes what became of it; in the order of [`Line::next`].
    fn take(&mut self, done: Done) -> Result<(), E>;
    /// Called often while nothing else happens.
    fn tick(&mut self) -> Result<(), E>;
}

/// Runs `work` on the pool's threads, with at most `in_flight` items taken and not yet given back.
///
/// Where the run ends early, work that has begun is not waited for: it may take long, and nobody wants its result.
pub(crate) fn run<Item: Send + 'static, Done: Send + 'static, E>(
    pool: &ThreadPool,
    in_flight: usize,
    line: &mut impl Line<Item, Done, E>,
    work: impl Fn(Item, &StopFlag) -> Done + Send + Sync + 'static,
) -> Result<(), E> {
    let shared = Arc::new((work, StopFlag::default()));
    let spawn = |item| {
        let (give, done) = sync_channel(1);
        let shared = shared.clone();
        pool.spawn(move || {
            let (work, stop) = &*shared;
            drop(give.send(catch_unwind(AssertUnwindSafe(|| work(item, stop)))));
        });
        done
    };
    let ended = feed(in_flight, line, spawn);
    shared.1.set();
    ended
}

fn feed<Item, Done, E>(
    in_flight: usize,
    line: &mut impl Line<Item, Done, E>,
    spawn: impl Fn(Item) -> Receiver<std::thread::Result<Done>>,
) -> Result<(), E> {
    let mut waiting = VecDeque::new();
    let mut ended = false;
    loop {
        while !ended && waiting.len() < in_flight.max(1) {
            match line.next()? {
                Some(item) => waiting.push_back(spawn(item)),
                None => ended = true,
            }
        }
        let Some(next) = waiting.pop_front() else { return Ok(()) };
        let done = wait(&next, line)?;
        line.take(done)?;
    }
}

/// Passes a panic of the work on.
fn wait<Item, Done, E>(
    done: &Receiver<std::thread::Result<Done>>,
    line: &mut impl Line<Item, Done, E>,
) -> Result<Done, E> {
    loop {
        match done.recv_timeout(TICK) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => line.tick()?,
            Err(RecvTimeoutError::Disconnected) => resume_unwind(Box::new("a thread is gone")),
        }
    }
}
