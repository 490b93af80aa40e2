//! Packs written out.
use crate::hashed::HashedFile;
use crate::npy::{self, Element};
use crate::progress::Meter;
use crate::spill::{Spill, WORD_BYTES, id_and_label};
use crate::{Error, ShardFacts};
use chatloom_pack::Plan;
use rayon::ThreadPool;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// Sequences are gathered until they fill so many bytes, then written at once.
const BLOCK_BYTES: usize = 1 << 20;

/// What all shards are made of.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) spill: &'a Spill,
    pub(crate) pool: &'a ThreadPool,
}

/// Writes the packs of a plan to shards of at most `shard_tokens` tokens, or of one pack.
pub(crate) fn write(
    directory: &Path,
    shard_tokens: u64,
    source: Source<'_>,
    meter: &mut Meter<'_>,
) -> Result<Vec<ShardFacts>, Error> {
    let offsets = chatloom_pack::pack_offsets(source.plan, source.spill.lengths());
    let mut shards = Vec::new();
    let mut first = 0;
    while first < source.plan.len() {
        let limit = offsets[first].saturating_add_unsigned(shard_tokens);
        let fitting = offsets[first + 1..].partition_point(|&end| end <= limit);
        let packs = first..first + fitting.max(1);
        first = packs.end;
        let name = format!("shard-{:05}", shards.len());
        let shard = Shard { packs: packs.clone(), offsets: &offsets[packs.start..=packs.end], name };
        shards.push(shard.write(directory, source, meter)?);
    }
    Ok(shards)
}

struct Shard<'a> {
    packs: Range<usize>,
    offsets: &'a [i64],
    name: String,
}

impl Shard<'_> {
    fn write(self, parent: &Path, source: Source<'_>, meter: &mut Meter<'_>) -> Result<ShardFacts, Error> {
        let directory = parent.join(&self.name);
        std::fs::create_dir(&directory).map_err(Error::io("create", &directory))?;
        let starts = &source.plan.starts()[self.packs.start..=self.packs.end];
        let order = &source.plan.order()[starts[0]..starts[starts.len() - 1]];
        let mut files = self.write_index(&directory, starts, order, source.spill)?;
        let tokens = (self.offsets[self.offsets.len() - 1] - self.offsets[0]).cast_unsigned();
        let mut tokens_out = TokenWriters::create(&directory, tokens, source.spill.is_weighted())?;
        for sequences in order.chunk_by(within_block(source.spill.lengths())) {
            tokens_out.write(sequences, source, meter)?;
        }
        tokens_out.finish(&mut files)?;
        crate::output::sync_directory(&directory)?;
        let (packs, sequences) = (self.packs.len() as u64, order.len() as u64);
        Ok(ShardFacts { name: self.name, packs, sequences, tokens, files })
    }

    /// The small arrays.
    fn write_index(
        &self,
        directory: &Path,
        starts: &[usize],
        order: &[usize],
        spill: &Spill,
    ) -> Result<BTreeMap<String, crate::FileFacts>, Error> {
        let lengths: Vec<i32> =
            order.iter().map(|&sequence| spill.lengths()[sequence].cast_signed()).collect();
        let rows: Vec<i64> = order.iter().map(|&sequence| spill.row(sequence)).collect();
        let seq_offsets: Vec<i64> = starts.iter().map(|&start| index_of(start - starts[0])).collect();
        let pack_offsets: Vec<i64> = self.offsets.iter().map(|offset| offset - self.offsets[0]).collect();
        let path = |name: &str| directory.join(name);
        Ok(BTreeMap::from([
            ("seq_lengths.npy".to_owned(), npy::write_i32(path("seq_lengths.npy"), &lengths)?),
            ("source.npy".to_owned(), npy::write_i64(path("source.npy"), &rows)?),
            ("seq_offsets.npy".to_owned(), npy::write_i64(path("seq_offsets.npy"), &seq_offsets)?),
            ("pack_offsets.npy".to_owned(), npy::write_i64(path("pack_offsets.npy"), &pack_offsets)?),
        ]))
    }
}

fn index_of(count: usize) -> i64 {
    // There are at most 2³² sequences.
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Keeps neighbours together while they fill less than a block.
fn within_block(lengths: &[u32]) -> impl FnMut(&usize, &usize) -> bool {
    let mut filled = 0;
    move |&one, _| {
        filled += lengths[one] as usize * WORD_BYTES;
        let fits = filled < BLOCK_BYTES;
        filled *= usize::from(fits);
        fits
    }
}

/// The large arrays, and the buffers they are written from.
struct TokenWriters {
    input_ids: HashedFile,
    labels: HashedFile,
    /// Only where any sequence of the run has weights.
    weights: Option<HashedFile>,
    words: Vec<u8>,
    id_bytes: Vec<u8>,
    label_bytes: Vec<u8>,
    weight_bytes: Vec<u8>,
}

impl TokenWriters {
    fn create(directory: &Path, tokens: u64, weighted: bool) -> Result<Self, Error> {
        let input_ids = npy::create(directory.join("input_ids.npy"), Element::Int32, tokens)?;
        let labels = npy::create(directory.join("labels.npy"), Element::Int32, tokens)?;
        let weights = || npy::create(directory.join("weights.npy"), Element::Float32, tokens);
        let weights = weighted.then(weights).transpose()?;
        let [words, id_bytes, label_bytes, weight_bytes] = [const { Vec::new() }; 4];
        Ok(Self { input_ids, labels, weights, words, id_bytes, label_bytes, weight_bytes })
    }

    fn write(&mut self, sequences: &[usize], source: Source<'_>, meter: &mut Meter<'_>) -> Result<(), Error> {
        let Self { input_ids, labels, weights, words, id_bytes, label_bytes, weight_bytes } = self;
        words.clear();
        weight_bytes.clear();
        for &sequence in sequences {
            let place = words.len();
            source.spill.read(sequence, words)?;
            if weights.is_some() {
                source.spill.read_weights(sequence, &words[place..], weight_bytes)?;
            }
        }
        let (ids_written, labels_written) = source.pool.join(
            || input_ids.write(each_word(words, id_bytes, |word| id_and_label(word).0)),
            || labels.write(each_word(words, label_bytes, |word| id_and_label(word).1)),
        );
        ids_written.and(labels_written)?;
        if let Some(weights) = weights {
            weights.write(weight_bytes)?;
        }
        meter.now.written += (words.len() / WORD_BYTES) as u64;
        meter.tick()
    }

    fn finish(self, files: &mut BTreeMap<String, crate::FileFacts>) -> Result<(), Error> {
        files.insert("input_ids.npy".to_owned(), self.input_ids.finish()?);
        files.insert("labels.npy".to_owned(), self.labels.finish()?);
        if let Some(weights) = self.weights {
            files.insert("weights.npy".to_owned(), weights.finish()?);
        }
        Ok(())
    }
}

/// A part of each word, in a buffer.
fn each_word<'a>(words: &[u8], bytes: &'a mut Vec<u8>, part: impl Fn(u32) -> i32) -> &'a [u8] {
    bytes.resize(words.len(), 0);
    let ((words, _), (slots, _)) = (words.as_chunks(), bytes.as_chunks_mut());
    for (slot, &word) in slots.iter_mut().zip(words) {
        *slot = part(u32::from_le_bytes(word)).to_le_bytes();
    }
    bytes
}
