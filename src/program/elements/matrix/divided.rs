//! Divides a function into elements that are small enough.

use super::Wanted;
use super::reach::groups_to_inputs;
use super::terms::Terms;
use crate::number::Plain;
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::Group;
use crate::program::elements::making::{Making, Stage, is_taken_apart};
use crate::program::elements::partition::{Cuts, Partition};
use crate::program::elements::template::Template;
use crate::program::graph::Graph;

/// How often terms that are sums are taken apart.
const ROUNDS: usize = 4;

/// The terms of the outputs of a function, in groups of elements.
pub(super) struct Divided<'g, T: Clone> {
    pub(super) terms: Terms<'g, T>,
    pub(super) groups: Vec<Group<T>>,
    /// That of each group.
    pub(super) templates: Vec<Template<T>>,
}

impl<'g, T: Plain> Divided<'g, T> {
    /// Divides a graph whose nodes are all needed, and whose outputs are leaves or have nodes of their own. An output
    /// whose element has more than so many variables is taken apart as a sum. So is one that has more data, if few
    /// elements are like it. None if an element has too many variables, and is no sum or belongs to a row of the
    /// Jacobian that must be whole; or if elements share too much.
    pub(super) fn of(graph: &'g Graph<T>, wanted: Wanted, making: Making, most_variables: usize) -> Option<Self> {
        let mut terms = Terms::of(graph);
        let is_divided = match wanted {
            Wanted::Hessian | Wanted::HessianTimesVector => true,
            Wanted::Outputs | Wanted::Jacobian | Wanted::WeightedHessian => !making.has(Stage::WholeOutputs),
            Wanted::NormalEquations => false,
        };
        if is_divided {
            terms = terms.taken_apart(&Facts::of(graph, making.variables), |_| true).unwrap_or(terms);
        }
        // Rows of the Jacobian are multiplied in elements.
        if wanted == Wanted::NormalEquations {
            terms = terms.with_computed_inputs();
        }
        for _ in 0..=ROUNDS {
            let facts = Facts::of(&terms.graph, making.variables);
            let cuts = Cuts { roots: terms.graph.outputs.clone(), ..Cuts::default() };
            let partition = Partition::of(&terms.graph, &facts, &cuts, making);
            let groups = groups_to_inputs(&terms, &facts, &partition)?;
            let template = |group: &Group<T>| Template::of(&terms.graph, &facts, group, making);
            let templates: Vec<Template<T>> = groups.iter().map(template).collect();
            let is_small = |template: &Template<T>| template.varying.len() <= most_variables;
            let is_wanted = |(group, template): &(&Group<T>, &Template<T>)| {
                !is_small(template)
                    || is_taken_apart(template.leaves(), group.rows) && template.leaves() > most_variables
            };
            let mut is_large = vec![false; terms.graph.nodes.len()];
            let large = groups.iter().zip(&templates).filter(is_wanted);
            large.flat_map(|(group, _)| &group.roots).for_each(|root| is_large[root.index()] = true);
            let may_be_divided = wanted != Wanted::NormalEquations;
            match terms.taken_apart(&facts, |root| may_be_divided && is_large[root.index()]) {
                Some(apart) => terms = apart,
                None => return templates.iter().all(is_small).then_some(Self { terms, groups, templates }),
            }
        }
        None
    }
}
