//! Colours as 32-bit numbers, for the colouring algorithms and the recovery.

/// What a [`Coloring`](super::Coloring) colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Columns: each colour needs one product of the matrix and a vector, as forward mode computes it.
    Columns,
    /// Rows: each colour needs one product of a vector and the matrix, as reverse mode computes it.
    Rows,
}

/// The colour of a column or row without numbers.
pub(super) const UNCOLORED: u32 = u32::MAX;

/// The number of colours in use.
pub(super) fn count(colors: &[u32]) -> usize {
    colors.iter().filter(|&&color| color != UNCOLORED).max().map_or(0, |&most| most as usize + 1)
}

/// An index in 32 bits: patterns are small enough.
pub(super) fn index(index: usize) -> u32 {
    u32::try_from(index).expect("a pattern has fewer than 2^32 - 1 rows and columns")
}
