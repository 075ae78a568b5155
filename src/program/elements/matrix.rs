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
    /// The outputs `r`; `Jᵀr` as the gradient, and `JᵀJ` as the matrix.
    NormalEquations,
    /// The Hessian of the sum of the outputs, each times its number of the vector, as the matrix.
    WeightedHessian,
    /// The one output, its gradient, and its Hessian as the matrix.
    Hessian,
    /// The one output, its gradient, and the product of its Hessian and the vector.
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
    linear: Vec<Linear<T>>,
    /// The places of the derivatives of outputs that are inputs.
    ones: Vec<usize>,
    workspace: Workspace<T>,
    parameters: Vec<T>,
}

/// What is added to an output of the function beside elements.
struct Linear<T> {
    output: usize,
    constant: T,
    /// Inputs with their weights.
    terms: Vec<(u32, T)>,
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
    aims: Vec<Aim>,
}

/// Where an output of a program goes.
struct Aim {
    output: usize,
    vector: Vector,
    /// The places of all rows; or one place if the output is a total.
    places: Column,
    is_total: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vector {
    Outputs,
    Gradient,
    Matrix,
    Product,
}

/// The vectors that numbers are collected in. Those that are not wanted are empty.
pub(crate) struct Collected<'a, T> {
    pub(crate) outputs: &'a mut [T],
    pub(crate) gradient: &'a mut [T],
    pub(crate) matrix: &'a mut [T],
    pub(crate) product: &'a mut [T],
}

impl<T> Default for Collected<'_, T> {
    fn default() -> Self {
        Self { outputs: &mut [], gradient: &mut [], matrix: &mut [], product: &mut [] }
    }
}

impl<T> Collected<'_, T> {
    /// The same vectors, for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Collected<'_, T> {
        let Self { outputs, gradient, matrix, product } = self;
        Collected { outputs, gradient, matrix, product }
    }
}

/// So many results are collected while they are in the cache.
const RESULTS_BYTES: usize = 256 << 10;
/// Rows are divided into whole tasks.
const LEAST_ROWS: usize = 960;
/// So many rows of all columns are collected before the next ones.
const ROWS_AT_ONCE: usize = 64;

impl<T: Precision> MatrixPlan<T> {
    /// Writes what was wanted. `given` is the vector, if one is needed.
    pub(crate) fn evaluate<'a>(
        &mut self,
        x: &[T],
        given: &[T],
        mut collected: Collected<'a, T>,
        matrix: Option<&'a mut Csr<T>>,
    ) -> Result<(), Branched> {
        if let Some(matrix) = matrix {
            matrix.set_pattern(&self.pattern);
            collected.matrix = matrix.values_mut();
        }
        let Collected { outputs, gradient, matrix, product } = &mut collected;
        if !self.is_disjoint {
            matrix.fill(T::zero());
        }
        gradient.fill(T::zero());
        product.fill(T::zero());
        self.state[self.given.clone()].copy_from_slice(given);
        for Linear { output, constant, terms } in &self.linear {
            if let Some(output) = outputs.get_mut(*output) {
                *output = terms.iter().fold(*constant, |sum, &(input, weight)| sum + weight * x[input as usize]);
            }
            for &(input, weight) in terms {
                if let Some(slope) = gradient.get_mut(input as usize) {
                    *slope += weight;
                }
            }
        }
        for &place in &self.ones {
            matrix[place] = T::one();
        }
        self.run(x, &mut collected)
    }

    fn run(&mut self, x: &[T], collected: &mut Collected<'_, T>) -> Result<(), Branched> {
        let Self { blocks, state, workspace, parameters, is_disjoint, .. } = self;
        for block in blocks {
            let numbers = [x, &*state];
            let parameters = uniforms(numbers, &block.uniforms, parameters);
            let (width, rows) = (block.aims.len() * size_of::<T>(), block.index.len());
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
            for Aim { output, vector, places, is_total } in &self.aims {
                let (vector, writes) = match vector {
                    Vector::Outputs => (&mut *to.outputs, !is_total),
                    Vector::Gradient => (&mut *to.gradient, false),
                    Vector::Matrix => (&mut *to.matrix, is_disjoint),
                    Vector::Product => (&mut *to.product, false),
                };
                let write = |place: &mut T, x| *place = x;
                let add = |place: &mut T, x| *place += x;
                match self.places[*output] {
                    _ if vector.is_empty() => {}
                    ResultPlace::Column(result) => {
                        let results = workspace.results[result * count..][start..end].iter().copied();
                        if writes {
                            places.update(some.clone(), results, vector, write);
                        } else {
                            places.update(some.clone(), results, vector, add);
                        }
                    }
                    ResultPlace::Total(total) if *is_total => {
                        if start == 0 {
                            add(&mut vector[places.place(0)], workspace.totals[total]);
                        }
                    }
                    // The same number in all rows.
                    ResultPlace::Total(total) => {
                        let results = std::iter::repeat_n(workspace.totals[total], end - start);
                        places.update(some.clone(), results, vector, if writes { write } else { add });
                    }
                }
            }
        }
    }
}
