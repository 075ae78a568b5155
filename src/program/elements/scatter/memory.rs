//! The memory of evaluations.

use super::Branched;
use crate::program::Workspace;

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

    pub(super) fn take_workers(&mut self, count: usize) {
        if self.workers.len() < count {
            self.workers.resize_with(count, || Worker { workspace: Workspace::new(), branched: None });
        }
    }
}
