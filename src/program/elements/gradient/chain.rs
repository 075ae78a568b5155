//! Chains: the values one after the other, the partials of all steps in lanes, and the adjoint through them backwards.

use std::ops::Range;

use crate::number::Plain;
use crate::ops::index::checked_u32;
use crate::ops::op::Op;
use crate::ops::rules::scaled;
use crate::program::Program;
use crate::program::elements::run::{Branched, number};
use crate::program::elements::scatter::{Memory, Part};
use crate::program::elements::template::leaf_nodes;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::transform::reverse::reverse;

/// A chain, and the places of its terms.
pub(super) struct Chained {
    pub(super) op: Op,
    /// In the state.
    pub(super) at: usize,
    pub(super) terms: Vec<u32>,
}

/// A chain, which joins the number before with the next one at each step.
pub(super) struct ChainOfTerms<T> {
    op: Op,
    /// In the state.
    pub(super) at: usize,
    /// The place of the first term.
    first: u32,
    /// Of each step the number before, and the next term.
    steps: Index,
    /// Where the numbers before begin in the state.
    before: usize,
    /// The partials of a step.
    partials: Program<T>,
    /// What each step adds to the adjoint of its term.
    slopes: Vec<T>,
}

/// The step of a chain as a graph of two inputs.
pub(super) fn step<T: Plain>(graph: &Graph<T>, op: Op) -> Graph<T> {
    let mut step = graph.emptied();
    (step.parameters, step.inputs) = (0, 2);
    let [a, b] = [0, 1].map(|k| step.push(Node::leaf(Op::input, k)));
    let result = step.push(Node::operation(op, [a, b, a], 0));
    step.outputs.push(result);
    step
}

/// What a step adds to the adjoints of its two inputs. The adjoint of the result is a further input.
pub(super) fn step_backward<T: Precision>(graph: &Graph<T>, op: Op) -> Graph<T> {
    let mut step = step(graph, op);
    let adjoint = step.push(Node::leaf(Op::input, 2));
    step.inputs = 3;
    let result = step.outputs[0];
    step.outputs[0] = step.push(Node::operation(Op::mul, [result, adjoint, result], 0));
    let mut slopes = reverse(&step, Options::new(), &leaf_nodes(0..2), None);
    slopes.outputs.remove(0);
    slopes
}

impl<T: Precision> ChainOfTerms<T> {
    /// The state gets room for the numbers before.
    pub(super) fn new(
        graph: &Graph<T>,
        &Chained { op, at, ref terms }: &Chained,
        inputs: usize,
        state: &mut Vec<T>,
    ) -> Self {
        let (before, rows) = (state.len(), terms.len() - 1);
        state.resize(before + rows, T::zero());
        let columns = vec![Column::even(inputs + before, 1, rows), Column::new(&terms[1..])];
        let mut partials = reverse(&step(graph, op), Options::new(), &leaf_nodes(0..2), None);
        partials.outputs.remove(0);
        Self {
            op,
            at,
            first: terms[0],
            steps: Index::of_columns(columns, rows),
            before,
            partials: Program::optimized(&partials, Options::new()),
            slopes: Vec::new(),
        }
    }

    fn terms(&self) -> &Column {
        self.steps.column(1)
    }

    /// The places of the terms.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        let places = (0..self.steps.len()).map(|row| checked_u32(self.terms().place(row)));
        std::iter::once(self.first).chain(places)
    }

    /// Writes the last result, and all before it, to the state.
    pub(super) fn forward(&self, x: &[T], state: &mut [T]) {
        // The usual ones, which the compiler can inline.
        match self.op {
            Op::mul => self.fold(x, state, |a, b| a * b),
            Op::max => self.fold(x, state, T::max),
            Op::min => self.fold(x, state, T::min),
            op => self.fold(x, state, |a, b| op.value([a, b, b], 0)),
        }
    }

    fn fold(&self, x: &[T], state: &mut [T], join: impl Fn(T, T) -> T) {
        let mut last = number([x, state], self.first);
        for (before, place) in (self.before..).zip(self.places().skip(1)) {
            state[before] = last;
            last = join(last, number([x, state], place));
        }
        state[self.at] = last;
    }

    /// Adds to the adjoints of the terms, of which each part has some. `adjoint` is that of the chain.
    pub(super) fn backward(
        &mut self,
        numbers: [&[T]; 2],
        memory: &mut Memory<T>,
        mut adjoint: T,
        parts: [Part<'_, T>; 2],
    ) -> Result<(), Branched> {
        if adjoint.is_zero() {
            return Ok(());
        }
        let rows = self.steps.len();
        let partials = &memory.run(&self.partials, &self.steps, &[], numbers)?.results;
        let (by_before, by_term) = (&partials[..rows], &partials[rows..2 * rows]);
        self.slopes.clear();
        for (&by_before, &by_term) in by_before.iter().zip(by_term).rev() {
            // So are all that follow.
            if adjoint.is_zero() {
                break;
            }
            self.slopes.push(scaled(by_term, adjoint));
            adjoint = scaled(by_before, adjoint);
        }
        let first = rows - self.slopes.len();
        let slopes = |some: Range<usize>| self.slopes[..rows - some.start].iter().rev().copied();
        for mut part in parts {
            self.terms().update(first..rows, slopes, part.numbers, part.start, |sum, slope| *sum += slope);
            part.add(self.first as usize, adjoint);
        }
        Ok(())
    }
}
