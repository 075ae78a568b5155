//! The program of a group of elements: which of its leaves are the same in all rows, and its graph.

use std::collections::HashMap;

use num_traits::Float;

use super::facts::Facts;
use super::groups::{Group, Operand, Use};
use super::making::{Making, Stage};
use crate::number::Plain;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::graph::{Graph, Node};

/// A group as a graph of its own, with what its rows read.
pub(super) struct Template<T> {
    /// The parameters are the `uniforms`. The inputs are first `gathered`, then `data`. The outputs are the roots,
    /// times their weights.
    pub(super) graph: Graph<T>,
    /// The leaves that are the same in all rows.
    pub(super) uniforms: Vec<NodeIndex>,
    /// The other leaves, column by column.
    pub(super) gathered: Vec<Vec<NodeIndex>>,
    /// Constants and weights that differ from row to row, column by column.
    pub(super) data: Vec<Vec<T>>,
    /// Which of the leaves depend on variables, by their positions: first the `uniforms`, then `gathered`.
    pub(super) varying: Vec<usize>,
}

/// Where a template has the number of a leaf.
#[derive(Clone, Copy)]
enum Source {
    Constant(NodeIndex),
    Uniform(u32),
    Gathered(u32),
    Data(u32),
}

/// What all rows say of a leaf.
#[derive(Clone, Copy)]
struct Summary {
    /// Equal columns have equal hashes.
    hash: u64,
    is_same: bool,
}

impl<T: Plain> Template<T> {
    pub(super) fn of(graph: &Graph<T>, facts: &Facts, group: &Group<T>, making: Making) -> Self {
        let mut template = Self {
            graph: graph.emptied(),
            uniforms: Vec::new(),
            gathered: Vec::new(),
            data: Vec::new(),
            varying: Vec::new(),
        };
        let sources = template.sources(graph, group, making.has(Stage::SharedLeaves));
        // All leaves of a column vary, or none.
        let leaves = template.uniforms.iter().chain(template.gathered.iter().map(|column| &column[0]));
        let varying = (0..).zip(leaves).filter(|(_, leaf)| facts.varies[leaf.index()]);
        template.varying = varying.map(|(position, _)| position).collect();
        let weights = template.weights(group);
        let inner = &mut template.graph;
        (inner.parameters, inner.inputs) =
            (checked_u32(template.uniforms.len()), checked_u32(template.gathered.len() + template.data.len()));
        let leaves = |op, count| (0..count).map(move |k| Node::leaf(op, k));
        inner.nodes.extend(leaves(Op::parameter, inner.parameters).chain(leaves(Op::input, inner.inputs)));
        let (parameters, gathered) = (inner.parameters, checked_u32(template.gathered.len()));
        let mut constants: HashMap<NodeIndex, NodeIndex> = HashMap::new();
        let mut leaf = |inner: &mut Graph<T>, source: Source| match source {
            Source::Constant(constant) => *constants.entry(constant).or_insert_with(|| {
                let node = inner.add_constant(graph.constants[graph.node(constant).leaf_index()]);
                inner.push(node)
            }),
            Source::Uniform(k) => NodeIndex::from_word(k),
            Source::Gathered(k) => NodeIndex::from_word(parameters + k),
            Source::Data(k) => NodeIndex::from_word(parameters + gathered + k),
        };
        let mut positions: Vec<NodeIndex> = Vec::with_capacity(group.shape.nodes.len());
        let mut operands = group.shape.operands.iter();
        let mut next = |inner: &mut Graph<T>, positions: &[NodeIndex]| match operands.next() {
            Some(&Operand::Node(k)) => positions[k as usize],
            Some(&Operand::Leaf(k)) => leaf(inner, sources[k as usize]),
            None => unreachable!("a shape has all operands"),
        };
        for &k in &group.shape.nodes {
            let node = graph.node(k);
            let ids: Vec<NodeIndex> = graph.operands(node).iter().map(|_| next(inner, &positions)).collect();
            positions.push(inner.push_with(graph, node, 0, &ids));
        }
        for &guard in &group.shape.guards {
            let (guard, origin) = graph.guard(guard);
            let guard = guard.map(|_| next(inner, &positions));
            inner.add_guard(guard, origin);
        }
        for (&(at, _), weight) in group.shape.roots.iter().zip(weights) {
            let root = positions[at];
            let output = match weight {
                None => root,
                Some(source) => {
                    let weight = match source {
                        Weight::Same(weight) => {
                            let node = inner.add_constant(weight);
                            inner.push(node)
                        }
                        Weight::Data(k) => NodeIndex::from_word(parameters + gathered + k),
                    };
                    inner.push(Node::operation(Op::mul, [weight, root, weight], 0))
                }
            };
            inner.outputs.push(output);
        }
        template
    }

    /// How many leaves it has, without constants.
    pub(super) fn leaves(&self) -> usize {
        self.uniforms.len() + self.gathered.len()
    }

    /// Where each leaf of a row is found. If they are shared, equal leaves are found once.
    fn sources(&mut self, graph: &Graph<T>, group: &Group<T>, shares: bool) -> Vec<Source> {
        let count = group.leaves.len() / group.rows;
        let first = &group.leaves[..count];
        let mut summaries = vec![Summary { hash: 0, is_same: shares }; count];
        for row in group.leaves.chunks_exact(count.max(1)) {
            for ((summary, leaf), first) in summaries.iter_mut().zip(row).zip(first) {
                summary.is_same &= leaf == first;
                summary.hash =
                    (summary.hash.rotate_left(7) ^ u64::from(leaf.word())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
        }
        let column = |k: usize| group.leaves[k..].iter().step_by(count);
        let mut uniforms: HashMap<NodeIndex, u32> = HashMap::new();
        // The first leaf with each column.
        let mut known: HashMap<u64, usize> = HashMap::new();
        let mut sources: Vec<Source> = Vec::with_capacity(count);
        for (k, (summary, &leaf)) in summaries.iter().zip(first).enumerate() {
            let is_constant = graph.node(leaf).op == Op::constant;
            let same = known.get(&summary.hash).copied().filter(|&other| shares && column(other).eq(column(k)));
            sources.push(match same {
                _ if summary.is_same && is_constant => Source::Constant(leaf),
                _ if summary.is_same => Source::Uniform(*uniforms.entry(leaf).or_insert_with(|| {
                    self.uniforms.push(leaf);
                    checked_u32(self.uniforms.len() - 1)
                })),
                Some(other) => sources[other],
                None if is_constant => {
                    known.insert(summary.hash, k);
                    self.data.push(column(k).map(|&leaf| graph.constants[graph.node(leaf).leaf_index()]).collect());
                    Source::Data(checked_u32(self.data.len() - 1))
                }
                None => {
                    known.insert(summary.hash, k);
                    self.gathered.push(column(k).copied().collect());
                    Source::Gathered(checked_u32(self.gathered.len() - 1))
                }
            });
        }
        sources
    }

    /// The weight of each root, unless it is 1.
    fn weights(&mut self, group: &Group<T>) -> Vec<Option<Weight<T>>> {
        let count = group.shape.roots.len();
        let weight = |k: usize| {
            let weights = group.weights[k..].iter().step_by(count).copied();
            let first = group.weights[k];
            if !weights.clone().all(|weight| weight == first) {
                self.data.push(weights.collect());
                return Some(Weight::Data(checked_u32(self.data.len() - 1)));
            }
            (first != T::one()).then_some(Weight::Same(first))
        };
        (0..count).map(weight).collect()
    }
}

/// The leaves at these positions, which are the first nodes of a template, as leaves to differentiate by.
pub(super) fn leaf_nodes(positions: impl IntoIterator<Item = usize>) -> Vec<Option<NodeIndex>> {
    positions.into_iter().map(|leaf| Some(NodeIndex::new(leaf))).collect()
}

/// The sum of nodes, each times its weight if it has one; none if there are no nodes.
pub(super) fn weighted_sum<T: Plain>(
    graph: &mut Graph<T>,
    terms: impl IntoIterator<Item = (NodeIndex, Option<NodeIndex>)>,
) -> Option<NodeIndex> {
    terms.into_iter().fold(None, |sum, (term, weight)| {
        let term = weight.map_or(term, |weight| graph.push(Node::operation(Op::mul, [weight, term, weight], 0)));
        Some(sum.map_or(term, |sum| graph.push(Node::operation(Op::add, [sum, term, sum], 0))))
    })
}

/// The weight of a root.
enum Weight<T> {
    Same(T),
    Data(u32),
}

impl<T: Float> Group<T> {
    /// The sums that take each root, where there is one alone.
    pub(super) fn uses(&self) -> impl Iterator<Item = Use> {
        self.shape.roots.iter().map(|&(_, used)| used)
    }
}
