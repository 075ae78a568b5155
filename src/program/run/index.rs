//! Rows whose inputs stand anywhere in a vector.

use std::ops::Range;

use crate::error::Error;
use crate::ops::index::checked_u32;

/// Where the inputs of each row stand in a vector: the connectivity of a mesh, the variables of each residual.
///
/// [`Rows::gathered`](super::rows::Rows::gathered) takes the inputs of a program from there, and
/// [`Results::scatter`](super::rows::Results::scatter) adds derivatives to the same places. Indices of a column may be
/// equally far apart. Then only the first one and the distance are stored, and nothing is gathered.
///
/// # Examples
///
/// The energy of three springs in a row, and its gradient by the four positions:
///
/// ```
/// use gradtape::program::{Index, Program, Rows, Workspace};
///
/// let spring = Program::record(|x| (x[1] - x[0] - 1.0).powi(2), &[0.0, 0.0]).gradient();
/// let ends = Index::new(&[0, 1, 1, 2, 2, 3], 2)?;
/// let x = [0.0, 2.0, 3.0, 4.5];
/// let mut workspace = Workspace::new();
/// let results = spring.run(&[], Rows::gathered(&x, &ends)?, &mut workspace)?;
/// assert_eq!(results.column(0), [1.0, 0.0, 0.25]);
/// let mut gradient = [0.0; 4];
/// results.scatter(1, &ends, &mut gradient);
/// assert_eq!(gradient, [-2.0, 2.0, -1.0, 1.0]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    columns: Vec<Column>,
    rows: usize,
    /// The length that a vector needs at least.
    needed: usize,
}

/// The places of one input, row by row: the smallest one, and the distances from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(super) first: usize,
    pub(super) steps: Steps,
    /// The largest distance.
    span: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Steps {
    /// All places are so far apart.
    Even(usize),
    Listed(Vec<u32>),
}

/// Where the places of a column are, of two vectors that stand one behind the other.
pub(super) enum Part {
    Front,
    /// The first place, counted from the beginning of the second vector.
    Back(usize),
    Both,
}

/// No vector has so many numbers.
const NOT_AN_INDEX: usize = u32::MAX as usize;

impl Index {
    /// Rows of `width` indices, one behind the other.
    ///
    /// # Errors
    ///
    /// If `width` is 0, the indices are not whole rows, or one is 2³² - 1 or more.
    pub fn new(indices: &[usize], width: usize) -> Result<Self, Error> {
        if width == 0 || !indices.len().is_multiple_of(width) {
            let expected = format!("whole rows of {} indices", width.max(1));
            return Err(Error::unexpected("index", expected, format!("{} indices", indices.len())));
        }
        if let Some(large) = indices.iter().find(|&&index| index >= NOT_AN_INDEX) {
            return Err(Error::unexpected("index", "indices below 2^32 - 1", large.to_string()));
        }
        let column = |k: usize| indices[k.min(indices.len())..].iter().step_by(width).map(|&index| checked_u32(index));
        let columns = (0..width).map(|k| Column::new(&column(k).collect::<Vec<u32>>())).collect();
        Ok(Self::of_columns(columns, indices.len() / width))
    }

    /// Rows that move on: the first one has these indices, and each further one those of the row before, plus `step`.
    /// Nothing is stored for a row and nothing is gathered. So several windows of a vector, or every tenth window, are
    /// rows:
    ///
    /// ```
    /// use gradtape::program::{Index, Program, Rows, Workspace};
    ///
    /// // Positions at eight times, then velocities.
    /// let x: Vec<f64> = (0..16).map(f64::from).collect();
    /// let windows = Index::moving(&[0, 1, 8], 1, 7)?;
    /// assert!(windows.row(6).eq([6, 7, 14]));
    /// let defect = Program::record(|x| x[1] - x[0] - x[2] * 0.5, &[0.0; 3]);
    /// let mut workspace = Workspace::new();
    /// assert_eq!(defect.run(&[], Rows::gathered(&x, &windows)?, &mut workspace)?.column(0)[..2], [-3.0, -3.5]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are no indices, or one is 2³² - 1 or more.
    pub fn moving(first_row: &[usize], step: usize, rows: usize) -> Result<Self, Error> {
        if first_row.is_empty() {
            return Err(Error::unexpected("index", "at least 1 index in a row", "0"));
        }
        let last = |&first: &usize| rows.saturating_sub(1).checked_mul(step).and_then(|moved| moved.checked_add(first));
        if !first_row.iter().all(|first| last(first).is_some_and(|last| last < NOT_AN_INDEX)) {
            let found = format!("{rows} rows of {first_row:?} that move on by {step}");
            return Err(Error::unexpected("index", "indices below 2^32 - 1", found));
        }
        Ok(Self::of_columns(first_row.iter().map(|&first| Column::even(first, step, rows)).collect(), rows))
    }

    /// The index of these columns, which have `rows` places each.
    pub(crate) fn of_columns(columns: Vec<Column>, rows: usize) -> Self {
        let needed = columns.iter().map(|column| column.first + column.span + 1).max().unwrap_or(0);
        let needed = if rows == 0 { 0 } else { needed };
        Self { columns, rows, needed }
    }

    /// The same index, where even columns are listed, too.
    pub(crate) fn listed(mut self) -> Self {
        let rows = self.rows;
        self.columns.iter_mut().for_each(|column| *column = column.listed(rows));
        self
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many indices a row has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The length that a vector needs at least: the largest index, plus one.
    pub fn needed(&self) -> usize {
        self.needed
    }

    pub(crate) fn column(&self, k: usize) -> &Column {
        &self.columns[k]
    }

    /// The indices of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = usize> {
        assert!(row < self.rows, "there is no row {row} of {}", self.rows);
        self.columns.iter().map(move |column| column.place(row))
    }
}

impl Column {
    /// The column of these places.
    pub(crate) fn new(places: &[u32]) -> Self {
        let first = places.iter().min().map_or(0, |&first| first as usize);
        let span = places.iter().max().map_or(0, |&last| last as usize - first);
        let stride = if let [first, second, ..] = *places { second.checked_sub(first) } else { Some(0) };
        match stride {
            Some(stride) if places.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == Some(stride)) => {
                Self { first, steps: Steps::Even(stride as usize), span }
            }
            _ => {
                let listed = places.iter().map(|&place| place - checked_u32(first)).collect();
                Self { first, steps: Steps::Listed(listed), span }
            }
        }
    }

    /// A column of places that are equally far apart.
    pub(crate) fn even(first: usize, stride: usize, rows: usize) -> Self {
        Self { first, steps: Steps::Even(stride), span: stride * rows.saturating_sub(1) }
    }

    /// The same column, where even places are listed, too.
    pub(crate) fn listed(&self, rows: usize) -> Self {
        let steps = (0..rows).map(|row| checked_u32(self.place(row) - self.first)).collect();
        Self { steps: Steps::Listed(steps), ..self.clone() }
    }

    /// The same column, moved by a distance.
    pub(crate) fn moved(&self, distance: usize) -> Self {
        Self { first: self.first + distance, ..self.clone() }
    }

    /// The place of one row.
    #[inline(always)]
    pub(crate) fn place(&self, row: usize) -> usize {
        self.first
            + match &self.steps {
                Steps::Even(stride) => row * stride,
                Steps::Listed(places) => places[row] as usize,
            }
    }

    /// The distance from one place to the next, if it is the same for all rows.
    pub(crate) fn stride(&self) -> Option<usize> {
        match self.steps {
            Steps::Even(stride) => Some(stride),
            Steps::Listed(_) => None,
        }
    }

    /// The places of all rows, and those between them.
    pub(crate) fn places(&self) -> Range<usize> {
        self.first..self.first + self.span + 1
    }

    /// The places of some rows, and those between them.
    pub(crate) fn places_of(&self, rows: Range<usize>) -> Range<usize> {
        let (first, last) = match &self.steps {
            Steps::Even(stride) => (rows.start * stride, (rows.end - 1) * stride),
            Steps::Listed(places) => {
                let (first, last) = places[rows].iter().fold((u32::MAX, 0), |(a, b), &x| (a.min(x), b.max(x)));
                (first as usize, last as usize)
            }
        };
        self.first + first..self.first + last + 1
    }

    /// Where the places are, if a second vector begins behind `split` numbers.
    #[inline]
    pub(super) fn part(&self, split: usize) -> Part {
        match self.first.checked_sub(split) {
            Some(first) => Part::Back(first),
            None if self.first + self.span < split => Part::Front,
            None => Part::Both,
        }
    }

    /// Calls `f` with the places of some rows that are in a part of a vector, and with their numbers. The part begins
    /// at `start`. `numbers` are those of some of the rows.
    #[inline]
    pub(crate) fn update<T: Copy, N: Iterator<Item = T>>(
        &self,
        rows: Range<usize>,
        numbers: impl Fn(Range<usize>) -> N,
        part: &mut [T],
        start: usize,
        f: impl Fn(&mut T, T),
    ) {
        let end = start + part.len();
        match &self.steps {
            Steps::Even(0) => {
                if let Some(place) = part.get_mut(self.first.wrapping_sub(start)) {
                    numbers(rows).for_each(|x| f(place, x));
                }
            }
            &Steps::Even(stride) => {
                // The first row behind a place.
                let row = |place: usize| place.saturating_sub(self.first).div_ceil(stride).clamp(rows.start, rows.end);
                // Most parts have all places, and a division takes as long as some numbers.
                let has_all = self.place(rows.start) >= start && self.first + rows.end * stride < end + stride;
                let rows = if has_all { rows } else { row(start)..row(end) };
                if rows.is_empty() {
                    return;
                }
                let places = &mut part[self.first + rows.start * stride - start..];
                if stride == 1 {
                    places.iter_mut().zip(numbers(rows)).for_each(|(place, x)| f(place, x));
                } else {
                    places.iter_mut().step_by(stride).zip(numbers(rows)).for_each(|(place, x)| f(place, x));
                }
            }
            Steps::Listed(places) if self.first >= start && self.first + self.span < end => {
                let part = &mut part[self.first - start..];
                let places = &places[rows.clone()];
                places.iter().zip(numbers(rows)).for_each(|(&place, x)| f(&mut part[place as usize], x));
            }
            Steps::Listed(places) => {
                let places = &places[rows.clone()];
                for (&place, x) in places.iter().zip(numbers(rows)) {
                    if let Some(place) = part.get_mut((self.first + place as usize).wrapping_sub(start)) {
                        f(place, x);
                    }
                }
            }
        }
    }
}
