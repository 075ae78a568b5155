//! The sum of a program over rows, as a function of its parameters.

use std::cell::Cell;
use std::fmt;

use super::precision::Precision;
use super::{Program, Rows, Workspace};
use crate::error::Error;

/// The sum of a recorded loss over rows of data, as a function of the parameters. It is an
/// [`Objective`](crate::Objective), made by [`Program::objective`].
pub struct SumOfRows<'a, T> {
    /// The sum and its gradient.
    gradient: &'a Program<T>,
    rows: Rows<'a, T>,
    /// The number by which the sum is divided: 1, or the number of rows for a mean.
    divisor: T,
    /// A call takes the workspace out and puts it back.
    workspace: Cell<Workspace<T>>,
}

impl<T: Precision> Program<T> {
    /// The sum over these rows as an [`Objective`](crate::Objective) of the parameters, for optimisers. In a loop, only
    /// the first evaluation allocates.
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
    pub fn objective<'a>(&'a self, rows: Rows<'a, T>) -> SumOfRows<'a, T> {
        assert!(
            self.is_of_sum() && self.outputs() == 1 + self.parameters(),
            "an objective is a sum with its gradient; take that of `gradient_of_sum`"
        );
        SumOfRows::new(self, rows, T::one(), Workspace::new())
    }
}

impl<'a, T: Precision> SumOfRows<'a, T> {
    /// The sum of a program of [`Program::gradient_of_sum`], divided by `divisor`.
    pub(crate) fn new(gradient: &'a Program<T>, rows: Rows<'a, T>, divisor: T, workspace: Workspace<T>) -> Self {
        Self { gradient, rows, divisor, workspace: Cell::new(workspace) }
    }

    /// Returns the value, and writes the gradient.
    pub(crate) fn evaluate(&self, parameters: &[T], gradient: &mut [T]) -> Result<T, Error> {
        gradient.fill(T::zero());
        self.add(parameters, gradient)
    }

    /// Returns the value, and adds the gradient to `gradient`.
    #[track_caller]
    pub(crate) fn add(&self, parameters: &[T], gradient: &mut [T]) -> Result<T, Error> {
        assert_eq!(gradient.len(), parameters.len(), "a gradient is as long as the point; make `gradient` so");
        let mut workspace = self.workspace.take();
        let totals = self.gradient.run(parameters, self.rows, &mut workspace).map(|results| {
            let totals = results.totals();
            gradient.iter_mut().zip(&totals[1..]).for_each(|(sum, &slope)| *sum += slope / self.divisor);
            totals[0] / self.divisor
        });
        self.workspace.set(workspace);
        totals
    }

    /// The memory, to be used again.
    #[cfg(feature = "nn")]
    pub(crate) fn into_workspace(self) -> Workspace<T> {
        self.workspace.into_inner()
    }
}

impl<T: fmt::Debug> fmt::Debug for SumOfRows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SumOfRows").field("rows", &self.rows).field("divisor", &self.divisor).finish_non_exhaustive()
    }
}
