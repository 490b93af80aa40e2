//! The main job: files of rows in, a directory of packed shards out.
use crate::chunk::{Encoded, encode_chunk};
use crate::input::STANDARD_INPUT;
use crate::lines::Chunk;
use crate::ordered::{self, Line};
use crate::output::{MANIFEST, Staging};
use crate::progress::Meter;
use crate::rejected::Rejects;
use crate::shaped::ShapedReader;
use crate::shards;
use crate::spill::Spill;
use crate::tally::Tally;
use crate::{
    AnswerFacts, Content, Counts, Error, Identity, Manifest, Progress, Reading, Run, SourceFacts, Stage,
    UnstableFacts,
};
use chatloom_template::{Call, Conversation};
use chatloom_tokenize::{Formatter, Outcome, Surrogates, TOKENIZERS_VERSION};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What turns a conversation into tokens; shared with threads, which may outlive a run that ends early.
pub type Encode = Arc<dyn Fn(&Conversation) -> Result<Outcome, chatloom_tokenize::Error> + Send + Sync>;

/// Bytes that a line of input may have where a job says nothing else.
pub const MAX_LINE_BYTES: usize = 1 << 28;

/// Threads that a job may have.
pub const MAX_THREADS: usize = 1024;

/// What shall be read and where it shall go.
#[derive(Debug, Clone)]
pub struct Job {
    /// JSONL files, read in this order; [`STANDARD_INPUT`] for that.
    pub sources: Vec<PathBuf>,
    /// The directory to make.
    pub output: PathBuf,
    /// Whether the output of an earlier run in its place may be replaced.
    pub overwrite: bool,
    /// Tokens that a pack holds.
    pub max_length: u32,
    /// Threads that encode; none for as many as the machine offers.
    pub threads: Option<NonZeroUsize>,
    /// Input is handed to threads in chunks of about so many bytes.
    pub chunk_bytes: usize,
    /// Bytes that a line of input may have.
    pub max_line_bytes: usize,
    /// Tokens that a shard holds at most; a single longer pack has a shard of its own.
    pub shard_tokens: u64,
    /// Versions to write down beside our own, such as that of the caller.
    pub versions: BTreeMap<String, String>,
    /// How rows are read.
    pub reading: Reading,
    /// What becomes of rows that can't be used.
    pub on_error: OnError,
    /// How many rows may be rejected before the run ends after all; none for any number.
    pub max_rejected: Option<u64>,
    /// Whether rows are left out that have no token that carries loss.
    pub drop_untrained: bool,
}

/// What becomes of rows that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The first ends the run.
    #[default]
    Stop,
    /// They are set aside, and told in `rejected.jsonl`.
    Quarantine,
}

impl OnError {
    fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Quarantine => "quarantine",
        }
    }
}

impl Job {
    /// A job with the defaults: nothing is overwritten, all threads, chunks of 256 KiB, shards of 2²⁶ tokens, rows
    /// of any known shape, and a bad one ends the run.
    pub fn new(sources: Vec<PathBuf>, output: impl Into<PathBuf>, max_length: u32) -> Self {
        Self {
            sources,
            output: output.into(),
            overwrite: false,
            max_length,
            threads: None,
            chunk_bytes: 1 << 18,
            max_line_bytes: MAX_LINE_BYTES,
            shard_tokens: 1 << 26,
            versions: BTreeMap::new(),
            reading: Reading::default(),
            on_error: OnError::Stop,
            max_rejected: None,
            drop_untrained: false,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Rows, sequences, packs, tokens.
    pub counts: Counts,
    /// The first row of which a beginning renders otherwise alone, if there is one.
    pub first_unstable: Option<UnstableFacts>,
    /// The name of each input file and the shape of its rows in words; none where no row has one.
    pub shapes: Vec<(String, Option<String>)>,
    /// How the answers of each chat template are taken apart, by its name.
    pub answers: BTreeMap<String, AnswerFacts>,
    /// Markers that the chat templates print and that are no single tokens.
    pub plain_markers: Vec<String>,
    /// Bytes of input.
    pub bytes: u64,
    /// Directories of arrays written.
    pub shards: usize,
    /// Threads that encoded.
    pub threads: usize,
    /// How long it took.
    pub seconds: f64,
}

/// Packs the rows of a job's files through a formatter.
///
/// `progress` is called on this thread, some twenty times a second or more often, and may end the run. A row
/// longer than a pack is treated as the formatter's options treat an over-long one, and the input of an alpaca
/// row stays apart from its instruction where the template prints `message.input`.
///
/// # Errors
/// The first row in input order that can't be used, by file and line, or the first beyond those that may be
/// rejected; files that can't be read or written; an output that exists; no rows to keep;
/// [`Error::Cancelled`]. Nothing is left behind.
pub fn pack_files(
    job: &Job,
    formatter: &Arc<Formatter>,
    progress: &dyn Fn(&Progress) -> ControlFlow<()>,
) -> Result<Summary, Error> {
    let own = formatter.options().max_length.unwrap_or(usize::MAX);
    let (encoder, max_length) = (formatter.clone(), own.min(job.max_length as usize));
    let encode: Encode =
        Arc::new(move |conversation| encoder.encode_within(conversation, &Call::default(), Some(max_length)));
    let replaces = formatter.options().surrogates == Surrogates::Replace;
    let template = formatter.templates().default.as_deref();
    let reading = job.reading.clone().for_template(template).replacing_surrogates(replaces);
    let job = Job { reading, ..job.clone() };
    pack_rows(&job, &encode, &Identity::of(formatter), progress)
}

/// As [`pack_files`], with any encoder; one longer than a pack is an error.
///
/// # Errors
/// As [`pack_files`].
pub fn pack_rows(
    job: &Job,
    encode: &Encode,
    identity: &Identity,
    progress: &dyn Fn(&Progress) -> ControlFlow<()>,
) -> Result<Summary, Error> {
    let (started, clock) = (SystemTime::now(), Instant::now());
    chatloom_pack::plan(&[], job.max_length)?;
    let mut meter = Meter::new(progress, total_bytes(&job.sources)?);
    let staging = Staging::create(&job.output, job.overwrite)?;
    let pool = thread_pool(job.threads)?;

    let read = read_rows(job, encode, &pool, staging.path(), &mut meter)?;
    let content = write_packs(job, identity, read, &pool, staging.path(), &mut meter)?;

    let run = Run {
        started: started.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        seconds: clock.elapsed().as_secs_f64(),
        threads: pool.current_num_threads(),
        versions: versions(job),
    };
    let summary = summary(&content, &run);
    staging.write(MANIFEST, &text(&Manifest { schema_version: 1, content, run })?)?;
    staging.publish(job.overwrite)?;
    Ok(summary)
}

fn total_bytes(sources: &[PathBuf]) -> Result<u64, Error> {
    let files = sources.iter().filter(|path| path.as_path() != Path::new(STANDARD_INPUT));
    files.map(|path| Ok(std::fs::metadata(path).map_err(Error::io("read", path))?.len())).sum()
}

/// A job's own threads; `None` for as many as the machine offers.
pub(crate) fn thread_pool(threads: Option<NonZeroUsize>) -> Result<ThreadPool, Error> {
    let offered = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_THREADS);
    let threads = threads.map_or_else(offered, NonZeroUsize::get);
    if threads > MAX_THREADS {
        return Err(Error::TooManyThreads { threads });
    }
    let builder = ThreadPoolBuilder::new().num_threads(threads);
    builder
        .thread_name(|index| format!("chatloom-{index}"))
        .build()
        .map_err(|error| Error::Threads(error.to_string()))
}

/// Everything that reading gave.
struct Read {
    spill: Spill,
    sources: Vec<SourceFacts>,
    tally: Tally,
    rejects: Option<Rejects>,
}

fn read_rows(
    job: &Job,
    encode: &Encode,
    pool: &ThreadPool,
    directory: &Path,
    meter: &mut Meter<'_>,
) -> Result<Read, Error> {
    let rejects = match job.on_error {
        OnError::Stop => None,
        OnError::Quarantine => Some(Rejects::create(directory, job)?),
    };
    let mut intake = Intake {
        reader: ShapedReader::new(job),
        paths: &job.sources,
        doomed: false,
        spill: Spill::create(directory.join("spill"))?,
        tally: Tally::default(),
        rejects,
        meter,
    };
    let in_flight = 2 * pool.current_num_threads() + 1;
    let (encode, job) = (encode.clone(), job.clone());
    ordered::run(pool, in_flight, &mut intake, move |chunk, stop| encode_chunk(&chunk, &encode, &job, stop))?;
    let Intake { reader, spill, tally, rejects, .. } = intake;
    Ok(Read { spill, sources: reader.into_facts(), tally, rejects })
}

/// The caller's side of encoding: chunks out, tokens in.
struct Intake<'a, 'm> {
    reader: ShapedReader<'a>,
    paths: &'a [PathBuf],
    /// Whether the run ends with what was read, so that there is nothing to be gained from reading on.
    doomed: bool,
    spill: Spill,
    tally: Tally,
    rejects: Option<Rejects>,
    meter: &'a mut Meter<'m>,
}

impl Line<Chunk, Encoded, Error> for Intake<'_, '_> {
    fn next(&mut self) -> Result<Option<Chunk>, Error> {
        if self.doomed {
            return Ok(None);
        }
        let chunk = self.reader.next_chunk(&|| self.meter.tick())?;
        self.doomed = self.rejects.is_none() && chunk.as_ref().is_some_and(|chunk| chunk.overlong);
        Ok(chunk)
    }

    fn take(&mut self, mut done: Encoded) -> Result<(), Error> {
        for failure in done.failures.drain(..) {
            match &mut self.rejects {
                Some(rejects) => rejects.take(failure, self.spill.rows_seen())?,
                None => return Err(failure.stops(self.paths)),
            }
        }
        self.tally.add(self.spill.rows_seen(), done.tally);
        self.spill.append(&done)?;
        self.meter.now.bytes += done.bytes;
        self.meter.now.rows = self.spill.rows_seen();
        self.meter.now.tokens = self.spill.tokens();
        self.meter.tick()
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.meter.tick()
    }
}

fn write_packs(
    job: &Job,
    identity: &Identity,
    read: Read,
    pool: &ThreadPool,
    directory: &Path,
    meter: &mut Meter<'_>,
) -> Result<Content, Error> {
    let Read { spill, sources, tally, rejects } = read;
    let (rejected, facts, first) = match rejects {
        Some(rejects) => rejects.finish()?,
        None => (0, None, None),
    };
    let mut counts = Counts { rows: spill.rows_seen(), rejected, ..tally.counts() };
    if spill.lengths().is_empty() {
        return Err(Error::NothingToPack { counts: Box::new(counts), first: first.map(Box::new) });
    }
    meter.enter(Stage::Planning)?;
    let plan = chatloom_pack::plan(spill.lengths(), job.max_length)?;
    meter.enter(Stage::Writing)?;
    let source = shards::Source { plan: &plan, spill: &spill, pool };
    let shards = shards::write(directory, job.shard_tokens, source, meter)?;
    let written = |count: fn(&crate::ShardFacts) -> u64| shards.iter().map(count).sum();
    counts = Counts {
        sequences: written(|shard| shard.sequences),
        packs: written(|shard| shard.packs),
        tokens: written(|shard| shard.tokens),
        trained_tokens: tally.trained,
        untrained: tally.untrained,
        straddling: tally.straddling,
        look_alikes: tally.look_alikes,
        ..counts
    };
    spill.remove()?;
    check(&counts)?;
    Ok(Content {
        counts,
        first_unstable: tally.first_unstable(),
        max_length: job.max_length,
        strategy: "bfd",
        identity: identity.clone(),
        tokenizers: TOKENIZERS_VERSION,
        on_error: job.on_error.name(),
        rejected: facts,
        sources,
        shards,
    })
}

fn check(counts: &Counts) -> Result<(), Error> {
    let left_out = counts.dropped + counts.dropped_cut + counts.dropped_untrained;
    let accounted = counts.rows_packed + left_out + counts.rejected;
    if accounted == counts.rows {
        return Ok(());
    }
    Err(Error::Unaccounted { rows: counts.rows, accounted })
}

fn versions(job: &Job) -> BTreeMap<String, String> {
    let mut versions = job.versions.clone();
    versions.insert("chatloom".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    versions
}

fn summary(content: &Content, run: &Run) -> Summary {
    Summary {
        counts: content.counts,
        first_unstable: content.first_unstable.clone(),
        shapes: content.sources.iter().map(|source| (source.name.clone(), source.shape.clone())).collect(),
        answers: content.identity.answers.clone(),
        plain_markers: content.identity.plain_markers.clone(),
        bytes: content.sources.iter().map(|source| source.bytes).sum(),
        shards: content.shards.len(),
        threads: run.threads,
        seconds: run.seconds,
    }
}

fn text(manifest: &Manifest) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(manifest).map_err(std::io::Error::from);
    Ok(text.map_err(Error::io("write", MANIFEST))? + "\n")
}
