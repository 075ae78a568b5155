//! Finds elements of the same shape.

use num_traits::Float;

use super::facts::Facts;
use super::partition::{NONE, Partition};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::graph::Graph;
use crate::program::graph::words::WordMap;

/// Elements of one shape and depth: the rows of a template.
pub(super) struct Group<T> {
    pub(super) depth: u32,
    pub(super) shape: Shape,
    pub(super) rows: usize,
    /// The first node of each element, unless these are guards alone.
    pub(super) firsts: Vec<NodeIndex>,
    /// The leaves of each row, one for each operand that is a leaf.
    pub(super) leaves: Vec<NodeIndex>,
    /// The roots of each row that are needed.
    pub(super) roots: Vec<NodeIndex>,
    /// The weight of each root: 1 unless a sum alone needs it.
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

/// What elements and their groups cost, for the choice between programs and a tape. In operations on a tape.
const COST_OF_INSTRUCTION: f64 = 2.0;
const COST_OF_ROW: f64 = 0.15;
const COST_OF_BLOCK: f64 = 50.0;

/// The words that describe a shape, and the shape of the element in hand.
struct Reader<'g, T> {
    graph: &'g Graph<T>,
    facts: &'g Facts,
    words: Vec<u32>,
    /// The position of each node in the last element that it was read in.
    positions: Vec<u32>,
    /// The number of that element.
    elements: Vec<u32>,
    leaves: Vec<NodeIndex>,
}

impl<T: Float> Reader<'_, T> {
    /// Adds an operand of the node at this position of an element.
    fn operand(&mut self, element: u32, at: u32, operand: NodeIndex) {
        if self.elements[operand.index()] == element {
            self.words.push((at - self.positions[operand.index()]) << 2);
        } else {
            let kind = match self.graph.node(operand).op {
                Op::constant => 1,
                _ if self.facts.varies[operand.index()] => 2,
                _ => 3,
            };
            self.words.push(kind);
            self.leaves.push(operand);
        }
    }
}

/// An element: its nodes in ascending order, and those that are needed.
pub(super) struct Element<T> {
    pub(super) depth: u32,
    pub(super) nodes: Vec<NodeIndex>,
    pub(super) roots: Vec<Root<T>>,
    guards: Vec<usize>,
}

impl<T> Default for Element<T> {
    fn default() -> Self {
        Self { depth: 0, nodes: Vec::new(), roots: Vec::new(), guards: Vec::new() }
    }
}

/// A node of an element that is needed.
pub(super) struct Root<T> {
    pub(super) node: NodeIndex,
    pub(super) used: Use,
    /// See [`Group`].
    pub(super) weight: T,
}

/// Groups that grow.
pub(super) struct Groups<'g, T> {
    reader: Reader<'g, T>,
    /// The group of each shape.
    known: WordMap<Vec<u32>, usize>,
    found: Vec<Group<T>>,
    elements: u32,
}

impl<'g, T: Float> Groups<'g, T> {
    /// No groups yet.
    pub(super) fn new(graph: &'g Graph<T>, facts: &'g Facts) -> Self {
        let count = graph.nodes.len();
        let reader = Reader {
            graph,
            facts,
            words: Vec::new(),
            positions: vec![0; count],
            elements: vec![NONE; count],
            leaves: Vec::new(),
        };
        Self { reader, known: WordMap::default(), found: Vec::new(), elements: 0 }
    }

    /// The number of the next element.
    fn next_number(&mut self) -> u32 {
        self.elements += 1;
        self.elements - 1
    }

    /// Adds an element to the group of its shape.
    pub(super) fn add(&mut self, element: &mut Element<T>) {
        let number = self.next_number();
        let reader = &mut self.reader;
        let Reader { graph, facts, .. } = *reader;
        element.guards.clear();
        reader.words.clear();
        reader.words.push(element.depth);
        let mut roots = element.roots.iter().peekable();
        for (at, &k) in (0..).zip(&element.nodes) {
            let node = graph.node(k);
            (reader.positions[k.index()], reader.elements[k.index()]) = (at, number);
            let used = roots.next_if(|root| root.node == k).map(|root| root.used);
            let (kind, sum) = match used {
                None => (0, None),
                Some(Use::Elements) => (1, None),
                Some(Use::Sum(sum)) => (2, Some(sum)),
            };
            let extra = match node.op {
                Op::powi => node.exponent().cast_unsigned(),
                Op::custom => checked_u32(node.custom_index()),
                _ => 0,
            };
            let operands = graph.operands(node);
            reader.words.extend([node.op as u32 | kind << 16, extra, checked_u32(operands.len())]);
            reader.words.extend(sum);
            for &operand in operands {
                reader.operand(number, at, operand);
            }
            element.guards.extend(facts.guards_at(k));
        }
        self.add_read(element, number);
    }

    /// Adds a comparison of leaves and sums, as an element without nodes.
    fn add_guard(&mut self, guard: usize) {
        let number = self.next_number();
        self.reader.words.clear();
        self.add_read(&Element { guards: vec![guard], ..Element::default() }, number);
    }

    /// Adds the guards of an element whose nodes have been read, and it to its group.
    fn add_read(&mut self, element: &Element<T>, number: u32) {
        let Self { reader, known, found, .. } = self;
        let graph = reader.graph;
        for &guard in &element.guards {
            let guard = &graph.guards()[guard];
            reader.words.push(0x8000_0000 | (guard.comparison as u32) << 1 | u32::from(guard.outcome));
            for operand in guard.operands {
                reader.operand(number, checked_u32(element.nodes.len()), operand);
            }
        }
        let number_of_group = known.get(&reader.words[..]).copied().unwrap_or_else(|| {
            known.insert(reader.words.clone(), found.len());
            found.push(Group {
                depth: element.depth,
                shape: Shape::of(reader, element, number),
                rows: 0,
                firsts: Vec::new(),
                leaves: Vec::new(),
                roots: Vec::new(),
                weights: Vec::new(),
            });
            found.len() - 1
        });
        let group = &mut found[number_of_group];
        group.rows += 1;
        group.firsts.extend(element.nodes.first());
        group.leaves.append(&mut reader.leaves);
        for root in &element.roots {
            group.roots.push(root.node);
            group.weights.push(root.weight);
        }
    }

    /// The groups, the one with the smallest depth first, and comparisons of leaves and sums before them. The elements
    /// of a group are in the order in which they were added.
    pub(super) fn finish(mut self, partition: &Partition<T>) -> Vec<Group<T>> {
        let facts = self.reader.facts;
        for &(later, guard) in facts.guards() {
            if partition.owner(later) == NONE {
                self.add_guard(guard as usize);
            }
        }
        self.found.sort_by_key(|group| group.depth);
        self.found
    }
}

/// Whether elements are computed faster in groups than so many operations one after the other.
pub(super) fn pays<T>(groups: &[Group<T>], operations: usize) -> bool {
    let cost = |group: &Group<T>| {
        let [nodes, rows] = [group.shape.nodes.len(), group.rows].map(|count| f64::from(checked_u32(count)));
        COST_OF_BLOCK + nodes * (COST_OF_INSTRUCTION + COST_OF_ROW * rows)
    };
    groups.iter().map(cost).sum::<f64>() < f64::from(u32::try_from(operations).unwrap_or(u32::MAX))
}

/// The elements of a partition in groups.
pub(super) fn groups<T: Float>(graph: &Graph<T>, facts: &Facts, partition: &Partition<T>) -> Vec<Group<T>> {
    let mut groups = Groups::new(graph, facts);
    let mut element = Element::default();
    for k in 0..partition.len() {
        element.nodes.clear();
        element.nodes.extend(partition.members(k));
        element.roots.clear();
        let roots = element.nodes.iter().filter(|root| partition.is_root[root.index()]);
        element.depth = roots.clone().map(|&root| partition.depth(root)).next().unwrap_or(0);
        element.roots.extend(roots.filter_map(|&root| partition.root(root)));
        groups.add(&mut element);
    }
    groups.finish(partition)
}

impl<T: Float> Partition<T> {
    /// Who needs a root, if anybody does: a guard may not.
    fn root(&self, node: NodeIndex) -> Option<Root<T>> {
        let is_interface = self.is_interface[node.index()];
        let weight = T::one();
        match self.terms.get(self.term_at[node.index()] as usize) {
            Some(&(sum, weight)) if !is_interface && (sum == 0 || self.sums[sum as usize].terms.len() >= LONG) => {
                Some(Root { node, used: Use::Sum(sum), weight })
            }
            None if self.term_at[node.index()] == NONE && !is_interface => None,
            _ => Some(Root { node, used: Use::Elements, weight }),
        }
    }
}

impl Shape {
    /// The shape of the element that was read.
    fn of<T: Float>(reader: &Reader<'_, T>, element: &Element<T>, number: u32) -> Self {
        let graph = reader.graph;
        let mut leaves = 0;
        let mut operand = |operand: NodeIndex| {
            if reader.elements[operand.index()] == number {
                return Operand::Node(reader.positions[operand.index()]);
            }
            leaves += 1;
            Operand::Leaf(leaves - 1)
        };
        let mut operands = Vec::new();
        for &node in &element.nodes {
            operands.extend(graph.operands(graph.node(node)).iter().map(|&id| operand(id)));
        }
        for &guard in &element.guards {
            operands.extend(graph.guards()[guard].operands.map(&mut operand));
        }
        let position = |root: &Root<T>| reader.positions[root.node.index()] as usize;
        Self {
            nodes: element.nodes.clone(),
            operands,
            guards: element.guards.clone(),
            roots: element.roots.iter().map(|root| (position(root), root.used)).collect(),
        }
    }
}
