//! Conversations that have more tokens than an example may have.
//!
//! What is kept are tokens of the one encoding of the whole text, in their order; nothing is rendered or encoded
//! anew. [`layout`] tells what may be parted from what, [`truncate`] and [`split`] choose, [`shrink`] cuts inside
//! of texts where nothing else helps.
mod layout;
mod shrink;
mod split;
mod truncate;

use crate::control_ids::IdSet;
use crate::{Example, Fit, Keep, LookAlike, NO_LOSS, Outcome, Overflow, Tokens, Trace};
use chatloom_template::Conversation;
use layout::Layout;

/// What a conversation's tokens have to fit into, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<'a> {
    pub(crate) max_length: usize,
    pub(crate) overflow: Overflow,
    pub(crate) keep: Keep,
    /// The ids of control tokens, which are never cut out of a text.
    pub(crate) control: &'a IdSet,
}

impl Room<'_> {
    /// What becomes of a conversation with more tokens; not of one for which that is an error.
    pub(crate) fn fit(&self, conversation: &Conversation, trace: &Trace, tokens: &Tokens) -> Outcome {
        let trained = trained(&tokens.example);
        let (fit, examples) = match self.overflow {
            Overflow::Truncate => self.truncated(conversation, trace, tokens),
            Overflow::Split => self.split(conversation, trace, tokens),
            Overflow::Error | Overflow::Drop => (Fit::Dropped, Vec::new()),
        };
        let kept: usize = examples.iter().map(self::trained).sum();
        Outcome {
            tokens: tokens.example.input_ids.len(),
            lost: trained - kept,
            fit,
            examples,
            ..Outcome::default()
        }
    }

    fn truncated(&self, conversation: &Conversation, trace: &Trace, tokens: &Tokens) -> (Fit, Vec<Example>) {
        let layout = Layout::of(conversation, trace, tokens, self.control);
        let example = truncate::kept(&layout, self.max_length, self.keep).map(|kept| {
            let follows = |place: usize| kept[place] == 0 || place > 0 && kept[place - 1] + 1 == kept[place];
            gathered(tokens, &kept, follows)
        });
        match example.filter(|example| trained(example) > 0) {
            Some(example) => (Fit::Truncated, vec![example]),
            None => (Fit::Emptied, Vec::new()),
        }
    }

    fn split(&self, conversation: &Conversation, trace: &Trace, tokens: &Tokens) -> (Fit, Vec<Example>) {
        let layout = Layout::of(conversation, trace, tokens, self.control);
        let windows = split::windows(&layout, self.max_length);
        let example = |window: split::Window| {
            gathered(tokens, &window.kept, |place| window.trained.contains(&window.kept[place]))
        };
        let examples: Vec<_> = windows.into_iter().map(example).collect();
        (if examples.is_empty() { Fit::Emptied } else { Fit::Split }, examples)
    }
}

fn trained(example: &Example) -> usize {
    example.labels.iter().filter(|&&label| label != NO_LOSS).count()
}

/// The example of some tokens, in order, of which only those keep their loss whose place `carries` it.
fn gathered(tokens: &Tokens, kept: &[usize], carries: impl Fn(usize) -> bool) -> Example {
    let whole = &tokens.example;
    let label = |(place, &token): (usize, &usize)| if carries(place) { whole.labels[token] } else { NO_LOSS };
    let weight =
        |weights: &[f32], place: usize, token: usize| if carries(place) { weights[token] } else { 0.0 };
    let weighted = |weights: &Vec<f32>| {
        kept.iter().enumerate().map(|(place, &token)| weight(weights, place, token)).collect()
    };
    let look_alike = |found: &LookAlike| {
        Some(LookAlike { token: kept.binary_search(&found.token).ok()?, ..found.clone() })
    };
    Example {
        input_ids: kept.iter().map(|&token| whole.input_ids[token]).collect(),
        labels: kept.iter().enumerate().map(label).collect(),
        weights: whole.weights.as_ref().map(weighted),
        look_alikes: whole.look_alikes.iter().filter_map(look_alike).collect(),
        straddling: tokens.straddling.iter().filter(|token| kept.binary_search(token).is_ok()).count(),
    }
}
