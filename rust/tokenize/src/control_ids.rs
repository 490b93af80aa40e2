//! Control tokens by their ids: where they stand in an encoded text, and how to keep them out of a row's own.
use crate::guard::Guard;
use std::collections::HashSet;
use std::ops::RangeInclusive;

/// The control tokens of a vocabulary and a template.
#[derive(Debug)]
pub(crate) struct ControlIds {
    pub(crate) ids: IdSet,
    /// What keeps them out, where that is asked for, of texts with which the lane can't.
    pub(crate) guard: Option<Guard>,
}

/// Some ids; most vocabularies have those of control tokens side by side.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdSet {
    around: Option<RangeInclusive<u32>>,
    ids: HashSet<u32>,
}

impl IdSet {
    /// Whether any of these ids is in it.
    pub(crate) fn contains_any(&self, ids: &[u32]) -> bool {
        let Some(around) = &self.around else { return false };
        let around = *around.start()..=*around.end();
        // Counted, and so many at once, since hardly ever is one near.
        let near = ids.iter().filter(|id| around.contains(id)).count();
        near > 0 && ids.iter().any(|id| self.contains(*id))
    }

    #[inline]
    pub(crate) fn contains(&self, id: u32) -> bool {
        self.around.as_ref().is_some_and(|around| around.contains(&id)) && self.ids.contains(&id)
    }
}

impl FromIterator<u32> for IdSet {
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> Self {
        let ids: HashSet<u32> = ids.into_iter().collect();
        let around = ids.iter().min().zip(ids.iter().max()).map(|(least, most)| *least..=*most);
        Self { around, ids }
    }
}
