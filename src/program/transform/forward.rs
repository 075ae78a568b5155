//! Forward mode: derivatives along a direction.

use super::{custom_partial, exprs, is_zero, product_partials, total};
use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};
use crate::ops::rules::scaled;
use crate::program::graph::builder::Builder;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::record::expr::Expr;
use crate::program::record::session::record;

/// The graph with the derivatives of all outputs along a direction, behind the outputs. The direction is as many
/// further parameters and inputs.
pub(crate) fn forward<T: Precision>(graph: &Graph<T>, options: Options) -> Graph<T> {
    let (parameters, inputs) = (graph.parameters, graph.inputs);
    let mut extended = graph.clone();
    (extended.parameters, extended.inputs) = (2 * parameters, 2 * inputs);
    let first = graph.nodes.len();
    extended.nodes.extend((0..parameters).map(|k| Node::leaf(Op::parameter, parameters + k)));
    extended.nodes.extend((0..inputs).map(|k| Node::leaf(Op::input, inputs + k)));
    let (mut derived, outputs) = record(Builder::new(extended, options), false, || {
        let exprs = exprs(graph);
        let leaf = |k: usize| Some(Expr::node(NodeIndex::new(first + k), T::nan()));
        let mut tangents: Vec<Option<Expr<T>>> = Vec::with_capacity(graph.nodes.len());
        for (node, &y) in graph.nodes.iter().zip(&exprs) {
            let operands = graph.operands(node);
            tangents.push(match node.op.form() {
                Form::Parameter => leaf(node.leaf_index()),
                Form::Input => leaf(parameters as usize + node.leaf_index()),
                Form::Constant => None,
                Form::Operation if node.op == Op::detach => None,
                Form::Total => tangents[operands[0].index()].map(total),
                Form::Operation | Form::Sum | Form::Product | Form::Dot | Form::Custom => {
                    let partials = partials(graph, node, &exprs, y, &tangents);
                    let terms = operands.iter().zip(partials);
                    let terms = terms.filter_map(|(id, partial)| Some(scaled(partial, tangents[id.index()]?)));
                    terms.filter(|&term| !is_zero(term)).reduce(|sum, term| sum + term)
                }
            });
        }
        let tangent = |output: &NodeIndex| tangents[output.index()].unwrap_or_default().id();
        graph.outputs.iter().copied().chain(graph.outputs.iter().map(tangent)).collect()
    });
    derived.outputs = outputs;
    derived
}

/// The partials by the operands that have a tangent. The others need none.
fn partials<T: Precision>(
    graph: &Graph<T>,
    node: &Node,
    exprs: &[Expr<T>],
    y: Expr<T>,
    tangents: &[Option<Expr<T>>],
) -> Vec<Expr<T>> {
    let operands = graph.operands(node);
    let of = |operand: &NodeIndex| exprs[operand.index()];
    match node.op.form() {
        Form::Product => product_partials(&operands.iter().map(of).collect::<Vec<_>>()),
        Form::Dot => (0..operands.len()).map(|k| of(&operands[k ^ 1])).collect(),
        Form::Sum => vec![Expr::constant(T::one()); operands.len()],
        Form::Custom => {
            let partial = |k: usize| {
                tangents[operands[k].index()].map_or(Expr::default(), |_| custom_partial(graph, node, exprs, k))
            };
            (0..operands.len()).map(partial).collect()
        }
        Form::Operation | Form::Constant | Form::Parameter | Form::Input | Form::Total => {
            let x = node.map_operands(|operand| of(&operand));
            let partial = |k: usize| {
                let tangent = tangents[operands[k].index()];
                tangent.map_or(Expr::default(), |_| node.op.partial(k, x, node.exponent(), y))
            };
            (0..operands.len()).map(partial).collect()
        }
    }
}
