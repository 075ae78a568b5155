//! Data sets: rows of features, and the targets to predict from them.

use std::collections::HashSet;
use std::fmt;

use crate::error::Error;
use crate::number::Real;
use crate::ops::rules::constant;

/// A data set: finite features row by row, and a target for each row.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Dataset, Target};
///
/// let target = Target::Numbers(vec![1.0, 5.0]);
/// let mut data = Dataset::new(vec!["x".into(), "y".into()], vec![1.0, 7.0, 3.0, 7.0], target)?;
/// assert_eq!(data.row(1), [3.0, 7.0]);
/// data.standardize(&data.scaling());
/// assert_eq!(data.row(1), [1.0, 0.0]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    names: Vec<String>,
    /// Row-major, one column for each name.
    features: Vec<f64>,
    target: Target,
}

/// The values to predict, one for each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Classification: the names of the classes, and the index of the class of each row.
    Classes {
        /// The names of the classes.
        names: Vec<String>,
        /// The index into the names for each row.
        labels: Vec<usize>,
    },
    /// Regression: a number for each row.
    Numbers(Vec<f64>),
}

/// The mean and the standard deviation of each column of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    features: Vec<Scale>,
    target: Scale,
}

/// Half the mean and half the standard deviation: for the largest numbers, the full values would overflow.
#[derive(Clone, Copy, PartialEq)]
struct Scale {
    mean: f64,
    deviation: f64,
}

impl Dataset {
    /// A data set of the named features, row by row, and a target for each row.
    ///
    /// # Errors
    ///
    /// If there is no feature or no row, a name is empty or occurs twice, a number is not finite, there are fewer than
    /// two classes, a label is not the index of a class, or the number of features is not names times targets.
    pub fn new(names: Vec<String>, features: Vec<f64>, target: Target) -> Result<Self, Error> {
        let fail = |expected: &str, found: String| Err(Error::unexpected("data set", expected, found));
        if names.is_empty() || target.is_empty() {
            return fail("at least 1 feature and 1 row", format!("{} and {}", names.len(), target.len()));
        }
        let classes = if let Target::Classes { names, .. } = &target { &names[..] } else { &[] };
        for names in [&names, classes] {
            let mut seen = HashSet::new();
            if let Some(name) = names.iter().find(|name| name.is_empty() || !seen.insert(*name)) {
                return fail("names that are not empty and all different", super::quoted(name));
            }
        }
        let numbers = match &target {
            Target::Classes { names, .. } if names.len() < 2 => {
                return fail("at least 2 classes", names.len().to_string());
            }
            Target::Classes { names, labels } => {
                if let Some(label) = labels.iter().find(|&&label| label >= names.len()) {
                    return fail(&format!("labels below {}", names.len()), label.to_string());
                }
                &[]
            }
            Target::Numbers(numbers) => &numbers[..],
        };
        if names.len().checked_mul(target.len()) != Some(features.len()) {
            let expected = format!("{} features for each of {} rows", names.len(), target.len());
            return fail(&expected, features.len().to_string());
        }
        if let Some(x) = features.iter().chain(numbers).find(|x| !x.is_finite()) {
            return fail("finite numbers", x.to_string());
        }
        Ok(Self { names, features, target })
    }

    /// The names of the features.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of rows.
    #[allow(clippy::len_without_is_empty, reason = "a data set has rows")]
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// The features of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.features[row * self.names.len()..][..self.names.len()]
    }

    /// The same, to be changed.
    #[cfg(feature = "csv")]
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        let width = self.names.len();
        &mut self.features[row * width..][..width]
    }

    /// How many numbers a row and its target are.
    pub fn width(&self) -> usize {
        self.names.len() + self.target.width()
    }

    /// Writes the features of a row, then its [target](Target::write): a row of
    /// [`LossProgram::of`](super::LossProgram::of).
    ///
    /// # Panics
    ///
    /// If there is no such row, or the length of `numbers` is not the [`width`](Self::width).
    #[track_caller]
    pub fn write<F: Real>(&self, row: usize, numbers: &mut [F]) {
        assert_eq!(numbers.len(), self.width(), "a row has the features and the target");
        let (x, target) = numbers.split_at_mut(self.names.len());
        x.iter_mut().zip(self.row(row)).for_each(|(x, &feature)| *x = F::constant(constant(feature)));
        self.target.write(row, target);
    }

    /// The values to predict.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The data set of some of its rows.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            features: rows.iter().flat_map(|&row| self.row(row)).copied().collect(),
            target: match &self.target {
                Target::Classes { names, labels } => {
                    Target::Classes { names: names.clone(), labels: rows.iter().map(|&row| labels[row]).collect() }
                }
                Target::Numbers(numbers) => Target::Numbers(rows.iter().map(|&row| numbers[row]).collect()),
            },
        }
    }

    /// The mean and the standard deviation of each column, and of the targets where they are numbers.
    pub fn scaling(&self) -> Scaling {
        let column = |column| self.features.iter().skip(column).step_by(self.names.len()).copied();
        Scaling {
            features: (0..self.names.len()).map(|i| Scale::of(&column(i))).collect(),
            target: match &self.target {
                Target::Classes { .. } => Scale { mean: 0.0, deviation: 0.5 },
                Target::Numbers(numbers) => Scale::of(&numbers.iter().copied()),
            },
        }
    }

    /// Standardises all columns, and the targets where they are numbers, with the means and standard deviations of
    /// `scaling`. These should be those of the training set.
    ///
    /// # Panics
    ///
    /// If the scaling has another number of columns than the data set.
    #[track_caller]
    pub fn standardize(&mut self, scaling: &Scaling) {
        for row in self.features.chunks_exact_mut(self.names.len()) {
            scaling.apply(row);
        }
        if let Target::Numbers(numbers) = &mut self.target {
            for y in numbers {
                *y = scaling.target.apply(*y);
            }
        }
    }
}

impl Target {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { labels, .. } => labels.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of outputs that a network needs: one score for each class, or one number.
    pub fn width(&self) -> usize {
        match self {
            Self::Classes { names, .. } => names.len(),
            Self::Numbers(_) => 1,
        }
    }

    /// Whether a network has an output for each class or number.
    pub(super) fn check_outputs(&self, outputs: usize) -> Result<(), Error> {
        let width = self.width();
        if outputs == width {
            return Ok(());
        }
        let expected = format!("{width} outputs, one for each class or number");
        Err(Error::unexpected("last layer of the network", expected, outputs.to_string()))
    }

    /// Writes the target of a row as [losses](super::Loss) take it: a share for each class, or the number.
    ///
    /// # Panics
    ///
    /// If there is no such row, or the length of `target` is not [`width`](Self::width).
    #[track_caller]
    pub fn write<F: Real>(&self, row: usize, target: &mut [F]) {
        assert_eq!(target.len(), self.width(), "a target has a share for each class, or one number");
        match self {
            Self::Classes { labels, .. } => {
                target.fill(F::zero());
                target[labels[row]] = F::one();
            }
            Self::Numbers(numbers) => target[0] = F::constant(constant(numbers[row])),
        }
    }
}

impl Scaling {
    /// The scaling by these means and standard deviations of the features, and of the target; `[0, 1]` leaves a column
    /// as it is.
    ///
    /// # Errors
    ///
    /// If there is no feature, a number is not finite, or a deviation is not above 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::Scaling;
    ///
    /// let scaling = Scaling::new(&[[10.0, 2.0]], [0.0, 1.0])?;
    /// let mut row = [14.0];
    /// scaling.apply(&mut row);
    /// assert_eq!(row, [2.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn new(features: &[[f64; 2]], target: [f64; 2]) -> Result<Self, Error> {
        if features.is_empty() {
            return Err(Error::unexpected("scaling", "at least 1 feature", "0"));
        }
        let scale = |&[mean, deviation]: &[f64; 2]| {
            let is_valid = mean.is_finite() && deviation.is_finite() && deviation > 0.0;
            let scale = Scale { mean: mean / 2.0, deviation: deviation / 2.0 };
            let found = format!("{mean} and {deviation}");
            is_valid.then_some(scale).ok_or_else(|| {
                Error::unexpected("scaling", "a finite mean and a finite standard deviation above 0", found)
            })
        };
        Ok(Self { features: features.iter().map(scale).collect::<Result<_, _>>()?, target: scale(&target)? })
    }

    /// Mean and standard deviation of each feature.
    pub fn features(&self) -> impl ExactSizeIterator<Item = [f64; 2]> {
        self.features.iter().map(|scale| scale.numbers())
    }

    /// Mean and standard deviation of the target; 0 and 1 for classes.
    pub fn target(&self) -> [f64; 2] {
        self.target.numbers()
    }

    /// Standardises the features of one row.
    ///
    /// # Panics
    ///
    /// If the length of `row` is not the number of columns.
    #[track_caller]
    pub fn apply(&self, row: &mut [f64]) {
        assert_eq!(row.len(), self.features.len(), "a scaling is for rows of as many columns");
        for (x, scale) in row.iter_mut().zip(&self.features) {
            *x = scale.apply(*x);
        }
    }

    /// The inverse of the standardisation of the target: the original value of a standardised target or prediction `y`.
    pub fn restore(&self, y: f64) -> f64 {
        2.0 * (self.target.mean + y * self.target.deviation)
    }

    /// The original value of a difference of two standardised targets, such as an error.
    pub fn restore_difference(&self, difference: f64) -> f64 {
        2.0 * (difference * self.target.deviation)
    }
}

/// The mean and the standard deviation themselves.
impl fmt::Debug for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mean, deviation] = self.numbers();
        f.debug_struct("Scale").field("mean", &mean).field("deviation", &deviation).finish()
    }
}

impl Scale {
    /// Mean and standard deviation.
    fn numbers(self) -> [f64; 2] {
        [2.0 * self.mean, 2.0 * self.deviation]
    }

    /// The scale of at least one finite number. A constant column becomes exactly 0; its deviation counts as 1.
    #[allow(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
    fn of(numbers: &(impl Iterator<Item = f64> + Clone)) -> Self {
        let count = numbers.clone().count() as f64;
        // Relative to the first number, so that it is exact for a constant.
        let first = numbers.clone().next().map_or(0.0, |x| x / 2.0);
        let shifts = numbers.clone().map(|x| x / 2.0 - first);
        let largest = shifts.clone().fold(f64::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
        let mean = shifts.clone().map(|x| x / largest / count).sum::<f64>();
        let variance = shifts.map(|x| (x / largest - mean).powi(2)).sum::<f64>() / count;
        let deviation = variance.sqrt() * largest;
        Self { mean: first + mean * largest, deviation: if deviation > 0.0 { deviation } else { 0.5 } }
    }

    fn apply(self, x: f64) -> f64 {
        (x / 2.0 - self.mean) / self.deviation
    }
}
