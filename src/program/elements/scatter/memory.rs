//! The memory of evaluations.

use crate::program::elements::run::{Branched, run, uniforms};
use crate::program::precision::Precision;
use crate::program::run::index::Index;
use crate::program::{Program, Rows, Workspace};

/// The memory of evaluations.
pub(in crate::program::elements) struct Memory<T> {
    pub(super) parameters: Vec<T>,
    /// For each thread.
    pub(super) workers: Vec<Worker<T>>,
    /// For each thread, where its part of each vector ends.
    pub(super) borders: Vec<usize>,
    /// The totals of all chunks.
    pub(super) totals: Vec<T>,
}

/// The memory of a thread, and the comparison that came out otherwise there.
pub(super) struct Worker<T> {
    pub(super) workspace: Workspace<T>,
    pub(super) branched: Option<Branched>,
}

impl<T> Memory<T> {
    pub(in crate::program::elements) const fn new() -> Self {
        Self { parameters: Vec::new(), workers: Vec::new(), borders: Vec::new(), totals: Vec::new() }
    }

    /// Runs a program on all rows of an index, with the numbers at these places as parameters. The results are in the
    /// workspace.
    pub(in crate::program::elements) fn run(
        &mut self,
        program: &Program<T>,
        index: &Index,
        parameters: &[u32],
        numbers: [&[T]; 2],
    ) -> Result<&Workspace<T>, Branched>
    where
        T: Precision,
    {
        self.take_workers(1);
        let workspace = &mut self.workers[0].workspace;
        let parameters = uniforms(numbers, parameters, &mut self.parameters);
        run(program, Rows::gathered_of(numbers, index), parameters, workspace)?;
        Ok(workspace)
    }

    pub(super) fn take_workers(&mut self, count: usize) {
        if self.workers.len() < count {
            self.workers.resize_with(count, || Worker { workspace: Workspace::new(), branched: None });
        }
    }
}
