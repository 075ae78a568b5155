//! The body of a program for a single row: batches of independent instructions of one kind.

use super::classes::{Kernel, Pair};
use crate::ops::op::Op;
use crate::program::graph::Guard;

/// The body in batches, which run one after the other.
///
/// They work on a list of numbers that never change again: a one, the uniforms, the inputs that are used, and the
/// results of the batches, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batches {
    pub(crate) list: Vec<Batch>,
    /// The kinds of batches: few, so that a batch takes little memory.
    pub(crate) kinds: Vec<(Kind, u32)>,
    /// The operands of all instructions, in order.
    pub(crate) operands: Vec<Operand>,
    /// The inputs that are used.
    pub(crate) inputs: Vec<u32>,
    /// The place of the first result.
    pub(crate) first_result: usize,
    /// How many numbers there are.
    pub(crate) numbers: usize,
    pub(crate) guards: Vec<Guard<Operand>>,
    pub(crate) columns: Vec<Column>,
    /// The two factors of each total.
    pub(crate) totals: Vec<[Operand; 2]>,
}

/// Some instructions of one kind. None of them needs the result of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    /// The kind and the number of operands, as an index.
    pub(crate) kind: u32,
    /// How many instructions there are.
    pub(crate) count: u32,
}

/// What an instruction computes of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// An operation that has a kernel.
    Kernel { op: Op, kernel: Kernel, exponent: i32 },
    /// Any operation, as the plain float computes it.
    Plain { op: Op, exponent: i32 },
    /// A function and its derivative. The results of all functions stand before those of the derivatives.
    Pair(Pair),
    /// `± a b + c`, fused.
    MulAdd,
    /// The sum of the products of two operands each.
    Sum { fused: bool },
    /// An operation of the user's own.
    Custom { index: u32 },
}

/// A number in the list. The first factor of a product may be negated, the second may say that 0 · ∞ is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operand(u32);

/// An output of the row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) output: u32,
    pub(crate) number: Operand,
    /// Whether a NaN may come from a product where 0 must win.
    pub(crate) checks: bool,
}

impl Batches {
    /// The place of the uniforms, behind the one.
    pub(crate) const UNIFORMS: usize = 1;
}

impl Kind {
    /// How many results an instruction has.
    #[inline(always)]
    pub(crate) fn results(self) -> usize {
        if matches!(self, Self::Pair(_)) { 2 } else { 1 }
    }
}

impl Operand {
    /// The one, which is the first number.
    pub(super) const ONE: Self = Self(0);
    const FLAG: u32 = 1 << 31;

    #[inline]
    pub(super) fn new(index: u32) -> Self {
        assert!(index < Self::FLAG, "a program that is run has room for 2^30 operations; record a smaller part");
        Self(index)
    }

    #[inline]
    pub(super) fn with_flag(self, flag: bool) -> Self {
        Self(self.0 | if flag { Self::FLAG } else { 0 })
    }

    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        (self.0 & !Self::FLAG) as usize
    }

    /// Whether the first factor of a product is negated, or 0 · ∞ is 0 for the second.
    #[inline(always)]
    pub(crate) fn has_flag(self) -> bool {
        self.0 & Self::FLAG != 0
    }
}
