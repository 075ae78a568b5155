//! Which node of which tape a value hangs on.

/// A node of a tape, or none for a constant.
///
/// One word, so that the questions of the hot path are a few instructions each. The lowest bit tells whether the value
/// is the node itself or something computed from it without a record; the other 63 are the number of the node. No
/// number is given twice in the life of the process: a tape numbers its nodes one after the other, behind the ones of
/// before [`clear`](crate::Tape::clear), within a territory of 2³³ numbers that no other tape has at the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct NodeId(u64);

const EXACT: u64 = 1;
/// A territory has room for `MAX_NODES` nodes behind any node of its first half.
const TERRITORY_SHIFT: u32 = 34;
/// Where the second half of a territory begins.
const HALF: u64 = 1 << (TERRITORY_SHIFT - 2);
/// There are so many territories. None is number 0, where constants are, nor the last, which ends where they begin.
pub(crate) const TERRITORIES: u32 = 1 << (64 - TERRITORY_SHIFT);
/// What a tape can number between two calls of `clear`.
pub(crate) const MAX_NODES: usize = u32::MAX as usize;

impl NodeId {
    pub(crate) const CONSTANT: Self = Self(0);

    /// The first node of a territory, for values computed from it.
    pub(crate) fn first_of(territory: u32) -> Self {
        debug_assert!(0 < territory && territory < TERRITORIES - 1);
        Self(u64::from(territory) << TERRITORY_SHIFT)
    }

    /// The node `distance` behind this first node of a tape, for the value that it stands for.
    #[inline(always)]
    pub(crate) fn exact(self, distance: usize) -> Self {
        debug_assert!(!self.is_exact() && distance < MAX_NODES);
        Self(self.0 + (distance as u64) * 2 + EXACT)
    }

    /// The first node for the numbers behind `count` nodes, if there is a whole `MAX_NODES` of them left.
    pub(crate) fn skip(self, count: usize) -> Option<Self> {
        let next = Self(self.0 + (count as u64) * 2);
        (next.offset() <= HALF && next.territory() == self.territory()).then_some(next)
    }

    /// The same node, for a value computed from it.
    #[inline(always)]
    pub(crate) fn inexact(self) -> Self {
        Self(self.0 & !EXACT)
    }

    #[inline(always)]
    pub(crate) fn is_exact(self) -> bool {
        self.0 & EXACT != 0
    }

    #[inline(always)]
    pub(crate) fn is_constant(self) -> bool {
        self.0 == 0
    }

    /// Whether both are the same node, or both constants.
    #[inline(always)]
    pub(crate) fn same_node(self, other: Self) -> bool {
        self.0 ^ other.0 <= EXACT
    }

    /// Whether both are nodes of one territory, or both constants.
    #[inline(always)]
    pub(crate) fn same_tape(self, other: Self) -> bool {
        (self.0 ^ other.0) >> TERRITORY_SHIFT == 0
    }

    #[inline(always)]
    pub(crate) fn territory(self) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "30 bits are left")]
        let territory = (self.0 >> TERRITORY_SHIFT) as u32;
        territory
    }

    /// The place in the territory.
    pub(crate) fn offset(self) -> u64 {
        (self.0 >> 1) % (1 << (TERRITORY_SHIFT - 1))
    }

    /// How many nodes after `first`, if the tape that begins there can have it.
    #[inline(always)]
    pub(crate) fn index(self, first: Self) -> Option<u32> {
        let distance = self.0.wrapping_sub(first.0);
        (distance >> 33 == 0).then(|| index(distance))
    }

    /// The [`index`](Self::index) of a value that is the node itself.
    #[inline(always)]
    pub(crate) fn exact_index(self, first: Self) -> Option<u32> {
        // The lowest bit becomes the highest, and is 0 in an own node alone.
        let distance = (self.0.wrapping_sub(first.0) ^ EXACT).rotate_right(1);
        #[allow(clippy::cast_possible_truncation, reason = "the distance is below 2^32")]
        (distance >> 32 == 0).then_some(distance as u32)
    }

    /// The [`index`](Self::index), and whether there is none. That of a constant is 0, which its slope of 0 leaves in
    /// peace.
    #[inline(always)]
    pub(crate) fn index_or_zero(self, first: Self) -> (u32, bool) {
        let distance = if self.is_constant() { 0 } else { self.0.wrapping_sub(first.0) };
        (index(distance), distance >> 33 != 0)
    }

    /// [`index`](Self::index) for two nodes, with one question.
    #[inline(always)]
    pub(crate) fn indices(nodes: [Self; 2], first: Self) -> Option<[u32; 2]> {
        let distances = nodes.map(|node| node.0.wrapping_sub(first.0));
        ((distances[0] | distances[1]) >> 33 == 0).then(|| distances.map(index))
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the distance is below 2^33, or the index is not used")]
fn index(distance: u64) -> u32 {
    (distance >> 1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: usize = MAX_NODES - 1;

    #[test]
    fn a_node_keeps_its_parts() {
        for territory in [1, 77, TERRITORIES - 2] {
            let whole = NodeId::first_of(territory);
            let half = whole.skip(MAX_NODES).and_then(|first| first.skip(1)).unwrap();
            assert!(half.skip(1).is_none() && half.skip(MAX_NODES).is_none());
            for first in [whole, half] {
                let node = first.exact(LAST);
                assert_eq!(
                    (node.territory(), node.index(first), node.is_exact()),
                    (territory, Some(u32::MAX - 1), true)
                );
                let derived = node.inexact();
                assert_eq!((derived.territory(), derived.index(first)), (territory, Some(u32::MAX - 1)));
                assert!(!derived.is_exact() && !derived.is_constant());
            }
        }
    }

    #[test]
    fn nodes_are_compared_whether_own_or_derived() {
        let first = NodeId::first_of(5);
        let (a, b) = (first.exact(2), first.exact(3));
        assert!(
            a.same_node(a.inexact()) && a.inexact().same_node(a) && !a.same_node(b) && !a.same_node(NodeId::CONSTANT)
        );
        assert!(NodeId::CONSTANT.same_node(NodeId::CONSTANT) && NodeId::CONSTANT.is_constant());
    }

    /// Constants, nodes of before `clear`, and nodes of any other territory are nodes of no other tape.
    #[test]
    fn only_nodes_behind_the_first_have_an_index() {
        let territories = [1, 2, 3, 4, TERRITORIES / 2, TERRITORIES - 3, TERRITORIES - 2];
        let starts = |territory| {
            let first = NodeId::first_of(territory);
            [
                first,
                first.skip(7).unwrap(),
                first.skip(MAX_NODES).unwrap(),
                first.skip(MAX_NODES).unwrap().skip(1).unwrap(),
            ]
        };
        for first in territories.into_iter().flat_map(starts) {
            assert_eq!((NodeId::CONSTANT.index(first), NodeId::CONSTANT.exact_index(first)), (None, None));
            assert_eq!(NodeId::CONSTANT.index_or_zero(first), (0, false));
            assert_eq!(NodeId::indices([first.exact(0), NodeId::CONSTANT], first), None);
            for other in territories.into_iter().flat_map(starts) {
                for distance in [0, 1, 6, 7, LAST] {
                    let node = other.exact(distance);
                    let near = node.territory() == first.territory() && node.0 >= first.0;
                    let index = if near { (node.0 - first.0) / 2 } else { u64::MAX };
                    let expected = u32::try_from(index).ok();
                    assert_eq!(node.index(first), expected);
                    assert_eq!(node.inexact().index(first), expected);
                    assert_eq!(node.exact_index(first), expected);
                    assert_eq!(node.inexact().exact_index(first), None);
                    assert_eq!(node.index_or_zero(first).1, expected.is_none());
                    assert_eq!(NodeId::indices([node, first.exact(4)], first), expected.map(|index| [index, 4]));
                    assert_eq!(NodeId::indices([first, node.inexact()], first), expected.map(|index| [0, index]));
                }
            }
        }
    }
}
