//! From products back to the numbers of a matrix.

use num_traits::Zero;

use super::coloring::{Side, count, index};
use super::pattern::Places;
use super::{Coloring, Csr, Sparsity};

/// Which element of which product each number of a matrix is.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// The numbers that are in the product of each colour.
    by_color: Sparsity,
    /// Of each number.
    elements: Vec<u32>,
}

impl Sources {
    /// Where no two members of a colour have a number in the same row (or column).
    pub(super) fn of(side: Side, pattern: &Sparsity, colors: &[u32]) -> Self {
        let sources = pattern.iter().map(|(row, column)| match side {
            Side::Columns => (colors[column], index(row)),
            Side::Rows => (colors[row], index(column)),
        });
        Self::new(count(colors), sources)
    }

    /// Where the matrix is symmetric, and one of `(i, j)` and `(j, i)` is the only number of its row in columns of its
    /// colour.
    pub(super) fn symmetric(pattern: &Sparsity, colors: &[u32]) -> Self {
        // By colour, the row in which it came up last and how often it did there.
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
        let sources = pattern.iter().enumerate().map(|(place, (row, column))| {
            // Of the two that are equal, always the same one.
            let (low, high) = (row.min(column), row.max(column));
            let upper = if row <= column { place } else { mirrored[place] };
            let (row, column) = if is_alone[upper] { (low, high) } else { (high, low) };
            assert!(is_alone[upper] || is_alone[mirrored[upper]], "{low} and {high} have colours that tell them apart");
            (colors[column], index(row))
        });
        Self::new(count(colors), sources)
    }

    /// Of each number, row by row, its colour and its element. Some colours may be of use for none.
    fn new(colors: usize, sources: impl Iterator<Item = (u32, u32)>) -> Self {
        let (indices, elements): (Vec<_>, Vec<_>) = sources.map(|(color, element)| (color as usize, element)).unzip();
        let by_place = Places { columns: colors, offsets: (0..=indices.len()).collect(), indices };
        Self { by_color: Sparsity::from(by_place).transpose(), elements }
    }
}

impl Coloring {
    /// The matrix from its products.
    ///
    /// For each colour, `product` gives the sum of the columns (or rows) of that colour.
    ///
    /// # Panics
    ///
    /// If a product has not as many numbers as the matrix has rows (or columns, if rows are coloured).
    #[track_caller]
    pub fn recover<T: Copy + Zero, P: AsRef<[T]>>(&self, mut product: impl FnMut(usize) -> P) -> Csr<T> {
        let mut matrix = Csr::zeros(self.pattern.clone());
        for color in 0..self.colors() {
            let product = product(color);
            let product = product.as_ref();
            let length = match self.side {
                Side::Columns => self.pattern.rows(),
                Side::Rows => self.pattern.columns(),
            };
            assert_eq!(product.len(), length, "a product has a number for each of the rows, or the columns");
            self.scatter(color, |element| product[element], &mut matrix);
        }
        matrix
    }

    /// Writes what the product of one colour tells into a matrix.
    ///
    /// After all colours, the matrix is that of [`recover`](Self::recover). It can be used again, and no product needs to
    /// be kept.
    ///
    /// # Panics
    ///
    /// If there is no such colour, or if the matrix has another [`pattern`](Self::pattern).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::{Coloring, Csr, Sparsity};
    ///
    /// let coloring = Coloring::of_hessian(&Sparsity::new([vec![0, 1], vec![0]], 2));
    /// let mut hessian = Csr::zeros(coloring.pattern().clone());
    /// for (color, column) in [[3.0, 5.0], [5.0, 0.0]].iter().enumerate() {
    ///     coloring.scatter(color, |row| column[row], &mut hessian);
    /// }
    /// assert_eq!(hessian.to_dense(), [[3.0, 5.0], [5.0, 0.0]]);
    /// ```
    #[track_caller]
    pub fn scatter<T: Copy>(&self, color: usize, product: impl Fn(usize) -> T, matrix: &mut Csr<T>) {
        assert!(matrix.pattern == self.pattern, "a matrix has the pattern that was coloured: clone `pattern()`");
        assert!(color < self.colors(), "there is no colour {color} of {}", self.colors());
        for &place in self.sources.by_color.row(color) {
            matrix.values[place] = product(self.sources.elements[place] as usize);
        }
    }
}
