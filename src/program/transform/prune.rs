//! Leaves out what is not used.

use crate::ops::index::NodeIndex;
use crate::program::graph::Graph;

/// The graph without the nodes that neither an output nor a guard depends on.
pub(crate) fn prune<T: Copy>(graph: &Graph<T>) -> Graph<T> {
    prune_to(graph, &graph.outputs)
}

/// The same with other nodes as its outputs.
pub(crate) fn prune_to<T: Copy>(graph: &Graph<T>, outputs: &[NodeIndex]) -> Graph<T> {
    let live = graph.dependencies(graph.guarded().chain(outputs));
    graph.copied(outputs, |copy, k, node, ids| {
        if live[k.index()] { copy.copy_node(graph, node, 0, |operand| ids[operand.index()]) } else { NodeIndex::NONE }
    })
}
