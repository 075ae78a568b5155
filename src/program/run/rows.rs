//! The inputs of a program, and its results.

use std::ops::Range;

use num_traits::Float;

use super::index::Index;
use crate::error::Error;

/// The inputs of a program, row by row: in one flat slice, or at the places of an [`Index`] in a vector.
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
    /// The vector that has the first inputs, in two parts, and where.
    pub(super) gathered: Option<([&'a [T]; 2], &'a Index)>,
    /// The number of the first row, among those of the index.
    pub(super) first: usize,
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
        Ok(Self::of(numbers, width, numbers.len() / width))
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
        Ok(Self { stride: 1, ..Self::of(numbers, width, numbers.len() - width + 1) })
    }

    /// A single row, which may also have no numbers.
    pub fn one(numbers: &'a [T]) -> Self {
        Self::of(numbers, numbers.len(), 1)
    }

    /// Rows of a width that may be 0.
    pub(crate) fn of(numbers: &'a [T], width: usize, count: usize) -> Self {
        Self { numbers, stride: width, width, count, gathered: None, first: 0 }
    }

    /// Rows whose inputs stand at these places of a vector, see [`Index`].
    ///
    /// # Errors
    ///
    /// If the vector has no number at one of the places.
    pub fn gathered(vector: &'a [T], index: &'a Index) -> Result<Self, Error> {
        Self::of(&[], 0, index.len()).behind(vector, index)
    }

    /// The same rows with further inputs before their own, which stand at these places of a vector.
    ///
    /// # Errors
    ///
    /// If the index has another number of rows, or the vector has no number at one of the places.
    ///
    /// # Panics
    ///
    /// If the rows are behind gathered inputs already.
    ///
    /// # Examples
    ///
    /// Each residual has a variable of its own, and a datum:
    ///
    /// ```
    /// use gradtape::program::{Index, Program, Rows, Workspace};
    ///
    /// let residual = Program::record(|x| x[0] - x[1], &[0.0, 0.0]);
    /// let (x, data) = ([1.0, 2.0], [0.5, 0.25, 0.125]);
    /// let index = Index::new(&[1, 0, 1], 1)?;
    /// let mut workspace = Workspace::new();
    /// let rows = Rows::new(&data, 1)?.behind(&x, &index)?;
    /// assert_eq!(residual.run(&[], rows, &mut workspace)?.column(0), [1.5, 0.75, 1.875]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn behind(self, vector: &'a [T], index: &'a Index) -> Result<Self, Error> {
        assert!(self.gathered.is_none(), "rows take inputs from one vector; make one index of both");
        if index.len() != self.count {
            let found = format!("{} rows", index.len());
            return Err(Error::unexpected(
                "index",
                format!("{} rows, as many as there are data for", self.count),
                found,
            ));
        }
        if vector.len() < index.needed() {
            let expected = format!("at least {} numbers, which the index names", index.needed());
            return Err(Error::unexpected("vector", expected, vector.len().to_string()));
        }
        Ok(Self { gathered: Some(([vector, &[]], index)), ..self })
    }

    /// The rows of an index in a vector of two parts.
    pub(crate) fn gathered_of(parts: [&'a [T]; 2], index: &'a Index) -> Self {
        debug_assert!(index.needed() <= parts[0].len() + parts[1].len());
        Self { gathered: Some((parts, index)), ..Self::of(&[], 0, index.len()) }
    }

    /// Some of the rows.
    pub(crate) fn some(self, rows: Range<usize>) -> Self {
        let numbers = &self.numbers[(rows.start * self.stride).min(self.numbers.len())..];
        Self { numbers, first: self.first + rows.start, count: rows.len(), ..self }
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
        self.width + self.gathered.map_or(0, |(_, index)| index.width())
    }

    /// One number of the first row.
    #[inline]
    pub(super) fn number(&self, input: usize) -> T
    where
        T: Copy,
    {
        let Some(([front, back], index)) = self.gathered else { return self.numbers[input] };
        if let Some(own) = input.checked_sub(index.width()) {
            return self.numbers[own];
        }
        let place = index.column(input).place(self.first);
        place.checked_sub(front.len()).map_or_else(|| front[place], |place| back[place])
    }

    /// The numbers of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> Vec<T>
    where
        T: Copy,
    {
        assert!(row < self.len(), "there is no row {row} of {}", self.len());
        let number = |[front, back]: [&'a [T]; 2], place: usize| match place.checked_sub(front.len()) {
            Some(place) => back[place],
            None => front[place],
        };
        let row_of_index =
            |(parts, index): (_, &'a Index)| index.row(self.first + row).map(move |place| number(parts, place));
        let gathered = self.gathered.into_iter().flat_map(row_of_index);
        gathered.chain(self.numbers[row * self.stride..][..self.width].iter().copied()).collect()
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

    /// Adds outputs to the numbers of a vector: output `first + k` of each row to the number at place `k` of the row of
    /// an [`Index`]. A place that occurs several times gets the sum, in the order of columns and rows.
    ///
    /// # Panics
    ///
    /// If the index has other rows, if there are too few outputs, or the vector is too short.
    #[track_caller]
    pub fn scatter(&self, first: usize, index: &Index, vector: &mut [T])
    where
        T: Float,
    {
        if let Some(last) = index.width().checked_sub(1) {
            // Nothing is added if an output is missing.
            let _ = self.column(first + last);
        }
        assert_eq!(index.len(), self.len(), "the index has other rows; take the one of the inputs");
        let needed = index.needed();
        assert!(vector.len() >= needed, "the vector needs {needed} numbers at least, not {}", vector.len());
        for k in 0..index.width() {
            let column = self.column(first + k);
            let numbers = |rows: Range<usize>| column[rows].iter().copied();
            index.column(k).update(0..self.len(), numbers, vector, 0, |sum, x| *sum = *sum + x);
        }
    }

    /// The outputs that are sums over all rows. Empty if the rows have outputs of their own.
    pub fn totals(&self) -> &'w [T] {
        self.totals
    }
}
