//! Value and gradient, element by element.
//!
//! The elements of each group run as the rows of two programs. The forward program computes the numbers of the roots;
//! the backward program computes, of the adjoints of the roots, what they add to the adjoints of the leaves. If the
//! output is the sum of roots, their adjoints are known before, and the backward program alone runs.

mod chain;
mod plan;
mod source;

use super::run::{Branched, number};
use super::scatter::{Cleared, Memory, Part, Scatter};
use crate::program::Program;
use crate::program::compile::instructions::ResultPlace;
use crate::program::precision::Precision;
use crate::program::run::index::Index;

use chain::ChainOfTerms;
pub(crate) use plan::elements;
pub(crate) use source::source;

/// A function of one output as elements.
///
/// Numbers have *places*: first the inputs, then the state.
pub(crate) struct GradientPlan<T> {
    /// The places where the gradient begins, which is that by the variables, and the state.
    starts: [usize; 2],
    /// The smallest depth first.
    steps: Vec<Step>,
    blocks: Vec<Block<T>>,
    /// The first one is the output.
    sums: Vec<SumOfTerms<T>>,
    chains: Vec<ChainOfTerms<T>>,
    /// The numbers of sums and chains, of roots that elements use, and data; then the adjoints of these, without data.
    state: Vec<T>,
    /// Where the adjoints begin in the state.
    adjoints: usize,
    /// In the gradient, and in the adjoints of the state.
    cleared: [Cleared; 2],
    memory: Memory<T>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Sum(usize),
    Chain(usize),
    Block(usize),
}

/// A sum, and those of its terms that have a place.
#[derive(Clone, Debug)]
struct SumOfTerms<T> {
    /// In the state.
    at: usize,
    constant: T,
    terms: Vec<(u32, T)>,
}

/// A group with its programs.
struct Block<T> {
    /// How many operations an element has, without derivatives.
    operations: usize,
    forward: Program<T>,
    index: Index,
    /// The places of the parameters.
    uniforms: Vec<u32>,
    /// Has the adjoints of roots behind the inputs of the forward program, and those of sums behind the parameters.
    /// None if there is nothing to compute: the group only has guards, or no leaf depends on variables.
    backward: Option<Scatter<T>>,
    /// Where each root goes.
    roots: Vec<Target>,
    /// Whether all roots are terms of the output, so that the forward program need not run.
    is_last: bool,
}

/// Where the numbers of a root go in the state.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// Their sum goes here.
    Sum(usize),
    /// They stand from here on.
    Column(usize),
}

impl<T> GradientPlan<T> {
    /// How many elements each template has, and how many operations an element.
    pub(crate) fn templates(&self) -> impl Iterator<Item = [usize; 2]> {
        self.blocks.iter().map(|block| [block.index.len(), block.operations])
    }
}

impl<T: Precision> GradientPlan<T> {
    /// The value.
    pub(crate) fn value(&mut self, x: &[T]) -> Result<T, Branched> {
        self.forward(x, false)?;
        Ok(self.state[self.sums[0].at])
    }

    /// The value; writes the gradient by the variables.
    pub(crate) fn gradient(&mut self, x: &[T], gradient: &mut [T]) -> Result<T, Branched> {
        self.forward(x, true)?;
        self.cleared[0].clear(gradient);
        self.cleared[1].clear(&mut self.state[self.adjoints..]);
        self.state[self.adjoints + self.sums[0].at] = T::one();
        for step in 0..self.steps.len() {
            match self.steps[step] {
                Step::Sum(k) => {
                    let Self { state, sums, adjoints, starts, .. } = self;
                    let adjoint = state[*adjoints + sums[k].at];
                    let mut parts = parts(*starts, [gradient, &mut state[*adjoints..]]);
                    for &(place, weight) in &sums[k].terms {
                        for part in &mut parts {
                            part.add(place as usize, weight * adjoint);
                        }
                    }
                }
                Step::Chain(k) => {
                    let Self { state, chains, adjoints, memory, starts, .. } = self;
                    let (state, adjoints) = state.split_at_mut(*adjoints);
                    let adjoint = adjoints[chains[k].at];
                    let parts = parts(*starts, [gradient, adjoints]);
                    chains[k].backward([x, state], memory, adjoint, parts)?;
                }
                Step::Block(k) => self.run_backward(k, x, gradient)?,
            }
        }
        Ok(self.state[self.sums[0].at])
    }

    /// Computes all numbers; if wanted without those of the last elements, which the backward pass computes.
    fn forward(&mut self, x: &[T], leaves_out_last: bool) -> Result<(), Branched> {
        for sum in &self.sums {
            self.state[sum.at] = sum.constant;
        }
        for step in (0..self.steps.len()).rev() {
            match self.steps[step] {
                Step::Sum(k) => {
                    let Self { state, sums, .. } = self;
                    let terms = sums[k].terms.iter().map(|&(place, weight)| weight * number([x, &*state], place));
                    let total = terms.fold(T::zero(), |total, term| total + term);
                    state[sums[k].at] += total;
                }
                Step::Chain(k) => {
                    let Self { state, chains, .. } = self;
                    chains[k].forward(x, state);
                }
                Step::Block(k) if leaves_out_last && self.blocks[k].is_last => {}
                Step::Block(k) => self.run_forward(k, x)?,
            }
        }
        Ok(())
    }

    fn run_forward(&mut self, k: usize, x: &[T]) -> Result<(), Branched> {
        let Self { blocks, state, memory, .. } = self;
        let block = &blocks[k];
        let workspace = memory.run(&block.forward, &block.index, &block.uniforms, [x, &*state])?;
        let rows = block.index.len();
        for (&target, place) in block.roots.iter().zip(block.forward.places()) {
            match (target, place) {
                (Target::Sum(sum), ResultPlace::Total(total)) => state[sum] += workspace.totals[total],
                (Target::Column(first), ResultPlace::Total(total)) => {
                    state[first..][..rows].fill(workspace.totals[total]);
                }
                (Target::Column(first), ResultPlace::Column(column)) => {
                    state[first..][..rows].copy_from_slice(&workspace.results[column * rows..][..rows]);
                }
                (Target::Sum(_), ResultPlace::Column(_)) => unreachable!("a sum over rows is a total"),
            }
        }
        Ok(())
    }

    fn run_backward(&mut self, k: usize, x: &[T], gradient: &mut [T]) -> Result<(), Branched> {
        let Self { blocks, state, memory, adjoints, sums, starts, .. } = self;
        let block = &blocks[k];
        let Some(backward) = &block.backward else { return Ok(()) };
        let mut value = T::zero();
        let value_part = Part::new(0, std::slice::from_mut(&mut value));
        if block.is_last {
            let (state, adjoints) = state.split_at_mut(*adjoints);
            let [gradient, adjoints] = parts(*starts, [gradient, adjoints]);
            backward.evaluate([x, &*state], memory, [gradient, adjoints, value_part])?;
            state[sums[0].at] += value;
        } else {
            backward.compute_all([x, &*state], memory)?;
            let [gradient, adjoints] = parts(*starts, [gradient, &mut state[*adjoints..]]);
            backward.collect_all(memory, [gradient, adjoints, value_part]);
        }
        Ok(())
    }
}

/// The gradient and the adjoints of the state, which begin at these places.
fn parts<T>(starts: [usize; 2], [gradient, adjoints]: [&mut [T]; 2]) -> [Part<'_, T>; 2] {
    [Part::new(starts[0], gradient), Part::new(starts[1], adjoints)]
}
