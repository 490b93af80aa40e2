//! What is counted while rows are encoded.
use crate::{Counts, UnstableFacts};
use chatloom_tokenize::{Fit, Outcome, Rewrite};
use std::ops::AddAssign;

/// How many of what there are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Tally {
    /// Rows that were kept.
    pub(crate) kept: u64,
    /// Tokens that carry loss.
    pub(crate) trained: u64,
    /// Sequences that were kept and have none.
    pub(crate) untrained: u64,
    /// Tokens that hold bytes that carry loss, and others that don't.
    pub(crate) straddling: u64,
    /// Sequences that were kept and hold control tokens in their own text.
    pub(crate) look_alikes: u64,
    /// Rows left out because they are too long.
    pub(crate) dropped: u64,
    /// Rows left out because, once cut, nothing in them would carry loss.
    pub(crate) dropped_cut: u64,
    /// Rows left out because they have no token that carries loss.
    pub(crate) dropped_untrained: u64,
    /// Rows that were cut.
    pub(crate) truncated: u64,
    /// Rows that became several sequences because they are too long.
    pub(crate) split: u64,
    /// Tokens that carried loss and were lost by that.
    pub(crate) lost: u64,
    /// Rows of which a beginning renders otherwise alone.
    pub(crate) unstable: u64,
    /// Rows of which not all beginnings were compared.
    pub(crate) unchecked: u64,
    /// The first row of which a beginning renders otherwise alone, counted from the first row of the tally.
    pub(crate) rewrite: Option<(u64, Rewrite)>,
}

impl Tally {
    /// That of what a row gave, whatever becomes of its examples.
    pub(crate) fn of(outcome: &Outcome, row: usize) -> Self {
        Self {
            lost: outcome.lost as u64,
            unchecked: outcome.unchecked.into(),
            unstable: outcome.rewrite.is_some().into(),
            rewrite: outcome.rewrite.map(|rewrite| (row as u64, rewrite)),
            ..Self::default()
        }
    }

    /// Counts a row that gave so many sequences.
    pub(crate) fn row(&mut self, sequences: usize, fit: Fit) {
        let count = match (sequences, fit) {
            (0, Fit::Dropped) => &mut self.dropped,
            (0, Fit::Emptied) => &mut self.dropped_cut,
            (0, _) => &mut self.dropped_untrained,
            _ => &mut self.kept,
        };
        *count += 1;
        let is_cut = matches!(fit, Fit::Truncated | Fit::Emptied | Fit::Dropped);
        self.truncated += u64::from(sequences > 0 && is_cut);
        self.split += u64::from(sequences > 0 && fit == Fit::Split);
    }

    /// What of it is told of rows; of sequences and tokens nothing.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            rows_packed: self.kept,
            dropped: self.dropped,
            dropped_cut: self.dropped_cut,
            dropped_untrained: self.dropped_untrained,
            truncated: self.truncated,
            split: self.split,
            trained_tokens_lost: self.lost,
            unstable: self.unstable,
            unstable_unchecked: self.unchecked,
            ..Counts::default()
        }
    }

    /// The first row of which a beginning renders otherwise alone.
    pub(crate) fn first_unstable(&self) -> Option<UnstableFacts> {
        self.rewrite.map(UnstableFacts::of)
    }

    /// Adds the tally of the rows that follow `before` others.
    pub(crate) fn add(&mut self, before: u64, other: Self) {
        let first = self.rewrite.or(other.rewrite.map(|(row, rewrite)| (before + row, rewrite)));
        *self += other;
        self.rewrite = first;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.trained += other.trained;
        self.untrained += other.untrained;
        self.straddling += other.straddling;
        self.look_alikes += other.look_alikes;
        self.dropped += other.dropped;
        self.dropped_cut += other.dropped_cut;
        self.dropped_untrained += other.dropped_untrained;
        self.truncated += other.truncated;
        self.split += other.split;
        self.lost += other.lost;
        self.unstable += other.unstable;
        self.unchecked += other.unchecked;
        self.rewrite = self.rewrite.or(other.rewrite);
    }
}
