//! Rebuilds a graph: shares equal nodes, folds constants, and replaces composite operations.

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
    let (mut rebuilt, outputs) = record(Builder::new(graph.emptied(), options), false, || {
        let mut exprs: Vec<Expr<T>> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            exprs.push(rebuilt_node(graph, node, &exprs));
        }
        for (guard, origin) in graph.guards_and_origins() {
            Expr::guard(guard.comparison, guard.operands.map(|operand| exprs[operand.index()]), guard.outcome, origin);
        }
        graph.outputs.iter().map(|output| exprs[output.index()].id()).collect::<Vec<NodeIndex>>()
    });
    rebuilt.outputs = outputs;
    rebuilt
}

/// The node recorded again. Its operands may have changed.
fn rebuilt_node<T: Precision>(graph: &Graph<T>, node: &Node, exprs: &[Expr<T>]) -> Expr<T> {
    let list = || graph.operands(node).iter().map(|operand| exprs[operand.index()]);
    match node.op.form() {
        Form::Constant => Expr::constant(graph.constants[node.leaf_index()]),
        Form::Parameter | Form::Input => Expr::leaf(node.op, node.leaf_index()),
        Form::Total => Expr::call_always(Op::total, list().next().expect("a total has an operand")),
        Form::Sum => list().sum(),
        Form::Product => list().product(),
        Form::Dot => {
            let (a, b): (Vec<_>, Vec<_>) = (list().step_by(2).collect(), list().skip(1).step_by(2).collect());
            Expr::dot(&a, &b)
        }
        Form::Custom => Expr::call_custom(graph.custom(node).clone(), &list().collect::<Vec<_>>()),
        Form::Operation => {
            let x = node.map_operands(|operand| exprs[operand.index()]);
            node.op.in_parts(x[0]).unwrap_or_else(|| Expr::call_any(node.op, x, node.exponent()))
        }
    }
}
