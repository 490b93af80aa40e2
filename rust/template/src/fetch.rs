//! The memory of a row, asked for ahead.
use std::hint::black_box;

use crate::{Conversation, Data};

/// Bytes that the processor reads from memory at once.
const LINE: usize = 64;

/// Lines of a text after which the processor reads ahead by itself.
const LINES: usize = 64;

/// Values nested deeper are left for later.
const DEPTH: usize = 4;

/// Reads through a row without a look at what it says. Of a row that is in no cache all is on its way at once then,
/// where a render would wait for one text after the other.
pub(crate) fn fetch_ahead(conversation: &Conversation) {
    let values = conversation.messages.iter().chain(&conversation.tools);
    black_box(values.fold(0, |all, value| all ^ read(value, DEPTH)));
}

fn read(value: &Data, depth: usize) -> u8 {
    match value {
        Data::Str(text) => text.as_bytes().iter().step_by(LINE).take(LINES).fold(0, |all, byte| all ^ byte),
        _ if depth == 0 => 0,
        Data::Dict(entries) => entries.iter().fold(0, |all, (_, value)| all ^ read(value, depth - 1)),
        Data::List(items) | Data::Tuple(items) => {
            items.iter().fold(0, |all, item| all ^ read(item, depth - 1))
        }
        _ => 0,
    }
}
