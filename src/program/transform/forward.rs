//! Forward mode: derivatives along a direction.

use super::{Selected, custom_partial, exprs, is_zero, product_partials, total};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::{Form, Op};
use crate::ops::rules::scaled;
use crate::program::graph::builder::Builder;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::record::expr::Expr;
use crate::program::record::session::record;

/// The graph with the derivatives of some outputs along a direction, behind the outputs. The direction is as many
/// further parameters and inputs as are selected: only these have one.
pub(crate) fn forward<T: Precision>(graph: &Graph<T>, options: Options, of: &Selected) -> Graph<T> {
    let mut extended = graph.clone();
    let mut directions = vec![None; graph.leaves().len()];
    for &position in &of.parameters {
        directions[position] = Some(extended.push(Node::leaf(Op::parameter, extended.parameters)));
        extended.parameters = checked_u32(extended.parameters as usize + 1);
    }
    for &position in &of.inputs {
        let position = graph.parameters as usize + position;
        directions[position] = Some(extended.push(Node::leaf(Op::input, extended.inputs)));
        extended.inputs = checked_u32(extended.inputs as usize + 1);
    }
    let (mut derived, outputs) = record(Builder::new(extended, options), false, || {
        let exprs = exprs(graph);
        let direction = |leaf: usize| directions[leaf].map(|id| Expr::node(id, T::nan()));
        let mut tangents: Vec<Option<Expr<T>>> = Vec::with_capacity(graph.nodes.len());
        for (node, &y) in graph.nodes.iter().zip(&exprs) {
            let operands = graph.operands(node);
            tangents.push(match node.op.form() {
                Form::Parameter => direction(node.leaf_index()),
                Form::Input => direction(graph.parameters as usize + node.leaf_index()),
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
        let tangent = |&position: &usize| tangents[graph.outputs[position].index()].unwrap_or_default().id();
        graph.outputs.iter().copied().chain(of.outputs.iter().map(tangent)).collect()
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
