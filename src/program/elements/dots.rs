//! Scalar products of a length that few have, as sums of products.

use std::collections::HashMap;

use super::making::is_taken_apart;
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::program::graph::{Graph, Node};

/// A shorter scalar product is one operation.
const LONG: usize = 64;

/// The graph with sums of products in the place of scalar products that would be elements of their own, with few rows.
/// The terms of a sum can be rows.
pub(crate) fn expanded<T: Copy>(graph: Graph<T>) -> Graph<T> {
    let pairs = |node: &Node| if node.op == Op::dot { graph.operands(node).len() / 2 } else { 0 };
    let mut counts: HashMap<usize, usize> = HashMap::new();
    graph
        .nodes
        .iter()
        .map(pairs)
        .filter(|&pairs| pairs >= LONG)
        .for_each(|pairs| *counts.entry(pairs).or_default() += 1);
    counts.retain(|&pairs, &mut rows| is_taken_apart(pairs, rows));
    if counts.is_empty() {
        return graph;
    }
    graph.copied(&graph.outputs, |copy, _, node, ids| {
        if !counts.contains_key(&pairs(node)) {
            return copy.copy_node(&graph, node, 0, |operand| ids[operand.index()]);
        }
        let product = |pair: &[NodeIndex]| {
            let [a, b] = [pair[0], pair[1]].map(|operand| ids[operand.index()]);
            copy.push(Node::operation(Op::mul, [a, b, a], 0))
        };
        let products: Vec<NodeIndex> = graph.operands(node).chunks_exact(2).map(product).collect();
        let sum = copy.add_list(Op::sum, &products);
        copy.push(sum)
    })
}
