//! What one render may use: memory, which is freed at once, and steps. Both are charged before they are taken.
use std::cell::Cell;

use bumpalo::Bump;

use crate::{Class, Error, Limits};

/// What the values of a short chat need.
const FIRST_CHUNK: usize = 8 << 10;

/// How many bytes of text a step looks through.
const BYTES_OF_A_STEP: usize = 16;

/// A bump allocator with a budget.
#[derive(Debug)]
pub(crate) struct Arena {
    bump: Bump,
    bytes: Cell<usize>,
    steps: Cell<u64>,
}

impl Arena {
    /// An arena without limits, for what is no larger than the caller's own values.
    pub(crate) fn new() -> Self {
        Self {
            bump: Bump::with_capacity(FIRST_CHUNK),
            bytes: Cell::new(usize::MAX),
            steps: Cell::new(u64::MAX),
        }
    }

    /// From now on, no more than the limits for an input of `size` may be used.
    pub(crate) fn limit(&self, limits: &Limits, size: usize) {
        self.bytes.set(limits.memory_for(size));
        self.steps.set(limits.steps_for(size));
    }

    /// What is left: steps and bytes.
    pub(crate) fn left(&self) -> (u64, usize) {
        (self.steps.get(), self.bytes.get())
    }

    /// How much memory it holds.
    pub(crate) fn held(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// Takes bytes from the budget, whoever holds them.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), Error> {
        match self.bytes.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => Err(exceeded("the render needs more memory than its limit", "memory")),
        }
    }

    /// Takes steps from the budget: one for an instruction, or for an item that something goes through.
    pub(crate) fn work(&self, steps: usize) -> Result<(), Error> {
        match self.steps.get().checked_sub(steps as u64) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(exceeded("the render takes more steps than its limit", "steps")),
        }
    }

    /// Takes the steps for looking through bytes of text.
    pub(crate) fn scan(&self, bytes: usize) -> Result<(), Error> {
        self.work(bytes / BYTES_OF_A_STEP)
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

    /// Texts of `length` bytes together, as one.
    pub(crate) fn joined<'t>(
        &self,
        parts: impl Iterator<Item = &'t str>,
        length: usize,
    ) -> Result<&str, Error> {
        self.charge(length)?;
        let mut whole = bumpalo::collections::String::with_capacity_in(length, &self.bump);
        parts.for_each(|part| whole.push_str(part));
        Ok(whole.into_bump_str())
    }

    /// A growable sequence; whoever pushes charges.
    pub(crate) fn growable<T>(&self, capacity: usize) -> Result<bumpalo::collections::Vec<'_, T>, Error> {
        self.charge(capacity.saturating_mul(size_of::<T>()))?;
        Ok(bumpalo::collections::Vec::with_capacity_in(capacity, &self.bump))
    }
}

#[cold]
pub(crate) fn exceeded(message: &str, limit: &str) -> Error {
    let hint = format!("if the template is to be trusted, raise `{limit}` of `limits`");
    Error::new(Class::Budget, "BudgetExceeded", message).hint(hint)
}
