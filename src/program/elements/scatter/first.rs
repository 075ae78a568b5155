//! Which numbers are the first at their places.
//!
//! The first number at a place is written, and all others are added to it. So most vectors need not be cleared before
//! numbers are added up in them.

use std::cmp::Reverse;
use std::ops::Range;

use super::aim::Aim;
use crate::program::precision::Precision;
use crate::program::run::threads::{for_each, threads};

/// What is known of a place while a plan is made, in the order in which numbers go to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Untouched,
    Touched,
    /// The first number is written.
    Written,
}

/// The places of a vector, before numbers go there.
pub(in crate::program::elements) struct Places {
    start: usize,
    states: Vec<State>,
}

/// The places of a vector that must be 0 before numbers are added to it.
#[derive(Default)]
pub(in crate::program::elements) struct Cleared(Vec<Range<usize>>);

/// If there are more ranges of places, compared with the length of the vector, all of it is cleared.
const PLACES_PER_RANGE: usize = 16;
/// The fewest places that are worth a thread.
const LEAST_OF_THREAD: usize = 1 << 15;

impl Places {
    pub(in crate::program::elements) fn new(places: Range<usize>) -> Self {
        Self { start: places.start, states: vec![State::Untouched; places.len()] }
    }

    fn state(&mut self, place: usize) -> Option<&mut State> {
        self.states.get_mut(place.wrapping_sub(self.start))
    }

    /// A number goes to this place, if it is one of this vector. Returns whether others went there before.
    pub(in crate::program::elements) fn touch(&mut self, place: usize) -> bool {
        self.state(place).is_some_and(|state| {
            let is_first = *state == State::Untouched;
            if is_first {
                *state = State::Touched;
            }
            !is_first
        })
    }

    /// The first number is written to this place.
    pub(in crate::program::elements) fn write(&mut self, place: usize) {
        if let Some(state) = self.state(place) {
            *state = State::Written;
        }
    }

    /// The places whose first number is not written.
    pub(in crate::program::elements) fn cleared(self) -> Cleared {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for place in (0..self.states.len()).filter(|&place| self.states[place] != State::Written) {
            match ranges.last_mut() {
                Some(range) if range.end == place => range.end += 1,
                _ => ranges.push(place..place + 1),
            }
        }
        if ranges.len() > self.states.len() / PLACES_PER_RANGE {
            ranges.clear();
            ranges.push(0..self.states.len());
        }
        Cleared(ranges)
    }
}

impl Cleared {
    pub(in crate::program::elements) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes these places 0, unless the vector is not wanted and empty.
    pub(in crate::program::elements) fn clear<T: Precision>(&self, vector: &mut [T]) {
        if !vector.is_empty() {
            self.0.iter().for_each(|range| clear(&mut vector[range.clone()]));
        }
    }
}

/// Sorts aims, and finds out which numbers are the first at their places if so many rows, a `piece`, are collected at a
/// time: none if there is no piece. `vectors` tells what went there before.
pub(in crate::program::elements) fn write_first(
    aims: &mut [Aim],
    rows: usize,
    piece: Option<usize>,
    vectors: &mut [Places],
) {
    // Of columns with the same places, the one that begins last is the first at each.
    aims.sort_by_key(|aim| (aim.vector, aim.places.stride(), Reverse(aim.places.places().start)));
    let Some(piece) = piece else { return };
    for aim in &mut *aims {
        aim.is_first = !aim.is_total;
    }
    for start in (0..rows).step_by(piece) {
        for aim in aims.iter_mut().filter(|aim| !aim.is_total) {
            for row in start..rows.min(start + piece) {
                aim.is_first &= !vectors[aim.vector].touch(aim.places.place(row));
            }
        }
    }
    for aim in aims {
        let vector = &mut vectors[aim.vector];
        if aim.is_first {
            (0..rows).for_each(|row| vector.write(aim.places.place(row)));
        } else if aim.is_total {
            vector.touch(aim.places.place(0));
        }
    }
}

/// Makes all numbers of a vector 0.
fn clear<T: Precision>(vector: &mut [T]) {
    let share = vector.len().div_ceil(threads().min(vector.len() / LEAST_OF_THREAD).max(1));
    for_each(vector.chunks_mut(share.max(1)), |part| part.fill(T::zero()));
}
