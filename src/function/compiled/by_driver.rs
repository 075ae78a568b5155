//! What the driver computes: functions of variables alone; the memory of matrices, and which of their places are
//! stored.

use std::ops::Range;

use super::Compiled;
use crate::function::memory::{Lent, Memory};
use crate::function::sparse::Data;
use crate::function::{Driver, Function, VectorFunction};
use crate::number::{Plain, Real};
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
type AllKept<T> = [Option<Kept<T>>; Wanted::MATRICES];

impl<T: Precision> Kept<T> {
    /// The places that are stored, of those that `found` tells of the pattern of the matrix.
    pub(super) fn pattern(&mut self, stored: Stored<'_>, found: impl Fn(&Sparsity) -> Sparsity) -> &Sparsity {
        let known = self.patterns.take().filter(|[known, _]| known == self.matrix.pattern());
        let find = || [self.matrix.pattern().clone(), stored.pattern(&found(self.matrix.pattern()))];
        &self.patterns.insert(known.unwrap_or_else(find))[1]
    }
}

/// A function of the variables alone, at a point whose other inputs are data.
pub(super) struct Completed<'a, F, T> {
    function: &'a F,
    x: &'a [T],
    variables: Range<usize>,
}

impl<F, T: Plain> Completed<'_, F, T> {
    /// Calls `f` with all inputs. Data are detached, and not constants: so a pattern is local if `f` compares them.
    fn complete<N: Real<Plain = T>, R>(&self, variables: &[N], f: impl FnOnce(&[N]) -> R) -> R {
        if variables.len() == self.x.len() {
            return f(variables);
        }
        // The power 0 of any number is 1.
        let one = variables.first().map_or_else(N::one, |x| x.powi(0).detach());
        let mut all: Vec<N> = self.x.iter().map(|&x| N::constant(x) * one).collect();
        all[self.variables.clone()].copy_from_slice(variables);
        f(&all)
    }
}

impl<G: Function<T>, T: Plain> Function<T> for Completed<'_, G, T> {
    fn eval<F: Real<Plain = T>>(&self, variables: &[F]) -> F {
        self.complete(variables, |x| self.function.eval(x))
    }
}

impl<G: VectorFunction<T>, T: Plain> VectorFunction<T> for Completed<'_, G, T> {
    fn outputs(&self, _variables: usize) -> usize {
        self.function.outputs(self.x.len())
    }

    fn eval<F: Real<Plain = T>>(&self, variables: &[F], y: &mut [F]) {
        self.complete(variables, |x| self.function.eval(x, y));
    }
}

impl<F, T: Precision> Compiled<F, T> {
    /// What a driver of the function of the variables alone computes.
    pub(super) fn by_driver<R>(&self, x: &[T], compute: impl FnOnce(&Driver<Completed<'_, F, T>>, &[T]) -> R) -> R {
        self.driver.of_other(self.completed(x), self.data(x), |driver| compute(driver, self.variables(x, [])))
    }

    /// How many inputs are data.
    pub(super) fn data(&self, x: &[T]) -> Data {
        Data(x.len() - self.variables(x, []).len())
    }

    /// The function of the variables alone.
    pub(super) fn completed<'a>(&'a self, x: &'a [T]) -> Completed<'a, F, T> {
        Completed { function: self.function(), x, variables: self.making.variables.of(x.len()) }
    }

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
