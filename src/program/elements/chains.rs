//! Chains: a node as one operation again and again, each time on the last result and one more number.

use num_traits::Float;

use super::facts::Facts;
use super::operands::{chained, rest_of_chain};
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::program::graph::Graph;

/// A maximum, a product, or the like, of numbers in a row.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) node: NodeIndex,
    /// An operation of two numbers, whose order is of no importance.
    pub(super) op: Op,
    /// The two numbers of the first operation, then one more for each further one.
    pub(super) terms: Vec<NodeIndex>,
    /// See [`Partition`](super::partition::Partition).
    pub(super) depth: u32,
}

impl Chain {
    /// Takes a node apart. Calls `inside` with it, and with the nodes between it and its terms.
    pub(super) fn of<T: Float>(
        graph: &Graph<T>,
        facts: &Facts,
        node: NodeIndex,
        mut inside: impl FnMut(NodeIndex),
    ) -> Self {
        let op = chained(graph, node).expect("only chains are taken apart as such");
        let (mut terms, mut next) = (Vec::new(), Some(node));
        while let Some(link) = next {
            inside(link);
            next = rest_of_chain(graph, link, &facts.uses, &facts.links);
            let operands = graph.operands(graph.node(link)).iter().rev().copied();
            terms.extend(operands.filter(|&operand| Some(operand) != next));
        }
        terms.reverse();
        Self { node, op, terms, depth: 0 }
    }
}
