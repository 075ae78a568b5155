//! Some of the parameters, inputs or outputs of a program.

use std::ops::{Bound, Range, RangeBounds, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// Some of the parameters, inputs or outputs of a program, by their positions: a range, where `..` is all of them, one
/// position, or a list. [`Program::wrt`](super::Program::wrt) takes them.
///
/// # Examples
///
/// ```
/// use gradtape::program::Selection;
///
/// assert_eq!((..).positions(3), [0, 1, 2]); // of 3
/// assert_eq!((1..).positions(3), [1, 2]);
/// assert_eq!([2, 0].positions(3), [2, 0]);
/// assert_eq!(2.positions(3), [2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which parameters, inputs or outputs",
    note = "`..` is all of them, `[]` none, `0..3` a range, `[0, 2]` a list, and a `usize` one of them"
)]
pub trait Selection {
    /// The positions, in order, where there are `count`.
    fn positions(self, count: usize) -> Vec<usize>;
}

/// Implements [`Selection`] for ranges. For example, that of `..` is
///
/// ```ignore
/// impl Selection for RangeFull {
///     fn positions(self, count: usize) -> Vec<usize> {
///         of_range(&self, count)
///     }
/// }
/// ```
macro_rules! ranges {
    ($($Range:ty),*) => { $(
        impl Selection for $Range {
            fn positions(self, count: usize) -> Vec<usize> {
                of_range(&self, count)
            }
        }
    )* };
}

ranges! {
    RangeFull, Range<usize>, RangeInclusive<usize>, RangeFrom<usize>, RangeTo<usize>, RangeToInclusive<usize>
}

fn of_range(range: &impl RangeBounds<usize>, count: usize) -> Vec<usize> {
    let first = match range.start_bound() {
        Bound::Included(&first) => first,
        Bound::Excluded(&before) => before + 1,
        Bound::Unbounded => 0,
    };
    match range.end_bound() {
        Bound::Included(&last) => (first..=last).collect(),
        Bound::Excluded(&end) => (first..end).collect(),
        Bound::Unbounded => (first..count).collect(),
    }
}

impl Selection for usize {
    fn positions(self, _count: usize) -> Vec<usize> {
        vec![self]
    }
}

impl<const N: usize> Selection for [usize; N] {
    fn positions(self, _count: usize) -> Vec<usize> {
        self.into()
    }
}

impl Selection for &[usize] {
    fn positions(self, _count: usize) -> Vec<usize> {
        self.into()
    }
}

impl Selection for Vec<usize> {
    fn positions(self, _count: usize) -> Vec<usize> {
        self
    }
}

/// The positions of which there are `count`, each at most once.
#[track_caller]
pub(crate) fn selected(selection: impl Selection, count: usize, what: &str) -> Vec<usize> {
    let positions = selection.positions(count);
    let mut is_taken = vec![false; count];
    for &position in &positions {
        assert!(position < count, "there are {count} {what}, and none at position {position}");
        assert!(!is_taken[position], "position {position} of the {what} is selected twice; name it once");
        is_taken[position] = true;
    }
    positions
}
