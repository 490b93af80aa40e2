//! Rows in, shards out.
//!
//! [`pack_files`] reads JSONL files, turns each row into a conversation by its shape ([`Reading`]), encodes
//! conversations on threads of its own, plans packs over all lengths and writes them as `.npy` shards with a
//! manifest. What it writes does not depend on the number of threads, and what it holds in memory does not grow
//! with tokens: encoded rows wait in a temporary file, some 24 bytes a row in memory. [`encode_batch`] encodes
//! conversations that are in memory already.
//!
//! The output is a directory: `manifest.json` (see [`Manifest`]) and for each shard a directory of flat arrays:
//!
//! | file | type | holds |
//! |---|---|---|
//! | `input_ids.npy` | int32 `[tokens]` | token ids, pack after pack |
//! | `labels.npy` | int32 `[tokens]` | the ids that carry loss, else −100; always −100 for the first token of a sequence |
//! | `seq_lengths.npy` | int32 `[sequences]` | tokens of each sequence |
//! | `source.npy` | int64 `[sequences]` | the row of each sequence, from 0, over all files in their order |
//! | `seq_offsets.npy` | int64 `[packs + 1]` | the first sequence of each pack |
//! | `pack_offsets.npy` | int64 `[packs + 1]` | the first token of each pack |
//!
//! Beside them stands `rejected.jsonl`, where rows that can't be used were to be set aside.
mod adapter;
mod batch;
mod chunk;
mod error;
mod hashed;
mod input;
pub mod json;
mod lines;
mod lookup;
mod manifest;
mod markers;
mod npy;
mod ordered;
mod output;
mod pipeline;
mod progress;
mod reading;
mod rejected;
mod row;
mod shape;
mod shaped;
mod shards;
mod spill;
mod surrogates;
mod tally;

pub use adapter::{RESERVED_NAMES, row_to_conversation};
pub use batch::{Batch, BatchError, Chunk, Feed, encode_batch, text_bytes};
pub use error::{Error, RowError};
pub use input::STANDARD_INPUT;
pub use lookup::read_row;
pub use manifest::{
    AnswerFacts, Content, Counts, FileFacts, Identity, Manifest, Run, ShardFacts, SourceFacts, UnstableFacts,
};
pub use pipeline::{Encode, Job, MAX_LINE_BYTES, MAX_THREADS, OnError, Summary, pack_files, pack_rows};
pub use progress::{Progress, Stage};
pub use reading::{Reading, ReadingError};
pub use row::RowShapeError;
