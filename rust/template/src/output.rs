//! Printed pieces → text and segments.
use bumpalo::collections::Vec as BumpVec;

use crate::arena::Arena;
use crate::fail::value_error;
use crate::input::{CONTINUE_TAG, Inputs};
use crate::text::{Look, Piece, Source};
use crate::{Conversation, Data, Error, Field, Origin, Rendered, Segment, Tagged};

/// What is printed, as it grows.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    text: String,
    segments: Vec<Segment>,
    /// The look of the last segment.
    last: Option<Look>,
    /// The number of each field of the inputs that was printed, by order of appearance.
    numbers: &'a mut [u32],
    /// The fields that were printed.
    printed: BumpVec<'a, u32>,
    has_turnless_data: bool,
    tagged: Vec<Tagged>,
    /// The last segment of data.
    last_data: Option<usize>,
}

/// The number of a field that has not occurred yet.
const UNSEEN: u32 = u32::MAX;

/// What a template prints for a field of the row beside its text, as a guess that saves growing.
const PIECES_OF_A_FIELD: usize = 2;
const BYTES_OF_A_FIELD: usize = 32;

/// Those of a generation prompt.
const FEW_FIELDS: usize = 4;

impl<'a> Output<'a> {
    /// An output with room for the text of a row.
    pub(crate) fn new(inputs: &Inputs<'_>, arena: &'a Arena) -> Result<Self, Error> {
        let numbers = arena.filled(UNSEEN, inputs.fields.len())?;
        Self::with_room(inputs.fields.len() + FEW_FIELDS, inputs.bytes, numbers, arena)
    }

    /// An output with room for little.
    pub(crate) fn short(inputs: &Inputs<'_>, arena: &'a Arena) -> Result<Self, Error> {
        Self::with_room(FEW_FIELDS, 0, arena.filled(UNSEEN, inputs.fields.len())?, arena)
    }

    /// An output with room for little, which doesn't tell one field of the row from another.
    pub(crate) fn tail(arena: &'a Arena) -> Result<Self, Error> {
        Self::with_room(FEW_FIELDS, 0, &mut [], arena)
    }

    fn with_room(
        fields: usize,
        bytes: usize,
        numbers: &'a mut [u32],
        arena: &'a Arena,
    ) -> Result<Self, Error> {
        Ok(Self {
            text: String::with_capacity(bytes + BYTES_OF_A_FIELD * fields),
            segments: Vec::with_capacity(PIECES_OF_A_FIELD * fields),
            last: None,
            numbers,
            printed: arena.growable(fields)?,
            has_turnless_data: false,
            tagged: Vec::new(),
            last_data: None,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Notes a generation block that was called when the output ended at `start`.
    pub(crate) fn tag(&mut self, start: usize, letters: usize) {
        self.tagged.push(Tagged { start, letters });
    }

    /// Prints a piece of text.
    #[inline]
    pub(crate) fn push(&mut self, piece: &Piece<'_>) {
        self.write_like(piece, |text| text.push_str(piece.text));
    }

    /// Prints what a function writes, as text that derives from a piece; gives how long that is.
    #[inline]
    pub(crate) fn write_like(&mut self, like: &Piece<'_>, write: impl FnOnce(&mut String)) -> usize {
        let start = self.text.len();
        write(&mut self.text);
        let end = self.text.len();
        let look = like.look();
        match self.segments.last_mut() {
            Some(last) if self.last == Some(look) => last.end = end,
            _ if start < end => self.begin(start, like),
            _ => {}
        }
        end - start
    }

    /// Begins a segment that goes on to the end.
    fn begin(&mut self, start: usize, piece: &Piece<'_>) {
        self.last = Some(piece.look());
        let (turn, generation) = (piece.stamp.turn(), piece.stamp.generation());
        let origin = self.origin(piece.source);
        if piece.source.is_data() {
            self.has_turnless_data |= turn.is_none();
            self.last_data = Some(self.segments.len());
        }
        self.segments.push(Segment { start, end: self.text.len(), origin, turn, generation });
    }

    fn origin(&mut self, source: Source) -> Origin {
        let Some(field) = source.as_field().filter(|_| source.is_data()) else {
            return if source == Source::VARIABLE { Origin::Variable } else { Origin::Literal };
        };
        let Some(number) = self.numbers.get_mut(field as usize) else { return Origin::Data(UNSEEN) };
        if *number == UNSEEN {
            *number = u32::try_from(self.printed.len()).unwrap_or(UNSEEN);
            self.printed.push(field);
        }
        Origin::Data(*number)
    }

    /// Where the last data ends.
    pub(crate) fn end_of_data(&self) -> usize {
        self.last_data.and_then(|last| self.segments.get(last)).map_or(0, |segment| segment.end)
    }

    /// What is printed after the last data.
    pub(crate) fn after_data(&self) -> &str {
        &self.text[self.end_of_data()..]
    }

    pub(crate) fn text_from(&self, start: usize) -> &str {
        &self.text[start..]
    }

    /// Forgets what was printed.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.segments.clear();
        self.tagged.clear();
        (self.last, self.last_data) = (None, None);
    }

    pub(crate) fn finish(self, inputs: &Inputs<'_>, paths: bool) -> Rendered {
        let path = |index| if paths { inputs.path(index) } else { String::new() };
        let field =
            |&index: &u32| Field { message: inputs.fields[index as usize].message, path: path(index) };
        let fields = self.printed.iter().map(field).collect();
        let mut rendered = Rendered { text: self.text, segments: self.segments, fields, tagged: self.tagged };
        if self.has_turnless_data {
            own_turnless_runs(&mut rendered);
        }
        rendered
    }
}

fn is_data(segment: &Segment) -> bool {
    matches!(segment.origin, Origin::Data(_))
}

/// A message still without a turn owns the run of turnless text around its data, if no other data is in it.
fn own_turnless_runs(rendered: &mut Rendered) {
    let owned: Vec<u32> = rendered.segments.iter().filter_map(|segment| segment.turn).collect();
    let mut start = 0;
    while start < rendered.segments.len() {
        let turnless = |segment: &Segment| segment.turn.is_none();
        let length = rendered.segments[start..].iter().take_while(|segment| turnless(segment)).count();
        if let Some(owner) =
            sole_owner(rendered, start..start + length).filter(|owner| !owned.contains(owner))
        {
            rendered.segments[start..start + length]
                .iter_mut()
                .for_each(|segment| segment.turn = Some(owner));
        }
        start += length.max(1);
    }
}

/// The only message whose data is in a run of segments.
fn sole_owner(rendered: &Rendered, run: std::ops::Range<usize>) -> Option<u32> {
    let data = rendered.segments[run].iter().filter(|segment| is_data(segment));
    let mut owners = data.map(|segment| rendered.message(segment.origin));
    let first = owners.next()??;
    owners.all(|owner| owner == Some(first)).then_some(first)
}

/// Cuts the output where the message that shall stay open ends, as transformers does.
pub(crate) fn cut_open(
    rendered: &mut Rendered,
    conversation: &Conversation,
    field: &str,
) -> Result<(), Error> {
    let tag = CONTINUE_TAG.trim_end();
    let content =
        conversation.messages.last().and_then(|message| open_text(message, field)).unwrap_or_default();
    let content = content.trim_matches(crate::source::is_space);
    let Some(at) = rendered.text.rfind(tag).filter(|_| rendered.text.contains(content)) else {
        return Err(value_error(
            "the final message does not appear in the chat after applying the template, so it can't be continued",
        ));
    };
    let kept = &rendered.text[..at];
    let end = if rendered.text[at..].starts_with(CONTINUE_TAG) {
        at
    } else {
        kept.trim_end_matches(crate::source::is_space).len()
    };
    rendered.text.truncate(end);
    rendered.segments.retain_mut(|segment| {
        segment.end = segment.end.min(end);
        segment.start < segment.end
    });
    Ok(())
}

fn open_text<'d>(message: &'d Data, field: &str) -> Option<&'d str> {
    match message.get(field)? {
        Data::Str(text) => Some(text),
        Data::List(parts) | Data::Tuple(parts) => {
            parts.iter().rev().find_map(|part| part.get("text")).and_then(Data::as_str)
        }
        _ => None,
    }
}
