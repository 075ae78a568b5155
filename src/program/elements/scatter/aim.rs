//! Where results go.

use std::ops::Range;

use super::part::Part;
use crate::program::precision::Precision;
use crate::program::run::index::Column;

/// Where an output of a program goes.
pub(in crate::program::elements) struct Aim {
    pub(in crate::program::elements) output: usize,
    /// The number of the vector.
    pub(in crate::program::elements) vector: usize,
    /// The places of all rows; or one place if the output is a total.
    pub(in crate::program::elements) places: Column,
    pub(in crate::program::elements) is_total: bool,
    /// Whether these numbers are the first at their places, so that they are written. Other numbers are added.
    pub(in crate::program::elements) is_first: bool,
}

impl Aim {
    pub(in crate::program::elements) fn new(output: usize, vector: usize, places: Column, is_total: bool) -> Self {
        Self { output, vector, places, is_total, is_first: false }
    }

    /// Adds the numbers of some rows; `numbers` are those of some of these rows, counted from the first.
    pub(super) fn update<T: Precision, N: Iterator<Item = T>>(
        &self,
        rows: Range<usize>,
        numbers: impl Fn(Range<usize>) -> N,
        part: &mut Part<'_, T>,
    ) {
        let first = rows.start;
        let numbers = |some: Range<usize>| numbers(some.start - first..some.end - first);
        if self.is_first {
            self.places.update(rows, numbers, part.numbers, part.start, |place, x| *place = x);
        } else {
            self.places.update(rows, numbers, part.numbers, part.start, |place, x| *place += x);
        }
    }
}
