//! Recording a join of two nodes, and reading the records.

use super::node::NodeId;
use super::records::{Record, Records};
use super::registry::{find, last, tape_of};
use crate::ops::rules::{is_unit, scaled};
use crate::scalar::Scalar;

/// Records a join of two nodes of one tape. The derivative of the new node by each is its partial times its slope.
///
/// This is the hot path of the crate: some thirty instructions and no call. All rare cases share one call that repeats
/// the whole work, so the hot path need not save any value in memory.
#[inline(always)]
#[track_caller]
pub(crate) fn record<T: Scalar>(nodes: [NodeId; 2], partials: [T; 2], slopes: [T; 2]) -> NodeId {
    let products = [partials[0] * slopes[0], partials[1] * slopes[1]];
    // Not `||`: with `|`, one comparison answers both.
    let nan = (products[0].is_nan() | products[1].is_nan()) && !partials.into_iter().all(is_unit);
    if !nan
        && let Some((inner, first, nodes)) = last::<T>(nodes)
        // SAFETY: the tape used last is alive until foreign code runs. Nothing here or in `try_push` is foreign code.
        && let Some(node) = unsafe { &*inner }.try_push(first, Record { nodes, partials: products })
    {
        return node;
    }
    record_slowly(nodes[0], nodes[1], partials[0], partials[1], slopes[0], slopes[1])
}

#[cold]
#[inline(never)]
#[track_caller]
fn record_slowly<T: Scalar>(a: NodeId, b: NodeId, partial_a: T, partial_b: T, slope_a: T, slope_b: T) -> NodeId {
    let partials = [scaled(partial_a, slope_a), scaled(partial_b, slope_b)];
    // It is held: the allocator that `push` may call is foreign code, which may drop the tape.
    let (tape, nodes) = find::<T>([a, b]);
    tape.push(Record { nodes, partials })
}

/// Calls `sweep` with the records of the tape of `node`. `sweep` may use the arithmetic of `T`, which is foreign code.
#[track_caller]
pub(super) fn read<T: Scalar, R>(node: NodeId, sweep: impl FnOnce(Records<'_, T>) -> R) -> R {
    tape_of::<T>(node).read(sweep)
}
