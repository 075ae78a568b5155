//! Vectors in parts, one for each thread.

use crate::program::precision::Precision;

/// A vector, or a part of one.
pub(in crate::program::elements) struct Part<'a, T> {
    /// The place of the first number.
    pub(in crate::program::elements) start: usize,
    pub(in crate::program::elements) numbers: &'a mut [T],
}

impl<'a, T> Part<'a, T> {
    pub(in crate::program::elements) fn new(start: usize, numbers: &'a mut [T]) -> Self {
        Self { start, numbers }
    }

    pub(super) fn end(&self) -> usize {
        self.start + self.numbers.len()
    }

    /// Adds to the number at a place, if it is one of this part.
    pub(in crate::program::elements) fn add(&mut self, place: usize, x: T)
    where
        T: Precision,
    {
        if let Some(sum) = self.numbers.get_mut(place.wrapping_sub(self.start)) {
            *sum += x;
        }
    }

    pub(super) fn reborrow(&mut self) -> Part<'_, T> {
        Part { start: self.start, numbers: self.numbers }
    }

    /// Takes the part before a place.
    pub(super) fn take_before(&mut self, place: usize) -> Self {
        let (first, rest) = std::mem::take(&mut self.numbers).split_at_mut(place - self.start);
        let start = std::mem::replace(&mut self.start, place);
        self.numbers = rest;
        Self { start, numbers: first }
    }
}
