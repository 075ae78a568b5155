//! Sparse derivatives, element by element.
//!
//! Each element reaches down to the inputs: what several elements share is computed in each of them. Then the Jacobian of an
//! element has rows of the Jacobian of the function, and the Hessian of a sum is the sum of the Hessians of its elements. The
//! places of their numbers in the sparse matrix are found once.

mod entries;
mod plan;
mod reach;

use std::ops::Range;

use super::gradient::{Branched, run, uniforms};
use crate::program::compile::instructions::ResultPlace;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::{Program, Rows, Workspace};
use crate::sparse::{Csr, Sparsity};

/// What is computed of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The outputs, and their derivatives as a matrix.
    Jacobian,
    /// The second derivatives of the output, as a matrix.
    Hessian,
    /// The product of the Hessian and a direction.
    HessianTimesVector,
}

/// A function as elements whose derivatives are collected.
///
/// Numbers have *places*: first the inputs, then the state.
pub(crate) struct MatrixPlan<T> {
    blocks: Vec<Block<T>>,
    /// The data of the elements; then the direction, and a zero.
    state: Vec<T>,
    direction: Range<usize>,
    pattern: Sparsity,
    /// Whether no two numbers have the same place in the matrix.
    is_disjoint: bool,
    /// Outputs that are inputs or constants.
    fixed: Vec<(usize, Fixed<T>)>,
    workspace: Workspace<T>,
    parameters: Vec<T>,
}

/// An output of the function that needs no element.
enum Fixed<T> {
    Constant(T),
    Input(usize),
}

struct Block<T> {
    program: Program<T>,
    index: Index,
    /// The places of the parameters.
    uniforms: Vec<u32>,
    /// Where each output of the program is found.
    places: Vec<ResultPlace>,
    /// The outputs of the program, and where each goes.
    targets: Vec<(usize, Target, Column)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// Written to the outputs of the function.
    Outputs,
    /// Added to the numbers of the matrix.
    Matrix,
    /// Added to the product with the direction.
    Product,
}

/// The vectors that derivatives are collected in.
struct Collected<'a, T> {
    outputs: &'a mut [T],
    matrix: &'a mut [T],
    product: &'a mut [T],
}

/// So many results are collected while they are in the cache.
const RESULTS_BYTES: usize = 256 << 10;
/// Rows are divided into whole tasks.
const LEAST_ROWS: usize = 960;
/// So many rows of all columns are collected before the next ones.
const ROWS_AT_ONCE: usize = 64;

impl<T: Precision> MatrixPlan<T> {
    /// Writes the outputs to `y`, and the derivatives to the matrix.
    pub(crate) fn matrix(&mut self, x: &[T], y: &mut [T], matrix: &mut Csr<T>) -> Result<(), Branched> {
        matrix.set_pattern(&self.pattern);
        if !self.is_disjoint {
            matrix.values_mut().fill(T::zero());
        }
        for (k, fixed) in &self.fixed {
            y[*k] = match *fixed {
                Fixed::Constant(c) => c,
                Fixed::Input(input) => {
                    matrix.values_mut()[self.pattern.offsets()[*k]] = T::one();
                    x[input]
                }
            };
        }
        self.run(x, &mut Collected { outputs: y, matrix: matrix.values_mut(), product: &mut [] })
    }

    /// Writes the Hessian times `v`.
    pub(crate) fn product(&mut self, x: &[T], v: &[T], product: &mut [T]) -> Result<(), Branched> {
        self.state[self.direction.clone()].copy_from_slice(v);
        product.fill(T::zero());
        self.run(x, &mut Collected { outputs: &mut [], matrix: &mut [], product })
    }

    fn run(&mut self, x: &[T], collected: &mut Collected<'_, T>) -> Result<(), Branched> {
        let Self { blocks, state, workspace, parameters, is_disjoint, .. } = self;
        for block in blocks {
            let numbers = [x, &*state];
            let parameters = uniforms(numbers, &block.uniforms, parameters);
            let (width, rows) = (block.targets.len() * size_of::<T>(), block.index.len());
            let chunk = (RESULTS_BYTES / width.max(1) / LEAST_ROWS).max(1) * LEAST_ROWS;
            for start in (0..rows).step_by(chunk) {
                let some = start..rows.min(start + chunk);
                let rows = Rows::gathered_of(numbers, &block.index).some(some.clone());
                run(&block.program, rows, parameters, workspace)?;
                block.collect(some, workspace, collected, *is_disjoint);
            }
        }
        Ok(())
    }
}

impl<T: Precision> Block<T> {
    /// Collects the results of some rows.
    fn collect(&self, rows: Range<usize>, workspace: &Workspace<T>, to: &mut Collected<'_, T>, is_disjoint: bool) {
        let count = rows.len();
        for start in (0..count).step_by(ROWS_AT_ONCE) {
            let end = count.min(start + ROWS_AT_ONCE);
            let some = rows.start + start..rows.start + end;
            for (output, target, column) in &self.targets {
                let (vector, writes) = match target {
                    Target::Outputs => (&mut *to.outputs, true),
                    Target::Matrix => (&mut *to.matrix, is_disjoint),
                    Target::Product => (&mut *to.product, false),
                };
                match (self.places[*output], writes) {
                    (ResultPlace::Column(result), true) => {
                        let results = &workspace.results[result * count..][start..end];
                        column.update(some.clone(), results.iter().copied(), vector, |place, x| *place = x);
                    }
                    (ResultPlace::Column(result), false) => {
                        let results = &workspace.results[result * count..][start..end];
                        column.update(some.clone(), results.iter().copied(), vector, |place, x| *place += x);
                    }
                    (ResultPlace::Total(total), _) => {
                        let results = std::iter::repeat_n(workspace.totals[total], end - start);
                        column.update(some.clone(), results, vector, |place, x| {
                            *place = if writes { x } else { *place + x }
                        });
                    }
                }
            }
        }
    }
}
