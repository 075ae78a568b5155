//! Comparisons that decided a branch while a function was recorded.

use std::panic::Location;

use crate::ops::index::NodeIndex;

/// How two numbers were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
}

/// A comparison that decided a branch, and its outcome. The operands are nodes, and after compilation uniforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Guard<N = NodeIndex> {
    pub(crate) comparison: Comparison,
    pub(crate) operands: [N; 2],
    pub(crate) outcome: bool,
}

/// Where a guard was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) location: &'static Location<'static>,
    /// Whether the number was read with `data()`, not compared.
    pub(crate) is_read: bool,
}

impl Comparison {
    #[cfg(feature = "serde")]
    pub(crate) const ALL: [Self; 3] = [Self::Less, Self::LessOrEqual, Self::Equal];

    #[inline(always)]
    pub(crate) fn of<T: PartialOrd + Copy>(self, a: T, b: T) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Equal => a == b,
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "==",
        }
    }

    /// The symbol of the same comparison with its operands in the other order.
    pub(crate) fn symbol_from_right(self) -> &'static str {
        match self {
            Self::Less => ">",
            Self::LessOrEqual => ">=",
            Self::Equal => "==",
        }
    }
}

impl<N: Copy> Guard<N> {
    /// Whether the comparison of these numbers has the recorded outcome.
    pub(crate) fn holds<T: PartialOrd + Copy>(&self, number: impl Fn(N) -> T) -> bool {
        let [a, b] = self.operands;
        self.comparison.of(number(a), number(b)) == self.outcome
    }

    /// The guard of other operands.
    pub(crate) fn map<M>(self, mut operand: impl FnMut(N) -> M) -> Guard<M> {
        let Self { comparison, operands: [a, b], outcome } = self;
        Guard { comparison, operands: [operand(a), operand(b)], outcome }
    }
}
