//! Which comparison came out otherwise than when a program was recorded.

use std::panic::Location;

use super::graph::Graph;
use super::precision::{Precision, compiled_here};
use super::{Program, Rows, Workspace};
use crate::error::Error;

impl<T: Precision> Program<T> {
    /// The error of a guard that failed. The guard is found by computing the row once more.
    #[cold]
    pub(super) fn failed_guard(
        &self,
        place: &str,
        subject: &str,
        parameters: &[T],
        row: &[T],
        of_parameters: bool,
    ) -> Error {
        let checked = self.graph.check_guards(&self.values(parameters, row), place, subject, of_parameters);
        let expected = || format!("{subject} for which all comparisons come out as when the program was recorded");
        checked.err().unwrap_or_else(|| Error::unexpected(place, expected(), "another (see `Paths`)"))
    }

    /// The numbers of all nodes for one row.
    fn values(&self, parameters: &[T], row: &[T]) -> Vec<T> {
        compiled_here!(fn(&Graph<T>, &[T], &[T]) -> Vec<T> = Graph::values)(&self.graph, parameters, row)
    }

    /// Where a guard was recorded that failed in the run of these rows, if that is known.
    #[cold]
    pub(crate) fn failed_at(
        &self,
        parameters: &[T],
        rows: Rows<'_, T>,
        workspace: &Workspace<T>,
    ) -> Option<&'static Location<'static>> {
        let row = workspace.guard_failed.iter().position(|&failed| failed).unwrap_or(0);
        let (_, origin) = self.graph.failed_guard(&self.values(parameters, &rows.row(row)), false)?;
        origin.map(|origin| origin.location)
    }
}
