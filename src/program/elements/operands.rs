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
    match graph.node(node).op {
        Op::product => Some(Op::mul),
        op if op.form() != Form::Operation || !op.facts().symmetric => None,
        op => (!linear_operands(graph, node, |_, _| ())).then_some(op),
    }
}

/// The operand of a node that is the rest of its chain of this operation: the longest one that nothing else uses. `links`
/// are the lengths of the chains of its operands, 0 if they are none.
pub(super) fn rest_of_chain<T: Float>(
    graph: &Graph<T>,
    (node, op): (NodeIndex, Op),
    uses: &[u32],
    links: &[u32],
) -> Option<NodeIndex> {
    let is_rest = |operand: &NodeIndex| {
        uses[operand.index()] == 1 && links[operand.index()] > 0 && chained(graph, *operand) == Some(op)
    };
    let operands = graph.operands(graph.node(node)).iter().copied();
    operands.filter(is_rest).max_by_key(|operand| links[operand.index()])
}
