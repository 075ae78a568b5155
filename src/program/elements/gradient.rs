//! Value and gradient, element by element.
//!
//! The elements of each group run as the rows of two programs. The forward program computes the numbers of the roots; the
//! backward program computes, of the adjoints of the roots, what they add to the adjoints of the leaves. If the output is
//! the sum of roots, their adjoints are known before, and the backward program alone runs.

use super::facts::Facts;
use super::groups::{Group, Use, groups};
use super::partition::{NONE, Partition};
use super::template::Template;
use crate::number::Plain;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::compile::instructions::ResultPlace;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::transform::reverse::{Sum as RowSum, reverse};
use crate::program::{Program, Rows, Workspace};

/// A comparison came out otherwise than when the function was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Branched;

/// A function of one output as elements.
pub(crate) struct GradientPlan<T> {
    /// The smallest depth first.
    steps: Vec<(u32, Step)>,
    blocks: Vec<Block<T>>,
    sums: Vec<SumOfTerms<T>>,
    inputs: usize,
    /// How many numbers have an adjoint: the inputs, sums, and roots that elements use.
    with_adjoint: usize,
    /// The numbers of inputs, sums, roots and data; then the adjoints.
    state: Vec<T>,
    /// Where the adjoints begin.
    adjoints: usize,
    workspace: Workspace<T>,
    parameters: Vec<T>,
}

#[derive(Clone, Copy)]
enum Step {
    Sum(usize),
    Block(usize),
}

/// A sum, and those of its terms that are in the state.
struct SumOfTerms<T> {
    place: usize,
    constant: T,
    terms: Vec<(u32, T)>,
}

/// A group with its programs.
struct Block<T> {
    forward: Program<T>,
    /// None if no root is needed: the group only has guards.
    backward: Option<Program<T>>,
    /// The inputs of the forward program; the backward program has the adjoints of roots behind them.
    index: Index,
    backward_index: Index,
    /// The places of the parameters. The backward program has the adjoints of sums behind them.
    uniforms: Vec<u32>,
    backward_uniforms: Vec<u32>,
    /// How many of the inputs are leaves with a derivative.
    gathered: usize,
    /// Where each root goes.
    roots: Vec<Target>,
    /// Whether all roots are terms of the output, so that the forward program need not run.
    is_last: bool,
}

#[derive(Clone, Copy)]
enum Target {
    /// To the sum at this place.
    Sum(usize),
    /// To a column from this place on.
    Column(usize),
}

/// What the numbers of rows of all sizes cost, for the choice between programs and a tape. In units of an operation on a
/// tape.
const COST_OF_INSTRUCTION: f64 = 2.0;
const COST_OF_ROW: f64 = 0.15;
const COST_OF_BLOCK: f64 = 50.0;
/// A group of fewer elements is not worth a template, if there is a sum to take apart.
const FEW_ROWS: usize = 4;
/// So many times as many terms as rows are taken apart.
const MANY_TERMS: usize = 256;
/// The fewest terms that are taken apart.
const FEWEST_TERMS: u32 = 8;
const ROUNDS: usize = 8;

impl<T: Precision> GradientPlan<T> {
    /// The plan of a graph whose nodes are all needed, of one output; or none if there are too few elements of a kind and it
    /// need not be found `always`.
    pub(crate) fn of(graph: &Graph<T>, always: bool) -> Option<Self> {
        let facts = Facts::of(graph);
        let (partition, groups) = divided(graph, &facts);
        let operations = graph.nodes.iter().filter(|node| !node.is_leaf()).count();
        let cost = |group: &Group<T>| {
            let [nodes, rows] = [group.shape.nodes.len(), group.rows].map(|count| f64::from(checked_u32(count)));
            COST_OF_BLOCK + nodes * (COST_OF_INSTRUCTION + COST_OF_ROW * rows)
        };
        let cost: f64 = groups.iter().map(cost).sum();
        (always || cost < f64::from(checked_u32(operations))).then(|| Self::new(graph, &partition, &groups))
    }

    fn new(graph: &Graph<T>, partition: &Partition<T>, groups: &[Group<T>]) -> Self {
        if std::env::var("SHOW").is_ok() {
            for g in groups {
                eprintln!(
                    "group depth {} rows {} nodes {} roots {:?} leaves {} guards {:?}",
                    g.depth,
                    g.rows,
                    g.shape.nodes.len(),
                    g.shape.roots,
                    g.leaves.len() / g.rows,
                    g.shape.guards
                );
            }
            for s in &partition.sums {
                eprintln!("sum {:?} depth {} terms {} {:?}", s.node, s.depth, s.terms.len(), s.constant.to_f64());
            }
        }
        let inputs = graph.inputs as usize;
        let mut places = vec![NONE; graph.nodes.len()];
        for (k, node) in graph.indexed_nodes().filter(|(_, node)| node.op == Op::input) {
            places[k.index()] = checked_u32(node.leaf_index());
        }
        let mut end = inputs;
        let mut take = |count: usize| {
            end += count;
            end - count
        };
        for sum in &partition.sums {
            // If the output is no sum, its root has another name than the sum of this one term.
            let place = take(1);
            if sum.terms.first().is_none_or(|&(term, _)| term != sum.node) {
                places[sum.node.index()] = checked_u32(place);
            }
        }
        let columns: Vec<Vec<usize>> = groups
            .iter()
            .map(|group| group.uses().map(|used| if used == Use::Elements { take(group.rows) } else { 0 }).collect())
            .collect();
        for (group, columns) in groups.iter().zip(&columns) {
            let count = columns.len();
            for (k, (&column, used)) in columns.iter().zip(group.uses()).enumerate() {
                if used == Use::Elements {
                    let roots = group.roots[k..].iter().step_by(count);
                    roots.enumerate().for_each(|(row, root)| places[root.index()] = checked_u32(column + row));
                }
            }
        }
        let with_adjoint = end;
        let mut is_alone = vec![false; graph.nodes.len()];
        for group in groups {
            let uses: Vec<Use> = group.uses().collect();
            for (k, root) in group.roots.iter().enumerate() {
                is_alone[root.index()] = uses[k % uses.len()] != Use::Elements;
            }
        }
        let mut state = vec![T::zero(); with_adjoint];
        let sums: Vec<SumOfTerms<T>> = (inputs..)
            .zip(&partition.sums)
            .map(|(place, sum)| {
                let terms = sum.terms.iter().filter(|(term, _)| !is_alone[term.index()]);
                let terms = terms.map(|&(term, weight)| (places[term.index()], weight)).collect();
                SumOfTerms { place, constant: sum.constant, terms }
            })
            .collect();
        let templates: Vec<Template<T>> = groups.iter().map(|group| Template::of(graph, group)).collect();
        let data: Vec<usize> = templates
            .iter()
            .map(|template| {
                template.data.iter().for_each(|column| state.extend(column));
                state.len()
            })
            .collect();
        let adjoints = state.len();
        let blocks: Vec<Block<T>> = groups
            .iter()
            .zip(&templates)
            .zip(columns.iter().zip(&data))
            .map(|((group, template), (columns, &data_end))| {
                Block::new(group, template, columns, data_end, inputs, adjoints, |leaf| places[leaf.index()])
            })
            .collect();
        state.resize(adjoints + with_adjoint, T::zero());
        let steps_of_sums = partition.sums.iter().enumerate().map(|(k, sum)| (sum.depth, Step::Sum(k)));
        let steps_of_blocks = groups.iter().enumerate().map(|(k, group)| (group.depth, Step::Block(k)));
        let mut steps: Vec<(u32, Step)> = steps_of_sums.chain(steps_of_blocks).collect();
        steps.sort_by_key(|&(depth, _)| depth);
        let (workspace, parameters) = (Workspace::new(), Vec::new());
        Self { steps, blocks, sums, inputs, with_adjoint, state, adjoints, workspace, parameters }
    }

    /// The value.
    pub(crate) fn value(&mut self, x: &[T]) -> Result<T, Branched> {
        self.forward(x, false)?;
        Ok(self.state[self.inputs])
    }

    /// The value; writes the gradient.
    pub(crate) fn gradient(&mut self, x: &[T], gradient: &mut [T]) -> Result<T, Branched> {
        self.forward(x, true)?;
        let adjoints = self.adjoints;
        self.state[adjoints..].fill(T::zero());
        self.state[adjoints + self.inputs] = T::one();
        for step in 0..self.steps.len() {
            match self.steps[step].1 {
                Step::Sum(k) => {
                    let sum = &self.sums[k];
                    let adjoint = self.state[adjoints + sum.place];
                    for &(place, weight) in &sum.terms {
                        self.state[adjoints + place as usize] += weight * adjoint;
                    }
                }
                Step::Block(k) => self.run_backward(k)?,
            }
        }
        gradient.copy_from_slice(&self.state[adjoints..][..self.inputs]);
        Ok(self.state[self.inputs])
    }

    /// Computes all numbers; without those of the last elements, which the backward pass computes.
    fn forward(&mut self, x: &[T], leaves_out_last: bool) -> Result<(), Branched> {
        self.state[..self.inputs].copy_from_slice(x);
        for sum in &self.sums {
            self.state[sum.place] = sum.constant;
        }
        for step in (0..self.steps.len()).rev() {
            match self.steps[step].1 {
                Step::Sum(k) => {
                    let sum = &self.sums[k];
                    let terms = sum.terms.iter().map(|&(place, weight)| weight * self.state[place as usize]);
                    let total = terms.fold(T::zero(), |total, term| total + term);
                    self.state[sum.place] += total;
                }
                Step::Block(k) if leaves_out_last && self.blocks[k].is_last => {}
                Step::Block(k) => self.run_forward(k)?,
            }
        }
        Ok(())
    }

    fn run_forward(&mut self, k: usize) -> Result<(), Branched> {
        let block = &self.blocks[k];
        let Self { state, workspace, parameters, .. } = self;
        run(&block.forward, &block.index, &block.uniforms, state, parameters, workspace)?;
        for (&target, place) in block.roots.iter().zip(block.forward.places()) {
            match (target, place) {
                (Target::Sum(sum), ResultPlace::Total(total)) => state[sum] += workspace.totals[total],
                (Target::Column(first), ResultPlace::Total(total)) => {
                    state[first..][..block.index.len()].fill(workspace.totals[total]);
                }
                (Target::Column(first), ResultPlace::Column(column)) => {
                    let rows = block.index.len();
                    state[first..][..rows].copy_from_slice(&workspace.results[column * rows..][..rows]);
                }
                (Target::Sum(_), ResultPlace::Column(_)) => unreachable!("a sum over rows is a total"),
            }
        }
        Ok(())
    }

    fn run_backward(&mut self, k: usize) -> Result<(), Branched> {
        let block = &self.blocks[k];
        let Some(backward) = &block.backward else { return Ok(()) };
        let Self { state, workspace, parameters, adjoints, inputs, .. } = self;
        run(backward, &block.backward_index, &block.backward_uniforms, state, parameters, workspace)?;
        let mut places = backward.places();
        let (rows, value) = (block.index.len(), places.next());
        if let (true, Some(ResultPlace::Total(total))) = (block.is_last, value) {
            state[*inputs] += workspace.totals[total];
        }
        let state = &mut state[*adjoints..];
        for (&uniform, place) in block.uniforms.iter().zip(&mut places) {
            if let ResultPlace::Total(total) = place {
                state[uniform as usize] += workspace.totals[total];
            }
        }
        for (column, place) in (0..block.gathered).zip(places) {
            let column = block.index.column(column);
            match place {
                ResultPlace::Column(result) => column.add(&workspace.results[result * rows..][..rows], state),
                ResultPlace::Total(total) => {
                    let x = workspace.totals[total];
                    column.update((0..rows).map(|_| x), state, |sum, x| *sum += x);
                }
            }
        }
        Ok(())
    }

    /// How many elements each template has, and how many operations an element.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (usize, usize)> {
        self.blocks.iter().map(|block| (block.index.len(), block.forward.operations()))
    }

    pub(crate) fn with_adjoint(&self) -> usize {
        self.with_adjoint
    }
}

/// Runs a program on the rows of an index into the state.
pub(super) fn run<T: Precision>(
    program: &Program<T>,
    index: &Index,
    uniforms: &[u32],
    state: &[T],
    parameters: &mut Vec<T>,
    workspace: &mut Workspace<T>,
) -> Result<(), Branched> {
    parameters.clear();
    parameters.extend(uniforms.iter().map(|&place| state[place as usize]));
    let rows = Rows::gathered(state, index).expect("the state has all places");
    program.run_unguarded(parameters, rows, workspace).expect("a template fits its group");
    let failed = workspace.uniform_guard_failed || workspace.guard_failed.contains(&true);
    if failed { Err(Branched) } else { Ok(()) }
}

/// Divides a graph. Where an element has few of its kind, its largest sum is taken apart.
fn divided<T: Plain>(graph: &Graph<T>, facts: &Facts) -> (Partition<T>, Vec<Group<T>>) {
    let mut cut: Vec<NodeIndex> = graph.outputs.clone();
    for _ in 0..ROUNDS {
        let partition = Partition::of(graph, facts, &cut, &[]);
        let groups = groups(graph, facts, &partition);
        let before = cut.len();
        for group in &groups {
            let rows = group.rows;
            let terms = |&(_, count): &(NodeIndex, u32)| count;
            let sums = group.shape.nodes.iter().map(|&k| (k, facts.terms[k.index()]));
            let Some((sum, count)) = sums.filter(|&(_, count)| count >= FEWEST_TERMS).max_by_key(terms) else {
                continue;
            };
            if rows < FEW_ROWS || count as usize > MANY_TERMS * rows {
                let at = group.shape.nodes.binary_search(&sum).expect("it is one of them");
                cut.extend(group.firsts.iter().map(|&first| partition.members(partition.owner(first) as usize)[at]));
            }
        }
        if cut.len() == before {
            return (partition, groups);
        }
        cut[graph.outputs.len()..].sort_unstable_by(|a, b| b.cmp(a));
    }
    let partition = Partition::of(graph, facts, &cut, &[]);
    let groups = groups(graph, facts, &partition);
    (partition, groups)
}

impl<T: Precision> Block<T> {
    fn new(
        group: &Group<T>,
        template: &Template<T>,
        columns: &[usize],
        data_end: usize,
        first_sum: usize,
        adjoints: usize,
        place: impl Fn(NodeIndex) -> u32,
    ) -> Self {
        let options = Options::new();
        let rows = group.rows;
        let roots: Vec<Target> = group
            .uses()
            .zip(columns)
            .map(|(used, &column)| match used {
                Use::Sum(sum) => Target::Sum(first_sum + sum as usize),
                Use::Elements => Target::Column(column),
            })
            .collect();
        let is_last = !roots.is_empty() && group.uses().all(|used| used == Use::Sum(0));
        // The forward program.
        let mut graph = template.graph.clone();
        graph.of_sum = true;
        for (k, target) in roots.iter().enumerate() {
            if let Target::Sum(_) = target {
                let root = graph.outputs[k];
                graph.outputs[k] = graph.push(Node::operation(Op::total, [root; 3], 0));
            }
        }
        let forward = Program::optimized(&graph, options);
        let mut all: Vec<Column> = template
            .gathered
            .iter()
            .map(|column| Column::new(column.iter().map(|&leaf| place(leaf)).collect()))
            .collect();
        let gathered = all.len();
        let first_data = data_end - template.data.len() * rows;
        all.extend((0..template.data.len()).map(|k| Column::Strided { first: first_data + k * rows, stride: 1 }));
        let uniforms: Vec<u32> = template.uniforms.iter().map(|&leaf| place(leaf)).collect();
        let index = Index::of_columns(all.clone(), rows);
        // The backward program: the derivative of the sum of the roots, each times its adjoint.
        let mut backward_uniforms = uniforms.clone();
        let backward = (!roots.is_empty()).then(|| {
            let mut graph = template.graph.clone();
            let mut combined: Option<NodeIndex> = None;
            for (target, root) in roots.iter().zip(std::mem::take(&mut graph.outputs)) {
                let adjoint = match *target {
                    Target::Sum(_) if is_last => None,
                    Target::Sum(sum) => {
                        backward_uniforms.push(checked_u32(adjoints + sum));
                        graph.parameters += 1;
                        Some(Node::leaf(Op::parameter, graph.parameters - 1))
                    }
                    Target::Column(first) => {
                        all.push(Column::Strided { first: adjoints + first, stride: 1 });
                        graph.inputs += 1;
                        Some(Node::leaf(Op::input, graph.inputs - 1))
                    }
                };
                let weighted = match adjoint {
                    None => root,
                    Some(adjoint) => {
                        let adjoint = graph.push(adjoint);
                        graph.push(Node::operation(Op::mul, [adjoint, root, adjoint], 0))
                    }
                };
                combined = Some(
                    combined.map_or(weighted, |sum| graph.push(Node::operation(Op::add, [sum, weighted, sum], 0))),
                );
            }
            graph.outputs.extend(combined);
            let wanted: Vec<Option<NodeIndex>> =
                (0..uniforms.len() + gathered).map(|leaf| Some(NodeIndex::new(leaf))).collect();
            Program::optimized(&reverse(&graph, options, &wanted, Some(RowSum { once: None })), options)
        });
        let backward_index = Index::of_columns(all, rows);
        Self { forward, backward, index, backward_index, uniforms, backward_uniforms, gathered, roots, is_last }
    }
}
