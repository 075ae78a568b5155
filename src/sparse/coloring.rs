//! Which columns or rows of a sparse matrix are computed together.

use super::Sparsity;
use super::recover::Sources;
use super::star::star;

/// No colour.
pub(super) const NONE: u32 = u32::MAX;

/// What a [`Coloring`] colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Columns: each colour asks for the product of the matrix and a vector, as forward mode computes it.
    Columns,
    /// Rows: each colour asks for the product of a vector and the matrix, as reverse mode computes it.
    Rows,
}

/// A colouring of the columns (or rows) of a sparse matrix, such that the sums of the columns of each colour tell all
/// numbers of the matrix.
///
/// A derivative is not computed number by number, but one product of the matrix and a vector at a time. The vector of a
/// colour `c` has ones at its [`members`](Self::members) and zeros elsewhere; so the products are the sums of the columns
/// of each colour, and as many as there are colours, however large the matrix. [`recover`](Self::recover) makes the
/// matrix of them, without arithmetic.
///
/// A colouring depends on the pattern alone: it is made once, and serves for the matrices at all points. Columns, or rows,
/// without a number have no colour.
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
/// let again = coloring.recover(|color| {
///     let mut seed = vec![0.0; 1000];
///     coloring.members(color).iter().for_each(|&j| seed[j] = 1.0);
///     matrix.mul_vec(&seed)
/// });
/// assert_eq!(again, matrix);
/// ```
#[derive(Clone, Debug)]
pub struct Coloring {
    pub(super) pattern: Sparsity,
    pub(super) side: Side,
    pub(super) sources: Sources,
    colors: Vec<u32>,
    /// The members of each colour.
    groups: Sparsity,
    /// A number may be told by its mirror image.
    is_symmetric: bool,
}

impl Coloring {
    /// A colouring of the columns in which no two of one colour have a number in the same row.
    ///
    /// It needs no fewer colours than the longest row has numbers, and takes at most a time in proportion to the numbers
    /// of the matrix times the colours.
    pub fn of_columns(pattern: &Sparsity) -> Self {
        let colors = apart(pattern, &pattern.transpose());
        Self::new(pattern, Side::Columns, colors)
    }

    /// The same of rows: no two of one colour have a number in the same column.
    pub fn of_rows(pattern: &Sparsity) -> Self {
        let colors = apart(&pattern.transpose(), pattern);
        Self::new(pattern, Side::Rows, colors)
    }

    /// The one of [`of_columns`](Self::of_columns) and [`of_rows`](Self::of_rows) with fewer colours, or that of columns.
    ///
    /// A side is not tried if its longest row, or column, shows that it needs more colours than the other one: a row that
    /// is full costs no time.
    pub fn of_jacobian(pattern: &Sparsity) -> Self {
        let transpose = pattern.transpose();
        let (columns, rows) = (|| apart(pattern, &transpose), || apart(&transpose, pattern));
        // Fewer colours than this there cannot be.
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

    /// A colouring of the columns of a symmetric matrix that makes use of the symmetry: a number may be told by either of
    /// its two places.
    ///
    /// Hence it takes no more colours than [`of_columns`](Self::of_columns), and often fewer: two, if one row, one column
    /// and the diagonal are full. What is [recovered](Self::recover) is exactly symmetric.
    ///
    /// # Panics
    ///
    /// If the pattern is not symmetric: `(i, j)` needs `(j, i)`, too.
    #[track_caller]
    pub fn of_hessian(pattern: &Sparsity) -> Self {
        assert!(pattern.is_symmetric(), "the pattern of a Hessian is symmetric: with (i, j) it has (j, i), too");
        let mut colors = fewest(pattern, 0, |order| star(pattern, order));
        // What tells all numbers without the symmetry is good, too, and better on some grids.
        if count(&colors) > pattern.longest_row() {
            let apart = apart(pattern, pattern);
            if count(&apart) < count(&colors) {
                colors = apart;
            }
        }
        let sources = Sources::symmetric(pattern, &colors);
        Self { is_symmetric: true, ..Self::with(pattern, Side::Columns, colors, sources) }
    }

    fn new(pattern: &Sparsity, side: Side, colors: Vec<u32>) -> Self {
        let sources = Sources::of(side, pattern, &colors);
        Self::with(pattern, side, colors, sources)
    }

    fn with(pattern: &Sparsity, side: Side, colors: Vec<u32>, sources: Sources) -> Self {
        let color = |&color: &u32| (color != NONE).then_some(color as usize);
        let groups = Sparsity::new(colors.iter().map(color), count(&colors)).transpose();
        Self { pattern: pattern.clone(), side, sources, colors, groups, is_symmetric: false }
    }

    /// The pattern that is coloured.
    pub fn pattern(&self) -> &Sparsity {
        &self.pattern
    }

    /// Whether it is columns or rows that have the colours.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Whether it serves for symmetric matrices only.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.is_symmetric
    }

    /// How many colours there are: 0, 1, ...
    pub fn colors(&self) -> usize {
        self.groups.rows()
    }

    /// The colour of a column (or row), if it has any number.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[track_caller]
    pub fn color(&self, member: usize) -> Option<usize> {
        assert!(member < self.colors.len(), "there is no {member} of {} to have a colour", self.colors.len());
        Some(self.colors[member]).filter(|&color| color != NONE).map(|color| color as usize)
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
}

/// Colours of columns, of which no two in the same row are equal: a partial colouring of distance two, greedily.
///
/// A. H. Gebremedhin, F. Manne, A. Pothen, "What Color Is Your Jacobian? Graph Coloring for Computing Derivatives", SIAM
/// Review 47 (2005), section 3. A row takes the square of its length, which is no more than its length times the colours.
fn apart(pattern: &Sparsity, transpose: &Sparsity) -> Vec<u32> {
    fewest(transpose, pattern.longest_row(), |order| {
        let mut colors = vec![NONE; pattern.columns()];
        // For which column this colour was last found to be taken.
        let mut taken_for: Vec<u32> = Vec::new();
        for &column in order {
            for &row in transpose.row(column as usize) {
                for &other in pattern.row(row).iter().filter(|&&other| colors[other] != NONE) {
                    taken_for[colors[other] as usize] = column;
                }
            }
            let free = taken_for.iter().position(|&last| last != column).unwrap_or_else(|| {
                taken_for.push(NONE);
                taken_for.len() - 1
            });
            colors[column as usize] = index(free);
        }
        colors
    })
}

/// The better one of the colourings by two orders of the rows that are not empty: as they are, which is best for bands,
/// and the longest first, which is best where lengths differ. The second is not tried if the first has no more colours
/// than there must be.
fn fewest(rows: &Sparsity, bound: usize, color: impl Fn(&[u32]) -> Vec<u32>) -> Vec<u32> {
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

/// How many colours there are.
pub(super) fn count(colors: &[u32]) -> usize {
    colors.iter().filter(|&&color| color != NONE).max().map_or(0, |&most| most as usize + 1)
}

/// An index in 32 bits: patterns are small enough.
pub(super) fn index(index: usize) -> u32 {
    u32::try_from(index).expect("a pattern has fewer than 2^32 - 1 rows and columns")
}
