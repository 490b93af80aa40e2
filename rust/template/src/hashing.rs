//! Sets of values, for what compares many of them.
use std::collections::HashMap;

use crate::compare::same_or_equal;
use crate::number::Number;
use crate::value::Value;

/// As many are compared one by one.
const FEW: usize = 16;

/// Values by their place in a sequence that holds no two equal ones.
#[derive(Debug, Default)]
pub(crate) struct Places<'a> {
    known: Vec<(Value<'a>, usize)>,
    /// Indexes into `known` by hash, once there are many.
    index: HashMap<u64, Vec<usize>>,
}

impl<'a> Places<'a> {
    /// Where an equal value has its place, or none, and then this one's place is `place`.
    pub(crate) fn find_or_put(&mut self, value: &Value<'a>, place: usize) -> Option<usize> {
        let found = self.find(value);
        if found.is_none() {
            self.known.push((*value, place));
            if self.known.len() > FEW {
                let from = if self.index.is_empty() { 0 } else { self.known.len() - 1 };
                for at in from..self.known.len() {
                    self.index.entry(hash(&self.known[at].0)).or_default().push(at);
                }
            }
        }
        found
    }

    fn find(&self, value: &Value<'a>) -> Option<usize> {
        let is_it = |(known, _): &&(Value<'a>, usize)| same_or_equal(known, value);
        let found = if self.known.len() <= FEW {
            self.known.iter().find(is_it)
        } else {
            self.index.get(&hash(value))?.iter().map(|at| &self.known[*at]).find(is_it)
        };
        found.map(|(_, place)| *place)
    }
}

/// A number that is the same for equal values.
fn hash(value: &Value<'_>) -> u64 {
    if let Some(number) = Number::of(value) {
        // Adding zero makes one of the two zeros.
        return (number.to_f64() + 0.0).to_bits();
    }
    match value {
        Value::Str(text) => {
            let mut hash = 0xcbf2_9ce4_8422_2325_u64;
            text.each(|piece| {
                for byte in piece.text.bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            });
            hash
        }
        Value::Tuple(list) => match list.items.first() {
            Some(Value::Tuple(_)) | None => list.items.len() as u64,
            Some(first) => hash(first).wrapping_add(list.items.len() as u64),
        },
        _ => 0,
    }
}
