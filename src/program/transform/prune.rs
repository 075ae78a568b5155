//! Leaves out what is not used.

use crate::ops::index::NodeIndex;
use crate::program::graph::Graph;

/// The graph without the nodes that neither an output nor a guard depends on.
pub(crate) fn prune<T: Copy>(graph: &Graph<T>) -> Graph<T> {
    let live = graph.dependencies(graph.guarded().chain(&graph.outputs));
    graph.copied(|copy, k, node, ids| {
        if live[k.index()] { copy.copy_node(graph, node, 0, |operand| ids[operand.index()]) } else { NodeIndex::NONE }
    })
}
