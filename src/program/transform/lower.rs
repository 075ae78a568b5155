//! Rebuilds a graph: shares equal nodes, folds constants, and replaces composite operations.

use std::array::from_fn;

use crate::ops::index::NodeIndex;
use crate::ops::op::{Family, Form, Op};
use crate::program::graph::builder::Builder;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::record::expr::Expr;
use crate::program::record::session::record;

/// The graph with simpler operations in the place of composite ones, so that parts are shared.
pub(crate) fn lower<T: Precision>(graph: Graph<T>, options: Options) -> Graph<T> {
    if options.is_exact() || !graph.nodes.iter().any(|node| node.op.facts().kernel == Family::Parts) {
        return graph;
    }
    rebuild(&graph, options)
}

/// The graph recorded again with these options: equal nodes are shared, constants folded, and composite operations
/// replaced.
pub(crate) fn rebuild<T: Precision>(graph: &Graph<T>, options: Options) -> Graph<T> {
    let in_parts = |node: &Node, x: &[Expr<T>]| x.first().and_then(|&x| node.op.in_parts(x));
    let again = |node: &Node, x: &[Expr<T>]| in_parts(node, x).unwrap_or_else(|| same(graph, node, x));
    recorded(graph, Builder::new(graph.emptied(), options), again)
}

/// The graph with each node recorded again by `again`, from the node and its operands, which may have changed.
pub(super) fn recorded<T: Precision>(
    graph: &Graph<T>,
    builder: Builder<T>,
    mut again: impl FnMut(&Node, &[Expr<T>]) -> Expr<T>,
) -> Graph<T> {
    let (mut recorded, outputs) = record(builder, false, || {
        let mut exprs: Vec<Expr<T>> = Vec::with_capacity(graph.nodes.len());
        let mut operands = Vec::new();
        for node in &graph.nodes {
            operands.clear();
            operands.extend(graph.operands(node).iter().map(|operand| exprs[operand.index()]));
            exprs.push(again(node, &operands));
        }
        for (guard, origin) in graph.guards_and_origins() {
            Expr::guard(guard.comparison, guard.operands.map(|operand| exprs[operand.index()]), guard.outcome, origin);
        }
        graph.outputs.iter().map(|output| exprs[output.index()].id()).collect::<Vec<NodeIndex>>()
    });
    recorded.outputs = outputs;
    recorded
}

/// The node recorded again, of operands that may have changed.
pub(super) fn same<T: Precision>(graph: &Graph<T>, node: &Node, x: &[Expr<T>]) -> Expr<T> {
    match node.op.form() {
        Form::Constant => Expr::constant(graph.constants[node.leaf_index()]),
        Form::Parameter | Form::Input => Expr::leaf(node.op, node.leaf_index()),
        Form::Total => Expr::call_always(Op::total, x[0]),
        Form::Sum => x.iter().copied().sum(),
        Form::Product => x.iter().copied().product(),
        Form::Dot => {
            let (a, b): (Vec<_>, Vec<_>) =
                (x.iter().step_by(2).copied().collect(), x.iter().skip(1).step_by(2).copied().collect());
            Expr::dot(&a, &b)
        }
        Form::Custom => Expr::call_custom(graph.custom(node).clone(), x),
        Form::Operation => Expr::call_any(node.op, from_fn(|k| *x.get(k).unwrap_or(&x[0])), node.exponent()),
    }
}
