//! What the benches that `benches/compare.py` calls read, and their clock.
use chatloom_dataset::{json, row_to_conversation};
use chatloom_template::{Conversation, Data};
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::fs;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Other processes on the machine don't count in it.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

pub(crate) fn read_chats(path: &str) -> Outcome<Vec<Conversation>> {
    fs::read_to_string(path)?
        .lines()
        .map(|line| Ok(row_to_conversation(json::parse(line.as_bytes())?)?))
        .collect()
}

pub(crate) fn read_variables(path: &str) -> Outcome<Vec<(String, Data)>> {
    let Data::Dict(entries) = json::parse(&fs::read(path)?)? else { return Err("expected an object".into()) };
    let named = |(name, value): (Data, Data)| name.as_str().map(|name| (name.to_owned(), value));
    Ok(entries.into_iter().filter_map(named).collect())
}
