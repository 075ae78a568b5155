//! Sparse derivatives, element by element.
//!
//! Each element reaches down to the inputs: what several elements share is computed in each of them. Then the Jacobian of an
//! element has rows of the Jacobian of the function, and the Hessian of a sum is the sum of the Hessians of its elements. The
//! places of their numbers in the sparse matrix are found once.

mod entries;
mod outputs;
mod plan;
mod reach;

use std::iter::repeat_n;
use std::ops::Range;

use super::gradient::{Branched, LEAST_ADDITIONS, run, uniforms};
use crate::program::compile::instructions::ResultPlace;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::run::threads::{Part, for_each, threads};
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
    /// Whether several numbers have one place in the matrix.
    adds_up: bool,
    linear: Vec<Linear<T>>,
    /// The places of the derivatives of outputs that are inputs.
    ones: Vec<usize>,
    /// For each thread.
    workspaces: Vec<Workspace<T>>,
    chunks: Vec<Chunk<T>>,
    parameters: Vec<T>,
}

/// The results of some rows.
struct Chunk<T> {
    rows: Range<usize>,
    results: Vec<T>,
    totals: Vec<T>,
    has_branched: bool,
}

impl<T> Chunk<T> {
    /// Lends the memory for results to a workspace, or takes it back.
    fn swap(&mut self, workspace: &mut Workspace<T>) {
        std::mem::swap(&mut self.results, &mut workspace.results);
        std::mem::swap(&mut self.totals, &mut workspace.totals);
    }
}

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Self { rows: 0..0, results: Vec::new(), totals: Vec::new(), has_branched: false }
    }
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
    /// Whether no other number has these places, so that they are written. Other numbers are added.
    is_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vector {
    Outputs,
    Gradient,
    Product,
    Matrix,
}

/// The vectors that numbers are collected in. Those that are not wanted are empty.
pub(crate) struct Collected<'a, T> {
    pub(crate) outputs: &'a mut [T],
    pub(crate) gradient: &'a mut [T],
    pub(crate) product: &'a mut [T],
    pub(crate) matrix: &'a mut [T],
}

impl<T> Default for Collected<'_, T> {
    fn default() -> Self {
        Self { outputs: &mut [], gradient: &mut [], product: &mut [], matrix: &mut [] }
    }
}

impl<T> Collected<'_, T> {
    /// The same vectors, for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Collected<'_, T> {
        let Self { outputs, gradient, product, matrix } = self;
        Collected { outputs, gradient, product, matrix }
    }

    /// A part of each vector for each of several threads, in the order of [`Vector`].
    fn divide(&mut self, parts: usize) -> impl ExactSizeIterator<Item = [Part<'_, T>; 4]> {
        let [a, b, c, d] = [&mut *self.outputs, &mut *self.gradient, &mut *self.product, &mut *self.matrix]
            .map(|vector| Part::divide(vector, 0, parts));
        a.zip(b).zip(c.zip(d)).map(|((a, b), (c, d))| [a, b, c, d])
    }
}

/// So many results of a thread are collected while they are in its cache.
const CHUNK_BYTES: usize = 256 << 10;
/// Rows are divided into whole tasks.
const LEAST_ROWS: usize = 960;
/// So many results are collected, of all columns, before those of the next rows.
const BYTES_AT_ONCE: usize = 16 << 10;

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
        let Collected { outputs, gradient, product, matrix } = &mut collected;
        if self.adds_up {
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

    /// Runs all programs, a chunk of rows at a time on each thread, and collects the results.
    fn run(&mut self, x: &[T], collected: &mut Collected<'_, T>) -> Result<(), Branched> {
        let Self { blocks, state, workspaces, chunks, parameters, .. } = self;
        for block in blocks {
            let numbers = [x, &*state];
            let parameters = uniforms(numbers, &block.uniforms, parameters);
            let (width, rows) = (block.aims.len() * size_of::<T>(), block.index.len());
            let height = (CHUNK_BYTES / width.max(1) / LEAST_ROWS).max(1) * LEAST_ROWS;
            let threads = threads().min(rows * block.aims.len() / LEAST_ADDITIONS).clamp(1, rows.div_ceil(height));
            if chunks.len() < threads {
                workspaces.resize_with(threads, Workspace::new);
                chunks.resize_with(threads, Chunk::default);
            }
            for start in (0..rows).step_by(threads * height) {
                let count = threads.min((rows - start).div_ceil(height));
                let (workspaces, chunks) = (&mut workspaces[..count], &mut chunks[..count]);
                for_each(workspaces.iter_mut().zip(&mut *chunks).enumerate(), |(k, (workspace, chunk))| {
                    let first = start + k * height;
                    chunk.rows = first..rows.min(first + height);
                    let some = Rows::gathered_of(numbers, &block.index).some(chunk.rows.clone());
                    chunk.swap(workspace);
                    chunk.has_branched = run(&block.program, some, parameters, workspace).is_err();
                    chunk.swap(workspace);
                });
                if chunks.iter().any(|chunk| chunk.has_branched) {
                    return Err(Branched);
                }
                block.collect(chunks, collected);
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
    /// Collects the results of some chunks. Each thread has a part of each vector. The numbers of a place are added up in
    /// the same order by any number of threads.
    fn collect(&self, chunks: &[Chunk<T>], collected: &mut Collected<'_, T>) {
        let rows: usize = chunks.iter().map(|chunk| chunk.rows.len()).sum();
        let parts = threads().min(rows * self.aims.len() / LEAST_ADDITIONS).max(1);
        for_each(collected.divide(parts), |mut parts| {
            for chunk in chunks {
                self.collect_part(chunk, &mut parts);
            }
        });
    }

    fn collect_part(&self, chunk: &Chunk<T>, parts: &mut [Part<'_, T>; 4]) {
        let Chunk { rows, results, totals, .. } = chunk;
        let count = rows.len();
        for aim in self.aims.iter().filter(|aim| aim.is_total) {
            let Part { start, numbers: vector } = &mut parts[aim.vector as usize];
            let sum = vector.get_mut(aim.places.place(0).wrapping_sub(*start));
            if let (ResultPlace::Total(total), Some(sum)) = (self.places[aim.output], sum) {
                *sum += totals[total];
            }
        }
        let at_once = (BYTES_AT_ONCE / size_of::<T>() / self.aims.len().max(1)).next_multiple_of(64);
        for start in (0..count).step_by(at_once) {
            let some = rows.start + start..rows.start + count.min(start + at_once);
            for aim in self.aims.iter().filter(|aim| !aim.is_total) {
                let Part { start, numbers: vector } = &mut parts[aim.vector as usize];
                if vector.is_empty() {
                    continue;
                }
                match self.places[aim.output] {
                    ResultPlace::Column(result) => {
                        let results = &results[result * count..][..count];
                        let numbers = |some: Range<usize>| {
                            results[some.start - rows.start..some.end - rows.start].iter().copied()
                        };
                        aim.update(some.clone(), numbers, vector, *start);
                    }
                    // The same number in all rows.
                    ResultPlace::Total(total) => {
                        let numbers = |some: Range<usize>| repeat_n(totals[total], some.len());
                        aim.update(some.clone(), numbers, vector, *start);
                    }
                }
            }
        }
    }
}

impl Aim {
    fn update<T: Precision, N: Iterator<Item = T>>(
        &self,
        rows: Range<usize>,
        numbers: impl Fn(Range<usize>) -> N,
        part: &mut [T],
        start: usize,
    ) {
        if self.is_alone {
            self.places.update(rows, numbers, part, start, |place, x| *place = x);
        } else {
            self.places.update(rows, numbers, part, start, |place, x| *place += x);
        }
    }
}
