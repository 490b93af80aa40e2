//! Looking for conversations of which a beginning renders otherwise alone than within the whole.
use crate::rewrite::{beginning, difference, end, suspects};
use crate::{Error, Formatter, LabelPolicy, Rewrite, Trace, TurnReport, Unstable};
use chatloom_template::{Alone, Beginnings, Call, Conversation};

/// What was found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stability {
    pub(crate) rewrite: Option<Rewrite>,
    /// Whether some beginnings were not compared.
    pub(crate) unchecked: bool,
}

/// A beginning of a conversation, rendered, and the turns that are trained after it.
struct Base {
    last: u32,
    trace: Trace,
    trained: Vec<u32>,
}

impl Formatter {
    /// Compares beginnings that end with a trained turn with the whole, the shorter ones first. Where a rewrite changes
    /// nothing but a count, hardly more text is rendered for that than the whole has.
    pub(crate) fn stability(
        &self,
        conversation: &Conversation,
        call: &Call,
        trace: &Trace,
        beginnings: &mut Beginnings<'_>,
    ) -> Stability {
        if self.options().labels == LabelPolicy::All {
            return Stability::default();
        }
        let room = match self.options().unstable {
            Unstable::Whole => trace.rendered.text.len(),
            Unstable::Split | Unstable::Error => usize::MAX,
        };
        let mut rendered = 0;
        for turn in suspects(conversation, trace, self.horizon(conversation, call)) {
            if rendered > room {
                return Stability { unchecked: true, ..Stability::default() };
            }
            let alone = beginnings.alone(turn.message as usize + 1).ok();
            rendered += alone.as_ref().map_or_else(|| end(turn), |alone| alone.rendered.text.len());
            let rewrite = alone.and_then(|alone| difference(&alone, &trace.rendered, turn));
            if rewrite.is_some() {
                return Stability { rewrite, unchecked: false };
            }
        }
        Stability::default()
    }

    fn horizon(&self, conversation: &Conversation, call: &Call) -> Option<usize> {
        let template = self.templates().choose(conversation.tools.is_some()).ok()?;
        template.horizon().filter(|_| !call.add_generation_prompt)
    }

    /// The render of what a turn ends; `None` where the template refuses it.
    fn alone(&self, conversation: &Conversation, turn: &TurnReport) -> Option<Alone> {
        let rendered =
            self.render(&beginning(conversation, turn.message, |_| true), &Call::default()).ok()?;
        Some(Alone { rendered, skipped: Vec::new() })
    }

    /// Beginnings of a conversation, the shorter ones first, which share out its trained turns: each is trained in the
    /// longest that begins with what the turn ends when rendered alone. What the template refuses to render alone is
    /// trained in the whole.
    pub(crate) fn parts(
        &self,
        conversation: &Conversation,
        trace: Trace,
    ) -> Result<Vec<Conversation>, Error> {
        let turns = trace.turns.clone();
        let last = u32::try_from(conversation.messages.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let mut bases = vec![Base { last, trace, trained: Vec::new() }];
        for turn in turns.iter().rev() {
            let alone = if turn.message == last { None } else { self.alone(conversation, turn) };
            let base = bases
                .iter_mut()
                .find(|base| alone.as_ref().is_none_or(|alone| base.begins_with(alone, turn)));
            match base {
                Some(base) => base.trained.push(turn.message),
                None => {
                    let part = beginning(conversation, turn.message, |_| true);
                    let trace = self.trace(&part, &Call::default())?;
                    bases.push(Base { last: turn.message, trace, trained: vec![turn.message] });
                }
            }
        }
        bases.retain(|base| !base.trained.is_empty());
        let part =
            |base: &Base| beginning(conversation, base.last, |message| base.trained.contains(&message));
        Ok(bases.iter().rev().map(part).collect())
    }
}

impl Base {
    /// Whether it begins with what a turn ends when rendered alone.
    fn begins_with(&self, alone: &Alone, turn: &TurnReport) -> bool {
        let own = self.trace.turns.iter().find(|own| own.message == turn.message);
        own.is_some_and(|own| difference(alone, &self.trace.rendered, own).is_none())
    }
}
