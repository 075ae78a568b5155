//! Finds elements of the same shape.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use num_traits::Float;

use super::facts::Facts;
use super::partition::{NONE, Partition};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::graph::{Graph, Guard};

/// Elements of one shape and depth: the rows of a template.
pub(super) struct Group<T> {
    pub(super) depth: u32,
    pub(super) shape: Shape,
    pub(super) rows: usize,
    /// The elements, unless these are guards alone.
    pub(super) elements: Vec<u32>,
    /// The leaves of each row, one for each operand that is a leaf.
    pub(super) leaves: Vec<NodeIndex>,
    /// The roots of each row that are needed.
    pub(super) roots: Vec<NodeIndex>,
    /// The weight of each root that only a sum needs; 1 for other roots.
    pub(super) weights: Vec<T>,
}

/// The shape of the elements of a group, told by the first one.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) nodes: Vec<NodeIndex>,
    /// The operands of all nodes, one list after the other, then those of the guards.
    pub(super) operands: Vec<Operand>,
    pub(super) guards: Vec<usize>,
    /// Which of the nodes are needed, and by whom.
    pub(super) roots: Vec<(usize, Use)>,
}

/// An operand of a node of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// The node of this position in the element.
    Node(u32),
    /// The leaf of this position in the row.
    Leaf(u32),
}

/// Who needs a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// This sum alone, of which it is a term.
    Sum(u32),
    /// Other elements, or several sums.
    Elements,
}

/// A sum of fewer terms is computed from their numbers, so that elements of different sums are rows of one template.
const LONG: usize = 64;

/// A fast hash of words.
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|&word| self.write_u64(u64::from_ne_bytes(word)));
        rest.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

/// The words that describe a shape, and the shape of the element in hand.
struct Reader<'g, T> {
    graph: &'g Graph<T>,
    words: Vec<u32>,
    /// The position of each node in its element.
    positions: Vec<u32>,
    leaves: Vec<NodeIndex>,
}

impl<T: Float> Reader<'_, T> {
    /// Adds a node whose operands are in this element, or leaves.
    fn operand(&mut self, at: u32, operand: NodeIndex, is_inside: bool) {
        if is_inside {
            self.words.push((at - self.positions[operand.index()]) << 2);
        } else {
            self.words.push(1 + u32::from(self.graph.node(operand).op == Op::constant));
            self.leaves.push(operand);
        }
    }
}

/// The groups, the one with the smallest depth first. Elements of a shape are in the order of their first nodes.
pub(super) fn groups<T: Float>(graph: &Graph<T>, facts: &Facts, partition: &Partition<T>) -> Vec<Group<T>> {
    let mut found: HashMap<Vec<u32>, usize, BuildHasherDefault<WordHasher>> = HashMap::default();
    let mut groups: Vec<Group<T>> = Vec::new();
    let mut reader =
        Reader { graph, words: Vec::new(), positions: vec![0; graph.nodes.len()], leaves: Vec::new() };
    let weights = Weights::of(partition, graph.nodes.len());
    let mut add = |reader: &mut Reader<'_, T>,
                   element: Option<usize>,
                   depth: u32,
                   nodes: &[NodeIndex],
                   guards: &[usize],
                   roots: &[(NodeIndex, Use)]| {
        let group = match found.get(&reader.words[..]) {
            Some(&group) => &mut groups[group],
            None => {
                found.insert(reader.words.clone(), groups.len());
                let shape = Shape::of(reader, nodes, guards, roots);
                groups.push(Group { depth, shape, rows: 0, elements: Vec::new(), leaves: Vec::new(), roots: Vec::new(), weights: Vec::new() });
                groups.last_mut().expect("it was added")
            }
        };
        group.rows += 1;
        group.elements.extend(element.map(checked_u32));
        group.leaves.append(&mut reader.leaves);
        for &(root, used) in roots {
            group.roots.push(root);
            group.weights.push(if used == Use::Elements { T::one() } else { weights.of[root.index()] });
        }
    };
    let (mut guards, mut roots) = (Vec::new(), Vec::new());
    for element in 0..partition.len() {
        let nodes = partition.members(element);
        guards.clear();
        roots.clear();
        reader.words.clear();
        reader.words.push(0);
        let mut depth = 0;
        for (at, &k) in (0..).zip(nodes) {
            let node = graph.node(k);
            reader.positions[k.index()] = at;
            let operands = graph.operands(node);
            let mut word = node.op as u32;
            if partition.is_root[k.index()] {
                depth = partition.depth(k);
                if let Some(used) = partition.used_by(k) {
                    roots.push((k, used));
                    word |= 1 << 16;
                    if let Use::Sum(sum) = used {
                        word |= 1 << 17;
                        reader.words.push(sum);
                    }
                }
            }
            let extra = match node.op {
                Op::powi => node.exponent().cast_unsigned(),
                Op::custom => checked_u32(node.custom_index()),
                _ => 0,
            };
            reader.words.extend([word, extra, checked_u32(operands.len())]);
            for &operand in operands {
                let is_inside = partition.owner(operand) as usize == element;
                reader.operand(at, operand, is_inside);
            }
            let first = guards.len();
            guards.extend(facts.guards_at(k));
            for &guard in &guards[first..] {
                reader.words.push(guard_word(&graph.guards()[guard]));
            }
        }
        let end = checked_u32(nodes.len());
        for &guard in &guards {
            for operand in graph.guards()[guard].operands {
                reader.operand(end, operand, partition.owner(operand) as usize == element);
            }
        }
        reader.words[0] = depth;
        add(&mut reader, Some(element), depth, nodes, &guards, &roots);
    }
    // What compares leaves and sums alone is an element without nodes.
    for &(_, guard) in facts.guards().iter().filter(|(later, _)| partition.owner(*later) == NONE) {
        let guard = guard as usize;
        reader.words.clear();
        reader.words.extend([0, guard_word(&graph.guards()[guard])]);
        for operand in graph.guards()[guard].operands {
            reader.operand(0, operand, false);
        }
        add(&mut reader, None, 0, &[], &[guard], &[]);
    }
    groups.sort_by_key(|group| group.depth);
    groups
}

fn guard_word(guard: &Guard) -> u32 {
    0x8000_0000 | (guard.comparison as u32) << 1 | u32::from(guard.outcome)
}

/// The weight of each node that is the term of a sum.
struct Weights<T> {
    of: Vec<T>,
}

impl<T: Float> Weights<T> {
    fn of(partition: &Partition<T>, nodes: usize) -> Self {
        let mut of = vec![T::one(); nodes];
        for &(term, weight) in partition.sums.iter().flat_map(|sum| &sum.terms) {
            of[term.index()] = weight;
        }
        Self { of }
    }
}

impl<T> Partition<T> {
    /// Who needs a root, if anybody does: a guard may not.
    fn used_by(&self, root: NodeIndex) -> Option<Use> {
        match self.sum_of_term[root.index()] {
            NONE if !self.is_interface[root.index()] => None,
            sum if (sum as usize) < self.sums.len() && !self.is_interface[root.index()] => {
                let is_long = sum == 0 || self.sums[sum as usize].terms.len() >= LONG;
                Some(if is_long { Use::Sum(sum) } else { Use::Elements })
            }
            _ => Some(Use::Elements),
        }
    }
}

impl Shape {
    fn of<T: Float>(
        reader: &Reader<'_, T>,
        nodes: &[NodeIndex],
        guards: &[usize],
        roots: &[(NodeIndex, Use)],
    ) -> Self {
        let graph = reader.graph;
        let mut leaves = reader.leaves.iter().zip(0..).peekable();
        let mut operand = |operand: NodeIndex| {
            // The next leaf is a leaf of the graph, or a root of another element: it is not among the nodes of this one.
            match leaves.next_if(|&(&leaf, _)| leaf == operand && nodes.binary_search(&leaf).is_err()) {
                Some((_, at)) => Operand::Leaf(at),
                None => Operand::Node(reader.positions[operand.index()]),
            }
        };
        let mut operands = Vec::new();
        nodes.iter().for_each(|&node| operands.extend(graph.operands(graph.node(node)).iter().map(|&id| operand(id))));
        guards.iter().for_each(|&guard| operands.extend(graph.guards()[guard].operands.map(&mut operand)));
        let position = |root: NodeIndex| reader.positions[root.index()] as usize;
        Self {
            nodes: nodes.to_vec(),
            operands,
            guards: guards.to_vec(),
            roots: roots.iter().map(|&(root, used)| (position(root), used)).collect(),
        }
    }
}
