//! What is known of the nodes before they are divided.

use num_traits::Float;

use super::operands::{linear_operands, rest_of_chain};
use super::variables::Variables;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::graph::{Graph, Node};

/// What is known of each node of a graph.
pub(super) struct Facts {
    /// How many operands, outputs and guards are this node.
    pub(super) uses: Vec<u32>,
    /// How many terms the node is the sum of.
    pub(super) terms: Vec<u32>,
    /// How many numbers the node joins as a [`Chain`](super::chains::Chain): none if it is a single operation of two.
    pub(super) links: Vec<u32>,
    /// The guards, by the later one of the two nodes that each compares, which is a leaf only if both are.
    guards: Vec<(NodeIndex, u32)>,
    /// Whether the node depends on variables. What depends on data alone needs no adjoint.
    pub(super) varies: Vec<bool>,
}

impl Facts {
    pub(super) fn of<T: Float>(graph: &Graph<T>, variables: Variables) -> Self {
        let mut uses = vec![0_u32; graph.nodes.len()];
        for node in &graph.nodes {
            graph.operands(node).iter().for_each(|operand| uses[operand.index()] += 1);
        }
        graph.outputs.iter().chain(graph.guarded()).for_each(|node| uses[node.index()] += 1);
        // A leaf may have been recorded behind nodes that do not depend on it.
        let order = |&node: &NodeIndex| (!graph.node(node).is_leaf(), node);
        let later = |[a, b]: [NodeIndex; 2]| if order(&a) < order(&b) { b } else { a };
        let mut guards: Vec<_> = graph.guards().iter().map(|guard| later(guard.operands)).zip(0..).collect();
        guards.sort_unstable();
        let variables = variables.of(graph.inputs as usize);
        let is_variable = |node: &Node| node.op == Op::input && variables.contains(&node.leaf_index());
        let count = graph.nodes.len();
        let mut facts = Self { uses, terms: vec![1; count], links: vec![0; count], guards, varies: vec![false; count] };
        for (k, node) in graph.indexed_nodes().filter(|(_, node)| node.op != Op::constant) {
            let mut operands = graph.operands(node).iter();
            facts.varies[k.index()] = is_variable(node) || operands.any(|operand| facts.varies[operand.index()]);
            facts.terms[k.index()] = facts.term_count(graph, k);
            let links = facts.link_count(graph, k);
            // Memory that stays 0 takes no time.
            if links > 0 {
                facts.links[k.index()] = links;
            }
        }
        facts
    }

    /// The guards whose later node this is.
    #[inline]
    pub(super) fn guards_at(&self, node: NodeIndex) -> impl Iterator<Item = usize> {
        let first = self.guards.partition_point(|&(later, _)| later < node);
        self.guards[first..].iter().take_while(move |&&(later, _)| later == node).map(|&(_, guard)| guard as usize)
    }

    /// The nodes that the guards of a node compare it with.
    #[inline]
    pub(super) fn compared_with<T>(&self, graph: &Graph<T>, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let operands = self.guards_at(node).flat_map(|guard| graph.guards()[guard].operands);
        operands.filter(move |&other| other != node)
    }

    /// The guards, each with the later node that it compares.
    pub(super) fn guards(&self) -> &[(NodeIndex, u32)] {
        &self.guards
    }

    /// How many terms a node is the sum of: 1 if it is no sum.
    fn term_count<T: Float>(&self, graph: &Graph<T>, node: NodeIndex) -> u32 {
        let mut count = 0_u32;
        let is_linear = linear_operands(graph, node, |operand, _| {
            let is_constant = graph.node(operand).op == Op::constant;
            let is_inside = self.uses[operand.index()] == 1;
            count = count.saturating_add(match self.terms[operand.index()] {
                _ if is_constant => 0,
                inside if is_inside => inside,
                _ => 1,
            });
        });
        if is_linear { count.max(1) } else { 1 }
    }

    /// How many numbers a node joins as a chain: none if it is a single operation of two.
    fn link_count<T: Float>(&self, graph: &Graph<T>, node: NodeIndex) -> u32 {
        let Some(rest) = rest_of_chain(graph, node, &self.uses, &self.links) else {
            let is_list = graph.node(node).op == Op::product;
            return if is_list { checked_u32(graph.operands(graph.node(node)).len()) } else { 0 };
        };
        checked_u32(graph.operands(graph.node(node)).len()) - 1 + self.links[rest.index()].max(2)
    }
}
