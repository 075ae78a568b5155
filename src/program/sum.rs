//! The sum of a program over rows, as a function of its parameters.

use std::cell::Cell;

use super::precision::Precision;
use super::{Program, Rows, Workspace};
use crate::error::Error;

/// The sum of a recorded loss over rows of data, as a function of the parameters.
pub(crate) struct SumOfRows<'a, T> {
    /// The sum and its gradient.
    gradient: &'a Program<T>,
    rows: Rows<'a, T>,
    /// The number by which the sum is divided: 1, or the number of rows for a mean.
    divisor: T,
    /// A call takes the workspace out and puts it back.
    workspace: Cell<Workspace<T>>,
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
