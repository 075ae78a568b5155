//! Chains as Rust source: a loop forwards, and one backwards.

use crate::error::Error;
use crate::program::elements::gradient::chain::{Chained, step, step_backward};
use crate::program::elements::source::{Body, leaf};
use crate::program::export::rust::Source;
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::Column;

/// The functions of a chain, and the texts of what they read and write.
pub(super) struct ChainSource<T> {
    /// Returns the next number, of the last one and a term.
    pub(super) forward: Source<T>,
    /// Returns the adjoints of these two, of them and the adjoint of the next number.
    pub(super) backward: Source<T>,
    at: usize,
    /// How many steps there are.
    steps: usize,
    /// Where the numbers before the steps begin.
    before: usize,
    /// Of the first term, and of the further one of each step: the number and the adjoint.
    first: [String; 2],
    further: [String; 2],
}

impl<T: Precision> ChainSource<T> {
    /// The source of chain `k`, whose numbers before the steps stand from `before` on.
    pub(super) fn new(
        body: &mut Body,
        graph: &Graph<T>,
        chain: &Chained,
        [k, before]: [usize; 2],
    ) -> Result<Self, Error> {
        let (first, further) = chain.terms.split_at(1);
        let mut text =
            |places: &[u32], name: &str| leaf(body, &Column::new(places), places.len(), &format!("{name}_{k}"));
        let source = |name: &str, graph: &Graph<T>| Source::new(&format!("{name}_chain_{k}"), graph, Options::new());
        Ok(Self {
            forward: source("forward", &step(graph, chain.op))?,
            backward: source("backward", &step_backward(graph, chain.op))?,
            at: chain.at,
            steps: further.len(),
            before,
            first: text(first, "FIRST"),
            further: text(further, "CHAIN"),
        })
    }

    pub(super) fn write_forward(&self, body: &mut Body) {
        let Self { forward, at, steps, before, first: [first, _], further: [further, _], .. } = self;
        body.line(format!("let mut last = {first};"));
        let call = format!("last = {}(&[last, {further}]);", forward.name());
        body.for_each(*steps, &format!("numbers[row + {before}] = last;\n{call}"));
        body.line(format!("numbers[{at}] = last;"));
    }

    pub(super) fn write_backward(&self, body: &mut Body) {
        let Self { backward, at, steps, before, first: [_, first], further: [further, slope], .. } = self;
        body.line(format!("let mut adjoint = adjoints[{at}];"));
        let call = format!("let y = {}(&[numbers[row + {before}], {further}, adjoint]);", backward.name());
        body.for_each_reversed(*steps, &format!("{call}\n{slope} += y[1];\nadjoint = y[0];"));
        body.line(format!("{first} += adjoint;"));
    }
}
