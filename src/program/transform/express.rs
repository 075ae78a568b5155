//! Replaces operations of the user's own by the formulas that they give, so that a graph can be written down.

use std::borrow::Cow;

use super::lower::{recorded, same};
use super::prune::prune;
use super::reverse::reverse;
use crate::error::Error;
use crate::ops::op::{Form, Op};
use crate::program::graph::builder::Builder;
use crate::program::graph::custom::Custom;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::record::expr::Expr;
use crate::program::record::session::record;

/// The graph as it can be written down: the user's own operations are replaced by their expressions. Special functions
/// stay, and `keeps_derivatives` says whether theirs do.
///
/// An error if an operation has no expression, or one that compares numbers.
pub(crate) fn written<T: Precision>(
    graph: &Graph<T>,
    options: Options,
    keeps_derivatives: bool,
) -> Result<Cow<'_, Graph<T>>, Error> {
    let stays = |node: &Node| node.op != Op::custom || keeps_derivatives && graph.custom(node).special().is_some();
    if graph.nodes.iter().all(stays) {
        return Ok(Cow::Borrowed(graph));
    }
    let written = expressed(graph, options, stays)?;
    written.refuse_customs()?;
    Ok(Cow::Owned(written))
}

/// The graph with formulas in the place of the user's own operations, except those that stay or have no expression.
fn expressed<T: Precision>(
    graph: &Graph<T>,
    options: Options,
    stays: impl Fn(&Node) -> bool,
) -> Result<Graph<T>, Error> {
    // For each operation its formula, as soon as a node asks for it.
    let mut formulas = vec![None; graph.customs.len()];
    for node in graph.nodes.iter().filter(|node| !stays(node)) {
        let formula = &mut formulas[node.custom_index()];
        if formula.is_none() {
            *formula = Some(formula_of(graph.custom(node), graph.operands(node).len(), options)?);
        }
    }
    let expressed = recorded(graph, Builder::new(graph.emptied(), options), |node, x| {
        let formula = if stays(node) { None } else { formulas[node.custom_index()].as_ref() };
        formula.map_or_else(|| same(graph, node, x), |formula| in_place(formula, x))
    });
    // Partials may leave values behind that nothing needs.
    Ok(prune(&expressed))
}

/// The formula of an operation on so many operands, which are its inputs: the expression, or the partial, which may be
/// differentiated further.
fn formula_of<T: Precision>(custom: &Custom<T>, operands: usize, options: Options) -> Result<Graph<T>, Error> {
    let (first, others) = custom.at_most_once();
    let mut builder = Builder::new(Graph::new(0, operands), options);
    builder.expresses = true;
    let (mut formula, output) = record(builder, false, || {
        let x: Vec<Expr<T>> = (0..operands).map(|k| Expr::leaf(Op::input, k)).collect();
        first.expressed(&x).id()
    });
    if let Some(origin) = formula.guards_and_origins().find_map(|(_, origin)| origin) {
        let place = format!("custom operation `{}`", custom.name().trim_end_matches('\''));
        let found = format!("a comparison at {}; write `max`, `min` or `relu`", origin.location);
        return Err(Error::unexpected(place, "an expression and partials that compare no numbers", found));
    }
    formula.outputs = vec![output];
    for &k in others {
        let by = formula.leaves()[k];
        let mut derived = reverse(&formula, options, &[by], None);
        derived.outputs.remove(0);
        // Operations that the partials call have partials, too.
        formula = expressed(&prune(&derived), options, |node| node.op != Op::custom)?;
    }
    Ok(formula)
}

/// The nodes of a formula recorded again, with these operands. Returns its result.
fn in_place<T: Precision>(formula: &Graph<T>, operands: &[Expr<T>]) -> Expr<T> {
    let mut exprs: Vec<Expr<T>> = Vec::with_capacity(formula.nodes.len());
    for node in &formula.nodes {
        let x: Vec<Expr<T>> = formula.operands(node).iter().map(|operand| exprs[operand.index()]).collect();
        exprs.push(if node.op.form() == Form::Input { operands[node.leaf_index()] } else { same(formula, node, &x) });
    }
    exprs[formula.outputs[0].index()]
}
