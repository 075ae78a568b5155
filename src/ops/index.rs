//! The type of a node's position in a recording.

use std::fmt;

/// The position of a node in its graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct NodeIndex(u32);

impl NodeIndex {
    /// No node.
    pub(crate) const NONE: Self = Self(u32::MAX);

    #[inline]
    #[track_caller]
    pub(crate) fn new(index: usize) -> Self {
        Self(checked_u32(index))
    }

    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    /// A word that is stored among the operands of a `Node`, but is not an operand.
    #[inline]
    pub(crate) const fn from_word(word: u32) -> Self {
        Self(word)
    }

    #[inline]
    pub(crate) const fn word(self) -> u32 {
        self.0
    }
}

#[cfg(feature = "serde")]
impl From<NodeIndex> for i64 {
    fn from(index: NodeIndex) -> Self {
        index.0.into()
    }
}

#[cfg(feature = "serde")]
impl TryFrom<i64> for NodeIndex {
    type Error = std::num::TryFromIntError;

    fn try_from(index: i64) -> Result<Self, Self::Error> {
        u32::try_from(index).map(Self)
    }
}

/// The name of the node in pictures: `n3`.
impl fmt::Display for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl fmt::Debug for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A count or an index in 32 bits.
///
/// # Panics
///
/// If it does not fit, or is `u32::MAX`, which means "none".
#[inline]
#[track_caller]
pub(crate) fn checked_u32(count: usize) -> u32 {
    match u32::try_from(count) {
        Ok(count) if count != u32::MAX => count,
        _ => panic!("a program has room for 2^32 - 1 numbers; record a smaller part of the computation"),
    }
}
