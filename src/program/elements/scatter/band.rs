//! Columns that are written row by row.

use std::ops::Range;

use super::aim::Aim;
use super::part::Part;
use crate::program::compile::instructions::ResultPlace;
use crate::program::precision::Precision;

/// Some aims. If all of their numbers are written and their places have one distance from row to row, all numbers of a
/// row are written before those of the next: so memory is written in its order. Other aims are bands of their own.
pub(super) struct Band {
    pub(super) aims: Range<usize>,
    vector: usize,
    /// The smallest place of the first row, the distance from row to row, and how many places a row extends over.
    first: usize,
    stride: usize,
    span: usize,
    /// Whether a row has all places up to the next.
    is_whole: bool,
    /// The place of each aim in a row, and where its results are. Empty if the aims are written one after the other.
    places: Vec<(u32, ResultPlace)>,
}

/// The results of some rows.
#[derive(Clone, Copy)]
pub(super) struct Results<'a, T> {
    /// Columns of `count` numbers, of which the first one is that of the first row.
    pub(super) columns: &'a [T],
    pub(super) count: usize,
    /// The numbers that all rows have.
    pub(super) totals: &'a [T],
}

/// Fewer aims are written one after the other, unless they are all places of their rows.
const FEWEST: usize = 4;
/// How many rows are written together.
const TOGETHER: usize = 32;

impl Band {
    /// All aims in bands.
    pub(super) fn all(aims: &[Aim], places: &[ResultPlace]) -> Vec<Self> {
        let stride = |aim: &Aim| aim.places.stride().filter(|&stride| stride > 1 && aim.is_first);
        let belong = |a: &Aim, b: &Aim| a.vector == b.vector && stride(a).is_some() && stride(a) == stride(b);
        let mut end = 0;
        let band = |aims: &[Aim]| {
            let range = end..end + aims.len();
            end = range.end;
            let start = |aim: &Aim| aim.places.places().start;
            let first = aims.iter().map(start).min().unwrap_or(0);
            let stride = stride(&aims[0]).unwrap_or(0);
            let entry = |aim: &Aim| Some((u32::try_from(start(aim) - first).ok()?, places[aim.output]));
            let mut places: Vec<_> = aims.iter().rev().filter_map(entry).collect();
            places.sort_by_key(|&(place, _)| place);
            let span = 1 + places.last().map_or(0, |&(place, _)| place as usize);
            let is_whole = span == stride && places.len() == stride;
            if places.len() < aims.len() || aims.len() < FEWEST && !is_whole {
                places.clear();
            }
            Self { aims: range, vector: aims[0].vector, first, stride, span, is_whole, places }
        };
        aims.chunk_by(belong).map(band).collect()
    }

    #[inline]
    pub(super) fn is_by_rows(&self) -> bool {
        !self.places.is_empty()
    }

    /// Writes the results of some rows, if the part of the vector has all places. Returns whether it did.
    #[inline(never)]
    pub(super) fn write<T: Precision, const V: usize>(
        &self,
        rows: Range<usize>,
        results: Results<'_, T>,
        parts: &mut [Part<'_, T>; V],
    ) -> bool {
        let part = &mut parts[self.vector];
        let place = self.first + rows.start * self.stride;
        let end = self.first + (rows.end - 1) * self.stride + self.span;
        if place < part.start || end > part.end() {
            return false;
        }
        let places = &mut part.numbers[place - part.start..end - part.start];
        match self.stride {
            2 if self.is_whole => self.write_whole::<T, 2>(places, results),
            3 if self.is_whole => self.write_whole::<T, 3>(places, results),
            4 if self.is_whole => self.write_whole::<T, 4>(places, results),
            _ => {
                for row in 0..rows.len() {
                    // They may overlap those of the next row.
                    let places = &mut places[row * self.stride..][..self.span];
                    for &(place, result) in &self.places {
                        places[place as usize] = match result {
                            ResultPlace::Column(column) => results.columns[column * results.count + row],
                            ResultPlace::Total(total) => results.totals[total],
                        };
                    }
                }
            }
        }
        true
    }

    /// All places of rows of `N` places. The compiler writes several rows at once.
    fn write_whole<T: Precision, const N: usize>(&self, places: &mut [T], results: Results<'_, T>) {
        let (rows, _) = places.as_chunks_mut::<N>();
        let mut constants = [[T::zero(); TOGETHER]; N];
        for (constants, &(_, result)) in constants.iter_mut().zip(&self.places) {
            if let ResultPlace::Total(total) = result {
                constants.fill(results.totals[total]);
            }
        }
        let mut start = 0;
        for rows in rows.chunks_mut(TOGETHER) {
            let columns: [&[T]; N] = std::array::from_fn(|k| match self.places[k].1 {
                ResultPlace::Column(column) => &results.columns[column * results.count + start..][..rows.len()],
                ResultPlace::Total(_) => &constants[k][..rows.len()],
            });
            for (i, row) in rows.iter_mut().enumerate() {
                *row = std::array::from_fn(|k| columns[k][i]);
            }
            start += rows.len();
        }
    }
}
