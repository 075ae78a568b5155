//! What is known of the nodes before they are divided.

use num_traits::Float;

use super::sums::term_counts;
use crate::ops::index::NodeIndex;
use crate::program::graph::Graph;

/// What is known of each node of a graph.
pub(super) struct Facts {
    /// How many operands, outputs and guards are this node.
    pub(super) uses: Vec<u32>,
    /// How many terms the node is the sum of.
    pub(super) terms: Vec<u32>,
    /// The guards, by the later one of the two nodes that each compares, which is a leaf only if both are.
    guards: Vec<(NodeIndex, u32)>,
}

impl Facts {
    pub(super) fn of<T: Float>(graph: &Graph<T>) -> Self {
        let mut uses = vec![0_u32; graph.nodes.len()];
        for node in &graph.nodes {
            graph.operands(node).iter().for_each(|operand| uses[operand.index()] += 1);
        }
        graph.outputs.iter().chain(graph.guarded()).for_each(|node| uses[node.index()] += 1);
        let terms = term_counts(graph, &uses);
        // A leaf may have been recorded behind nodes that do not depend on it.
        let order = |&node: &NodeIndex| (!graph.node(node).is_leaf(), node);
        let later = |[a, b]: [NodeIndex; 2]| if order(&a) < order(&b) { b } else { a };
        let mut guards: Vec<_> = graph.guards().iter().map(|guard| later(guard.operands)).zip(0..).collect();
        guards.sort_unstable();
        Self { uses, terms, guards }
    }

    /// The guards whose later node this is.
    pub(super) fn guards_at(&self, node: NodeIndex) -> impl Iterator<Item = usize> {
        let first = self.guards.partition_point(|&(later, _)| later < node);
        self.guards[first..].iter().take_while(move |&&(later, _)| later == node).map(|&(_, guard)| guard as usize)
    }

    /// The guards, each with the later node that it compares.
    pub(super) fn guards(&self) -> &[(NodeIndex, u32)] {
        &self.guards
    }
}
