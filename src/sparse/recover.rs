//! How the numbers of a matrix are read from the products of its colours.

use super::Sparsity;
use super::color::{Side, count, index};
use super::pattern::Places;

/// For each number of a matrix: the product that contains it, and its element there.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    /// The places of the numbers that the product of each colour gives.
    by_color: Sparsity,
    /// The element of its product, for each number.
    elements: Vec<u32>,
}

impl Recovery {
    /// For a colouring in which no two members of a colour have a number in the same row (or column).
    pub(super) fn new(side: Side, pattern: &Sparsity, colors: &[u32]) -> Self {
        let colors_and_elements = pattern.iter().map(|(row, column)| match side {
            Side::Columns => (colors[column], index(row)),
            Side::Rows => (colors[row], index(column)),
        });
        Self::from_elements(count(colors), colors_and_elements)
    }

    /// For a symmetric matrix, where one of `(i, j)` and `(j, i)` is the only number of its row in columns of its
    /// colour.
    pub(super) fn symmetric(pattern: &Sparsity, colors: &[u32]) -> Self {
        // For each colour: the last row in which it occurred, and how often it occurred there.
        let mut seen = vec![(0, 0_u32); pattern.rows()];
        let mut is_alone = Vec::with_capacity(pattern.nnz());
        for row in 0..pattern.rows() {
            let columns = pattern.row(row);
            for &column in columns {
                let seen = &mut seen[colors[column] as usize];
                *seen = if seen.0 == row { (row, seen.1 + 1) } else { (row, 1) };
            }
            is_alone.extend(columns.iter().map(|&column| seen[colors[column] as usize].1 == 1));
        }
        let mut mirrored = vec![0; pattern.nnz()];
        pattern.transpose_with(|from, to| mirrored[from] = to);
        let colors_and_elements = pattern.iter().enumerate().map(|(place, (row, column))| {
            // `(i, j)` and `(j, i)` read the same element, so that the matrix is exactly symmetric.
            let (low, high) = (row.min(column), row.max(column));
            let upper = if row <= column { place } else { mirrored[place] };
            let (row, column) = if is_alone[upper] { (low, high) } else { (high, low) };
            assert!(is_alone[upper] || is_alone[mirrored[upper]], "{low} and {high} have colours that tell them apart");
            (colors[column], index(row))
        });
        Self::from_elements(count(colors), colors_and_elements)
    }

    /// From the colour and the element of each number, row by row. A colour may give no number.
    fn from_elements(colors: usize, colors_and_elements: impl Iterator<Item = (u32, u32)>) -> Self {
        let (indices, elements): (Vec<_>, Vec<_>) =
            colors_and_elements.map(|(color, element)| (color as usize, element)).unzip();
        let by_place = Places { columns: colors, offsets: (0..=indices.len()).collect(), indices };
        Self { by_color: Sparsity::from(by_place).transpose(), elements }
    }

    /// The places of the numbers that the product of a colour gives.
    pub(super) fn places(&self, color: usize) -> &[usize] {
        self.by_color.row(color)
    }

    /// The element of its product that the number at `place` is.
    pub(super) fn element(&self, place: usize) -> usize {
        self.elements[place] as usize
    }
}
