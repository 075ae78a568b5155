//! Matrices in compressed sparse rows.

use num_traits::Zero;

use super::Sparsity;

/// A sparse matrix in compressed rows (CSR): a number at each place of a [`Sparsity`] pattern, and zero elsewhere.
///
/// Other crates build their matrices from [`offsets`](Self::offsets), [`indices`](Self::indices) and
/// [`values`](Self::values). With the feature `nalgebra`, `CsrMatrix::from` makes a matrix of `nalgebra-sparse`.
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
/// assert_eq!(matrix.row(0), (&[0, 2][..], &[1.0, 2.0][..]));
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
    /// If the number of values is not the number of places.
    #[track_caller]
    pub fn new(pattern: Sparsity, values: Vec<T>) -> Self {
        assert_eq!(values.len(), pattern.nnz(), "a matrix has a number for each place of its pattern");
        Self { pattern, values }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.pattern.rows()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.pattern.columns()
    }

    /// The number of stored numbers, zeros included.
    pub fn nnz(&self) -> usize {
        self.values.len()
    }

    /// The places of the stored numbers.
    pub fn pattern(&self) -> &Sparsity {
        &self.pattern
    }

    /// The position in [`indices`](Self::indices) and [`values`](Self::values) where each row begins, and at the end,
    /// where the last row ends.
    pub fn offsets(&self) -> &[usize] {
        self.pattern.offsets()
    }

    /// The columns of the stored numbers, row by row, ascending within each row.
    pub fn indices(&self) -> &[usize] {
        self.pattern.indices()
    }

    /// The stored numbers, row by row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The stored numbers, to be changed.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The columns of one row, ascending, and its stored numbers.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> (&[usize], &[T]) {
        (self.pattern.row(row), &self.values[self.pattern.span(row)])
    }

    /// The pattern and the numbers, the arguments of [`new`](Self::new).
    pub fn into_parts(self) -> (Sparsity, Vec<T>) {
        (self.pattern, self.values)
    }
}

impl<T: Copy> Csr<T> {
    /// The matrix with rows and columns exchanged.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut values = self.values.clone();
        let pattern = self.pattern.transpose_with(|from, to| values[to] = self.values[from]);
        Self { pattern, values }
    }
}

impl<T: Copy + Zero> Csr<T> {
    /// The matrix with a stored zero at each place of a pattern.
    pub fn zeros(pattern: Sparsity) -> Self {
        let values = vec![T::zero(); pattern.nnz()];
        Self { pattern, values }
    }

    /// Makes it the matrix of zeros of another pattern, unless it has this one.
    pub(crate) fn set_pattern(&mut self, pattern: &Sparsity) {
        if self.pattern() == pattern {
            // It may have been found on another path. And patterns that share their memory are compared at once.
            self.pattern = pattern.clone();
        } else {
            *self = Self::zeros(pattern.clone());
        }
    }

    /// Takes those numbers of another matrix whose places are stored in this one. The others are zero.
    #[cfg(feature = "compiled")]
    pub(crate) fn take_stored(&mut self, other: &Self) {
        self.values.fill(T::zero());
        for row in 0..self.rows() {
            let span = self.pattern.span(row);
            let mut places = self.pattern.indices()[span.clone()].iter().zip(&mut self.values[span]).peekable();
            let (columns, values) = other.row(row);
            for (column, &value) in columns.iter().zip(values) {
                while places.next_if(|&(stored, _)| stored < column).is_some() {}
                if let Some((_, number)) = places.next_if(|&(stored, _)| stored == column) {
                    *number = value;
                }
            }
        }
    }

    /// The number at a place; zero if none is stored.
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

    /// All rows, with their zeros.
    pub fn to_dense(&self) -> Vec<Vec<T>> {
        let mut rows = vec![vec![T::zero(); self.columns()]; self.rows()];
        for ((row, column), &value) in self.pattern.iter().zip(&self.values) {
            rows[row][column] = value;
        }
        rows
    }
}

/// The matrix without rows and columns.
impl<T> Default for Csr<T> {
    fn default() -> Self {
        Self::new(Sparsity::new([[]; 0], 0), Vec::new())
    }
}

impl<T: num_traits::Num + Copy> Csr<T> {
    /// Writes `AᵀA` for this matrix `A` to the places that are stored in `product`.
    #[cfg(feature = "compiled")]
    pub(crate) fn gram_into(&self, product: &mut Self) {
        let Csr { pattern, values: products } = product;
        products.fill(T::zero());
        for row in 0..self.rows() {
            let (columns, values) = self.row(row);
            for (&column, &factor) in columns.iter().zip(values) {
                let span = pattern.span(column);
                let (mut places, mut products) = (&pattern.indices()[span.clone()], &mut products[span]);
                for (other, &value) in columns.iter().zip(values) {
                    let at = places.partition_point(|place| place < other);
                    (places, products) = (&places[at..], &mut products[at..]);
                    if places.first() == Some(other) {
                        products[0] = products[0] + factor * value;
                    }
                }
            }
        }
    }

    /// Writes `Aᵀy` for this matrix `A` to `product`.
    #[cfg(feature = "compiled")]
    pub(crate) fn transposed_mul_into(&self, y: &[T], product: &mut [T]) {
        product.fill(T::zero());
        for (row, &factor) in y.iter().enumerate() {
            let (columns, values) = self.row(row);
            columns.iter().zip(values).for_each(|(&k, &value)| product[k] = product[k] + value * factor);
        }
    }

    /// The product of the matrix and a vector, added up row by row.
    ///
    /// # Panics
    ///
    /// If the length of the vector is not the number of columns.
    #[track_caller]
    pub fn mul_vec(&self, x: &[T]) -> Vec<T> {
        assert_eq!(x.len(), self.columns(), "a product needs as many numbers as the matrix has columns");
        let sum = |row| {
            let (columns, values) = self.row(row);
            columns.iter().zip(values).fold(T::zero(), |sum, (&column, &value)| sum + value * x[column])
        };
        (0..self.rows()).map(sum).collect()
    }
}
