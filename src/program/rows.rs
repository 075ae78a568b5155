//! Rows of inputs, and what comes of them.

use super::run::Table;
use crate::Error;

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
    pub(crate) table: Table<'a, T>,
    width: usize,
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
        Ok(Self { table: Table { numbers, stride: width, count: numbers.len() / width }, width })
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
        Ok(Self { table: Table { numbers, stride: 1, count: numbers.len() - width + 1 }, width })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.table.count
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
        &self.table.numbers[row * self.table.stride..][..self.width]
    }
}

/// What a program made of some rows.
#[derive(Clone, Copy, Debug)]
pub struct Results<'w, T> {
    pub(crate) rows: &'w [T],
    pub(crate) width: usize,
    pub(crate) totals: &'w [T],
}

impl<'w, T> Results<'w, T> {
    /// The outputs of all rows, one row behind the other; nothing if the outputs are sums over the rows.
    pub fn rows(&self) -> &'w [T] {
        self.rows
    }

    /// The outputs of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> &'w [T] {
        &self.rows[row * self.width..][..self.width]
    }

    /// The outputs that are sums over all rows; nothing if they are those of rows.
    pub fn totals(&self) -> &'w [T] {
        self.totals
    }
}
