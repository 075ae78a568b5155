//! The inputs of a program, and its results.

use crate::error::Error;

/// The inputs of a program, row by row in one flat slice.
///
/// # Examples
///
/// ```
/// use gradtape::program::Rows;
///
/// let rows = Rows::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3)?;
/// assert_eq!(rows.len(), 2);
/// assert_eq!(Rows::windows(&[1.0, 2.0, 3.0, 4.0], 2)?.len(), 3);
/// assert!(Rows::new(&[1.0, 2.0, 3.0], 2).is_err());
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    pub(super) numbers: &'a [T],
    /// The distance from one row to the next.
    pub(super) stride: usize,
    width: usize,
    count: usize,
}

impl<'a, T> Rows<'a, T> {
    /// Rows of `width` numbers, one behind the other.
    ///
    /// # Errors
    ///
    /// If `width` is 0, or the numbers are not whole rows.
    pub fn new(numbers: &'a [T], width: usize) -> Result<Self, Error> {
        if width == 0 || !numbers.len().is_multiple_of(width) {
            let expected = format!("whole rows of {} numbers", width.max(1));
            return Err(Error::unexpected("rows", expected, format!("{} numbers", numbers.len())));
        }
        Ok(Self { numbers, stride: width, width, count: numbers.len() / width })
    }

    /// The rows of `width` neighbouring numbers each, as of [`slice::windows`].
    ///
    /// # Errors
    ///
    /// If `width` is 0, or there are fewer numbers.
    pub fn windows(numbers: &'a [T], width: usize) -> Result<Self, Error> {
        if width == 0 || numbers.len() < width {
            let expected = format!("at least {} numbers", width.max(1));
            return Err(Error::unexpected("windows", expected, numbers.len().to_string()));
        }
        Ok(Self { numbers, stride: 1, width, count: numbers.len() - width + 1 })
    }

    /// A single row, which may also have no numbers.
    pub fn one(numbers: &'a [T]) -> Self {
        Self::of(numbers, numbers.len(), 1)
    }

    /// Rows of a width that may be 0.
    pub(crate) fn of(numbers: &'a [T], width: usize, count: usize) -> Self {
        Self { numbers, stride: width, width, count }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many numbers a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> &'a [T] {
        assert!(row < self.len(), "there is no row {row} of {}", self.len());
        &self.numbers[row * self.stride..][..self.width]
    }
}

/// The results of a program: a column for each output, or sums over the rows.
///
/// # Examples
///
/// ```
/// use gradtape::program::{Program, Rows, Workspace};
///
/// let program = Program::record(|x| x[0] * x[1], &[1.0, 1.0]).gradient();
/// let mut workspace = Workspace::new();
/// let results = program.run(&[], Rows::new(&[2.0, 3.0, 4.0, 5.0], 2)?, &mut workspace)?;
/// assert_eq!(results.column(0), [6.0, 20.0]); // the value of each row
/// assert_eq!(results.row(1), [20.0, 5.0, 4.0]); // and one row's value and gradient
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Results<'w, T> {
    /// Column by column.
    pub(crate) columns: &'w [T],
    pub(crate) width: usize,
    pub(crate) totals: &'w [T],
}

impl<'w, T: Copy> Results<'w, T> {
    /// How many rows have results.
    pub fn len(&self) -> usize {
        self.columns.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether no row has results.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many results a row has: none if the outputs are sums over all rows.
    pub fn width(&self) -> usize {
        self.width
    }

    /// One output of all rows.
    ///
    /// # Panics
    ///
    /// If the rows have no such output.
    #[track_caller]
    pub fn column(&self, output: usize) -> &'w [T] {
        assert!(
            output < self.width,
            "there is no output {output} of rows, but {}; `totals()` has the sums over rows",
            self.width
        );
        &self.columns[output * self.len()..][..self.len()]
    }

    /// All outputs of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> Vec<T> {
        self.row_iter(row).collect()
    }

    /// [`row`](Self::row) without a vector.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row_iter(&self, row: usize) -> impl ExactSizeIterator<Item = T> + use<'w, T> {
        assert!(row < self.len(), "there is no row {row} of {}", self.len());
        self.columns[row..].iter().step_by(self.len()).copied()
    }

    /// The outputs that are sums over all rows. Empty if the rows have outputs of their own.
    pub fn totals(&self) -> &'w [T] {
        self.totals
    }
}
