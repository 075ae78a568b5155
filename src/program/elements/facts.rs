//! What is known of the nodes before they are divided.

use num_traits::Float;

use super::operands::{chained, linear_operands, rest_of_chain};
use super::variables::Variables;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::graph::Graph;

/// What is known of each node of a graph.
pub(super) struct Facts {
    /// How many operands, outputs and guards are this node.
    pub(super) uses: Vec<u32>,
    /// How many terms the node is the sum of.
    pub(super) terms: Vec<u32>,
    /// How many numbers the node joins as a [`Chain`](super::chains::Chain).
    pub(super) links: Vec<u32>,
    /// The guards, by the later one of the two nodes that each compares, which is a leaf only if both are.
    guards: Vec<(NodeIndex, u32)>,
    /// Whether the node depends on variables. What depends on data alone needs no adjoint.
    pub(super) varies: Vec<bool>,
}

impl Facts {
    pub(super) fn of<T: Float>(graph: &Graph<T>, variables: Variables) -> Self {
        let mut uses = vec![0_u32; graph.nodes.len()];
        for node in &graph.nodes {
            graph.operands(node).iter().for_each(|operand| uses[operand.index()] += 1);
        }
        graph.outputs.iter().chain(graph.guarded()).for_each(|node| uses[node.index()] += 1);
        let (terms, links) = (term_counts(graph, &uses), link_counts(graph, &uses));
        // A leaf may have been recorded behind nodes that do not depend on it.
        let order = |&node: &NodeIndex| (!graph.node(node).is_leaf(), node);
        let later = |[a, b]: [NodeIndex; 2]| if order(&a) < order(&b) { b } else { a };
        let mut guards: Vec<_> = graph.guards().iter().map(|guard| later(guard.operands)).zip(0..).collect();
        guards.sort_unstable();
        let variables = variables.of(graph.inputs as usize);
        let varies = graph.dependents(|node| node.op == Op::input && variables.contains(&node.leaf_index()));
        Self { uses, terms, links, guards, varies }
    }

    /// The guards whose later node this is.
    #[inline]
    pub(super) fn guards_at(&self, node: NodeIndex) -> impl Iterator<Item = usize> {
        let first = self.guards.partition_point(|&(later, _)| later < node);
        self.guards[first..].iter().take_while(move |&&(later, _)| later == node).map(|&(_, guard)| guard as usize)
    }

    /// The guards, each with the later node that it compares.
    pub(super) fn guards(&self) -> &[(NodeIndex, u32)] {
        &self.guards
    }
}

/// For each node how many terms it is the sum of: 1 if it is no sum.
fn term_counts<T: Float>(graph: &Graph<T>, uses: &[u32]) -> Vec<u32> {
    let mut counts: Vec<u32> = Vec::with_capacity(graph.nodes.len());
    for node in graph.indices() {
        let mut count = 0_u32;
        let is_linear = linear_operands(graph, node, |operand, _| {
            let is_constant = graph.node(operand).op == Op::constant;
            let is_inside = uses[operand.index()] == 1;
            count = count.saturating_add(match counts[operand.index()] {
                _ if is_constant => 0,
                inside if is_inside => inside,
                _ => 1,
            });
        });
        counts.push(if is_linear { count.max(1) } else { 1 });
    }
    counts
}

/// For each node how many numbers it joins as a chain: none if it is no chain.
fn link_counts<T: Float>(graph: &Graph<T>, uses: &[u32]) -> Vec<u32> {
    let mut counts: Vec<u32> = Vec::with_capacity(graph.nodes.len());
    for node in graph.indices() {
        counts.push(chained(graph, node).map_or(0, |op| {
            let own = checked_u32(graph.operands(graph.node(node)).len());
            let rest = rest_of_chain(graph, (node, op), uses, &counts);
            rest.map_or(own, |rest| own - 1 + counts[rest.index()])
        }));
    }
    counts
}
