//! Value and gradient, element by element.
//!
//! The elements of each group run as the rows of two programs. The forward program computes the numbers of the roots; the
//! backward program computes, of the adjoints of the roots, what they add to the adjoints of the leaves. If the output is
//! the sum of roots, their adjoints are known before, and the backward program alone runs.

mod plan;
mod source;

use std::iter::repeat_n;
use std::ops::Range;

use crate::program::compile::instructions::ResultPlace;
use crate::program::precision::Precision;
use crate::program::run::index::Index;
use crate::program::run::threads::{Part, for_each, threads};
use crate::program::{Program, Rows, Workspace};

pub(crate) use plan::elements;
pub use source::CompiledSource;

/// A comparison came out otherwise than when the function was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Branched;

/// A function of one output as elements.
///
/// Numbers have *places*: first the inputs, then the state.
pub(crate) struct GradientPlan<T> {
    /// The smallest depth first.
    steps: Vec<Step>,
    blocks: Vec<Block<T>>,
    /// The first one is the output.
    sums: Vec<SumOfTerms<T>>,
    inputs: usize,
    /// The numbers of sums, of roots that elements use, and data; then the adjoints of sums and roots.
    state: Vec<T>,
    /// Where the adjoints begin in the state.
    adjoints: usize,
    workspace: Workspace<T>,
    parameters: Vec<T>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Sum(usize),
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
    /// None if no root is needed: the group only has guards.
    backward: Option<Program<T>>,
    /// The inputs of the forward program; the backward program has the adjoints of roots behind them.
    index: Index,
    backward_index: Index,
    /// The places of the parameters. The backward program has the adjoints of sums behind them.
    uniforms: Vec<u32>,
    backward_uniforms: Vec<u32>,
    /// How many of the inputs are leaves with a derivative.
    gathered: usize,
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

/// The fewest additions for a thread: two threads took longer than one for a million.
pub(super) const LEAST_ADDITIONS: usize = 1 << 22;

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

    /// The value; writes the gradient.
    pub(crate) fn gradient(&mut self, x: &[T], gradient: &mut [T]) -> Result<T, Branched> {
        self.forward(x, true)?;
        gradient.fill(T::zero());
        self.state[self.adjoints..].fill(T::zero());
        self.state[self.adjoints + self.sums[0].at] = T::one();
        for step in 0..self.steps.len() {
            match self.steps[step] {
                Step::Sum(k) => {
                    let Self { state, sums, adjoints, inputs, .. } = self;
                    let adjoint = state[*adjoints + sums[k].at];
                    for &(place, weight) in &sums[k].terms {
                        let sum = match (place as usize).checked_sub(*inputs) {
                            None => &mut gradient[place as usize],
                            Some(at) => &mut state[*adjoints + at],
                        };
                        *sum += weight * adjoint;
                    }
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
                Step::Block(k) if leaves_out_last && self.blocks[k].is_last => {}
                Step::Block(k) => self.run_forward(k, x)?,
            }
        }
        Ok(())
    }

    fn run_forward(&mut self, k: usize, x: &[T]) -> Result<(), Branched> {
        let Self { blocks, state, workspace, parameters, .. } = self;
        let block = &blocks[k];
        let rows = Rows::gathered_of([x, &*state], &block.index);
        run(&block.forward, rows, uniforms([x, &*state], &block.uniforms, parameters), workspace)?;
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
        let Self { blocks, state, workspace, parameters, adjoints, sums, .. } = self;
        let block = &blocks[k];
        let Some(backward) = &block.backward else { return Ok(()) };
        let rows = Rows::gathered_of([x, &*state], &block.backward_index);
        run(backward, rows, uniforms([x, &*state], &block.backward_uniforms, parameters), workspace)?;
        let (mut places, rows) = (backward.places(), block.index.len());
        if let (Some(ResultPlace::Total(total)), true) = (places.next(), block.is_last) {
            state[sums[0].at] += workspace.totals[total];
        }
        for (&place, result) in block.uniforms.iter().zip(&mut places) {
            if let ResultPlace::Total(total) = result {
                let sum = match (place as usize).checked_sub(gradient.len()) {
                    None => &mut gradient[place as usize],
                    Some(at) => &mut state[*adjoints + at],
                };
                *sum += workspace.totals[total];
            }
        }
        // Each thread has a part of the adjoints, which are added up in the same order by any number of threads.
        let parts = threads().min(rows * block.gathered / LEAST_ADDITIONS).max(1);
        let behind = gradient.len();
        let adjoints = Part::divide(gradient, 0, parts).zip(Part::divide(&mut state[*adjoints..], behind, parts));
        let Workspace { results, totals, .. } = &*workspace;
        for_each(adjoints.map(|(front, back)| [front, back]), |adjoints| {
            for Part { start, numbers: adjoints } in adjoints.into_iter().filter(|part| !part.numbers.is_empty()) {
                for (column, result) in (0..block.gathered).zip(places.clone()) {
                    let (column, add) = (block.index.column(column), |sum: &mut T, x| *sum += x);
                    match result {
                        ResultPlace::Column(result) => {
                            let results = &results[result * rows..][..rows];
                            let numbers = |rows: Range<usize>| results[rows].iter().copied();
                            column.update(0..rows, numbers, adjoints, start, add);
                        }
                        ResultPlace::Total(total) => {
                            let numbers = |rows: Range<usize>| repeat_n(totals[total], rows.len());
                            column.update(0..rows, numbers, adjoints, start, add);
                        }
                    }
                }
            }
        });
        Ok(())
    }
}

/// The number at a place.
fn number<T: Copy>([x, state]: [&[T]; 2], place: u32) -> T {
    let place = place as usize;
    place.checked_sub(x.len()).map_or_else(|| x[place], |at| state[at])
}

/// The numbers at these places.
pub(super) fn uniforms<'p, T: Copy>(numbers: [&[T]; 2], places: &[u32], parameters: &'p mut Vec<T>) -> &'p [T] {
    parameters.clear();
    parameters.extend(places.iter().map(|&place| number(numbers, place)));
    parameters
}

/// Runs a program; the results are in the workspace.
pub(super) fn run<T: Precision>(
    program: &Program<T>,
    rows: Rows<'_, T>,
    parameters: &[T],
    workspace: &mut Workspace<T>,
) -> Result<(), Branched> {
    program.run_unguarded(parameters, rows, workspace).expect("a template fits its group");
    let failed = workspace.uniform_guard_failed || workspace.guard_failed.contains(&true);
    if failed { Err(Branched) } else { Ok(()) }
}
