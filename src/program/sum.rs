//! The sum of a program over rows, as a function of its parameters.

use std::cell::{Cell, RefCell};

use super::communicator::{Communicator, hash};
use super::precision::Precision;
use super::sum_of_blocks::SumOfBlocks;
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

/// The sum of a recorded loss over rows that are shared among ranks.
pub(crate) struct SumOfRanks<'a, T, C> {
    /// The sum and its gradient.
    gradient: &'a Program<T>,
    /// Those of this rank, and the number of all.
    rows: Rows<'a, T>,
    count: usize,
    state: RefCell<State<T, C>>,
}

struct State<T, C> {
    communicator: C,
    sum: SumOfBlocks<T>,
    workspace: Workspace<T>,
    totals: Vec<T>,
}

impl<'a, T: Precision, C: Communicator> SumOfRanks<'a, T, C> {
    /// The sum of a program of [`Program::gradient_of_sum`] over so many rows, of which `rows` are the share of this
    /// rank.
    pub(crate) fn new(
        gradient: &'a Program<T>,
        rows: Rows<'a, T>,
        count: usize,
        mut communicator: C,
    ) -> Result<Self, Error> {
        communicator.check_same("number of rows", count as u64)?;
        let share = communicator.share(count);
        if rows.len() != share.len() {
            let expected = format!("its share of {count} rows, which are {}", share.len());
            return Err(Error::unexpected(
                format!("rank {}", communicator.rank()),
                expected,
                format!("{} rows", rows.len()),
            ));
        }
        let totals = vec![T::zero(); gradient.outputs()];
        let state = State { communicator, sum: SumOfBlocks::new(), workspace: Workspace::new(), totals };
        Ok(Self { gradient, rows, count, state: RefCell::new(state) })
    }

    /// Returns the value, and writes the gradient.
    #[track_caller]
    pub(crate) fn evaluate(&self, parameters: &[T], gradient: &mut [T]) -> Result<T, Error> {
        assert_eq!(gradient.len(), parameters.len(), "a gradient is as long as the point; make `gradient` so");
        let State { communicator, sum, workspace, totals } = &mut *self.state.borrow_mut();
        communicator.check_same("point", hash(&parameters.iter().map(|x| x.bits()).collect::<Vec<_>>()))?;
        let first = communicator.share(self.count).start;
        sum.sum(communicator, self.count, totals, |rows, sum| {
            let rows = self.rows.some(rows.start - first..rows.end - first);
            sum.copy_from_slice(self.gradient.run(parameters, rows, workspace)?.totals());
            Ok(())
        })?;
        gradient.copy_from_slice(&totals[1..]);
        Ok(totals[0])
    }
}
