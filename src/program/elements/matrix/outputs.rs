//! The outputs of a program of elements, and where each goes.

use super::Vector;
use super::entries::List;
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::program::elements::scatter::Aim;
use crate::program::elements::template::{leaf_nodes, weighted_sum};
use crate::program::graph::{Graph, Node};
use crate::program::precision::Precision;
use crate::program::run::index::Column;

/// The inputs of the function that are leaves of a template, row by row. The first ones are the same in all rows.
pub(super) struct Leaves {
    pub(super) lists: Vec<List>,
    pub(super) uniforms: usize,
}

impl Leaves {
    pub(super) fn nodes(&self) -> Vec<Option<NodeIndex>> {
        leaf_nodes(self.lists.len())
    }
}

/// Whether there are several rows, and a number is the same in all of them.
pub(super) fn is_repeated(list: &List) -> bool {
    list.len() > 1 && list.iter().all(|&number| number == list[0])
}

/// A program that is made: its outputs, and where they go.
pub(super) struct Outputs<T> {
    pub(super) graph: Graph<T>,
    pub(super) nodes: Vec<NodeIndex>,
    pub(super) aims: Vec<Aim>,
    pub(super) entries: Vec<Option<usize>>,
    /// Further data, column by column, which are the last inputs.
    pub(super) factors: Vec<Vec<T>>,
}

impl<T: Precision> Outputs<T> {
    pub(super) fn new(graph: Graph<T>) -> Self {
        Self { graph, nodes: Vec::new(), aims: Vec::new(), entries: Vec::new(), factors: Vec::new() }
    }

    pub(super) fn is_zero(&self, node: NodeIndex) -> bool {
        self.graph.constant(self.graph.node(node)) == Some(T::zero())
    }

    /// Adds terms of outputs of the function, each with its places.
    pub(super) fn add_values(&mut self, roots: &[List], values: &[NodeIndex]) {
        for (root, &value) in roots.iter().zip(values) {
            let is_total = is_repeated(root);
            self.add(value, is_total);
            let places = if is_total { Column::even(root[0] as usize, 0, 1) } else { Column::new(root) };
            self.send(Vector::Outputs, places, is_total);
        }
    }

    /// Adds an output, or its sum over all rows.
    pub(super) fn add(&mut self, node: NodeIndex, is_total: bool) {
        let node = if is_total { self.graph.push(Node::operation(Op::total, [node; 3], 0)) } else { node };
        self.nodes.push(node);
    }

    /// Adds the value of the function and its derivatives by the leaves.
    pub(super) fn add_value_and_gradient(&mut self, leaves: &Leaves, values: &[NodeIndex]) {
        let Some((&value, slopes)) = values.split_first() else { return };
        self.add(value, true);
        self.send(Vector::Outputs, Column::even(0, 0, 1), true);
        for (k, &slope) in slopes.iter().enumerate() {
            self.add_to_leaf(Vector::Gradient, leaves, k, slope);
        }
    }

    /// Adds a derivative by a leaf.
    pub(super) fn add_to_leaf(&mut self, vector: Vector, leaves: &Leaves, k: usize, slope: NodeIndex) {
        if self.is_zero(slope) {
            return;
        }
        if k < leaves.uniforms {
            self.add(slope, true);
            self.send(vector, Column::even(leaves.lists[k][0] as usize, 0, 1), true);
        } else {
            self.nodes.push(slope);
            self.send(vector, Column::new(&leaves.lists[k]), false);
        }
    }

    /// The last output goes to these places of a vector.
    pub(super) fn send(&mut self, vector: Vector, places: Column, is_total: bool) {
        self.aims.push(Aim::new(self.nodes.len() - 1, vector as usize, places, is_total));
        self.entries.push(None);
    }

    /// The last output goes to an entry of the matrix, whose places are not known yet.
    pub(super) fn send_to_matrix(&mut self, entry: usize, is_total: bool) {
        self.send(Vector::Matrix, Column::even(0, 0, 0), is_total);
        *self.entries.last_mut().expect("the output was sent") = Some(entry);
    }

    /// A node times a number in each row.
    pub(super) fn times(&mut self, node: NodeIndex, factors: Vec<T>) -> NodeIndex {
        self.factors.push(factors);
        self.graph.inputs += 1;
        let factor = self.graph.push(Node::leaf(Op::input, self.graph.inputs - 1));
        self.graph.push(Node::operation(Op::mul, [factor, node, factor], 0))
    }

    /// The scalar product of nodes, without those that are 0; none if nothing is left.
    pub(super) fn dot(
        &mut self,
        a: impl Iterator<Item = NodeIndex>,
        b: impl Iterator<Item = NodeIndex>,
    ) -> Option<NodeIndex> {
        let terms = a.zip(b).filter(|&(a, b)| !self.is_zero(a) && !self.is_zero(b)).map(|(a, b)| (b, Some(a)));
        let terms: Vec<_> = terms.collect();
        weighted_sum(&mut self.graph, terms)
    }
}
