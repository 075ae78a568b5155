//! Groups of columns or rows of a sparse matrix that are computed together.

use num_traits::Zero;

use super::color::{Side, UNCOLORED, count, index};
use super::recover::Recovery;
use super::star::star;
use super::{Csr, Sparsity};

/// A colouring of the columns (or rows) of a sparse matrix. The sums of the columns of each colour determine all
/// numbers of the matrix.
///
/// Derivatives are computed as products of the matrix and a vector, not number by number. The vector of a colour has
/// ones at its [`members`](Self::members) and zeros elsewhere, so that the product is the sum of the columns of this
/// colour. There are as many products as colours, however large the matrix is. [`recover`](Self::recover) copies their
/// elements into the matrix, without arithmetic.
///
/// A colouring depends on the pattern alone: compute it once, and use it for the matrices at all points. Columns, or
/// rows, without a number have no colour.
///
/// # Examples
///
/// A matrix of 1000 columns and a few diagonals, from three products:
///
/// ```
/// use gradtape::sparse::{Coloring, Csr, Sparsity};
///
/// let pattern = Sparsity::new((0..1000_usize).map(|i| i.saturating_sub(1)..1000.min(i + 2)), 1000);
/// let values = (0..pattern.nnz()).map(|k| k as f64).collect();
/// let matrix = Csr::new(pattern, values);
///
/// let coloring = Coloring::of_columns(matrix.pattern());
/// assert_eq!(coloring.colors(), 3);
/// let recovered = coloring.recover(|color| {
///     let mut seed = vec![0.0; 1000];
///     coloring.members(color).iter().for_each(|&j| seed[j] = 1.0);
///     matrix.mul_vec(&seed)
/// });
/// assert_eq!(recovered, matrix);
/// ```
#[derive(Clone, Debug)]
pub struct Coloring {
    pattern: Sparsity,
    side: Side,
    recovery: Recovery,
    colors: Vec<u32>,
    /// The members of each colour.
    groups: Sparsity,
    /// A number may be read from its mirror image.
    is_symmetric: bool,
}

impl Coloring {
    /// A colouring of the columns in which no two of one colour have a number in the same row.
    ///
    /// It has at least as many colours as the longest row has numbers. The time is at most proportional to the numbers
    /// of the matrix times the colours.
    pub fn of_columns(pattern: &Sparsity) -> Self {
        let colors = distance_two(pattern, &pattern.transpose());
        Self::new(pattern, Side::Columns, colors)
    }

    /// A colouring of the rows in which no two of one colour have a number in the same column.
    pub fn of_rows(pattern: &Sparsity) -> Self {
        let colors = distance_two(&pattern.transpose(), pattern);
        Self::new(pattern, Side::Rows, colors)
    }

    /// The one of [`of_columns`](Self::of_columns) and [`of_rows`](Self::of_rows) with fewer colours; columns if both
    /// have as many.
    ///
    /// A side is not tried if its longest row, or column, shows that it needs more colours than the other side. So a
    /// full row costs no time.
    pub fn of_jacobian(pattern: &Sparsity) -> Self {
        let transpose = pattern.transpose();
        let (columns, rows) = (|| distance_two(pattern, &transpose), || distance_two(&transpose, pattern));
        // Lower bounds of the number of colours.
        let (column_bound, row_bound) = (pattern.longest_row(), transpose.longest_row());
        let (side, colors) = if column_bound <= row_bound {
            let colors = columns();
            let count = count(&colors);
            let better = (count > row_bound).then(rows).filter(|rows| self::count(rows) < count);
            better.map_or((Side::Columns, colors), |rows| (Side::Rows, rows))
        } else {
            let colors = rows();
            let count = count(&colors);
            let better = (count >= column_bound).then(columns).filter(|columns| self::count(columns) <= count);
            better.map_or((Side::Rows, colors), |columns| (Side::Columns, columns))
        };
        Self::new(pattern, side, colors)
    }

    /// A colouring of the columns of a symmetric matrix. It uses the symmetry: a number may be read at either of its
    /// two places.
    ///
    /// Hence it has no more colours than [`of_columns`](Self::of_columns), and often fewer: two, if one row, one column
    /// and the diagonal are full. The [recovered](Self::recover) matrix is exactly symmetric.
    ///
    /// # Panics
    ///
    /// If the pattern is not symmetric: `(i, j)` needs `(j, i)`, too.
    #[track_caller]
    pub fn of_hessian(pattern: &Sparsity) -> Self {
        assert!(pattern.is_symmetric(), "the pattern of a Hessian is symmetric: with (i, j) it has (j, i), too");
        let mut colors = best_order(pattern, 0, |order| star(pattern, order));
        // A colouring that does not need the symmetry is valid, too, and has fewer colours on some grids.
        if count(&colors) > pattern.longest_row() {
            let without_symmetry = distance_two(pattern, pattern);
            if count(&without_symmetry) < count(&colors) {
                colors = without_symmetry;
            }
        }
        let recovery = Recovery::symmetric(pattern, &colors);
        Self { is_symmetric: true, ..Self::with(pattern, Side::Columns, colors, recovery) }
    }

    fn new(pattern: &Sparsity, side: Side, colors: Vec<u32>) -> Self {
        let recovery = Recovery::new(side, pattern, &colors);
        Self::with(pattern, side, colors, recovery)
    }

    fn with(pattern: &Sparsity, side: Side, colors: Vec<u32>, recovery: Recovery) -> Self {
        let color = |&color: &u32| (color != UNCOLORED).then_some(color as usize);
        let groups = Sparsity::new(colors.iter().map(color), count(&colors)).transpose();
        Self { pattern: pattern.clone(), side, recovery, colors, groups, is_symmetric: false }
    }

    /// The coloured pattern.
    pub fn pattern(&self) -> &Sparsity {
        &self.pattern
    }

    /// Whether columns or rows have the colours.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Whether it is valid for symmetric matrices only.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.is_symmetric
    }

    /// The number of colours. They are numbered from 0.
    pub fn colors(&self) -> usize {
        self.groups.rows()
    }

    /// The colour of a column (or row), `None` if it has no number.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[track_caller]
    pub fn color(&self, member: usize) -> Option<usize> {
        assert!(member < self.colors.len(), "there is no {member} of {} to have a colour", self.colors.len());
        Some(self.colors[member]).filter(|&color| color != UNCOLORED).map(|color| color as usize)
    }

    /// The columns (or rows) of one colour, ascending.
    ///
    /// # Panics
    ///
    /// If there is no such colour.
    #[track_caller]
    pub fn members(&self, color: usize) -> &[usize] {
        assert!(color < self.colors(), "there is no colour {color} of {}", self.colors());
        self.groups.row(color)
    }

    /// The matrix from its products.
    ///
    /// For each colour, `product` returns the sum of the columns (or rows) of that colour.
    ///
    /// # Panics
    ///
    /// If the length of a product is not the number of rows (or of columns, if rows are coloured).
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

    /// Writes the numbers that the product of one colour gives into a matrix.
    ///
    /// After all colours, the matrix is that of [`recover`](Self::recover). The matrix can be reused, and no product
    /// needs to be kept.
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
        for &place in self.recovery.places(color) {
            matrix.values[place] = product(self.recovery.element(place));
        }
    }
}

/// Colours of the columns such that the columns of a row have different colours: a greedy partial distance-2 colouring.
///
/// A. H. Gebremedhin, F. Manne, A. Pothen, "What Color Is Your Jacobian? Graph Coloring for Computing Derivatives",
/// SIAM Review 47 (2005), section 3. A row takes a time proportional to the square of its length, which is at most its
/// length times the colours.
fn distance_two(pattern: &Sparsity, transpose: &Sparsity) -> Vec<u32> {
    best_order(transpose, pattern.longest_row(), |order| {
        let mut colors = vec![UNCOLORED; pattern.columns()];
        // For each colour: the last column that could not have it.
        let mut taken_for: Vec<u32> = Vec::new();
        for &column in order {
            for &row in transpose.row(column as usize) {
                for &other in pattern.row(row).iter().filter(|&&other| colors[other] != UNCOLORED) {
                    taken_for[colors[other] as usize] = column;
                }
            }
            let free = taken_for.iter().position(|&last| last != column).unwrap_or_else(|| {
                taken_for.push(UNCOLORED);
                taken_for.len() - 1
            });
            colors[column as usize] = index(free);
        }
        colors
    })
}

/// The better colouring of two orders of the rows that are not empty: the natural order, which is best for bands, and
/// the longest row first, which is best where lengths differ. The second is not tried if the first reaches `bound`, the
/// lower bound of the number of colours.
fn best_order(rows: &Sparsity, bound: usize, color: impl Fn(&[u32]) -> Vec<u32>) -> Vec<u32> {
    let length = |row: &u32| rows.row(*row as usize).len();
    let mut order: Vec<u32> = (0..index(rows.rows())).filter(|row| length(row) > 0).collect();
    let natural = color(&order);
    if count(&natural) <= bound {
        return natural;
    }
    order.sort_by_key(|row| std::cmp::Reverse(length(row)));
    let by_length = color(&order);
    if count(&by_length) < count(&natural) { by_length } else { natural }
}
