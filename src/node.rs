//! Which node of which tape a value hangs on.

/// A node of a tape, or none for a constant.
///
/// One word, so that the questions of the hot path are one comparison each: the lowest 32 bits are the index of the
/// node's last record, the next 31 bits the id of the tape, which is never 0, and the highest tells whether the value
/// is the node itself or something computed from it without a record.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Node(u64);

const OWN: u64 = 1 << 63;
/// The lowest bits of a tape id tell its scalar type.
pub(crate) const SLOT_BITS: u32 = 5;
pub(crate) const SLOT_COUNT: usize = 1 << SLOT_BITS;

impl Node {
    pub(crate) const CONSTANT: Self = Self(0);

    /// The node of the tape `tape` with the given index, for the value that it stands for.
    #[inline(always)]
    pub(crate) fn own(tape: u32, index: u32) -> Self {
        Self(OWN | (u64::from(tape) << 32) | u64::from(index))
    }

    /// Node `index` of the tape of this first node.
    #[inline(always)]
    pub(crate) fn at(self, index: u32) -> Self {
        debug_assert_eq!(self.index(), 0);
        Self(self.0 | u64::from(index))
    }

    /// The same node, for a value computed from it.
    #[inline(always)]
    pub(crate) fn derived(self) -> Self {
        Self(self.0 & !OWN)
    }

    #[inline(always)]
    pub(crate) fn is_own(self) -> bool {
        self.0 & OWN != 0
    }

    #[inline(always)]
    pub(crate) fn is_constant(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(crate) fn tape(self) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "31 bits are left")]
        let tape = (self.derived().0 >> 32) as u32;
        tape
    }

    /// The slot of the scalar type of the tape.
    #[inline(always)]
    pub(crate) fn slot(self) -> usize {
        self.tape() as usize % SLOT_COUNT
    }

    #[inline(always)]
    pub(crate) fn index(self) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "the index is the lower half")]
        let index = self.0 as u32;
        index
    }

    /// Whether both are the same node, or both constants.
    #[inline(always)]
    pub(crate) fn is(self, other: Self) -> bool {
        (self.0 ^ other.0) << 1 == 0
    }

    /// Whether both are nodes of the same tape, or both constants.
    #[inline(always)]
    pub(crate) fn is_beside(self, other: Self) -> bool {
        (self.0 ^ other.0) << 1 >> 33 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_keeps_its_parts() {
        let node = Node::own(u32::MAX >> 1, u32::MAX);
        assert_eq!((node.tape(), node.index(), node.is_own()), (u32::MAX >> 1, u32::MAX, true));
        let derived = node.derived();
        assert_eq!((derived.tape(), derived.index(), derived.is_own()), (u32::MAX >> 1, u32::MAX, false));
        assert!(!derived.is_constant() && Node::CONSTANT.is_constant());
    }

    #[test]
    fn nodes_are_compared_whether_own_or_derived() {
        let (a, b, c) = (Node::own(1, 2), Node::own(1, 3), Node::own(2, 2));
        assert!(a.is(a.derived()) && !a.is(b) && !a.is(c) && !a.is(Node::CONSTANT));
        assert!(a.is_beside(b.derived()) && !a.is_beside(c) && !a.is_beside(Node::CONSTANT));
    }
}
