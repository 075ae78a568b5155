//! What a tape has recorded, as sweeps read it.

use std::any::Any;
use std::ops::Range;

use super::adjoints::Reached;
#[cfg(feature = "locations")]
use super::locations::Locations;
use super::node::NodeId;
use crate::dual::is_tapeless;
use crate::scalar::Scalar;

/// The index of an operand that is no node. No tape has so many nodes.
const NO_NODE: u32 = u32::MAX;

/// One node: its derivative by `nodes[k]` is `partials[k]`.
#[derive(Copy, Debug)]
pub(crate) struct Record<T> {
    pub(crate) nodes: [u32; 2],
    pub(crate) partials: [T; 2],
}

#[allow(clippy::expl_impl_clone_on_copy, reason = "a derived `clone` would call that of `T`, which is foreign code")]
impl<T: Copy> Clone for Record<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar> Record<T> {
    /// A node without operands.
    pub(crate) fn blank(zero: T) -> Self {
        Self { nodes: [Self::no_operand(0); 2], partials: [zero; 2] }
    }

    /// The index of a missing operand. Its partial is 0.
    ///
    /// For numbers without tapes it is that of `any` node, to which the sweep adds 0. Others may be values of an inner
    /// tape, even with the number 0, and must not be added to what they have nothing to do with.
    #[inline(always)]
    pub(crate) fn no_operand(any: u32) -> u32 {
        if is_tapeless::<T>() { any } else { NO_NODE }
    }

    /// Whether an operand is missing, and the sweep passes over it.
    #[inline(always)]
    pub(crate) fn is_missing(node: u32) -> bool {
        !is_tapeless::<T>() && node == NO_NODE
    }
}

/// All that a tape has recorded.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a, T> {
    #[cfg(feature = "locations")]
    pub(crate) locations: &'a Locations,
    pub(crate) first: NodeId,
    /// The number of variables at the start of the tape. They have no records.
    pub(crate) variables: usize,
    /// The records of the nodes behind them, in order.
    pub(crate) all: &'a [Record<T>],
    /// The n-ary nodes, each a run of records. Its last record has the index of the node.
    pub(crate) nary: &'a [Range<usize>],
    /// The checkpoints, in the order of their nodes.
    pub(crate) checkpoints: &'a [Placed<T>],
}

/// A checkpoint, and the records of its outputs. They have no operands.
pub(crate) type Placed<T> = (Range<usize>, Box<dyn Checkpoint<T>>);

/// A part of a computation that runs again when a sweep needs its records.
pub(crate) trait Checkpoint<T> {
    /// Adds the contributions of the outputs to the adjoints of the inputs, which are among those of `earlier` nodes.
    fn sweep(
        &self,
        records: Records<'_, T>,
        output_adjoints: &[T],
        earlier: &mut [T],
        reached: &mut Reached<'_, T>,
        workspace: &mut Workspace,
    );

    /// Its memory in bytes, without the heap of its function.
    fn bytes(&self) -> usize;
}

/// Memory that a sweep keeps from one checkpoint to the next.
pub(crate) type Workspace = Option<Box<dyn Any>>;
