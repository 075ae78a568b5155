//! Divides the nodes of a graph into elements.

use num_traits::Float;

use super::chains::Chain;
use super::facts::Facts;
use super::making::{Making, Stage};
use super::sums::Sum;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::program::graph::Graph;

/// The nodes of a graph, divided into elements and sums.
///
/// An element is a small function: its nodes, with one or several *roots*, which other elements or sums use. Its
/// leaves are inputs, constants, sums, chains, and roots of other elements. Every node that is no leaf of the graph
/// belongs to one element, or is inside of a sum or a chain.
///
/// The *depth* of a root is the number of elements, sums and chains on the longest way to it from the output. Roots of
/// one depth do not depend on each other. An element of depth `d` depends on larger depths only.
pub(super) struct Partition<T> {
    pub(super) sums: Vec<Sum<T>>,
    /// In ascending order of their nodes.
    pub(super) chains: Vec<Chain>,
    /// Where the nodes of each element begin in `members`, and at the end, where the last one ends.
    starts: Vec<u32>,
    members: Vec<NodeIndex>,
    /// The element of each node. [`NONE`] for leaves, and inside of sums and chains.
    owners: Vec<u32>,
    /// The depth of each root, and of the nodes of sums and chains.
    depths: Vec<u32>,
    pub(super) is_root: Vec<bool>,
    /// Whether another element uses this root.
    pub(super) is_interface: Vec<bool>,
    /// The terms of all sums: the sum, and the weight in it.
    pub(super) terms: Vec<(u32, T)>,
    /// Which of them each node is; [`NONE`] if it is no term, [`MANY`] if it is one of several sums.
    pub(super) term_at: Vec<u32>,
}

/// Where a graph is cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts {
    /// Nodes that are taken apart as sums. If there are no roots, the output is the first one.
    pub(super) sums: Vec<NodeIndex>,
    /// Nodes that are taken apart as chains.
    pub(super) chains: Vec<NodeIndex>,
    /// Outputs that are roots of elements.
    pub(super) roots: Vec<NodeIndex>,
}

pub(super) const NONE: u32 = u32::MAX;
pub(super) const MANY: u32 = u32::MAX - 1;
/// The most roots of an element. If nodes that two elements share would join more of them, these nodes become elements
/// of their own.
const MOST_ROOTS: u32 = 8;
/// How often shared nodes are looked for, before no elements are joined any more.
const ROUNDS: usize = 4;

/// The roots that a node is needed for, as long as they are few.
#[derive(Clone, Copy)]
struct Needed([u32; 3]);

impl Needed {
    const NOBODY: Self = Self([NONE; 3]);

    fn is_many(self) -> bool {
        self.0[0] == MANY
    }

    fn roots(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().take_while(|&root| root != NONE)
    }

    /// Adds roots. Roots of different depths, or more than three, are many.
    fn add(&mut self, more: Self, depths: &[u32]) {
        for root in more.roots() {
            if self.is_many() || self.0.contains(&root) {
                continue;
            }
            let first = self.0[0];
            let is_level = first == NONE || depths[first as usize] == depths[root as usize];
            match self.0.iter_mut().find(|place| **place == NONE).filter(|_| is_level) {
                Some(place) => *place = root,
                None => self.0[0] = MANY,
            }
        }
    }
}

/// The elements that are joined.
struct Joined {
    parents: Vec<u32>,
    /// How many roots the element of each root has.
    sizes: Vec<u32>,
}

impl Joined {
    fn find(&mut self, mut root: u32) -> u32 {
        while self.parents[root as usize] != root {
            let above = self.parents[self.parents[root as usize] as usize];
            self.parents[root as usize] = above;
            root = above;
        }
        root
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        if a != b {
            let [first, second] = if self.sizes[a as usize] < self.sizes[b as usize] { [b, a] } else { [a, b] };
            self.parents[second as usize] = first;
            self.sizes[first as usize] += self.sizes[second as usize];
        }
    }
}

impl<T: Float> Partition<T> {
    /// Divides a graph whose nodes are all needed.
    pub(super) fn of(graph: &Graph<T>, facts: &Facts, cuts: &Cuts, making: Making) -> Self {
        let count = graph.nodes.len();
        let (mut is_inside, mut sum_at) = (vec![false; count], vec![NONE; count]);
        let (mut sums, mut chains) = (Vec::with_capacity(cuts.sums.len()), Vec::with_capacity(cuts.chains.len()));
        for &node in &cuts.sums {
            // A sum inside of another one is a part of it.
            if !is_inside[node.index()] && sum_at[node.index()] == NONE {
                sum_at[node.index()] = checked_u32(sums.len());
                sums.push(Sum::of(graph, facts, node, |node| is_inside[node.index()] = true));
            }
        }
        for &node in &cuts.chains {
            if !is_inside[node.index()] {
                chains.push(Chain::of(graph, facts, node, |node| is_inside[node.index()] = true));
            }
        }
        chains.sort_by_key(|chain| chain.node);
        let is_leaf = |node: NodeIndex| graph.node(node).is_leaf();
        let mut partition = Self {
            sums,
            chains,
            starts: vec![0],
            members: Vec::new(),
            owners: vec![NONE; count],
            depths: Vec::new(),
            is_root: Vec::new(),
            is_interface: vec![false; count],
            terms: Vec::new(),
            term_at: vec![NONE; count],
        };
        for (k, sum) in (0..).zip(&partition.sums) {
            for &(term, weight) in &sum.terms {
                let at = &mut partition.term_at[term.index()];
                *at = if *at == NONE { checked_u32(partition.terms.len()) } else { MANY };
                partition.terms.push((k, weight));
            }
        }
        let mut is_shared = vec![false; count];
        for round in 0.. {
            let joins = round < ROUNDS && making.has(Stage::Joining);
            let (mut needed, mut joined) =
                partition.roots_of_nodes(graph, facts, (&is_inside, &sum_at), &cuts.roots, &is_shared, joins);
            let mut is_final = true;
            for k in 0..count {
                let Needed([first, second, _]) = needed[k];
                if second != NONE && first < MANY && !partition.is_root[k] {
                    let first = joined.find(first);
                    if joined.sizes[first as usize] > MOST_ROOTS {
                        (is_shared[k], is_final) = (true, false);
                    }
                }
            }
            if is_final {
                partition.collect(graph, &mut needed, &mut joined);
                break;
            }
        }
        for k in graph.indices().filter(|&k| partition.owners[k.index()] != NONE) {
            let owner = partition.owners[k.index()];
            let mut see = |operand: NodeIndex| {
                partition.is_interface[operand.index()] |=
                    !is_leaf(operand) && partition.owners[operand.index()] != owner;
            };
            graph.operands(graph.node(k)).iter().for_each(|&operand| see(operand));
            facts.compared_with(graph, k).for_each(see);
        }
        partition
    }

    /// The roots that each node is needed for, and which of them share a node. Sets roots and depths.
    fn roots_of_nodes(
        &mut self,
        graph: &Graph<T>,
        facts: &Facts,
        (is_inside, sum_at): (&[bool], &[u32]),
        roots: &[NodeIndex],
        is_shared: &[bool],
        joins: bool,
    ) -> (Vec<Needed>, Joined) {
        let count = graph.nodes.len();
        let mut needed = vec![Needed::NOBODY; count];
        let mut joined = Joined { parents: (0..).take(count).collect(), sizes: vec![1; count] };
        self.is_root = vec![false; count];
        for root in roots {
            self.is_root[root.index()] = true;
        }
        let is_leaf = |node: NodeIndex| graph.node(node).is_leaf();
        // A node first has the largest depth above it. A root then gets its own.
        let mut depths = vec![0_u32; count];
        let mut chains = self.chains.iter_mut().rev().peekable();
        for (k, node) in graph.indexed_nodes().rev() {
            let at = k.index();
            let mut chain = chains.next_if(|chain| chain.node == k);
            if sum_at[at] != NONE {
                depths[at] += 1;
                let sum = &mut self.sums[sum_at[at] as usize];
                sum.depth = depths[at];
                for &(term, _) in &sum.terms {
                    depths[term.index()] = depths[term.index()].max(depths[at] + u32::from(term == k));
                    self.is_root[term.index()] = true;
                }
            }
            if let Some(chain) = &mut chain {
                depths[at] += 1;
                chain.depth = depths[at];
            }
            if sum_at[at] != NONE || chain.is_some() {
                let terms = chain.iter().flat_map(|chain| &chain.terms).copied();
                for operand in terms.chain(facts.compared_with(graph, k)).filter(|&operand| !is_leaf(operand)) {
                    depths[operand.index()] = depths[operand.index()].max(depths[at]);
                    self.is_root[operand.index()] = true;
                    self.is_interface[operand.index()] = true;
                }
            }
            if is_inside[at] || node.is_leaf() {
                needed[at] = Needed::NOBODY;
                continue;
            }
            let mine = needed[at];
            let is_needed_by_one = mine.0[0] != NONE && !mine.is_many() && (joins || mine.0[1] == NONE);
            if self.is_root[at] || is_shared[at] || !is_needed_by_one {
                self.is_root[at] = true;
                depths[at] += 1;
                needed[at] = Needed([k.word(), NONE, NONE]);
            }
            let mine = needed[at];
            let [first, ..] = mine.0;
            for other in mine.roots().skip(1) {
                joined.join(first, other);
            }
            let depth = depths[first as usize];
            let mut see = |operand: NodeIndex| {
                let below = operand.index();
                depths[below] = depths[below].max(depth);
                needed[below].add(mine, &depths);
            };
            graph.operands(node).iter().for_each(|&operand| see(operand));
            facts.compared_with(graph, k).for_each(see);
        }
        self.depths = depths;
        (needed, joined)
    }

    /// Numbers the elements in the order of their first nodes, and lists their nodes.
    fn collect(&mut self, graph: &Graph<T>, needed: &mut [Needed], joined: &mut Joined) {
        // The numbers of the elements stand at their roots, in memory that is not needed any more.
        let mut numbers = std::mem::take(&mut joined.sizes);
        numbers.fill(NONE);
        let mut sizes: Vec<u32> = Vec::new();
        for k in graph.indices().filter(|&k| !graph.node(k).is_leaf()) {
            let Needed([root, ..]) = needed[k.index()];
            if root >= MANY {
                continue;
            }
            let number = &mut numbers[joined.find(root) as usize];
            if *number == NONE {
                *number = checked_u32(sizes.len());
                sizes.push(0);
            }
            sizes[*number as usize] += 1;
            self.owners[k.index()] = *number;
        }
        let mut end = 0;
        self.starts.extend(sizes.iter().map(|size| {
            end += size;
            end
        }));
        self.members = vec![NodeIndex::NONE; end as usize];
        let mut next = self.starts.clone();
        for k in graph.indices() {
            if let Some(next) = next.get_mut(self.owners[k.index()] as usize).filter(|_| self.owners[k.index()] != NONE)
            {
                self.members[*next as usize] = k;
                *next += 1;
            }
        }
    }

    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The nodes of an element, in ascending order.
    pub(super) fn members(&self, element: usize) -> &[NodeIndex] {
        &self.members[self.starts[element] as usize..self.starts[element + 1] as usize]
    }

    /// The element of a node; [`NONE`] for a leaf, and inside of a sum or a chain.
    pub(super) fn owner(&self, node: NodeIndex) -> u32 {
        self.owners[node.index()]
    }

    /// Whether nobody uses this root: its guards alone are needed.
    pub(super) fn is_silent(&self, root: NodeIndex) -> bool {
        let k = root.index();
        self.is_root[k] && !self.is_interface[k] && self.term_at[k] == NONE
    }

    pub(super) fn depth(&self, root: NodeIndex) -> u32 {
        self.depths[root.index()]
    }
}
