//! Elements that reach down to the inputs.

use super::terms::Terms;
use crate::number::Plain;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::{Element, Group, Groups, Root, Use};
use crate::program::elements::partition::{NONE, Partition};

/// Elements that share so much that they have more than this many times as many operations as were recorded are not
/// worth it, beside a few.
const MOST_TIMES: usize = 4;
const FEW_OPERATIONS: usize = 1 << 18;

/// An output of so many terms has elements of its own, whose sum over the rows is added to it.
const LONG: usize = 1 << 10;

/// The elements of the terms, with all that they depend on, in groups; or none if they share too much.
pub(super) fn groups_to_inputs<T: Plain>(
    terms: &Terms<'_, T>,
    facts: &Facts,
    partition: &Partition<T>,
) -> Option<Vec<Group<T>>> {
    let graph = &*terms.graph;
    let mut counts = vec![0_usize; 1 + terms.targets.iter().map(|&(output, _)| output as usize).max().unwrap_or(0)];
    terms.targets.iter().for_each(|&(output, _)| counts[output as usize] += 1);
    // Who needs each node, if it is a term, and its weight.
    let mut used = vec![None; graph.nodes.len()];
    for (term, (output, weight)) in terms.iter() {
        let is_long = counts[output as usize] >= LONG;
        used[term.index()] = Some((if is_long { Use::Sum(output) } else { Use::Elements }, weight));
    }
    let mut groups = Groups::new(graph, facts);
    let mut budget = MOST_TIMES * graph.nodes.len() + FEW_OPERATIONS;
    let (mut element, mut waiting) = (Element::default(), Vec::new());
    // The last element that each node is in.
    let mut seen = vec![NONE; graph.nodes.len()];
    // In the order of their terms, so that more places are equally far apart.
    let mut order: Vec<usize> = (0..partition.len()).collect();
    order.sort_by_cached_key(|&k| partition.members(k).iter().find(|node| used[node.index()].is_some()).copied());
    for k in order {
        element.roots.clear();
        let root = |&node: &NodeIndex| used[node.index()].map(|(used, weight)| Root { node, used, weight });
        element.roots.extend(partition.members(k).iter().filter_map(root));
        waiting.extend(element.roots.iter().map(|root| root.node));
        waiting.extend(partition.members(k).iter().filter(|&&node| partition.is_silent(node)));
        if waiting.is_empty() {
            continue;
        }
        element.nodes.clear();
        let number = checked_u32(k);
        while let Some(node) = waiting.pop() {
            let is_leaf = graph.node(node).is_leaf();
            if is_leaf || std::mem::replace(&mut seen[node.index()], number) == number {
                continue;
            }
            element.nodes.push(node);
            waiting.extend(graph.operands(graph.node(node)));
            waiting.extend(facts.compared_with(graph, node));
        }
        budget = budget.checked_sub(element.nodes.len())?;
        element.nodes.sort_unstable();
        groups.add(&mut element);
    }
    Some(groups.finish(partition))
}
