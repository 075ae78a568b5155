//! The outputs of a function as sums.

use std::borrow::Cow;
use std::ops::Range;

use super::Linear;
use crate::number::Plain;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::elements::facts::Facts;
use crate::program::elements::sums::{Sum, join_equal};
use crate::program::graph::{Graph, Node};
use crate::program::transform::prune::prune_to;

/// The outputs of a function, each as a sum of terms. At first, each output is its own term.
pub(super) struct Terms<'g, T: Clone> {
    /// Its outputs are the terms. They are leaves, or have nodes of their own, which become the roots of elements.
    pub(super) graph: Cow<'g, Graph<T>>,
    /// For each term the output of the function that it is added to, and its weight.
    pub(super) targets: Vec<(u32, T)>,
}

impl<'g, T: Plain> Terms<'g, T> {
    /// Those of a graph whose outputs are leaves or have nodes of their own.
    pub(super) fn of(graph: &'g Graph<T>) -> Self {
        let targets = (0..checked_u32(graph.outputs.len())).map(|output| (output, T::one())).collect();
        Self { graph: Cow::Borrowed(graph), targets }
    }

    /// All terms, with their targets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIndex, (u32, T))> {
        self.graph.outputs.iter().copied().zip(self.targets.iter().copied())
    }

    /// The same, where inputs times 1 stand in the place of inputs: elements compute them.
    pub(super) fn with_computed_inputs(mut self) -> Self {
        for k in 0..self.graph.outputs.len() {
            let input = self.graph.outputs[k];
            if self.graph.node(input).op == Op::input {
                let graph = self.graph.to_mut();
                let one = graph.add_constant(T::one());
                let one = graph.push(one);
                graph.outputs[k] = graph.push(Node::operation(Op::mul, [input, one, input], 0));
            }
        }
        self
    }

    /// Takes terms apart that are sums. None if none of these terms is, or if the function compares such a sum: a
    /// comparison would need all of its terms.
    pub(super) fn taken_apart(&self, facts: &Facts, is_wanted: impl Fn(NodeIndex) -> bool) -> Option<Self> {
        let graph = &*self.graph;
        let mut is_inside = vec![false; graph.nodes.len()];
        let (mut nodes, mut targets, mut constants) = (Vec::new(), Vec::new(), Vec::new());
        for (node, (output, weight)) in self.iter() {
            let is_root = !graph.node(node).is_leaf();
            let sum =
                (is_root && is_wanted(node)).then(|| Sum::of(graph, facts, node, |k| is_inside[k.index()] = true));
            // A product of weights that overflows says nothing.
            let keeps = |&(_, factor): &(NodeIndex, T)| {
                (weight * factor).is_normal() == (weight.is_normal() && factor.is_normal())
            };
            match sum.filter(|sum| sum.terms.first().is_none_or(|term| term.0 != node) && sum.terms.iter().all(keeps)) {
                None => {
                    nodes.push(node);
                    targets.push((output, weight));
                }
                Some(sum) => {
                    constants.push((output, weight * sum.constant));
                    nodes.extend(sum.terms.iter().map(|&(term, _)| term));
                    targets.extend(sum.terms.iter().map(|&(_, factor)| (output, weight * factor)));
                }
            }
        }
        if constants.is_empty() || facts.guards().iter().any(|&(later, _)| is_inside[later.index()]) {
            return None;
        }
        let mut graph = prune_to(graph, &nodes);
        graph.separate_outputs();
        for (output, constant) in constants {
            let node = graph.add_constant(constant);
            let node = graph.push(node);
            graph.outputs.push(node);
            targets.push((output, T::one()));
        }
        Some(Self { graph: Cow::Owned(graph), targets })
    }

    /// What the terms that are constants and inputs add to outputs and derivatives.
    pub(super) fn linear(&self, variables: &Range<usize>) -> Vec<Linear<T>> {
        let leaves = self.iter().filter(|&(node, _)| self.graph.node(node).is_leaf());
        let mut leaves: Vec<(NodeIndex, (u32, T))> = leaves.collect();
        leaves.sort_by_key(|&(_, (output, _))| output);
        let of_output = |leaves: &[(NodeIndex, (u32, T))]| {
            // The sum of -0 and a number is the number, even if that is -0.
            let mut linear =
                Linear { output: leaves[0].1.0 as usize, constant: -T::zero(), terms: Vec::new(), slopes: Vec::new() };
            for &(node, (_, weight)) in leaves {
                let node = self.graph.node(node);
                if node.op == Op::constant {
                    linear.constant += weight * self.graph.constants[node.leaf_index()];
                } else {
                    linear.terms.push((checked_u32(node.leaf_index()), weight));
                }
            }
            join_equal(&mut linear.terms);
            let by = linear.terms.iter().filter(|(input, _)| variables.contains(&(*input as usize)));
            let start = checked_u32(variables.start);
            linear.slopes = by.map(|&(input, weight)| (input - start, weight)).collect();
            linear
        };
        leaves.chunk_by(|a, b| a.1.0 == b.1.0).map(of_output).collect()
    }
}
