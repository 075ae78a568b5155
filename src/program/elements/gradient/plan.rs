//! Finds the elements of a function of one output, and makes their programs.

use std::ops::Range;

use super::chain::{ChainOfTerms, Chained};
use super::{Block, GradientPlan, Step, SumOfTerms, Target};
use crate::number::Plain;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::Program;
use crate::program::elements::chains::Chain;
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::{Group, Use, groups, pays};
use crate::program::elements::making::{Making, Stage, is_taken_apart};
use crate::program::elements::partition::{Cuts, NONE, Partition};
use crate::program::elements::scatter::{Aim, Cleared, Memory, Places, Scatter};
use crate::program::elements::sums::Sum;
use crate::program::elements::template::{Template, leaf_nodes, weighted_sum};
use crate::program::elements::variables::Variables;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::transform::reverse::{Sum as RowSum, reverse};

/// How often sums and chains inside of others are taken apart.
const ROUNDS: usize = 8;

impl<T: Precision> GradientPlan<T> {
    /// The plan of a graph whose nodes are all needed, of one output; or none if it is not faster than so many
    /// operations on a tape, and it need not be made `always`.
    pub(crate) fn of(graph: &Graph<T>, operations: usize, making: Making) -> Option<Self> {
        let facts = Facts::of(graph, making.variables);
        let (partition, groups) = divided(graph, &facts, making);
        (making.always || pays(&groups, operations)).then(|| Self::new(graph, &facts, &partition, &groups, making))
    }

    fn new(graph: &Graph<T>, facts: &Facts, partition: &Partition<T>, groups: &[Group<T>], making: Making) -> Self {
        let arrangement = Arrangement::of(graph, facts, partition, groups, making);
        let inputs = graph.inputs as usize;
        let variables = making.variables.of(inputs);
        let mut state = vec![T::zero(); arrangement.state];
        let mut first_data = Vec::with_capacity(groups.len());
        for template in &arrangement.templates {
            first_data.push(inputs + state.len());
            template.data.iter().for_each(|column| state.extend(column));
        }
        arrangement.constants.iter().for_each(|&(at, constant)| state[at] = constant);
        let chain = |chain: &Chained| ChainOfTerms::new(graph, chain, inputs, &mut state);
        let chains: Vec<ChainOfTerms<T>> = arrangement.chains.iter().map(chain).collect();
        let adjoints = state.len();
        state.resize(adjoints + arrangement.state, T::zero());
        let blocks = groups.iter().zip(first_data).enumerate();
        let blocks = blocks.map(|(k, (group, first_data))| Block::new(&arrangement, k, group, first_data, adjoints));
        let mut blocks: Vec<Block<T>> = blocks.collect();
        let Arrangement { steps, sums, .. } = arrangement;
        let places = [variables.clone(), inputs..inputs + state.len() - adjoints];
        let starts = [variables.start, inputs];
        let cleared = write_first(&steps, &mut blocks, (&sums, &chains), places);
        Self { starts, steps, blocks, sums, chains, state, adjoints, cleared, memory: Memory::new() }
    }
}

/// The kinds of elements of a graph of one output: how many there are of each, and the program of their roots.
pub(crate) fn elements<T: Precision>(graph: &Graph<T>, variables: Variables) -> Vec<(usize, Program<T>)> {
    let (facts, making) = (Facts::of(graph, variables), Making::by(variables));
    let (_, groups) = divided(graph, &facts, making);
    let program =
        |group: &Group<T>| Program::optimized(&Template::of(graph, &facts, group, making).graph, Options::new());
    groups.iter().map(|group| (group.rows, program(group))).collect()
}

/// Divides a graph. Where an element has few of its kind, its longest sum or chain is taken apart.
pub(super) fn divided<T: Plain>(graph: &Graph<T>, facts: &Facts, making: Making) -> (Partition<T>, Vec<Group<T>>) {
    let mut cuts = Cuts { sums: graph.outputs.clone(), ..Cuts::default() };
    for round in 0.. {
        let partition = Partition::of(graph, facts, &cuts, making);
        let groups = groups(graph, facts, &partition);
        let mut is_final = true;
        for group in groups.iter().filter(|_| round < ROUNDS && making.has(Stage::Dividing)) {
            let longest = |counts: &[u32]| group.shape.nodes.iter().map(|k| counts[k.index()]).zip(0..).max();
            let (sum, chain) = (longest(&facts.terms), longest(&facts.links));
            let is_chain = chain > sum;
            let Some((terms, at)) = chain.max(sum) else { continue };
            if is_taken_apart(terms as usize, group.rows) {
                let node = |&first: &NodeIndex| partition.members(partition.owner(first) as usize)[at];
                let list = if is_chain { &mut cuts.chains } else { &mut cuts.sums };
                list.extend(group.firsts.iter().map(node));
                is_final = false;
            }
        }
        if is_final {
            return (partition, groups);
        }
        // The outer ones first.
        cuts.sums[graph.outputs.len()..].sort_unstable_by(|a, b| b.cmp(a));
        cuts.chains.sort_unstable_by(|a, b| b.cmp(a));
    }
    unreachable!("in the last round nothing is taken apart")
}

/// What an evaluation does, one after the other, and where its numbers stand.
pub(super) struct Arrangement<T> {
    making: Making,
    layout: Layout,
    pub(super) templates: Vec<Template<T>>,
    /// Where each root of each group goes.
    pub(super) targets: Vec<Vec<Target>>,
    /// Whether all roots of a group are terms of the output, so that the backward program computes its value.
    pub(super) is_last: Vec<bool>,
    /// How many numbers have a place behind the inputs.
    pub(super) state: usize,
    pub(super) sums: Vec<SumOfTerms<T>>,
    pub(super) chains: Vec<Chained>,
    /// The constants in chains, and where each stands in the state.
    pub(super) constants: Vec<(usize, T)>,
    /// The smallest depth first.
    pub(super) steps: Vec<Step>,
}

impl<T: Precision> Arrangement<T> {
    pub(super) fn of(
        graph: &Graph<T>,
        facts: &Facts,
        partition: &Partition<T>,
        groups: &[Group<T>],
        making: Making,
    ) -> Self {
        let mut layout = Layout::of(graph, partition);
        let targets: Vec<Vec<Target>> = groups.iter().map(|group| layout.targets(group)).collect();
        let (chains, constants) = layout.chains(graph, partition);
        // Comparisons run before the backward pass.
        let is_compared = groups.iter().any(|group| group.leaves.contains(&partition.sums[0].node));
        let may_be_last = making.has(Stage::ValueWithGradient) && !is_compared;
        let is_last =
            |group: &Group<T>| may_be_last && !group.roots.is_empty() && group.uses().all(|used| used == Use::Sum(0));
        let steps_of_sums = partition.sums.iter().enumerate().map(|(k, sum)| (sum.depth, Step::Sum(k)));
        let steps_of_groups = groups.iter().enumerate().map(|(k, group)| (group.depth, Step::Block(k)));
        let steps_of_chains = partition.chains.iter().enumerate().map(|(k, chain)| (chain.depth, Step::Chain(k)));
        let mut steps: Vec<(u32, Step)> = steps_of_sums.chain(steps_of_chains).chain(steps_of_groups).collect();
        steps.sort_by_key(|&(depth, _)| depth);
        Self {
            templates: groups.iter().map(|group| Template::of(graph, facts, group, making)).collect(),
            targets,
            is_last: groups.iter().map(is_last).collect(),
            state: layout.end - layout.inputs,
            sums: layout.sums(partition, groups),
            chains,
            constants,
            steps: steps.into_iter().map(|(_, step)| step).collect(),
            making,
            layout,
        }
    }

    /// The places of the leaves of a template that are the same in all rows.
    pub(super) fn uniforms(&self, template: &Template<T>) -> Vec<u32> {
        template.uniforms.iter().map(|&leaf| self.layout.place(leaf)).collect()
    }

    /// The places of the other leaves, column by column.
    pub(super) fn gathered(&self, template: &Template<T>) -> Vec<Column> {
        let column = |leaves: &Vec<NodeIndex>| leaves.iter().map(|&leaf| self.layout.place(leaf)).collect::<Vec<_>>();
        template.gathered.iter().map(|leaves| Column::new(&column(leaves))).collect()
    }
}

/// The places of numbers.
struct Layout {
    inputs: usize,
    /// Of inputs, sums, chains, and roots that elements use.
    places: Vec<u32>,
    end: usize,
}

impl Layout {
    /// The places of inputs, sums and chains.
    fn of<T: Plain>(graph: &Graph<T>, partition: &Partition<T>) -> Self {
        let inputs = graph.inputs as usize;
        let mut places = vec![NONE; graph.nodes.len()];
        for (k, node) in graph.indexed_nodes().filter(|(_, node)| node.op == Op::input) {
            places[k.index()] = checked_u32(node.leaf_index());
        }
        for (place, sum) in (inputs..).zip(&partition.sums) {
            // If the output is no sum, it is the root of an element, and the sum of this one term.
            if sum.terms.first().is_none_or(|&(term, _)| term != sum.node) {
                places[sum.node.index()] = checked_u32(place);
            }
        }
        let first_chain = inputs + partition.sums.len();
        for (place, chain) in (first_chain..).zip(&partition.chains) {
            places[chain.node.index()] = checked_u32(place);
        }
        Self { inputs, places, end: first_chain + partition.chains.len() }
    }

    /// Takes places for the roots of a group that elements use. Returns where each root goes.
    fn targets<T: Plain>(&mut self, group: &Group<T>) -> Vec<Target> {
        let count = group.shape.roots.len();
        let target = |(k, used): (usize, Use)| match used {
            Use::Sum(sum) => Target::Sum(sum as usize),
            Use::Elements => {
                let first = self.end;
                self.end += group.rows;
                let roots = group.roots[k..].iter().step_by(count);
                (first..).zip(roots).for_each(|(place, root)| self.places[root.index()] = checked_u32(place));
                Target::Column(first - self.inputs)
            }
        };
        group.uses().enumerate().map(target).collect()
    }

    /// The sums, with the terms that no program adds up.
    fn sums<T: Plain>(&self, partition: &Partition<T>, groups: &[Group<T>]) -> Vec<SumOfTerms<T>> {
        let mut is_added_up = vec![false; self.places.len()];
        for group in groups {
            let uses: Vec<Use> = group.uses().collect();
            for (root, used) in group.roots.iter().zip(uses.iter().cycle()) {
                is_added_up[root.index()] = *used != Use::Elements;
            }
        }
        let sum = |(at, sum): (usize, &Sum<T>)| {
            let terms = sum.terms.iter().filter(|(term, _)| !is_added_up[term.index()]);
            let terms = terms.map(|&(term, weight)| (self.place(term), weight)).collect();
            SumOfTerms { at, constant: sum.constant, terms }
        };
        partition.sums.iter().enumerate().map(sum).collect()
    }

    /// The chains, and the places that their constants take.
    fn chains<T: Plain>(&mut self, graph: &Graph<T>, partition: &Partition<T>) -> (Vec<Chained>, Vec<(usize, T)>) {
        let mut constants = Vec::new();
        let mut place = |term: &NodeIndex| match graph.constant(graph.node(*term)) {
            None => self.places[term.index()],
            Some(constant) => {
                constants.push((self.end - self.inputs, constant));
                self.end += 1;
                checked_u32(self.end - 1)
            }
        };
        let chain = |(at, chain): (usize, &Chain)| Chained {
            op: chain.op,
            at,
            terms: chain.terms.iter().map(&mut place).collect(),
        };
        let chains = (partition.sums.len()..).zip(&partition.chains).map(chain).collect();
        (chains, constants)
    }

    fn place(&self, node: NodeIndex) -> u32 {
        self.places[node.index()]
    }
}

impl<T: Precision> Block<T> {
    /// The programs of a group, whose data begin at a place. The adjoints begin there in the state.
    fn new(arrangement: &Arrangement<T>, k: usize, group: &Group<T>, first_data: usize, adjoints: usize) -> Self {
        let (rows, template, inputs) = (group.rows, &arrangement.templates[k], arrangement.layout.inputs);
        let (roots, is_last) = (arrangement.targets[k].clone(), arrangement.is_last[k]);
        let data = (0..template.data.len()).map(|k| Column::even(first_data + k * rows, 1, rows));
        let gathered = arrangement.gathered(template);
        let mut all: Vec<Column> = gathered.iter().cloned().chain(data).collect();
        let making = arrangement.making;
        let index = making.index(Index::of_columns(all.clone(), rows));
        let first_adjoint = inputs + adjoints;
        for target in &roots {
            if let Target::Column(at) = target {
                all.push(Column::even(first_adjoint + at, 1, rows));
            }
        }
        let (backward, adjoint_sums) = backward(template, &roots, is_last, Some(RowSum { once: None }));
        let adjoint_sums = adjoint_sums.into_iter().map(|sum| checked_u32(first_adjoint + sum));
        let uniforms = arrangement.uniforms(template);
        let aims = aims(inputs, is_last, template, &uniforms, &gathered);
        let backward = (!roots.is_empty() && !aims.is_empty()).then(|| {
            let program = Program::optimized(&backward, Options::new());
            let uniforms: Vec<u32> = uniforms.iter().copied().chain(adjoint_sums).collect();
            Scatter::new(program, Index::of_columns(all, rows), uniforms, aims, 3, making)
        });
        Self {
            operations: group.shape.nodes.len(),
            forward: forward(template, &roots),
            index,
            uniforms,
            backward,
            roots,
            is_last,
        }
    }
}

/// Finds out which adjoints are the first at their places, of those of the variables and of the state. Returns the
/// places of both that are cleared before.
fn write_first<T: Precision>(
    steps: &[Step],
    blocks: &mut [Block<T>],
    (sums, chains): (&[SumOfTerms<T>], &[ChainOfTerms<T>]),
    [variables, state]: [Range<usize>; 2],
) -> [Cleared; 2] {
    let value = state.start + sums[0].at;
    let mut vectors = [variables, state, 0..1].map(Places::new);
    vectors[1].touch(value);
    for step in steps {
        let mut touch = |place: u32| vectors.iter_mut().for_each(|vector| _ = vector.touch(place as usize));
        match *step {
            Step::Sum(k) => sums[k].terms.iter().for_each(|&(place, _)| touch(place)),
            Step::Chain(k) => chains[k].places().for_each(touch),
            Step::Block(k) => blocks[k].backward.iter_mut().for_each(|backward| backward.write_first(&mut vectors)),
        }
    }
    let [gradient, adjoints, _] = vectors.map(Places::cleared);
    [gradient, adjoints]
}

/// Where the results of a backward program go: the value, if it is the last one, and the derivatives by the leaves. The
/// vectors are the gradient, the other adjoints, and the value.
fn aims<T>(inputs: usize, is_last: bool, template: &Template<T>, uniforms: &[u32], gathered: &[Column]) -> Vec<Aim> {
    let mut aims = Vec::new();
    if is_last {
        aims.push(Aim::new(0, 2, Column::even(0, 0, 1), true));
    }
    for (k, &leaf) in template.varying.iter().enumerate() {
        let (places, is_total) = match leaf.checked_sub(uniforms.len()) {
            None => (Column::even(uniforms[leaf] as usize, 0, 1), true),
            Some(column) => (gathered[column].clone(), false),
        };
        let range = places.places();
        if range.start < inputs {
            aims.push(Aim::new(1 + k, 0, places.clone(), is_total));
        }
        if range.end > inputs {
            aims.push(Aim::new(1 + k, 1, places, is_total));
        }
    }
    aims
}

/// The program of the roots of a template, or their totals.
fn forward<T: Precision>(template: &Template<T>, roots: &[Target]) -> Program<T> {
    let mut graph = template.graph.clone();
    graph.of_sum = true;
    for (k, target) in roots.iter().enumerate() {
        if let Target::Sum(_) = target {
            let root = graph.outputs[k];
            graph.outputs[k] = graph.push(Node::operation(Op::total, [root; 3], 0));
        }
    }
    Program::optimized(&graph, Options::new())
}

/// The sum of the roots, each times its adjoint, and its derivatives by the leaves that vary; of each row, or of the
/// `sum` over the rows. Adjoints of sums are further parameters, unless they are 1; returns the sums. The others are
/// further inputs.
pub(super) fn backward<T: Precision>(
    template: &Template<T>,
    roots: &[Target],
    is_last: bool,
    sum: Option<RowSum>,
) -> (Graph<T>, Vec<usize>) {
    let (mut graph, mut sums) = (template.graph.clone(), Vec::new());
    let terms = roots.iter().zip(std::mem::take(&mut graph.outputs)).map(|(target, root)| {
        let adjoint = match *target {
            Target::Sum(_) if is_last => return (root, None),
            Target::Sum(sum) => {
                sums.push(sum);
                graph.parameters += 1;
                Node::leaf(Op::parameter, graph.parameters - 1)
            }
            Target::Column(_) => {
                graph.inputs += 1;
                Node::leaf(Op::input, graph.inputs - 1)
            }
        };
        (root, Some(graph.push(adjoint)))
    });
    let terms: Vec<_> = terms.collect();
    let combined = weighted_sum(&mut graph, terms);
    graph.outputs.extend(combined);
    let wanted = leaf_nodes(template.varying.iter().copied());
    (if roots.is_empty() { graph } else { reverse(&graph, Options::new(), &wanted, sum) }, sums)
}
