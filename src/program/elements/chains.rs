//! Chains: a node as one operation again and again, each time on the last result and one more number.

use num_traits::Float;

use super::facts::{Facts, linear_operands};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::{Form, Op};
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
    /// The operation of a chain that may end at a node. What is linear is a part of sums.
    fn operation<T: Float>(graph: &Graph<T>, node: NodeIndex) -> Option<Op> {
        match graph.node(node).op {
            Op::product => Some(Op::mul),
            op if op.form() != Form::Operation || !op.facts().symmetric => None,
            op => (!linear_operands(graph, node, |_, _| ())).then_some(op),
        }
    }

    /// The operand that is the rest of the chain: the longest one of the same operation that nothing else uses.
    fn rest<T: Float>(graph: &Graph<T>, uses: &[u32], lengths: &[u32], node: NodeIndex) -> Option<NodeIndex> {
        let op = Self::operation(graph, node)?;
        let operands = graph.operands(graph.node(node)).iter().copied();
        let rest =
            operands.filter(|&operand| uses[operand.index()] == 1 && Self::operation(graph, operand) == Some(op));
        rest.max_by_key(|operand| lengths[operand.index()])
    }

    /// For each node how many numbers it joins as a chain: none if it is no chain.
    pub(super) fn lengths<T: Float>(graph: &Graph<T>, uses: &[u32]) -> Vec<u32> {
        let mut lengths = Vec::with_capacity(graph.nodes.len());
        for node in graph.indices() {
            let own = Self::operation(graph, node).map_or(0, |_| checked_u32(graph.operands(graph.node(node)).len()));
            let rest = Self::rest(graph, uses, &lengths, node);
            lengths.push(rest.map_or(own, |rest| own - 1 + lengths[rest.index()]));
        }
        lengths
    }

    /// Takes a node apart. Calls `inside` with it, and with the nodes between it and its terms.
    pub(super) fn of<T: Float>(
        graph: &Graph<T>,
        facts: &Facts,
        node: NodeIndex,
        mut inside: impl FnMut(NodeIndex),
    ) -> Self {
        let op = Self::operation(graph, node).expect("only chains are taken apart as such");
        let (mut terms, mut next) = (Vec::new(), Some(node));
        while let Some(link) = next {
            inside(link);
            next = Self::rest(graph, &facts.uses, &facts.links, link);
            let operands = graph.operands(graph.node(link)).iter().rev().copied();
            terms.extend(operands.filter(|&operand| Some(operand) != next));
        }
        terms.reverse();
        Self { node, op, terms, depth: 0 }
    }
}
