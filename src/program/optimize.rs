//! What a program need not compute: dead code, and what is there already.

use super::expr::{Expr, record};
use super::graph::{Graph, Id, Node, exponent};
use super::op::Op;
use super::{Optimization, Options, Precision};

/// The same program with fewer operations, whose results differ by no more than rounding.
///
/// With `lowers`, what the table makes of simpler operations is taken apart, so that its parts can be shared.
pub(crate) fn optimize<T: Precision>(graph: &Graph<T>, options: Options, lowers: bool) -> Graph<T> {
    let live = if options.has(Optimization::Pruning) { live(graph) } else { vec![true; graph.nodes.len()] };
    let mut start = Graph::new(0, 0);
    (start.parameters, start.inputs, start.of_sum) = (graph.parameters, graph.inputs, graph.of_sum);
    let (mut optimized, outputs) = record(options.builder(start), || {
        let mut exprs: Vec<Expr<T>> = Vec::with_capacity(graph.nodes.len());
        for (k, node) in graph.nodes.iter().enumerate() {
            exprs.push(if live[k] { replay(graph, node, &exprs, lowers) } else { Expr::default() });
        }
        for guard in &graph.guards {
            Expr::guard(guard.comparison, guard.operands.map(|id| exprs[id as usize]), guard.holds);
        }
        graph.outputs.iter().map(|&id| exprs[id as usize].id()).collect()
    });
    optimized.outputs = outputs;
    optimized
}

fn replay<T: Precision>(graph: &Graph<T>, node: &Node, exprs: &[Expr<T>], lowers: bool) -> Expr<T> {
    let list = || graph.operands(node).iter().map(|&id| exprs[id as usize]).collect::<Vec<_>>();
    match node.op {
        Op::constant => Expr::constant(graph.constants[node.args[0] as usize]),
        Op::parameter | Op::input => Expr::leaf(node.op, node.args[0]),
        Op::total => Expr::call_always(Op::total, exprs[node.args[0] as usize]),
        Op::sum => list().into_iter().sum(),
        Op::product => list().into_iter().product(),
        Op::dot => {
            let list = list();
            let side = |start| list.iter().skip(start).step_by(2).copied().collect::<Vec<_>>();
            Expr::dot(&side(0), &side(1))
        }
        op => {
            let x = std::array::from_fn(|k| graph.nth(node, k, exprs));
            if lowers && let Some(lowered) = op.lowered(x[0]) {
                return lowered;
            }
            Expr::call_any(op, x, exponent(node))
        }
    }
}

/// Which nodes an output or a guard depends on.
fn live<T: Precision>(graph: &Graph<T>) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    let roots = graph.guards.iter().flat_map(|guard| &guard.operands).chain(&graph.outputs);
    roots.for_each(|&id: &Id| live[id as usize] = true);
    for (k, node) in graph.nodes.iter().enumerate().rev() {
        if live[k] {
            graph.operands(node).iter().for_each(|&id| live[id as usize] = true);
        }
    }
    live
}
