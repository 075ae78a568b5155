//! Sparse derivatives, element by element.
//!
//! Each element reaches down to the inputs: what several elements share is computed in each of them. Then the Jacobian
//! of an element has rows of the Jacobian of the function, or parts of rows that are added, and the Hessian of a sum is
//! the sum of the Hessians of its elements. The places of their numbers in the sparse matrix are found once.

mod arrangement;
mod divided;
mod entries;
mod outputs;
mod plan;
mod reach;
mod source;
mod stored;
mod terms;

use super::run::Branched;
use super::scatter::{Cleared, Memory, Part, Scatter};
use crate::program::precision::Precision;
use crate::sparse::{Csr, Sparsity};

pub(crate) use source::source;
pub(crate) use stored::Stored;

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
    /// How many there are, without the product, which is no matrix.
    pub(crate) const MATRICES: usize = Self::HessianTimesVector as usize;
}

/// A function as elements whose derivatives are collected.
///
/// Numbers have *places*: first the inputs, then the state.
pub(crate) struct MatrixPlan<T> {
    blocks: Vec<Block<T>>,
    /// A vector that is given, then the data of the elements.
    state: Vec<T>,
    /// How long the vector is that is given.
    given: usize,
    pattern: Sparsity,
    cleared: [Cleared; VECTORS],
    linear: Vec<Linear<T>>,
    /// The derivatives of outputs by the terms that are inputs, with their places.
    slopes: Vec<(usize, T)>,
    memory: Memory<T>,
}

/// What is added to an output of the function beside elements.
struct Linear<T> {
    output: usize,
    constant: T,
    /// Inputs with their weights.
    terms: Vec<(u32, T)>,
    /// The derivatives by the variables among them, with the numbers of these.
    slopes: Vec<(u32, T)>,
}

struct Block<T> {
    /// How many elements there are, and how many operations an element has, without derivatives.
    size: [usize; 2],
    scatter: Scatter<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vector {
    Outputs,
    Gradient,
    Product,
    Matrix,
}

/// How many vectors there are.
const VECTORS: usize = Vector::Matrix as usize + 1;

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

    /// In the order of [`Vector`].
    fn vectors(&mut self) -> [Part<'_, T>; VECTORS] {
        let Self { outputs, gradient, product, matrix } = self;
        [outputs, gradient, product, matrix].map(|vector| Part::new(0, vector))
    }
}

impl<T: Precision> MatrixPlan<T> {
    /// Writes what was wanted. `given` is the vector, if one is needed.
    pub(crate) fn evaluate<'a>(
        &mut self,
        [x, given]: [&[T]; 2],
        mut collected: Collected<'a, T>,
        matrix: Option<&'a mut Csr<T>>,
    ) -> Result<(), Branched> {
        if let Some(matrix) = matrix {
            matrix.set_pattern(&self.pattern);
            collected.matrix = matrix.values_mut();
        }
        for (cleared, vector) in self.cleared.iter().zip(collected.vectors()) {
            cleared.clear(vector.numbers);
        }
        let Collected { outputs, gradient, matrix, .. } = &mut collected;
        self.state[..self.given].copy_from_slice(given);
        for Linear { output, constant, terms, slopes } in &self.linear {
            if let Some(output) = outputs.get_mut(*output) {
                *output = terms.iter().fold(*constant, |sum, &(input, weight)| sum + weight * x[input as usize]);
            }
            for &(variable, weight) in slopes {
                if let Some(slope) = gradient.get_mut(variable as usize) {
                    *slope += weight;
                }
            }
        }
        for &(place, slope) in &self.slopes {
            matrix[place] = slope;
        }
        let Self { blocks, state, memory, .. } = self;
        let mut blocks = blocks.iter();
        blocks.try_for_each(|block| block.scatter.evaluate([x, &*state], memory, collected.vectors()))
    }
}

impl<T> MatrixPlan<T> {
    /// How many elements each template has, and how many operations an element.
    pub(crate) fn templates(&self) -> impl Iterator<Item = [usize; 2]> {
        self.blocks.iter().map(|block| block.size)
    }
}
