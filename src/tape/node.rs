//! The node of a tape that a value depends on.

/// A node of a tape, or none for a constant.
///
/// It is one word, so that each check of the hot path takes a few instructions. The lowest bit is set if the value is
/// the node itself (*exact*), and not set if it was computed from the node without a record. The other 63 bits are the
/// number of the node. No number is given twice in the life of the process: a tape numbers its nodes in order, after
/// [`clear`](crate::Tape::clear) from the next number on, in a territory of 2³³ numbers that no other live tape has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct NodeId(u64);

const EXACT: u64 = 1;
/// A territory has room for `MAX_NODES` nodes from any node of its first half on.
const TERRITORY_SHIFT: u32 = 34;
/// The offset of the second half of a territory.
const HALF: u64 = 1 << (TERRITORY_SHIFT - 2);
/// The number of territories. Territory 0 holds the constant. The last one is unused, too: it ends where 0 begins.
pub(crate) const TERRITORIES: u32 = 1 << (64 - TERRITORY_SHIFT);
/// The number of nodes that a tape can have between two calls of `clear`.
pub(crate) const MAX_NODES: usize = u32::MAX as usize;

impl NodeId {
    pub(crate) const CONSTANT: Self = Self(0);

    /// The first node of a territory, for values computed from it.
    pub(crate) fn first_of(territory: u32) -> Self {
        debug_assert!(0 < territory && territory < TERRITORIES - 1);
        Self(u64::from(territory) << TERRITORY_SHIFT)
    }

    /// The node at `distance` from this first node of a tape, exact.
    #[inline(always)]
    pub(crate) fn exact(self, distance: usize) -> Self {
        debug_assert!(!self.is_exact() && distance < MAX_NODES);
        Self(self.0 + (distance as u64) * 2 + EXACT)
    }

    /// The first node of the numbers behind `count` nodes, if at least `MAX_NODES` of them are left.
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

    /// The offset in the territory.
    pub(crate) fn offset(self) -> u64 {
        (self.0 >> 1) % (1 << (TERRITORY_SHIFT - 1))
    }

    /// The distance from `first`, if the tape that begins there can have this node.
    #[inline(always)]
    pub(crate) fn index(self, first: Self) -> Option<u32> {
        let distance = self.0.wrapping_sub(first.0);
        (distance >> 33 == 0).then(|| index(distance))
    }

    /// The [`index`](Self::index) of an exact node.
    #[inline(always)]
    pub(crate) fn exact_index(self, first: Self) -> Option<u32> {
        // The lowest bit becomes the highest. It is 0 only if the node is exact.
        let distance = (self.0.wrapping_sub(first.0) ^ EXACT).rotate_right(1);
        #[allow(clippy::cast_possible_truncation, reason = "the distance is below 2^32")]
        (distance >> 32 == 0).then_some(distance as u32)
    }

    /// The [`index`](Self::index), and whether there is none. The index of a constant is that of `other`: its slope of
    /// 0 contributes nothing there.
    #[inline(always)]
    pub(crate) fn index_or(self, other: Self, first: Self) -> (u32, bool) {
        let distance = if self.is_constant() { other } else { self }.0.wrapping_sub(first.0);
        (index(distance), distance >> 33 != 0)
    }

    /// The [`index`](Self::index) of two nodes, with one comparison.
    #[inline(always)]
    pub(crate) fn indices(nodes: [Self; 2], first: Self) -> Option<[u32; 2]> {
        let [a, b] = [nodes[0].0.wrapping_sub(first.0), nodes[1].0.wrapping_sub(first.0)];
        ((a | b) >> 33 == 0).then(|| [index(a), index(b)])
    }
}

/// Nodes that are expected to belong to one tape. Whether they do is asked once, when all are seen.
pub(crate) struct Nodes {
    origin: NodeId,
    first: u64,
    /// All bits of the distances from the origin.
    distances: u64,
    /// The bits in which any differs from the first.
    differences: u64,
}

impl Nodes {
    /// None but `first`, of the tape that begins with `origin`.
    #[inline(always)]
    pub(crate) fn new(first: NodeId, origin: NodeId) -> Self {
        Self { origin, first: first.0, distances: 0, differences: 0 }
    }

    /// The [`index`](NodeId::index) of another node, if the tape has it.
    #[inline(always)]
    pub(crate) fn see(&mut self, node: NodeId) -> u32 {
        let distance = node.0.wrapping_sub(self.origin.0);
        self.distances |= distance;
        self.differences |= node.0 ^ self.first;
        index(distance)
    }

    /// Whether the tape has all of them, and they are more than one node.
    #[inline(always)]
    pub(crate) fn are_some(&self) -> bool {
        self.distances >> 33 == 0 && self.differences > EXACT
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
                let inexact = node.inexact();
                assert_eq!((inexact.territory(), inexact.index(first)), (territory, Some(u32::MAX - 1)));
                assert!(!inexact.is_exact() && !inexact.is_constant());
            }
        }
    }

    #[test]
    fn nodes_are_compared_whether_exact_or_inexact() {
        let first = NodeId::first_of(5);
        let (a, b) = (first.exact(2), first.exact(3));
        assert!(
            a.same_node(a.inexact()) && a.inexact().same_node(a) && !a.same_node(b) && !a.same_node(NodeId::CONSTANT)
        );
        assert!(NodeId::CONSTANT.same_node(NodeId::CONSTANT) && NodeId::CONSTANT.is_constant());
    }

    /// Constants, nodes from before `clear`, and nodes of other territories have no index.
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
            assert_eq!(NodeId::CONSTANT.index_or(first, first), (0, false));
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
                    assert_eq!(node.index_or(first, first).1, expected.is_none());
                    assert_eq!(NodeId::indices([node, first.exact(4)], first), expected.map(|index| [index, 4]));
                    assert_eq!(NodeId::indices([first, node.inexact()], first), expected.map(|index| [0, index]));
                }
            }
        }
    }
}
