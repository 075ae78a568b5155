//! Results that are used while they are in the cache.

use super::precision::Precision;
use super::run::tasks::LEAST_ROWS;
use super::{Program, Results, Rows, Workspace};
use crate::error::Error;

/// The results of a block should stay in the second cache.
const BLOCK_BYTES: usize = 256 << 10;

impl<T: Precision> Program<T> {
    /// Runs the program on one block of rows after the other, and hands the results of each to `see`, with the number
    /// of its first row. So the results are used while they are in the cache, and the workspace holds those of one
    /// block. That pays where there are many rows with many results. The results are those of [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), for the first block with an error: `see` has had the blocks before. Or if the outputs are
    /// sums over all rows.
    ///
    /// # Examples
    ///
    /// The Jacobians of all rows, written one after the other:
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let program = Program::record(|x| [x[0] * x[1], x[0].exp()], &[1.0, 1.0]).wrt([], [0, 1]).jacobian();
    /// let numbers: Vec<f64> = (0..20_000).map(|k| f64::from(k) / 10_000.0).collect();
    /// let (mut workspace, mut jacobians) = (Workspace::new(), vec![[0.0; 6]; 10_000]);
    /// program.run_in_blocks(&[], Rows::new(&numbers, 2)?, &mut workspace, |first, results| {
    ///     for (row, jacobian) in jacobians[first..][..results.len()].iter_mut().enumerate() {
    ///         results.row_iter(row).zip(jacobian).for_each(|(x, to)| *to = x);
    ///     }
    /// })?;
    /// assert_eq!(jacobians[9999][2..4], [1.9999, 1.9998]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn run_in_blocks(
        &self,
        parameters: &[T],
        rows: Rows<'_, T>,
        workspace: &mut Workspace<T>,
        mut see: impl FnMut(usize, Results<'_, T>),
    ) -> Result<(), Error> {
        if self.is_of_sum() {
            let found = "sums over all rows, which `run` gives";
            return Err(Error::unexpected("program", "outputs of each row", found));
        }
        // Whole tasks.
        let bytes = LEAST_ROWS * (self.outputs() * size_of::<T>()).max(1);
        let height = (BLOCK_BYTES / bytes).max(1) * LEAST_ROWS;
        // Without rows, the counts of parameters and inputs are compared all the same.
        for first in (0..rows.len().max(1)).step_by(height) {
            let block = rows.some(first..rows.len().min(first + height));
            see(first, self.run_from(first, parameters, block, workspace)?);
        }
        Ok(())
    }
}
