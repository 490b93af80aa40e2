//! What of a tokenized conversation belongs together.
use crate::control_ids::IdSet;
use crate::{EndKind, NO_LOSS, Tokens, Trace};
use chatloom_template::{Conversation, Data, Origin, Segment};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// What a part is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What stands before the first turn, and the system's turns at the start.
    Head,
    /// A turn that answers may be about: a user's, or that of any role without a kind of its own.
    Question,
    /// An assistant's turn.
    Answer,
    /// A tool's turn.
    Reply,
    /// What stands after the last turn.
    Tail,
}

/// The tokens of a turn, or of what stands around all turns; by their places, in order.
#[derive(Debug)]
pub(super) struct Part {
    kind: Kind,
    /// Those that stand or fall with the part: the template's, control tokens, and what straddles their borders.
    frame: Vec<usize>,
    /// Those that are nothing but the row's text.
    text: Vec<usize>,
    /// How many of the frame come before the row's first byte.
    lead: usize,
    /// Those of another part that end this one, and that part.
    end: Option<(Vec<usize>, usize)>,
}

/// An answer and the tools' replies to it, or questions that nobody answers. Indexes are those of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    /// The questions before the first answer of its kind: other answers may share them.
    opening: Range<usize>,
    parts: Range<usize>,
}

/// Tokens of a part that are selected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) is_head: bool,
    pub(super) frame: &'a [usize],
    pub(super) text: &'a [usize],
}

impl Piece<'_> {
    pub(super) fn len(&self) -> usize {
        self.frame.len() + self.text.len()
    }
}

/// The parts of a conversation and what of them belongs together.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// The head, the turns by their places in the text, the tail.
    parts: Vec<Part>,
    steps: Vec<Step>,
    /// Whether the text of the system, of tools or documents is printed in the first turn: then what comes before
    /// the first turn's own text is part of the head, and opens whichever turn comes next.
    is_folded: bool,
    /// The part that each token ends, or else is of.
    part_of: Vec<usize>,
    pub(super) spans: &'a [Range<usize>],
    /// The tokens that carry loss.
    pub(super) trained: Vec<usize>,
}

impl<'a> Layout<'a> {
    pub(super) fn of(
        conversation: &Conversation,
        trace: &Trace,
        tokens: &'a Tokens,
        control: &IdSet,
    ) -> Self {
        let heads = conversation.messages.iter().take_while(|message| kind(message) == Kind::Head).count();
        let owners: Vec<_> = tokens.spans.iter().map(|span| Owner::of(span, trace, heads)).collect();
        let (mut part_of, turns) = assigned(&owners, heads);
        let is_folded = fold(&mut part_of, &owners, &turns, conversation);
        let mut parts = vec![Part::new(Kind::Head)];
        parts.extend(turns.iter().map(|&turn| Part::new(turn_kind(conversation, turn))));
        parts.push(Part::new(Kind::Tail));
        for (token, (&part, owner)) in part_of.iter().zip(&owners).enumerate() {
            let id = tokens.example.input_ids[token].cast_unsigned();
            parts[part].push(token, owner, control.contains(id));
        }
        let mut layout = Self {
            steps: steps(&parts),
            parts,
            is_folded,
            part_of,
            spans: &tokens.spans,
            trained: Vec::new(),
        };
        layout.lift_opening(&owners, &tokens.example.input_ids);
        layout.lend_ends(trace, &turns);
        let labels = tokens.example.labels.iter().enumerate();
        layout.trained = labels.filter(|(_, label)| **label != NO_LOSS).map(|(token, _)| token).collect();
        layout
    }

    /// Gives the head what the first turn prints for the whole text, such as a begin-of-text token: what its opening has
    /// before that of another turn of its kind, else the variables that it begins with.
    fn lift_opening(&mut self, owners: &[Owner], ids: &[i32]) {
        let [_, first, others @ ..] = self.parts.as_slice() else { return };
        let opening =
            |part: &Part| part.frame[..part.lead].iter().map(|&token| ids[token]).collect::<Vec<_>>();
        let all = opening(first);
        let alike = others.iter().filter(|part| part.kind == first.kind).map(opening);
        let longer = alike
            .filter(|usual| !usual.is_empty() && all.ends_with(usual))
            .map(|usual| all.len() - usual.len());
        let variables =
            first.frame[..first.lead].iter().take_while(|&&token| owners[token].is_variable).count();
        let lifted = longer.min().unwrap_or(variables);
        let rest = self.parts[1].frame.split_off(lifted);
        let opening = std::mem::replace(&mut self.parts[1].frame, rest);
        self.parts[1].lead -= lifted;
        opening.iter().for_each(|&token| self.part_of[token] = 0);
        self.parts[0].frame.extend(opening);
    }

    /// Gives answers that end with the next turn's first token a share in it.
    fn lend_ends(&mut self, trace: &Trace, turns: &[u32]) {
        for report in trace.turns.iter().filter(|report| report.end == EndKind::Follows) {
            let place = turns.iter().position(|&turn| turn == report.message);
            let (Some(place), Some(end)) = (place, &report.end_token) else { continue };
            let first = self.spans.partition_point(|span| span.end <= end.start);
            let last = self.spans.partition_point(|span| span.start < end.end);
            let tokens: Vec<_> = (first..last).filter(|token| self.part_of[*token] != place + 1).collect();
            if let Some(&token) = tokens.first() {
                let owner = self.part_of[token];
                tokens.iter().for_each(|&token| self.part_of[token] = place + 1);
                self.parts[place + 1].end = Some((tokens, owner));
            }
        }
    }

    /// How many steps there are.
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The step that a token belongs to, of several the first; none for the head, the last one for the tail.
    pub(super) fn step_of(&self, token: usize) -> Option<usize> {
        let part = self.part_of[token];
        let holds = |step: &Step| step.opening.contains(&part) || step.parts.contains(&part);
        match self.parts[part].kind {
            Kind::Head => None,
            Kind::Tail => self.steps.len().checked_sub(1),
            _ => self.steps.iter().position(holds),
        }
    }

    /// The places after which parts end that have a token that carries loss, in order.
    pub(super) fn ends(&self) -> Vec<usize> {
        let trained: HashSet<_> = self.trained.iter().map(|&token| self.part_of[token]).collect();
        let end = |&part: &usize| {
            let Part { frame, text, end, .. } = &self.parts[part];
            let own = frame.last().max(text.last()).copied();
            own.max(end.as_ref().and_then(|(tokens, _)| tokens.last().copied())).map(|last| last + 1)
        };
        let mut ends: Vec<_> = trained.iter().filter_map(end).collect();
        ends.sort_unstable();
        ends
    }

    /// The tokens before `until` of head, tail and some steps with what opens them.
    pub(super) fn pieces(&self, steps: Range<usize>, until: usize) -> Vec<Piece<'_>> {
        let wanted = self.wanted(steps);
        let first_turn = wanted.iter().copied().find(|&part| part != 0);
        let mut pieces = Vec::with_capacity(wanted.len());
        for &place in &wanted {
            let part = &self.parts[place];
            let sheds =
                self.is_folded && place > 1 && Some(place) == first_turn && part.kind == Kind::Question;
            let (frame, text) = (below(&part.frame, until), below(&part.text, until));
            let lead = if sheds { part.lead.min(frame.len()) } else { 0 };
            pieces.push(Piece { is_head: place == 0, frame: &frame[lead..], text });
            if let Some((end, owner)) = &part.end
                && wanted.binary_search(owner).is_err()
            {
                pieces.push(Piece { is_head: false, frame: below(end, until), text: &[] });
            }
        }
        pieces
    }

    /// Head, tail, and the parts of some steps, in order.
    fn wanted(&self, steps: Range<usize>) -> Vec<usize> {
        let mut wanted = vec![0, self.parts.len() - 1];
        for step in &self.steps[steps] {
            wanted.extend(step.opening.clone().chain(step.parts.clone()));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }
}

fn below(tokens: &[usize], until: usize) -> &[usize] {
    &tokens[..tokens.partition_point(|&token| token < until)]
}

impl Part {
    fn new(kind: Kind) -> Self {
        Self { kind, frame: Vec::new(), text: Vec::new(), lead: 0, end: None }
    }

    fn push(&mut self, token: usize, owner: &Owner, is_control: bool) {
        if owner.is_text && !is_control {
            self.text.push(token);
            return;
        }
        let leads = owner.data.is_none() && self.text.is_empty() && self.lead == self.frame.len();
        self.lead += usize::from(leads);
        self.frame.push(token);
    }
}

/// Whose a token is.
#[derive(Debug)]
struct Owner {
    turn: Option<u32>,
    /// Whose the first data in it is, if there is any.
    data: Option<Whose>,
    /// Whether it is nothing but data.
    is_text: bool,
    /// Whether it begins with what the tokenizer or the run sets.
    is_variable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// That of the message in whose turn it is printed.
    Own,
    /// That of the system, or of no message.
    Heads,
    Other,
}

impl Owner {
    fn of(span: &Range<usize>, trace: &Trace, heads: usize) -> Self {
        let segments = &trace.rendered.segments;
        let first = segments.partition_point(|segment| segment.end <= span.start);
        let inside = segments[first..].iter().enumerate();
        let near = || inside.clone().take_while(|(place, segment)| *place == 0 || segment.start < span.end);
        let data = near().map(|(_, segment)| segment).find(|segment| is_data(segment));
        let owner = data.or_else(|| segments.get(first)).or_else(|| segments.last());
        let whose = |segment: &Segment| match trace.rendered.message(segment.origin) {
            None => Whose::Heads,
            Some(message) if (message as usize) < heads => Whose::Heads,
            message if message == segment.turn => Whose::Own,
            Some(_) => Whose::Other,
        };
        Self {
            turn: owner.and_then(|segment| segment.turn),
            data: data.map(whose),
            is_variable: segments.get(first).is_some_and(|segment| segment.origin == Origin::Variable),
            is_text: data.is_some() && !span.is_empty() && near().all(|(_, segment)| is_data(segment)),
        }
    }
}

fn is_data(segment: &Segment) -> bool {
    matches!(segment.origin, Origin::Data(_))
}

fn kind(message: &Data) -> Kind {
    match message.get("role").and_then(Data::as_str) {
        Some("system" | "developer") => Kind::Head,
        Some("assistant" | "model") => Kind::Answer,
        Some("tool" | "function" | "ipython" | "observation") => Kind::Reply,
        _ => Kind::Question,
    }
}

/// The kind of a turn that is none of the head.
fn turn_kind(conversation: &Conversation, turn: u32) -> Kind {
    match conversation.messages.get(turn as usize).map(kind) {
        None | Some(Kind::Head) => Kind::Question,
        Some(kind) => kind,
    }
}

/// The part of each token, and the turns that parts 1, 2, … are. Text of no turn goes with the turn before it.
fn assigned(owners: &[Owner], heads: usize) -> (Vec<usize>, Vec<u32>) {
    let mut turns = Vec::new();
    let mut known = BTreeMap::new();
    let mut part = 0;
    let mut part_of: Vec<_> = owners
        .iter()
        .map(|owner| {
            part = match owner.turn {
                None => part,
                Some(turn) if (turn as usize) < heads => 0,
                Some(turn) => *known.entry(turn).or_insert_with(|| {
                    turns.push(turn);
                    turns.len()
                }),
            };
            part
        })
        .collect();
    let last_turn =
        owners.iter().rposition(|owner| owner.turn.is_some()).map_or(owners.len(), |last| last + 1);
    part_of[last_turn..].fill(turns.len() + 1);
    (part_of, turns)
}

/// Gives the head what the first turn prints of it, with all that comes before the turn's own text.
fn fold(part_of: &mut [usize], owners: &[Owner], turns: &[u32], conversation: &Conversation) -> bool {
    let is_question = turns.first().is_some_and(|&turn| turn_kind(conversation, turn) == Kind::Question);
    let of_first = |token: &usize| part_of[*token] == 1;
    let first: Vec<_> = (0..owners.len()).filter(of_first).collect();
    let own = first.iter().position(|&token| owners[token].data == Some(Whose::Own));
    let Some(own) = own.filter(|_| is_question) else { return false };
    let is_folded = first[..own].iter().any(|&token| owners[token].data == Some(Whose::Heads));
    if is_folded {
        first[..own].iter().for_each(|&token| part_of[token] = 0);
    }
    is_folded
}

fn steps(parts: &[Part]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut opening = 1..1;
    let mut is_answered = false;
    let last = parts.len() - 1;
    for (place, part) in parts.iter().enumerate().take(last).skip(1) {
        match (part.kind, steps.last_mut()) {
            (Kind::Answer, _) => {
                is_answered = true;
                steps.push(Step { opening: opening.clone(), parts: place..place + 1 });
            }
            (Kind::Reply, Some(step)) if is_answered => step.parts.end = place + 1,
            _ => {
                let start = if is_answered { place } else { opening.start };
                (opening, is_answered) = (start..place + 1, false);
            }
        }
    }
    if !is_answered && !opening.is_empty() {
        steps.push(Step { opening: opening.start..opening.start, parts: opening });
    }
    steps
}
