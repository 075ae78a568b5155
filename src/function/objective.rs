//! What an optimiser asks of a function.

#[cfg(feature = "compiled")]
use super::Compiled;
use super::{Driver, Function};
use crate::error::Error;
use crate::number::Plain;
#[cfg(feature = "program")]
use crate::program::sum::{SumOfRanks, SumOfRows};
#[cfg(feature = "program")]
use crate::program::{Communicator, Precision, Program, Rows, Workspace};

/// A function to be minimised: at a point, an optimiser asks for its value and gradient, as often as it likes. A
/// sampler asks a log density in the same way.
///
/// | you have | the objective is |
/// |---|---|
/// | a [`Function`] | a [`Driver`] of it; if it has many inputs, a `Compiled` one, with feature `compiled` |
/// | a recorded loss and rows of data | `Program::objective`, or `nn::LossProgram::objective`, with feature `program` or `nn` |
/// | the same, and several machines | `Program::objective_of_ranks`, with feature `program` |
/// | value and gradient by other means | a closure `\|x: &[f64], gradient: &mut [f64]\|` that returns the value |
/// | errors of your own data | a type of yours that implements this trait |
///
/// The optimisers of `nn` take an objective; so do those of other crates, with a few lines of glue: see the lessons
/// [`05_optimize`](https://github.com/gradtape/gradtape/blob/main/examples/with_crates/src/bin/05_optimize.rs) and
/// [`07_sampling`](https://github.com/gradtape/gradtape/blob/main/examples/with_crates/src/bin/07_sampling.rs).
///
/// # Examples
///
/// ```
/// use gradtape::{Driver, Error, Objective, function};
///
/// /// Gradient descent.
/// fn minimize(objective: &impl Objective, mut x: [f64; 2]) -> Result<[f64; 2], Error> {
///     let mut gradient = [0.0; 2];
///     for _ in 0..100 {
///         objective.value_and_gradient(&x, &mut gradient)?;
///         x = std::array::from_fn(|i| x[i] - 0.2 * gradient[i]);
///     }
///     Ok(x)
/// }
///
/// let bowl = Driver::new(function!(|x| (x[0] - 3.0).powi(2) + x[1] * x[1]));
/// let [x, y] = minimize(&bowl, [0.0, 1.0])?;
/// assert!((x - 3.0).abs() < 1e-9 && y.abs() < 1e-9);
///
/// let by_hand = |x: &[f64], gradient: &mut [f64]| {
///     gradient.copy_from_slice(&[2.0 * (x[0] - 3.0), 2.0 * x[1]]);
///     (x[0] - 3.0).powi(2) + x[1] * x[1]
/// };
/// assert_eq!(minimize(&by_hand, [0.0, 1.0])?, [x, y]);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Objective`",
    note = "a `Function` becomes one by `Driver::new(f)`, and a recorded loss by `objective(rows)`"
)]
pub trait Objective<T = f64> {
    /// Returns the value at `x`, and writes the gradient to `gradient`, which is as long as `x`.
    ///
    /// # Errors
    ///
    /// If the data of the function do not fit, for example the rows of a recorded loss.
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T, Error>;
}

impl<T: Plain, F: Function<T>> Objective<T> for Driver<F> {
    #[track_caller]
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        Ok(self.gradient(x, gradient))
    }
}

#[cfg(feature = "compiled")]
impl<T: Precision, F: Function<T>> Objective<T> for Compiled<F, T> {
    #[track_caller]
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.assert_by_all(x);
        Ok(self.gradient(x, gradient))
    }
}

impl<T, F: Fn(&[T], &mut [T]) -> T> Objective<T> for F {
    #[track_caller]
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        Ok(self(x, gradient))
    }
}

#[cfg(feature = "program")]
impl<T: Precision> Program<T> {
    /// The sum over these rows as an [`Objective`] of the parameters, for optimisers. In a loop, only the first
    /// evaluation allocates.
    ///
    /// # Panics
    ///
    /// If this is not a program of [`gradient_of_sum`](Self::gradient_of_sum).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::Objective;
    /// use gradtape::program::{Program, Rows};
    ///
    /// let error = Program::record_with(|p, row| (p[0] * row[0] - row[1]).powi(2), &[1.0], &[1.0, 1.0]);
    /// let gradient = error.gradient_of_sum();
    /// let objective = gradient.objective(Rows::new(&[1.0, 2.0, 2.0, 5.0], 2)?);
    /// let mut slope = [0.0];
    /// assert_eq!(objective.value_and_gradient(&[2.0], &mut slope)?, 1.0);
    /// assert_eq!(slope, [-4.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn objective<'a>(&'a self, rows: Rows<'a, T>) -> impl Objective<T> + use<'a, T> {
        self.check_gradient_of_sum();
        SumOfRows::new(self, rows, T::one(), Workspace::new())
    }

    /// The sum over rows that several ranks share, as an [`Objective`] of the parameters. `count` is the number of all
    /// rows, and `rows` are those that [`Communicator::share`] says. All ranks evaluate it at the same points, and have
    /// the same bits, which do not depend on the number of ranks.
    ///
    /// # Errors
    ///
    /// If the ranks have different counts, the rows are not the share of this rank, or another rank failed. An
    /// evaluation fails if the points of the ranks differ.
    ///
    /// # Panics
    ///
    /// If this is not a program of [`gradient_of_sum`](Self::gradient_of_sum).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::Objective;
    /// use gradtape::program::{Alone, Communicator, Program, Rows};
    ///
    /// let error = Program::record_with(|p, row| (p[0] * row[0] - row[1]).powi(2), &[1.0], &[1.0, 1.0]);
    /// let gradient = error.gradient_of_sum();
    /// let (data, ranks) = ([1.0, 2.0, 2.0, 5.0], Alone);
    /// let share = ranks.share(2);
    /// let mine = Rows::new(&data[2 * share.start..2 * share.end], 2)?;
    /// let objective = gradient.objective_of_ranks(mine, 2, ranks)?;
    /// let mut slope = [0.0];
    /// assert_eq!(objective.value_and_gradient(&[2.0], &mut slope)?, 1.0);
    /// assert_eq!(slope, [-4.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn objective_of_ranks<'a, C: Communicator + 'a>(
        &'a self,
        rows: Rows<'a, T>,
        count: usize,
        communicator: C,
    ) -> Result<impl Objective<T> + use<'a, T, C>, Error> {
        self.check_gradient_of_sum();
        SumOfRanks::new(self, rows, count, communicator)
    }

    #[track_caller]
    fn check_gradient_of_sum(&self) {
        assert!(
            self.is_of_sum() && self.outputs() == 1 + self.parameters(),
            "an objective is a sum with its gradient; take that of `gradient_of_sum`"
        );
    }
}

#[cfg(feature = "program")]
impl<T: Precision> Objective<T> for SumOfRows<'_, T> {
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.evaluate(x, gradient)
    }
}

#[cfg(feature = "program")]
impl<T: Precision, C: Communicator> Objective<T> for SumOfRanks<'_, T, C> {
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.evaluate(x, gradient)
    }
}
