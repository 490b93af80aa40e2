//! The border between Python and the core.
use crate::errors::{Facts, InternalError};
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Where the last panic happened.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Lets panics be caught without a word on standard error: what they say may quote the contents of messages.
///
/// The hook is this extension module's own, since each has its own copy of the standard library.
pub(crate) fn silence_panics() {
    set_hook(Box::new(|panic| {
        if let Ok(mut place) = PLACE.lock() {
            *place = panic.location().map(ToString::to_string);
        }
    }));
}

/// Runs core work without the interpreter; a panic becomes an `InternalError`, which is an `Exception`.
///
/// The core's types are immutable once made, so that none can be seen half-changed after a panic.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|_| internal_fault())
}

/// The same, and an interrupt is heard while much work is done: that is left to a thread, which is then not waited for.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    is_much: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    if !is_much {
        return detached(py, work);
    }
    let (give, mut done) = sync_channel(1);
    Builder::new().spawn(move || drop(give.send(catch_unwind(AssertUnwindSafe(work)))))?;
    loop {
        let told;
        (told, done) = py.detach(move || (done.recv_timeout(TICK), done));
        match told {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(internal_fault()),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
        }
    }
}

const TICK: Duration = Duration::from_millis(50);

fn internal_fault() -> PyErr {
    let place = PLACE.lock().ok().and_then(|mut place| place.take());
    let facts = Facts {
        hint: Some("please report it, with the template if you can".to_owned()),
        ..Facts::message(format!("internal fault at {}", place.as_deref().unwrap_or("an unknown place")))
    };
    InternalError::new_err(facts.arguments())
}
