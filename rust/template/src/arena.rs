//! Memory of one render: everything is freed at once, and charged before it is taken.
use std::cell::Cell;

use bumpalo::Bump;

use crate::{Class, Error};

/// What the values of a short chat need.
const FIRST_CHUNK: usize = 8 << 10;

/// A bump allocator with a budget.
#[derive(Debug)]
pub(crate) struct Arena {
    bump: Bump,
    left: Cell<usize>,
}

impl Arena {
    pub(crate) fn new(budget: usize) -> Self {
        Self { bump: Bump::with_capacity(FIRST_CHUNK), left: Cell::new(budget) }
    }

    /// Takes bytes from the budget, whoever holds them.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), Error> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Error::new(
                Class::Budget,
                "BudgetExceeded",
                "the render needs more memory than its budget",
            )),
        }
    }

    pub(crate) fn value<T>(&self, value: T) -> Result<&T, Error> {
        self.charge(size_of::<T>())?;
        Ok(self.bump.alloc(value))
    }

    pub(crate) fn slice<T: Copy>(&self, items: &[T]) -> Result<&[T], Error> {
        self.charge(size_of_val(items))?;
        Ok(self.bump.alloc_slice_copy(items))
    }

    pub(crate) fn str(&self, text: &str) -> Result<&str, Error> {
        self.charge(text.len())?;
        Ok(self.bump.alloc_str(text))
    }

    /// So many of one value.
    pub(crate) fn filled<T: Copy>(&self, value: T, count: usize) -> Result<&mut [T], Error> {
        self.charge(count.saturating_mul(size_of::<T>()))?;
        Ok(self.bump.alloc_slice_fill_copy(count, value))
    }

    /// A growable sequence that holds nothing yet; whoever pushes charges.
    pub(crate) fn empty<T>(&self) -> bumpalo::collections::Vec<'_, T> {
        bumpalo::collections::Vec::new_in(&self.bump)
    }

    /// A growable sequence; whoever pushes charges.
    pub(crate) fn growable<T>(&self, capacity: usize) -> Result<bumpalo::collections::Vec<'_, T>, Error> {
        self.charge(capacity.saturating_mul(size_of::<T>()))?;
        Ok(bumpalo::collections::Vec::with_capacity_in(capacity, &self.bump))
    }
}
