//! The places where a matrix may differ from zero.

use std::panic::Location;
use std::sync::Arc;

/// The sparsity pattern of a matrix: the places, row by row, where it may differ from zero.
///
/// Clones share their memory, and so do all matrices of one pattern.
///
/// # Examples
///
/// ```
/// use gradtape::sparse::Sparsity;
///
/// let pattern = Sparsity::new([vec![2, 0], vec![], vec![1]], 4);
/// assert_eq!((pattern.rows(), pattern.columns(), pattern.nnz()), (3, 4, 3));
/// assert_eq!(pattern.row(0), [0, 2]);
/// assert_eq!(pattern.transpose().row(2), [0]);
/// ```
#[derive(Clone, Debug)]
pub struct Sparsity {
    places: Arc<Places>,
    local: Option<Local>,
}

/// A pattern that was found on one path through a function that branches. The function read a number of this line of
/// code, if that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local(pub(crate) Option<&'static Location<'static>>);

/// Compressed rows: the columns of row `i` are `indices[offsets[i]..offsets[i + 1]]`, ascending.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) columns: usize,
    pub(super) offsets: Vec<usize>,
    pub(super) indices: Vec<usize>,
}

/// A pattern that grows, row by row.
pub(crate) struct Rows {
    offsets: Vec<usize>,
    indices: Vec<usize>,
}

impl Rows {
    /// No rows yet.
    pub(crate) fn new() -> Self {
        Self { offsets: vec![0], indices: Vec::new() }
    }

    /// Adds a row: `write` pushes its columns, in any order.
    #[track_caller]
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<usize>), columns: usize) {
        let start = self.indices.len();
        write(&mut self.indices);
        let row = &mut self.indices[start..];
        if !row.is_sorted_by(|a, b| a < b) {
            row.sort_unstable();
            let kept = start + distinct(row);
            self.indices.truncate(kept);
        }
        if let Some(&last) = self.indices[start..].last() {
            assert!(last < columns, "row {} names column {last}, but there are {columns}", self.offsets.len() - 1);
        }
        self.offsets.push(self.indices.len());
    }

    #[track_caller]
    pub(crate) fn finish(self, columns: usize) -> Sparsity {
        let Self { offsets, mut indices } = self;
        assert!(is_small(offsets.len() - 1) && is_small(columns), "a matrix has fewer than 2^32 - 1 rows and columns");
        indices.shrink_to_fit();
        Places { columns, offsets, indices }.into()
    }
}

/// Moves the distinct ones of sorted numbers to the front, and returns how many there are.
fn distinct(sorted: &mut [usize]) -> usize {
    let mut kept = 0;
    for k in 0..sorted.len() {
        if k == 0 || sorted[k] != sorted[kept - 1] {
            sorted[kept] = sorted[k];
            kept += 1;
        }
    }
    kept
}

impl From<Places> for Sparsity {
    fn from(places: Places) -> Self {
        Self { places: Arc::new(places), local: None }
    }
}

impl Sparsity {
    /// The pattern with these columns in each row, in any order.
    ///
    /// # Panics
    ///
    /// If a row names a column that is not below `columns`, or if there are 2³² - 1 rows or columns, or more.
    #[track_caller]
    pub fn new<R: IntoIterator<Item = usize>>(rows: impl IntoIterator<Item = R>, columns: usize) -> Self {
        let mut built = Rows::new();
        for row in rows {
            built.add(|indices| indices.extend(row), columns);
        }
        built.finish(columns)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.places.offsets.len() - 1
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.places.columns
    }

    /// The number of places that may differ from zero.
    pub fn nnz(&self) -> usize {
        self.places.indices.len()
    }

    /// The position in [`indices`](Self::indices) where each row begins, and at the end, where the last row ends.
    pub fn offsets(&self) -> &[usize] {
        &self.places.offsets
    }

    /// The columns of all rows, row by row, ascending within each row.
    pub fn indices(&self) -> &[usize] {
        &self.places.indices
    }

    /// The columns of one row, ascending.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> &[usize] {
        &self.places.indices[self.span(row)]
    }

    /// The range of the places of a row among all places.
    #[track_caller]
    pub(super) fn span(&self, row: usize) -> std::ops::Range<usize> {
        assert!(row < self.rows(), "there is no row {row} of {}", self.rows());
        self.places.offsets[row]..self.places.offsets[row + 1]
    }

    /// All places, row by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.rows()).flat_map(|row| self.row(row).iter().map(move |&column| (row, column)))
    }

    /// The pattern with rows and columns exchanged.
    #[must_use]
    pub fn transpose(&self) -> Self {
        self.transpose_with(|_, _| ())
    }

    /// [`transpose`](Self::transpose); calls `moved` with the old and the new position of each place.
    pub(super) fn transpose_with(&self, mut moved: impl FnMut(usize, usize)) -> Self {
        let mut offsets = vec![0; self.columns() + 1];
        for &column in self.indices() {
            offsets[column + 1] += 1;
        }
        for column in 0..self.columns() {
            offsets[column + 1] += offsets[column];
        }
        let mut next = offsets.clone();
        let mut indices = vec![0; self.nnz()];
        for row in 0..self.rows() {
            for from in self.span(row) {
                let next = &mut next[self.indices()[from]];
                indices[*next] = row;
                moved(from, *next);
                *next += 1;
            }
        }
        Self::from(Places { columns: self.rows(), offsets, indices }).with(self.local)
    }

    /// The union of the places of both patterns, which must have the same shape.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let rows = (0..self.rows()).map(|row| self.row(row).iter().chain(other.row(row)).copied());
        Self::new(rows, self.columns()).with(self.local.or(other.local))
    }

    /// The places that are not above the diagonal.
    #[cfg(feature = "compiled")]
    pub(crate) fn lower_triangle(&self) -> Self {
        let of_row = |row| self.row(row).iter().copied().take_while(move |&column| column <= row);
        Self::new((0..self.rows()).map(of_row), self.columns()).with(self.local)
    }

    /// The pattern of `AᵀA` for a matrix `A` of this pattern.
    #[cfg(feature = "compiled")]
    pub(crate) fn gram(&self) -> Self {
        let transposed = self.transpose();
        let of_row = |row| transposed.row(row).iter().flat_map(|&k| self.row(k)).copied();
        Self::new((0..self.columns()).map(of_row), self.columns()).with(self.local)
    }

    /// Whether the other pattern contains all places of this one.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let is_within = |row| self.row(row).iter().all(|column| other.row(row).binary_search(column).is_ok());
        self.rows() == other.rows() && (0..self.rows()).all(is_within)
    }

    /// Whether the pattern belongs to one path through a function that branches. On another path there may be other
    /// places, so a [`Driver`](crate::Driver) with a local pattern finds the pattern once more at each point.
    /// Transposing, storing and reading keep this property.
    pub fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The line of code that made the pattern [local](Self::is_local): the first one where the function compared
    /// numbers, or read one with [`data`](crate::Number::data), perhaps through a function of another crate. It is
    /// unknown if the function printed a number, and for a pattern that was stored.
    ///
    /// `max`, `abs` and `round` are no comparisons. So the difference `d` of two angles is best wrapped by
    /// `d - (d / TAU).round() * TAU`: with `d.data()`, the pattern would be local.
    ///
    /// ```
    /// use std::f64::consts::TAU;
    ///
    /// use gradtape::{Function, Number, function};
    ///
    /// let wrapped = function!(|x| {
    ///     let d = x[0] - x[1];
    ///     let turns = (d / TAU).round();
    ///     (d - turns * TAU).powi(2)
    /// });
    /// assert!(wrapped.hessian_sparsity(&[0.0, 6.0]).local_at().is_none());
    ///
    /// let read = function!(|x| {
    ///     let d = x[0] - x[1];
    ///     (d - (d.data() / TAU).round() * TAU).powi(2)
    /// });
    /// let line = read.hessian_sparsity(&[0.0, 6.0]).local_at().unwrap().line();
    /// # assert_eq!(line, line!() - 3);
    /// ```
    pub fn local_at(&self) -> Option<&'static Location<'static>> {
        self.local?.0
    }

    pub(crate) fn local(&self) -> Option<Local> {
        self.local
    }

    pub(crate) fn with(self, local: Option<Local>) -> Self {
        Self { local, ..self }
    }

    /// Whether the transpose is the same pattern.
    pub fn is_symmetric(&self) -> bool {
        self.rows() == self.columns() && *self == self.transpose()
    }

    /// The length of the longest row.
    pub(super) fn longest_row(&self) -> usize {
        self.offsets().windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0)
    }
}

/// Whether indices and colours of so many rows or columns fit 32 bits, with one number to spare.
pub(super) fn is_small(count: usize) -> bool {
    u32::try_from(count).is_ok_and(|count| count < u32::MAX)
}

impl PartialEq for Sparsity {
    /// Compares the places.
    fn eq(&self, other: &Self) -> bool {
        self.places == other.places
    }
}

impl Eq for Sparsity {}

#[cfg(feature = "serde")]
impl Sparsity {
    pub(super) fn places(&self) -> &Places {
        &self.places
    }
}
