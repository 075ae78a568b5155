//! Sums: a node as a constant and terms with constant weights.

use num_traits::Float;

use super::facts::Facts;
use super::operands::linear_operands;
use crate::ops::index::NodeIndex;
use crate::program::graph::Graph;

/// A node that is a constant plus terms, each times a weight.
#[derive(Debug)]
pub(super) struct Sum<T> {
    pub(super) node: NodeIndex,
    pub(super) constant: T,
    /// In ascending order, each node once.
    pub(super) terms: Vec<(NodeIndex, T)>,
    /// See [`Partition`](super::partition::Partition).
    pub(super) depth: u32,
}

/// A sum of no more terms is not taken apart if it is a term itself.
const SHORT: u32 = 8;
/// The terms of a list of so many are not taken apart.
const LONG_LIST: usize = 8;

impl<T: Float> Sum<T> {
    /// Takes a node apart. Calls `inside` with it, and with the nodes between it and its terms.
    ///
    /// A sum in a loop, `s = s + t`, is a chain of additions whose smaller operands are the terms: what is added to
    /// them at the start of the chain is no term if it has more terms of its own than they have.
    pub(super) fn of(graph: &Graph<T>, facts: &Facts, node: NodeIndex, mut inside: impl FnMut(NodeIndex)) -> Self {
        let mut sum = Self { node, constant: T::zero(), terms: Vec::new(), depth: 0 };
        // The nodes to take apart, their weights, and how many terms an element beside them has.
        let mut waiting = vec![(node, T::one(), 0)];
        let mut operands: Vec<(NodeIndex, T)> = Vec::new();
        while let Some((node, weight, beside)) = waiting.pop() {
            if let Some(constant) = graph.constant(graph.node(node)) {
                sum.constant = sum.constant + weight * constant;
                continue;
            }
            operands.clear();
            let mut added = T::zero();
            let is_linear = linear_operands(graph, node, |operand, factor| match graph.constant(graph.node(operand)) {
                Some(constant) => added = added + factor * constant,
                None => operands.push((operand, factor)),
            });
            let count =
                |operand: NodeIndex| if facts.uses[operand.index()] == 1 { facts.terms[operand.index()] } else { 1 };
            // An element keeps its sums, unless these are a constant and a weight.
            let is_element = beside > 0 && operands.len() != 1 && facts.terms[node.index()] <= beside;
            let is_shared = node != sum.node && facts.uses[node.index()] != 1;
            // A product of factors that overflows says nothing.
            let overflows = operands.iter().any(|&(_, factor)| !(weight * factor).is_normal());
            if !is_linear || is_element || is_shared || overflows {
                sum.terms.push((node, weight));
                continue;
            }
            inside(node);
            sum.constant = sum.constant + weight * added;
            let beside_operand = |operand: NodeIndex| {
                let own = count(operand);
                match operands.len() {
                    1 => beside,
                    2 => {
                        let others = operands.iter().map(|&(other, _)| other).filter(|&other| other != operand);
                        let other = others.map(count).max().unwrap_or(0);
                        let least = own.min(other);
                        let are_sums = least > SHORT && least > beside && least >= own.max(other) / 4;
                        if are_sums { 0 } else { least.max(beside) }
                    }
                    // A long list is one of elements.
                    3..LONG_LIST if own > SHORT => 0,
                    _ => u32::MAX,
                }
            };
            let below = operands.iter().map(|&(operand, factor)| (operand, weight * factor, beside_operand(operand)));
            waiting.extend(below);
        }
        join_equal(&mut sum.terms);
        sum
    }
}

/// Sorts terms, and joins those that are equal: their weights are added.
pub(super) fn join_equal<K: Copy + Ord, T: Float>(terms: &mut Vec<(K, T)>) {
    terms.sort_by_key(|&(term, _)| term);
    terms.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 = kept.1 + next.1;
        }
        is_same
    });
}
