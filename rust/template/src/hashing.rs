//! Sets of values, for what compares many of them.
use std::collections::HashMap;

use crate::Error;
use crate::arena::Arena;
use crate::compare::same_or_equal;
use crate::number::{self, Number};
use crate::value::Value;

/// As many are compared one by one.
const FEW: usize = 16;

/// What a value takes here.
const BYTES_OF_A_PLACE: usize = 128;

/// How many bytes a step hashes.
const BYTES_OF_A_STEP: usize = 8;

/// Values by their place in a sequence that holds no two equal ones.
#[derive(Debug, Default)]
pub(crate) struct Places<'a> {
    known: Vec<(Value<'a>, usize)>,
    /// Indexes into `known` by hash, once there are many.
    index: HashMap<u64, Vec<usize>>,
}

impl<'a> Places<'a> {
    /// Where an equal value has its place, or none, and then this one's place is `place`.
    pub(crate) fn find_or_put(
        &mut self,
        value: &Value<'a>,
        place: usize,
        arena: &'a Arena,
    ) -> Result<Option<usize>, Error> {
        let found = self.find(value, arena)?;
        if found.is_none() {
            arena.charge(BYTES_OF_A_PLACE)?;
            self.known.push((*value, place));
            if self.known.len() > FEW {
                let from = if self.index.is_empty() { 0 } else { self.known.len() - 1 };
                for at in from..self.known.len() {
                    self.index.entry(hash(&self.known[at].0, arena)?).or_default().push(at);
                }
            }
        }
        Ok(found)
    }

    fn find(&self, value: &Value<'a>, arena: &'a Arena) -> Result<Option<usize>, Error> {
        if self.known.len() <= FEW {
            return place_of(value, self.known.iter(), arena);
        }
        match self.index.get(&hash(value, arena)?) {
            Some(alike) => place_of(value, alike.iter().map(|at| &self.known[*at]), arena),
            None => Ok(None),
        }
    }
}

fn place_of<'k, 'a: 'k>(
    value: &Value<'a>,
    known: impl Iterator<Item = &'k (Value<'a>, usize)>,
    arena: &'a Arena,
) -> Result<Option<usize>, Error> {
    for (known, place) in known {
        if same_or_equal(known, value, arena)? {
            return Ok(Some(*place));
        }
    }
    Ok(None)
}

/// A number that is the same for equal values.
fn hash<'a>(value: &Value<'a>, arena: &'a Arena) -> Result<u64, Error> {
    number::weigh(value, arena)?;
    if let Some(number) = Number::of(value) {
        // Adding zero makes one of the two zeros.
        return Ok((number.to_f64() + 0.0).to_bits());
    }
    Ok(match value {
        Value::Str(text) => {
            text.scan(arena)?;
            arena.work(text.len() / BYTES_OF_A_STEP)?;
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
            Some(first) => hash(first, arena)?.wrapping_add(list.items.len() as u64),
        },
        _ => 0,
    })
}
