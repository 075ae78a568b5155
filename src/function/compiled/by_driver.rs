//! Matrices that the driver computes: their memory, and which of their places are stored.

use super::Compiled;
use crate::function::memory::{Lent, Memory};
use crate::program::Precision;
use crate::program::elements::matrix::{Stored, Wanted};
use crate::sparse::{Csr, Sparsity};

/// A matrix of the driver, and the places that are stored of what it becomes.
pub(super) struct Kept<T> {
    pub(super) matrix: Csr<T>,
    /// The pattern of the matrix, and those places.
    patterns: Option<[Sparsity; 2]>,
}

/// Those of all kinds of matrices.
type AllKept<T> = [Option<Kept<T>>; Wanted::COUNT];

impl<T: Precision> Kept<T> {
    /// The places that are stored, of those that `found` tells of the pattern of the matrix.
    pub(super) fn pattern(&mut self, stored: Stored<'_>, found: impl Fn(&Sparsity) -> Sparsity) -> &Sparsity {
        let known = self.patterns.take().filter(|[known, _]| known == self.matrix.pattern());
        let find = || [self.matrix.pattern().clone(), stored.pattern(&found(self.matrix.pattern()))];
        &self.patterns.insert(known.unwrap_or_else(find))[1]
    }
}

impl<F, T: Precision> Compiled<F, T> {
    /// Calls `compute` with the memory of a kind of matrix, and that of all.
    pub(super) fn with_kept<R>(&self, wanted: Wanted, compute: impl FnOnce(&mut Kept<T>, &mut Memory) -> R) -> R {
        let mut memory = Lent::new(&self.memory);
        let kept = memory.get::<AllKept<T>>()[wanted as usize].take();
        let mut kept = kept.unwrap_or_else(|| Kept { matrix: Csr::default(), patterns: None });
        let result = compute(&mut kept, &mut memory);
        memory.get::<AllKept<T>>()[wanted as usize] = Some(kept);
        result
    }

    /// Writes to `matrix` the matrix that the driver computes, with the places that are stored.
    #[track_caller]
    pub(super) fn store<R>(
        &self,
        wanted: Wanted,
        matrix: &mut Csr<T>,
        stored: Stored<'_>,
        compute: impl FnOnce(&mut Csr<T>, &mut Memory) -> R,
    ) -> R {
        if stored.is_as_found() {
            return compute(matrix, &mut Lent::new(&self.memory));
        }
        self.with_kept(wanted, |kept, memory| {
            let result = compute(&mut kept.matrix, memory);
            matrix.set_pattern(kept.pattern(stored, Sparsity::clone));
            matrix.take_stored(&kept.matrix);
            result
        })
    }
}
