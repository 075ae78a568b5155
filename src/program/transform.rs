//! Transformations: a graph goes in, and a graph comes out.
//!
//! The derivatives ([`reverse`], [`forward`]) add to a graph what the table of operations says of the partials of each
//! node. [`prune`] leaves out unused nodes. [`lower`] shares and folds nodes, and replaces composite operations,
//! [`express`] the user's own.

pub(crate) mod express;
pub(crate) mod forward;
pub(crate) mod lower;
pub(crate) mod prune;
pub(crate) mod reverse;

use super::graph::{Graph, Node};
use super::options::{Optimization, Options};
use super::precision::Precision;
use super::record::expr::Expr;
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::ops::rules::scaled;

/// What is differentiated, and by what: positions.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub(crate) outputs: Vec<usize>,
    pub(crate) parameters: Vec<usize>,
    pub(crate) inputs: Vec<usize>,
}

impl Selected {
    /// The nodes of the parameters, and then of the inputs.
    pub(crate) fn leaves<T>(&self, graph: &Graph<T>) -> Vec<Option<NodeIndex>> {
        let leaves = graph.leaves();
        let inputs = self.inputs.iter().map(|&position| graph.parameters as usize + position);
        self.parameters.iter().copied().chain(inputs).map(|leaf| leaves[leaf]).collect()
    }
}

/// The graph without unused nodes, unless the options keep these.
pub(crate) fn pruned<T: Copy>(graph: &Graph<T>, options: Options) -> Graph<T> {
    if options.has(Optimization::Pruning) { prune::prune(graph) } else { graph.clone() }
}

/// The nodes of a graph as numbers of a recording that appends to it. Their values are not known.
fn exprs<T: Precision>(graph: &Graph<T>) -> Vec<Expr<T>> {
    graph.indices().map(|k| Expr::node(k, T::nan())).collect()
}

/// The sum over all rows, also of a number that is the same for all rows.
fn total<T: Precision>(x: Expr<T>) -> Expr<T> {
    Expr::call_always(Op::total, x)
}

/// Whether the number is the constant 0.
fn is_zero<T: Precision>(x: Expr<T>) -> bool {
    x.is_constant() && x.data == T::zero()
}

/// The partial by operand `k` of an operation of the user's own.
fn custom_partial<T: Precision>(graph: &Graph<T>, node: &Node, exprs: &[Expr<T>], k: usize) -> Expr<T> {
    let x: Vec<Expr<T>> = graph.operands(node).iter().map(|operand| exprs[operand.index()]).collect();
    Expr::call_custom(graph.custom(node).derivative(k), &x)
}

/// The partials of a product: for each factor the product of the factors before it and those behind it, in the order in
/// which the tape multiplies them.
fn product_partials<T: Precision>(factors: &[Expr<T>]) -> Vec<Expr<T>> {
    let one = Expr::constant(T::one());
    let mut partials = vec![one; factors.len()];
    for i in (1..factors.len()).rev() {
        partials[i - 1] = scaled(partials[i], factors[i]);
    }
    let mut before = one;
    for (partial, &factor) in partials.iter_mut().zip(factors) {
        *partial = scaled(before, *partial);
        before *= factor;
    }
    partials
}
