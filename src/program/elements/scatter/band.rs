//! Columns that are written row by row.

use std::ops::Range;

use super::aim::Aim;
use super::part::Part;
use crate::program::compile::instructions::ResultPlace;

/// Some aims. If all of their numbers are written and their places have one distance from row to row, all numbers of a row are
/// written before those of the next: so memory is written in its order. Other aims are bands of their own.
pub(super) struct Band {
    pub(super) aims: Range<usize>,
    vector: usize,
    /// The smallest place of the first row, the distance from row to row, and how many places a row extends over.
    first: usize,
    stride: usize,
    span: usize,
    /// The place of each aim in a row, and the column of its results. Empty if the aims are written one after the other.
    columns: Vec<(u32, u32)>,
}

/// Fewer aims are written one after the other.
const FEWEST: usize = 4;

impl Band {
    /// All aims in bands.
    pub(super) fn all(aims: &[Aim], places: &[ResultPlace]) -> Vec<Self> {
        let stride = |aim: &Aim| aim.places.stride().filter(|&stride| stride > 1 && aim.is_first);
        let column = |aim: &Aim| match places[aim.output] {
            ResultPlace::Column(column) => Some(column),
            ResultPlace::Total(_) => None,
        };
        let belong = |a: &Aim, b: &Aim| {
            a.vector == b.vector
                && stride(a).is_some()
                && stride(a) == stride(b)
                && column(a).is_some()
                && column(b).is_some()
        };
        let mut end = 0;
        let band = |aims: &[Aim]| {
            let range = end..end + aims.len();
            end = range.end;
            let start = |aim: &Aim| aim.places.places().start;
            let first = aims.iter().map(start).min().unwrap_or(0);
            let columns: Vec<(u32, u32)> = if aims.len() < FEWEST {
                Vec::new()
            } else {
                let narrow = |x: usize| u32::try_from(x).ok();
                let entry = |aim: &Aim| Some((narrow(start(aim) - first)?, narrow(column(aim)?)?));
                aims.iter().rev().filter_map(entry).collect()
            };
            let span = 1 + columns.iter().map(|&(place, _)| place as usize).max().unwrap_or(0);
            let stride = stride(&aims[0]).unwrap_or(0);
            Self { aims: range, vector: aims[0].vector, first, stride, span, columns }
        };
        aims.chunk_by(belong).map(band).collect()
    }

    #[inline]
    pub(super) fn is_by_rows(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Writes the results of some rows, if the part of the vector has all places. `results` has columns of `count` numbers, of
    /// which the first one is that of the first row. Returns whether it did.
    #[inline(never)]
    pub(super) fn write<T: Copy, const V: usize>(
        &self,
        rows: Range<usize>,
        (results, count): (&[T], usize),
        parts: &mut [Part<'_, T>; V],
    ) -> bool {
        let part = &mut parts[self.vector];
        let place = self.first + rows.start * self.stride;
        let end = self.first + (rows.end - 1) * self.stride + self.span;
        if place < part.start || end > part.end() {
            return false;
        }
        let places = &mut part.numbers[place - part.start..end - part.start];
        for row in 0..rows.len() {
            let places = &mut places[row * self.stride..][..self.span];
            for &(place, column) in &self.columns {
                places[place as usize] = results[column as usize * count + row];
            }
        }
        true
    }
}
