//! Which inputs are differentiated by.

use std::ops::{Bound, Range, RangeBounds};

/// The inputs that a function is differentiated by. The others are data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variables {
    first: usize,
    /// Where they end, if not with the last input.
    end: Option<usize>,
}

impl Variables {
    pub(crate) const ALL: Self = Self { first: 0, end: None };

    pub(crate) fn new(inputs: impl RangeBounds<usize>) -> Self {
        let behind = |input: usize| input.saturating_add(1);
        let first = match inputs.start_bound() {
            Bound::Included(&first) => first,
            Bound::Excluded(&before) => behind(before),
            Bound::Unbounded => 0,
        };
        let end = match inputs.end_bound() {
            Bound::Included(&last) => Some(behind(last)),
            Bound::Excluded(&end) => Some(end),
            Bound::Unbounded => None,
        };
        Self { first, end }
    }

    /// Their range, where there are so many inputs.
    #[track_caller]
    pub(crate) fn of(self, inputs: usize) -> Range<usize> {
        let Self { first, end } = self;
        let end = end.unwrap_or(inputs);
        assert!(
            first <= end && end <= inputs,
            "the inputs {first}..{end} should be variables, and there are {inputs} inputs; give `wrt` a range of these"
        );
        first..end
    }
}
