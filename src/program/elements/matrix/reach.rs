//! Elements that reach down to the inputs.

use crate::number::Plain;
use crate::ops::index::checked_u32;
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::{Element, Group, Groups, Use};
use crate::program::elements::partition::{NONE, Partition};
use crate::program::graph::Graph;

/// Elements that share so much that they have more than this many times as many operations as were recorded are not worth
/// it, beside a few.
const MOST_TIMES: usize = 4;
const FEW_OPERATIONS: usize = 1 << 18;

/// The elements of the outputs, or of the terms of the output, with all that they depend on, in groups; or none if they share
/// too much.
pub(super) fn groups_to_inputs<T: Plain>(
    graph: &Graph<T>,
    facts: &Facts,
    partition: &Partition<T>,
    is_sum: bool,
) -> Option<Vec<Group<T>>> {
    // An element has no leaves but inputs. A comparison of the output would need all of them.
    if facts.guards().iter().any(|&(later, _)| partition.owner(later) == NONE && !graph.node(later).is_leaf()) {
        return None;
    }
    let mut is_output = vec![false; graph.nodes.len()];
    let terms = partition.sums.iter().flat_map(|sum| sum.terms.iter().map(|(term, _)| term));
    graph.outputs.iter().filter(|_| !is_sum).chain(terms).for_each(|root| is_output[root.index()] = true);
    let used = if is_sum { Use::Sum(0) } else { Use::Elements };
    let mut groups = Groups::new(graph, facts, partition);
    let mut budget = MOST_TIMES * graph.nodes.len() + FEW_OPERATIONS;
    let (mut element, mut waiting) = (Element::default(), Vec::new());
    // The last element that each node is in.
    let mut seen = vec![NONE; graph.nodes.len()];
    // In the order of their outputs, so that more places are equally far apart.
    let mut order: Vec<usize> = (0..partition.len()).collect();
    order.sort_by_cached_key(|&k| partition.members(k).iter().find(|node| is_output[node.index()]).copied());
    for k in order {
        let outputs = partition.members(k).iter().copied().filter(|node| is_output[node.index()]);
        waiting.extend(outputs.clone());
        waiting.extend(partition.members(k).iter().filter(|&&node| partition.is_silent(node)));
        if waiting.is_empty() {
            continue;
        }
        element.nodes.clear();
        element.roots.clear();
        element.roots.extend(outputs.map(|root| (root, used)));
        let number = checked_u32(k);
        while let Some(node) = waiting.pop() {
            let is_leaf = graph.node(node).is_leaf();
            if is_leaf || std::mem::replace(&mut seen[node.index()], number) == number {
                continue;
            }
            element.nodes.push(node);
            let compared = facts.guards_at(node).flat_map(|guard| graph.guards()[guard].operands);
            waiting.extend(graph.operands(graph.node(node)).iter().copied().chain(compared));
        }
        budget = budget.checked_sub(element.nodes.len())?;
        element.nodes.sort_unstable();
        groups.add(&mut element);
    }
    Some(groups.finish(partition))
}
