//! Which nodes are parts of sums and of chains, with their operands.

use num_traits::Float;

use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};
use crate::program::graph::Graph;

/// Calls `see` with the operands of a node that is linear in them, and the factor of each. Returns whether it is.
pub(super) fn linear_operands<T: Float>(graph: &Graph<T>, node: NodeIndex, mut see: impl FnMut(NodeIndex, T)) -> bool {
    let node = graph.node(node);
    let [a, b, _] = node.three_operands();
    let factor = |operand: NodeIndex| {
        graph.constant(graph.node(operand)).filter(|factor| factor.is_finite() && *factor != T::zero())
    };
    let one = T::one();
    match node.op {
        Op::add => [(a, one), (b, one)].into_iter().for_each(|(operand, factor)| see(operand, factor)),
        Op::sub => [(a, one), (b, -one)].into_iter().for_each(|(operand, factor)| see(operand, factor)),
        Op::neg => see(a, -one),
        Op::sum => graph.operands(node).iter().for_each(|&operand| see(operand, one)),
        Op::mul | Op::scale => match (factor(a), factor(b)) {
            (Some(factor), _) => see(b, factor),
            (None, Some(factor)) => see(a, factor),
            (None, None) => return false,
        },
        Op::div => match factor(b).map(Float::recip).filter(|factor| factor.is_normal()) {
            Some(factor) => see(a, factor),
            None => return false,
        },
        _ => return false,
    }
    true
}

/// The operation of a chain that may end at a node. What is linear is a part of sums.
pub(super) fn chained<T: Float>(graph: &Graph<T>, node: NodeIndex) -> Option<Op> {
    match link(graph.node(node).op) {
        op if op.form() != Form::Operation || !op.facts().symmetric => None,
        op => (!linear_operands(graph, node, |_, _| ())).then_some(op),
    }
}

/// The operation of the links of a chain of this operation.
#[inline]
fn link(op: Op) -> Op {
    if op == Op::product { Op::mul } else { op }
}

/// The operand of a node that is the rest of its chain: the longest one of the same operation that nothing else uses.
/// `links` are the lengths of the chains of its operands.
#[inline]
pub(super) fn rest_of_chain<T: Float>(
    graph: &Graph<T>,
    node: NodeIndex,
    uses: &[u32],
    links: &[u32],
) -> Option<NodeIndex> {
    let op = link(graph.node(node).op);
    // What is quick comes first, because most nodes have no such operand. Additions are parts of sums.
    let is_alike = |operand: NodeIndex| uses[operand.index()] == 1 && link(graph.node(operand).op) == op;
    let mut rest: Option<NodeIndex> = None;
    for &operand in graph.operands(graph.node(node)) {
        let is_longest = || rest.is_none_or(|rest| links[rest.index()] <= links[operand.index()]);
        if op != Op::add && is_alike(operand) && is_longest() && chained(graph, operand) == Some(op) {
            rest = Some(operand);
        }
    }
    rest.filter(|_| chained(graph, node) == Some(op))
}
