//! How elements are found and computed: what can be left out.

use super::variables::Variables;
use crate::program::run::index::Index;

/// A step by which elements become fewer or faster. Results do not depend on it: tests leave out one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Elements that share operations are joined.
    Joining,
    /// Where an element has few of its kind, its largest sum is taken apart.
    Dividing,
    /// Leaves that are the same in all rows become parameters, and equal columns one column.
    SharedLeaves,
    /// Columns whose places are equally far apart are not gathered.
    EvenColumns,
    /// The first number at a place is written, and not added to a zero.
    WrittenFirst,
    /// The last elements compute value and derivatives in one run.
    ValueWithGradient,
    /// A thread runs many rows before their results are collected.
    LongChunks,
    /// Outputs of a vector function that are sums are not taken apart if they have few inputs.
    WholeOutputs,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 8] = [
        Self::Joining,
        Self::Dividing,
        Self::SharedLeaves,
        Self::EvenColumns,
        Self::WrittenFirst,
        Self::ValueWithGradient,
        Self::LongChunks,
        Self::WholeOutputs,
    ];
}

/// How a plan is made, and of which derivatives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Making {
    /// Whether it is made even where the driver would be faster.
    pub(crate) always: bool,
    pub(crate) without: Option<Stage>,
    pub(crate) variables: Variables,
}

impl Making {
    /// With all stages, and only if it pays.
    pub(crate) const fn by(variables: Variables) -> Self {
        Self { always: false, without: None, variables }
    }

    pub(super) fn has(self, stage: Stage) -> bool {
        self.without != Some(stage)
    }

    /// An index of places that are listed if even columns are left out.
    pub(super) fn index(self, index: Index) -> Index {
        if self.has(Stage::EvenColumns) { index } else { index.listed() }
    }
}

/// A group of fewer elements is not worth a template, if there is a sum to take apart.
const FEW_ROWS: usize = 4;
/// A sum of so many times as many terms as there are rows is taken apart.
const MANY_TERMS: usize = 256;
/// The fewest terms that are taken apart.
const FEWEST_TERMS: usize = 8;

/// Whether a sum or a chain of so many terms, of which there are so many rows, is taken apart.
pub(super) fn is_taken_apart(terms: usize, rows: usize) -> bool {
    terms >= FEWEST_TERMS && (rows < FEW_ROWS || terms > MANY_TERMS * rows)
}
