//! What is known of the nodes before they are divided.

use num_traits::Float;

use super::chains::Chain;
use super::variables::Variables;
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::program::graph::Graph;

/// What is known of each node of a graph.
pub(super) struct Facts {
    /// How many operands, outputs and guards are this node.
    pub(super) uses: Vec<u32>,
    /// How many terms the node is the sum of.
    pub(super) terms: Vec<u32>,
    /// How many numbers the node joins as a [`Chain`].
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
        let (terms, links) = (term_counts(graph, &uses), Chain::lengths(graph, &uses));
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

/// Calls `see` with the operands of a node that is linear in them, and the factor of each. Returns whether it is.
pub(super) fn linear_operands<T: Float>(graph: &Graph<T>, node: NodeIndex, mut see: impl FnMut(NodeIndex, T)) -> bool {
    let node = graph.node(node);
    let [a, b, _] = node.three_operands();
    let factor = |operand: NodeIndex| {
        graph.constant(graph.node(operand)).filter(|factor| factor.is_finite() && *factor != T::zero())
    };
    let one = T::one();
    match node.op {
        Op::add => [(a, one), (b, one)].into_iter().for_each(|(operand, factor)| see(operand, factor)),
        Op::sub => [(a, one), (b, -one)].into_iter().for_each(|(operand, factor)| see(operand, factor)),
        Op::neg => see(a, -one),
        Op::sum => graph.operands(node).iter().for_each(|&operand| see(operand, one)),
        Op::mul | Op::scale => match (factor(a), factor(b)) {
            (Some(factor), _) => see(b, factor),
            (None, Some(factor)) => see(a, factor),
            (None, None) => return false,
        },
        Op::div => match factor(b).map(Float::recip).filter(|factor| factor.is_normal()) {
            Some(factor) => see(a, factor),
            None => return false,
        },
        _ => return false,
    }
    true
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
