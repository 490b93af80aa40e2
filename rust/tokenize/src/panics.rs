//! The border that panics of the `tokenizers` crate do not cross.
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work` and gives the message of its panic, if it panics.
///
/// Unwinding is safe to assert: a tokenizer is only shared, never changed, while it works, and what it
/// caches inside (whole words, behind a lock that is passed over once poisoned, and in thread-local maps) is
/// written in one step.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}
