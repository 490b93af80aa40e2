//! Printed pieces → text and segments.
use crate::fail::value_error;
use crate::input::{CONTINUE_TAG, Inputs};
use crate::text::Piece;
use crate::{Conversation, Data, Error, Field, Origin, Rendered, Segment};

/// Joins the pieces of an output.
pub(crate) fn assemble(pieces: &[Piece<'_>], inputs: &Inputs<'_>, paths: bool) -> Rendered {
    let mut text = String::with_capacity(pieces.iter().map(|piece| piece.text.len()).sum());
    let mut segments: Vec<Segment> = Vec::with_capacity(pieces.len());
    let numbers = vec![UNSEEN; inputs.fields.len()];
    let mut fields = Fields { inputs, paths, numbers, found: Vec::new() };
    for piece in pieces {
        let start = text.len();
        text.push_str(piece.text);
        let end = text.len();
        let (turn, generation) = (piece.stamp.turn(), piece.stamp.generation());
        let segment = Segment { start, end, origin: fields.origin(piece), turn, generation };
        match segments.last_mut() {
            Some(last) if continues(last, &segment) => last.end = end,
            _ => segments.push(segment),
        }
    }
    let mut rendered = Rendered { text, segments, fields: fields.found };
    own_turnless_runs(&mut rendered);
    rendered
}

fn continues(last: &Segment, next: &Segment) -> bool {
    last.origin == next.origin && last.turn == next.turn && last.generation == next.generation
}

/// The number of a field that has not occurred yet.
const UNSEEN: u32 = u32::MAX;

/// The fields that occur in the output, numbered in order of appearance.
struct Fields<'i, 'a> {
    inputs: &'i Inputs<'a>,
    paths: bool,
    /// By index into the inputs' fields.
    numbers: Vec<u32>,
    found: Vec<Field>,
}

impl Fields<'_, '_> {
    fn origin(&mut self, piece: &Piece<'_>) -> Origin {
        if !piece.source.is_data() {
            let variable = piece.source == crate::text::Source::VARIABLE;
            return if variable { Origin::Variable } else { Origin::Literal };
        }
        let Some(index) = piece.source.as_field() else { return Origin::Literal };
        let next = u32::try_from(self.found.len()).unwrap_or(UNSEEN);
        let number = &mut self.numbers[index as usize];
        if *number == UNSEEN {
            *number = next;
            let path = if self.paths { self.inputs.path(index) } else { String::new() };
            self.found.push(Field { message: self.inputs.fields[index as usize].message, path });
        }
        Origin::Data(*number)
    }
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
    let is_data = |segment: &&Segment| matches!(segment.origin, Origin::Data(_));
    let mut owners =
        rendered.segments[run].iter().filter(is_data).map(|segment| rendered.message(segment.origin));
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
