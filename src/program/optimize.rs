//! What a program need not compute.

use super::expr::record;
use super::graph::{Graph, Id, Node, exponent, index};
use super::{Options, Precision};
use crate::ops::kind::Expr;
use crate::ops::op::{Kernel, Op};

/// The graph without what neither an output nor a guard depends on.
pub(crate) fn prune<T: Precision>(graph: &Graph<T>) -> Graph<T> {
    let mut live = vec![false; graph.nodes.len()];
    let roots = graph.guards.iter().flat_map(|guard| &guard.operands).chain(&graph.outputs);
    roots.for_each(|&id| live[id as usize] = true);
    for (k, node) in graph.nodes.iter().enumerate().rev() {
        if live[k] {
            graph.operands(node).iter().for_each(|&id| live[id as usize] = true);
        }
    }
    let mut pruned = Graph::new(0, 0);
    (pruned.parameters, pruned.inputs, pruned.of_sum) = (graph.parameters, graph.inputs, graph.of_sum);
    let mut ids = vec![0; graph.nodes.len()];
    for (k, node) in graph.nodes.iter().enumerate().filter(|(k, _)| live[*k]) {
        ids[k] = index(pruned.nodes.len());
        let mut node = *node;
        if let Some(arity) = node.op.arity() {
            node.args[..arity].iter_mut().for_each(|id| *id = ids[*id as usize]);
        } else {
            let start = index(pruned.lists.len());
            pruned.lists.extend(graph.operands(&node).iter().map(|&id| ids[id as usize]));
            node.args[0] = start;
        }
        if let Some(x) = graph.constant(&graph.nodes[k]) {
            node.args[0] = index(pruned.constants.len());
            pruned.constants.push(x);
        }
        pruned.nodes.push(node);
    }
    let id = |&id: &Id| ids[id as usize];
    pruned.outputs = graph.outputs.iter().map(id).collect();
    pruned.guards.extend_from_slice(&graph.guards);
    pruned.guards.iter_mut().for_each(|guard| guard.operands = guard.operands.map(|operand| id(&operand)));
    pruned
}

/// The graph with simpler operations in the place of those that the table makes of them, so that parts are shared.
pub(crate) fn lower<T: Precision>(graph: Graph<T>, options: Options) -> Graph<T> {
    if options.is_exact() || !graph.nodes.iter().any(|node| node.op.facts().kernel == Kernel::Parts) {
        return graph;
    }
    rebuild(&graph, options)
}

/// The graph once more with what it is made of shared, and lowered.
pub(crate) fn rebuild<T: Precision>(graph: &Graph<T>, options: Options) -> Graph<T> {
    let mut start = Graph::new(0, 0);
    (start.parameters, start.inputs, start.of_sum) = (graph.parameters, graph.inputs, graph.of_sum);
    let (mut lowered, outputs) = record(options.builder(start), false, || {
        let mut exprs: Vec<Expr<T>> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            exprs.push(again(graph, node, &exprs));
        }
        for guard in &graph.guards {
            Expr::guard(guard.comparison, guard.operands.map(|id| exprs[id as usize]), guard.holds);
        }
        graph.outputs.iter().map(|&id| exprs[id as usize].id()).collect()
    });
    lowered.outputs = outputs;
    lowered
}

/// The node once more, from operands that may have changed.
fn again<T: Precision>(graph: &Graph<T>, node: &Node, exprs: &[Expr<T>]) -> Expr<T> {
    let list = || graph.operands(node).iter().map(|&id| exprs[id as usize]);
    match node.op {
        Op::constant => Expr::constant(graph.constants[node.args[0] as usize]),
        Op::parameter | Op::input => Expr::leaf(node.op, node.args[0]),
        Op::total => Expr::call_always(Op::total, exprs[node.args[0] as usize]),
        Op::sum => list().sum(),
        Op::product => list().product(),
        Op::dot => {
            let (a, b): (Vec<_>, Vec<_>) = (list().step_by(2).collect(), list().skip(1).step_by(2).collect());
            Expr::dot(&a, &b)
        }
        op => {
            let x: [Expr<T>; 3] = std::array::from_fn(|k| graph.nth(node, k, exprs));
            op.in_parts(x[0]).unwrap_or_else(|| Expr::call_any(op, x, exponent(node)))
        }
    }
}
