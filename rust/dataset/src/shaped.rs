//! Files read in chunks, each of which knows the shape of its file's rows.
use crate::input::Tick;
use crate::lines::{Chunk, ChunkReader};
use crate::shape::Shape;
use crate::{Error, Job, Reading, SourceFacts};

/// A reader that looks at the rows of each file until one shows its shape.
pub(crate) struct ShapedReader<'a> {
    reader: ChunkReader<'a>,
    reading: &'a Reading,
    /// By file.
    shapes: Vec<Option<(Shape, String)>>,
}

impl<'a> ShapedReader<'a> {
    pub(crate) fn new(job: &'a Job) -> Self {
        let reader = ChunkReader::new(&job.sources, job.chunk_bytes, job.max_line_bytes);
        Self { reader, reading: &job.reading, shapes: vec![None; job.sources.len()] }
    }

    /// The next chunk, or none after the last file.
    pub(crate) fn next_chunk(&mut self, tick: &Tick<'_>) -> Result<Option<Chunk>, Error> {
        let Some(mut chunk) = self.reader.next_chunk(tick)? else { return Ok(None) };
        let known = &mut self.shapes[chunk.source];
        if known.is_none() {
            *known = chunk.rows().find_map(|(_, row)| self.reading.shape(self.reading.parse(row?).ok()?));
        }
        chunk.shape = known.as_ref().map(|(shape, _)| *shape);
        Ok(Some(chunk))
    }

    /// What was read; all of it once there is no further chunk.
    pub(crate) fn into_facts(self) -> Vec<SourceFacts> {
        let shapes = self.shapes.into_iter().map(|known| known.map(|(_, words)| words));
        let facts = self.reader.into_facts().into_iter().zip(shapes);
        facts.map(|(facts, shape)| SourceFacts { shape, ..facts }).collect()
    }
}
