//! Rows whose inputs stand anywhere in a vector.

use num_traits::Float;

use super::rows::Results;
use crate::error::Error;
use crate::ops::index::checked_u32;

/// Where the inputs of each row stand in a vector: the connectivity of a mesh, the variables of each residual.
///
/// [`Rows::gathered`](super::rows::Rows::gathered) takes the inputs of a program from there, and
/// [`scatter`](Self::scatter) adds derivatives to the same places. A column of indices that are equally far apart is
/// stored as its first index and the distance, and read without being gathered.
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
/// ends.scatter(&results, 1, &mut gradient);
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

/// The places of one input, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Places that are equally far apart.
    Strided {
        first: usize,
        stride: usize,
    },
    Scattered(Vec<u32>),
}

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
        if let Some(large) = indices.iter().find(|&&index| u32::try_from(index).map_or(true, |index| index == u32::MAX))
        {
            return Err(Error::unexpected("index", "indices below 2^32 - 1", large.to_string()));
        }
        let column = |k: usize| indices[k.min(indices.len())..].iter().step_by(width).map(|&index| checked_u32(index));
        Ok(Self::of_columns((0..width).map(|k| Column::new(column(k).collect())).collect(), indices.len() / width))
    }

    /// The index of these columns, which have `rows` places each.
    pub(crate) fn of_columns(columns: Vec<Column>, rows: usize) -> Self {
        let needed = columns.iter().map(|column| column.needed(rows)).max().unwrap_or(0);
        Self { columns, rows, needed }
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

    /// Adds outputs to the numbers of a vector: output `first + k` of each row to the number at its index `k`. An index
    /// that occurs several times gets the sum, in the order of columns and rows.
    ///
    /// # Panics
    ///
    /// If the results have other rows or too few outputs, or the vector is too short.
    #[track_caller]
    pub fn scatter<T: Float>(&self, results: &Results<'_, T>, first: usize, vector: &mut [T]) {
        assert_eq!(results.len(), self.rows, "the results are those of other rows; run the program on the same index");
        assert!(vector.len() >= self.needed, "the vector needs {} numbers at least, not {}", self.needed, vector.len());
        for (k, column) in self.columns.iter().enumerate() {
            column.add(results.column(first + k), vector);
        }
    }
}

impl Column {
    /// The column of these places.
    pub(crate) fn new(places: Vec<u32>) -> Self {
        let first = places.first().map_or(0, |&first| first as usize);
        let stride = places.get(1).map_or(Some(1), |&second| (second as usize).checked_sub(first));
        match stride {
            Some(stride) if (0..).zip(&places).all(|(row, &place)| first + row * stride == place as usize) => {
                Self::Strided { first, stride }
            }
            _ => Self::Scattered(places),
        }
    }

    /// The place of one row.
    pub(crate) fn place(&self, row: usize) -> usize {
        match self {
            Self::Strided { first, stride } => first + row * stride,
            Self::Scattered(places) => places[row] as usize,
        }
    }

    /// Moves all places by a distance.
    pub(crate) fn shift(&mut self, distance: usize) {
        match self {
            Self::Strided { first, .. } => *first += distance,
            Self::Scattered(places) => places.iter_mut().for_each(|place| *place += checked_u32(distance)),
        }
    }

    /// The length that a vector needs at least.
    fn needed(&self, rows: usize) -> usize {
        match self {
            _ if rows == 0 => 0,
            Self::Strided { first, stride } => first + (rows - 1) * stride + 1,
            Self::Scattered(places) => places.iter().max().map_or(0, |&largest| largest as usize + 1),
        }
    }

    /// Adds a number of each row to the vector.
    pub(crate) fn add<T: Float>(&self, numbers: &[T], vector: &mut [T]) {
        self.update(numbers.iter().copied(), vector, |sum, x| *sum = *sum + x);
    }

    /// Calls `f` with the place of each row and its number.
    pub(crate) fn update<T: Copy>(
        &self,
        numbers: impl ExactSizeIterator<Item = T>,
        vector: &mut [T],
        f: impl Fn(&mut T, T),
    ) {
        match *self {
            Self::Strided { first, stride: 0 } => numbers.for_each(|x| f(&mut vector[first], x)),
            Self::Strided { first, stride: 1 } => {
                vector[first..][..numbers.len()].iter_mut().zip(numbers).for_each(|(place, x)| f(place, x));
            }
            Self::Strided { first, stride } => {
                vector[first..].iter_mut().step_by(stride).zip(numbers).for_each(|(place, x)| f(place, x));
            }
            Self::Scattered(ref places) => {
                places.iter().zip(numbers).for_each(|(&place, x)| f(&mut vector[place as usize], x));
            }
        }
    }
}
