//! Matrices in compressed sparse rows.

use num_traits::Zero;

use super::Sparsity;

/// A sparse matrix in compressed rows (CSR): a number at each place of a [`Sparsity`] pattern, and zero elsewhere.
///
/// [`offsets`](Self::offsets), [`indices`](Self::indices) and [`values`](Self::values) are what other crates build
/// their matrices from. Those of `nalgebra-sparse` are made with `CsrMatrix::from`, with the feature `nalgebra`.
///
/// # Examples
///
/// ```
/// use gradtape::sparse::{Csr, Sparsity};
///
/// let pattern = Sparsity::new([vec![0, 2], vec![1]], 3);
/// let matrix = Csr::new(pattern, vec![1.0, 2.0, 3.0]);
/// assert_eq!(matrix.to_dense(), [[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]);
/// assert_eq!(matrix.get(0, 2), 2.0);
/// assert_eq!(matrix.row(1).collect::<Vec<_>>(), [(1, 3.0)]);
/// assert_eq!(matrix.mul_vec(&[1.0, 1.0, 10.0]), [21.0, 3.0]);
/// assert_eq!(matrix.transpose().to_dense(), [[1.0, 0.0], [0.0, 3.0], [2.0, 0.0]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Csr<T> {
    pub(super) pattern: Sparsity,
    pub(super) values: Vec<T>,
}

impl<T> Csr<T> {
    /// The matrix with these numbers at the places of a pattern, row by row.
    ///
    /// # Panics
    ///
    /// If there are not as many numbers as places.
    #[track_caller]
    pub fn new(pattern: Sparsity, values: Vec<T>) -> Self {
        assert_eq!(values.len(), pattern.nnz(), "a matrix has a number for each place of its pattern");
        Self { pattern, values }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.pattern.rows()
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.pattern.columns()
    }

    /// How many numbers are stored, be they zero or not.
    pub fn nnz(&self) -> usize {
        self.values.len()
    }

    /// The places of the stored numbers.
    pub fn pattern(&self) -> &Sparsity {
        &self.pattern
    }

    /// Where each row begins in [`indices`](Self::indices) and [`values`](Self::values), and last, where the last one
    /// ends.
    pub fn offsets(&self) -> &[usize] {
        self.pattern.offsets()
    }

    /// The columns of the stored numbers, one row behind the other, ascending within each.
    pub fn indices(&self) -> &[usize] {
        self.pattern.indices()
    }

    /// The stored numbers, one row behind the other.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The places and the numbers, of which [`new`](Self::new) makes the matrix again.
    pub fn into_parts(self) -> (Sparsity, Vec<T>) {
        (self.pattern, self.values)
    }
}

impl<T: Copy> Csr<T> {
    /// The stored numbers of one row, each with its column, which ascend.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (usize, T)> {
        let span = self.pattern.span(row);
        self.indices()[span.clone()].iter().copied().zip(self.values[span].iter().copied())
    }

    /// The matrix with rows and columns exchanged.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut values = self.values.clone();
        let pattern = self.pattern.transpose_with(|from, to| values[to] = self.values[from]);
        Self { pattern, values }
    }
}

impl<T: Copy + Zero> Csr<T> {
    /// The matrix of zeros, stored at the places of a pattern.
    pub fn zeros(pattern: Sparsity) -> Self {
        let values = vec![T::zero(); pattern.nnz()];
        Self { pattern, values }
    }

    /// The number at a place: zero if none is stored.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[track_caller]
    pub fn get(&self, row: usize, column: usize) -> T {
        let span = self.pattern.span(row);
        assert!(column < self.columns(), "there is no column {column} of {}", self.columns());
        self.indices()[span.clone()].binary_search(&column).map_or_else(|_| T::zero(), |k| self.values[span.start + k])
    }

    /// All rows in full.
    pub fn to_dense(&self) -> Vec<Vec<T>> {
        let mut rows = vec![vec![T::zero(); self.columns()]; self.rows()];
        for ((row, column), &value) in self.pattern.iter().zip(&self.values) {
            rows[row][column] = value;
        }
        rows
    }
}

impl<T: num_traits::Num + Copy> Csr<T> {
    /// The product with a vector of as many numbers as there are columns, added up row by row.
    ///
    /// # Panics
    ///
    /// If the vector has another length.
    #[track_caller]
    pub fn mul_vec(&self, x: &[T]) -> Vec<T> {
        assert_eq!(x.len(), self.columns(), "a product needs as many numbers as the matrix has columns");
        let sum = |row| self.row(row).fold(T::zero(), |sum, (column, value)| sum + value * x[column]);
        (0..self.rows()).map(sum).collect()
    }
}
