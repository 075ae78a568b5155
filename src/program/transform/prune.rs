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
    let mut pruned = graph.emptied();
    let mut ids = vec![NodeIndex::NONE; graph.nodes.len()];
    for (k, node) in graph.indexed_nodes().filter(|(k, _)| live[k.index()]) {
        ids[k.index()] = pruned.copy_node(graph, node, 0, |operand| ids[operand.index()]);
    }
    let renamed = |operand: NodeIndex| ids[operand.index()];
    pruned.outputs = outputs.iter().map(|&output| renamed(output)).collect();
    graph.guards_and_origins().for_each(|(guard, origin)| pruned.add_guard(guard.map(renamed), origin));
    pruned
}
