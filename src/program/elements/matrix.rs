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
    /// The outputs.
    Outputs,
    /// The outputs, and their Jacobian as the matrix.
    Jacobian,
    /// The outputs `r`; `Jᵀr` as the product, and `JᵀJ` as the matrix.
    NormalEquations,
    /// The Hessian of the sum of the outputs, each times its number of the vector, as the matrix.
    WeightedHessian,
    /// The Hessian of the one output as the matrix.
    Hessian,
    /// The product of the Hessian and the vector.
    HessianTimesVector,
}

impl Wanted {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::HessianTimesVector as usize + 1;
}

/// A function as elements whose derivatives are collected.
///
/// Numbers have *places*: first the inputs, then the state.
pub(crate) struct MatrixPlan<T> {
    blocks: Vec<Block<T>>,
    /// The data of the elements; then a vector that is given, and a zero.
    state: Vec<T>,
    given: Range<usize>,
    pattern: Sparsity,
    /// Whether no two numbers have the same place in the matrix.
    is_disjoint: bool,
    /// Outputs that are inputs or constants, and the places of the derivatives of such inputs in the matrix.
    fixed: Vec<(usize, Fixed<T>)>,
    ones: Vec<usize>,
    workspace: Workspace<T>,
    parameters: Vec<T>,
}

/// An output of the function that needs no element.
enum Fixed<T> {
    Constant(T),
    Input(usize),
}

struct Block<T> {
    /// How many operations an element has, without derivatives.
    operations: usize,
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
    /// Added to the product.
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
    /// Writes what was wanted. `given` is the vector, if one is needed.
    pub(crate) fn evaluate(
        &mut self,
        x: &[T],
        given: &[T],
        outputs: &mut [T],
        product: &mut [T],
        matrix: Option<&mut Csr<T>>,
    ) -> Result<(), Branched> {
        let matrix = matrix.map_or(&mut [][..], |matrix| {
            matrix.set_pattern(&self.pattern);
            matrix.values_mut()
        });
        if !self.is_disjoint {
            matrix.fill(T::zero());
        }
        product.fill(T::zero());
        self.state[self.given.clone()].copy_from_slice(given);
        for (k, fixed) in &self.fixed {
            outputs[*k] = match *fixed {
                Fixed::Constant(c) => c,
                Fixed::Input(input) => x[input],
            };
        }
        for &place in &self.ones {
            matrix[place] = T::one();
        }
        self.run(x, &mut Collected { outputs, matrix, product })
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

impl<T> MatrixPlan<T> {
    /// How many elements each template has, and how many operations an element.
    pub(crate) fn templates(&self) -> impl Iterator<Item = [usize; 2]> {
        self.blocks.iter().map(|block| [block.index.len(), block.operations])
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
