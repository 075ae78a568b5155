//! Sparse derivatives, element by element.
//!
//! Each element is extended down to the inputs: what several elements share is computed in each of them. Then the Jacobian
//! of an element has rows of the Jacobian of the function, and the Hessian is the sum of those of the elements. The places
//! of their numbers in the sparse matrix are found once.

use std::rc::Rc;

use super::facts::Facts;
use super::gradient::{Branched, run};
use super::groups::{Element, Group, Groups, Use};
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
use crate::program::transform::forward::forward;
use crate::program::transform::reverse::reverse;
use crate::program::{Program, Workspace};
use crate::sparse::{Csr, Sparsity};

/// A function as elements whose outputs are added to vectors.
pub(crate) struct MatrixPlan<T> {
    blocks: Vec<Block<T>>,
    inputs: usize,
    /// The inputs, the data of the elements, the direction and a zero.
    state: Vec<T>,
    direction: usize,
    pattern: Sparsity,
    /// Whether no two numbers have the same place in the matrix.
    is_disjoint: bool,
    workspace: Workspace<T>,
    parameters: Vec<T>,
    /// Outputs that are inputs or constants.
    fixed: Vec<(usize, Fixed<T>)>,
}

/// An output of the function that needs no element.
enum Fixed<T> {
    Constant(T),
    Input(usize),
}

struct Block<T> {
    program: Program<T>,
    index: Index,
    uniforms: Vec<u32>,
    /// Where each output of the program goes.
    targets: Vec<Target>,
}

/// Where an output of an element goes.
enum Target {
    /// Written to the results.
    Results(Column),
    /// Added to the numbers of the matrix, or to the product with a direction.
    Matrix(Column),
    /// To the matrix, at the places of this entry, which are not known yet.
    Entry(usize),
}

/// What is computed of each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The outputs and their derivatives.
    Jacobian,
    /// The second derivatives of the sum of the outputs.
    Hessian,
    /// Their product with a direction.
    HessianTimesVector,
}

/// Elements that share so much that there are more than this many times as many operations as were recorded are not worth
/// it, beside a few.
const MOST_EXTENSION: usize = 4;
const FEW_OPERATIONS: usize = 10_000;
/// An element with more inputs has too large a matrix.
const MOST_INPUTS: usize = 48;

impl<T: Precision> MatrixPlan<T> {
    /// The plan of a graph whose nodes are all needed; or none if its elements are too large.
    pub(crate) fn of(graph: &Graph<T>, wanted: Wanted) -> Option<Self> {
        let facts = Facts::of(graph);
        let is_sum = wanted != Wanted::Jacobian;
        let (cut, roots) = if is_sum { (&graph.outputs[..], &[][..]) } else { (&[][..], &graph.outputs[..]) };
        let partition = Partition::of(graph, &facts, cut, roots);
        let groups = extended(graph, &facts, &partition, is_sum)?;
        Self::new(graph, &groups, wanted)
    }

    fn new(graph: &Graph<T>, groups: &[Group<T>], wanted: Wanted) -> Option<Self> {
        let inputs = graph.inputs as usize;
        let outputs = if wanted == Wanted::Jacobian { graph.outputs.len() } else { inputs };
        let input = |leaf: NodeIndex| checked_u32(graph.node(leaf).leaf_index());
        let templates: Vec<Template<T>> = groups.iter().map(|group| Template::of(graph, group)).collect();
        let mut state = vec![T::zero(); inputs];
        templates.iter().flat_map(|template| &template.data).for_each(|column| state.extend(column));
        let direction = state.len();
        let mut first_data = inputs;
        // The results that each output is; several if it is returned several times.
        let mut results_of: Vec<Vec<u32>> = Vec::new();
        if wanted == Wanted::Jacobian {
            results_of.resize(graph.nodes.len(), Vec::new());
            (0..).zip(&graph.outputs).for_each(|(k, output)| results_of[output.index()].push(k));
        }
        let mut entries = Entries::default();
        let mut blocks = Vec::new();
        for (group, template) in groups.iter().zip(&templates) {
            let leaves = Leaves::of(template, group.rows, input);
            if leaves.lists.len() > MOST_INPUTS {
                return None;
            }
            let gathered = leaves.lists[template.uniforms.len()..].iter();
            let mut index: Vec<Column> = gathered.map(|list| Column::new(list.to_vec())).collect();
            let data =
                (0..template.data.len()).map(|k| Column::Strided { first: first_data + k * group.rows, stride: 1 });
            index.extend(data);
            first_data += template.data.len() * group.rows;
            let mut uniforms: Vec<u32> = template.uniforms.iter().map(|&leaf| input(leaf)).collect();
            let mut targets = Vec::new();
            let program = match wanted {
                Wanted::Jacobian => {
                    let count = group.shape.roots.len();
                    let results =
                        |k: usize| group.roots[k..].iter().step_by(count).map(|root| results_of[root.index()][0]);
                    let roots: Vec<List> = (0..count).map(|k| results(k).collect()).collect();
                    jacobian(&template.graph, &leaves, &roots, &mut targets, &mut entries)
                }
                Wanted::Hessian => hessian(&template.graph, &leaves, &mut targets, &mut entries),
                Wanted::HessianTimesVector => {
                    let zero = Column::Strided { first: direction + inputs, stride: 0 };
                    let gathered = template.gathered.len();
                    index.extend_from_within(..gathered);
                    let first = index.len() - gathered;
                    index[first..].iter_mut().for_each(|column| column.shift(direction));
                    index.extend(template.data.iter().map(|_| zero.clone()));
                    let directions: Vec<u32> = uniforms.iter().map(|&place| place + checked_u32(direction)).collect();
                    uniforms.extend(directions);
                    hessian_times_vector(&template.graph, &leaves, &mut targets)
                }
            };
            if targets.is_empty() && group.shape.guards.is_empty() {
                continue;
            }
            blocks.push(Block { program, index: Index::of_columns(index, group.rows), uniforms, targets });
        }
        state.resize(direction + if wanted == Wanted::HessianTimesVector { inputs + 1 } else { 0 }, T::zero());
        let mut fixed = Vec::new();
        if wanted == Wanted::Jacobian {
            for (k, &output) in graph.outputs.iter().enumerate() {
                let node = graph.node(output);
                match node.op {
                    Op::constant => fixed.push((k, Fixed::Constant(graph.constants[node.leaf_index()]))),
                    Op::input => {
                        let [row, column] = [k, node.leaf_index()].map(|place| List::from([checked_u32(place)]));
                        entries.add(&row, &column);
                        fixed.push((k, Fixed::Input(node.leaf_index())));
                    }
                    // Every output has a node of its own.
                    _ if results_of[output.index()].len() > 1 => return None,
                    _ => {}
                }
            }
        }
        let (pattern, is_disjoint) = entries.pattern(outputs, inputs);
        for target in blocks.iter_mut().flat_map(|block| &mut block.targets) {
            if let Target::Entry(entry) = *target {
                *target = Target::Matrix(entries.places(entry, &pattern));
            }
        }
        let is_disjoint = is_disjoint && wanted != Wanted::HessianTimesVector;
        let (workspace, parameters) = (Workspace::new(), Vec::new());
        Some(Self { blocks, inputs, state, direction, pattern, is_disjoint, workspace, parameters, fixed })
    }

    /// Writes the results to `y`, and the derivatives to the matrix.
    pub(crate) fn matrix(&mut self, x: &[T], y: &mut [T], matrix: &mut Csr<T>) -> Result<(), Branched> {
        matrix.set_pattern(&self.pattern);
        self.run(x, y, matrix.values_mut())?;
        for (k, fixed) in &self.fixed {
            y[*k] = match *fixed {
                Fixed::Constant(c) => c,
                Fixed::Input(input) => {
                    let place = self.pattern.offsets()[*k];
                    matrix.values_mut()[place] = T::one();
                    x[input]
                }
            };
        }
        Ok(())
    }

    /// Writes the Hessian times `v`.
    pub(crate) fn product(&mut self, x: &[T], v: &[T], product: &mut [T]) -> Result<(), Branched> {
        self.state[self.direction..][..self.inputs].copy_from_slice(v);
        self.run(x, &mut [], product)
    }

    fn run(&mut self, x: &[T], y: &mut [T], numbers: &mut [T]) -> Result<(), Branched> {
        self.state[..self.inputs].copy_from_slice(x);
        if !self.is_disjoint {
            numbers.fill(T::zero());
        }
        for block in &self.blocks {
            run(&block.program, &block.index, &block.uniforms, &self.state, &mut self.parameters, &mut self.workspace)?;
            let rows = block.index.len();
            for (target, place) in block.targets.iter().zip(block.program.places()) {
                let (column, vector, writes) = match target {
                    Target::Results(column) => (column, &mut *y, true),
                    Target::Matrix(column) => (column, &mut *numbers, self.is_disjoint),
                    Target::Entry(_) => unreachable!("all places are known"),
                };
                let put = |sum: &mut T, x: T| if writes { *sum = x } else { *sum += x };
                match place {
                    ResultPlace::Column(result) => {
                        let results = &self.workspace.results[result * rows..][..rows];
                        column.update(results.iter().copied(), vector, put);
                    }
                    ResultPlace::Total(total) => {
                        let x = self.workspace.totals[total];
                        column.update((0..rows).map(|_| x), vector, put);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The number of an input or an output of the function, for each row.
type List = Rc<[u32]>;

/// The leaves of a template with derivatives: parameters, then gathered inputs.
struct Leaves {
    /// The input of the function that each is.
    lists: Vec<List>,
    /// Their nodes in the template.
    nodes: Vec<Option<NodeIndex>>,
}

impl Leaves {
    fn of<T: Plain>(template: &Template<T>, rows: usize, input: impl Fn(NodeIndex) -> u32) -> Self {
        let uniforms = template.uniforms.iter().map(|&leaf| vec![input(leaf); rows].into());
        let gathered = template.gathered.iter().map(|column| column.iter().map(|&leaf| input(leaf)).collect());
        let lists: Vec<List> = uniforms.chain(gathered).collect();
        let nodes = (0..lists.len()).map(|leaf| Some(NodeIndex::new(leaf))).collect();
        Self { lists, nodes }
    }
}

fn is_zero<T: Precision>(graph: &Graph<T>, node: NodeIndex) -> bool {
    graph.constant(graph.node(node)) == Some(T::zero())
}

/// The program of these outputs. What is the same for all rows has no column.
fn program<T: Precision>(mut graph: Graph<T>, outputs: Vec<NodeIndex>) -> Program<T> {
    (graph.outputs, graph.of_sum) = (outputs, true);
    Program::optimized(&graph, Options::new())
}

/// The program of the outputs of a template and their derivatives.
fn jacobian<T: Precision>(
    template: &Graph<T>,
    leaves: &Leaves,
    roots: &[List],
    targets: &mut Vec<Target>,
    entries: &mut Entries,
) -> Program<T> {
    let derived = reverse(template, Options::new(), &leaves.nodes, None);
    let (values, slopes) = derived.outputs.split_at(roots.len());
    let mut outputs = values.to_vec();
    targets.extend(roots.iter().map(|list| Target::Results(Column::new(list.to_vec()))));
    for (root, slopes) in roots.iter().zip(slopes.chunks(leaves.lists.len().max(1))) {
        for (leaf, &slope) in leaves.lists.iter().zip(slopes) {
            if !is_zero(&derived, slope) {
                outputs.push(slope);
                targets.push(entries.add(root, leaf));
            }
        }
    }
    program(derived, outputs)
}

/// The graph of the sum of the outputs, and the derivatives of that behind it.
fn gradient<T: Precision>(template: &Graph<T>, leaves: &Leaves) -> Graph<T> {
    let mut graph = template.clone();
    let sum = std::mem::take(&mut graph.outputs)
        .into_iter()
        .reduce(|sum, root| graph.push(Node::operation(Op::add, [sum, root, sum], 0)));
    graph.outputs.extend(sum);
    if graph.outputs.is_empty() { graph } else { reverse(&graph, Options::new(), &leaves.nodes, None) }
}

/// The program of the second derivatives of a template, each at both of its places.
fn hessian<T: Precision>(
    template: &Graph<T>,
    leaves: &Leaves,
    targets: &mut Vec<Target>,
    entries: &mut Entries,
) -> Program<T> {
    let mut first = gradient(template, leaves);
    first.outputs.drain(..1.min(first.outputs.len()));
    let slopes = first.outputs.len();
    let second = reverse(&first, Options::new(), &leaves.nodes, None);
    let mut outputs = Vec::new();
    for (k, row) in second.outputs[slopes..].chunks(slopes.max(1)).enumerate() {
        for (j, &entry) in row[..=k].iter().enumerate().filter(|&(_, &entry)| !is_zero(&second, entry)) {
            let [a, b] = [&leaves.lists[k], &leaves.lists[j]];
            outputs.push(entry);
            targets.push(entries.add(a, b));
            if j != k {
                outputs.push(entry);
                targets.push(entries.add(b, a));
            }
        }
    }
    program(second, outputs)
}

/// The program of the derivatives along a direction of the derivatives of a template.
fn hessian_times_vector<T: Precision>(template: &Graph<T>, leaves: &Leaves, targets: &mut Vec<Target>) -> Program<T> {
    let mut first = gradient(template, leaves);
    first.outputs.drain(..1.min(first.outputs.len()));
    let slopes = first.outputs.len();
    let along = forward(&first, Options::new());
    let mut outputs = Vec::new();
    for (leaf, &product) in leaves.lists.iter().zip(&along.outputs[slopes..]) {
        if !is_zero(&along, product) {
            outputs.push(product);
            targets.push(Target::Matrix(Column::new(leaf.to_vec())));
        }
    }
    program(along, outputs)
}

/// Elements that reach down to the inputs, in groups; or none if they share too much.
fn extended<T: Plain>(
    graph: &Graph<T>,
    facts: &Facts,
    partition: &Partition<T>,
    is_sum: bool,
) -> Option<Vec<Group<T>>> {
    let is_output: Vec<bool> = {
        let mut is_output = vec![false; graph.nodes.len()];
        let terms = partition.sums.iter().flat_map(|sum| sum.terms.iter().map(|(term, _)| term));
        graph.outputs.iter().filter(|_| !is_sum).chain(terms).for_each(|root| is_output[root.index()] = true);
        is_output
    };
    let mut groups = Groups::new(graph, facts, partition);
    let mut budget = MOST_EXTENSION * graph.nodes.len() + FEW_OPERATIONS;
    let mut element = Element::default();
    let mut waiting = Vec::new();
    let mut seen = vec![NONE; graph.nodes.len()];
    for k in 0..partition.len() {
        let members = partition.members(k);
        let is_needed = |node: &NodeIndex| is_output[node.index()] || partition.is_silent(*node);
        if !members.iter().any(is_needed) {
            continue;
        }
        element.nodes.clear();
        element.roots.clear();
        waiting.extend(members.iter().filter(|node| is_needed(node)));
        element.roots.extend(
            members
                .iter()
                .filter(|node| is_output[node.index()])
                .map(|&root| (root, if is_sum { Use::Sum(0) } else { Use::Elements })),
        );
        while let Some(node) = waiting.pop() {
            if graph.node(node).is_leaf()
                || std::mem::replace(&mut seen[node.index()], checked_u32(k)) == checked_u32(k)
            {
                continue;
            }
            element.nodes.push(node);
            waiting.extend(graph.operands(graph.node(node)));
            waiting.extend(facts.guards_at(node).flat_map(|guard| graph.guards()[guard].operands));
        }
        budget = budget.checked_sub(element.nodes.len())?;
        element.nodes.sort_unstable();
        groups.add(&mut element);
    }
    Some(groups.finish(partition))
}

/// The places of a matrix: for each output of an element its rows and its columns.
#[derive(Default)]
struct Entries {
    lists: Vec<[List; 2]>,
}

impl Entries {
    /// Adds the places of an output. Returns where it goes.
    fn add(&mut self, rows: &List, columns: &List) -> Target {
        self.lists.push([rows.clone(), columns.clone()]);
        Target::Entry(self.lists.len() - 1)
    }

    /// The pattern of all places, and whether each occurs once.
    fn pattern(&self, rows: usize, columns: usize) -> (Sparsity, bool) {
        let mut offsets = vec![0_usize; rows + 1];
        self.lists.iter().flat_map(|[rows, _]| rows.iter()).for_each(|&row| offsets[row as usize + 1] += 1);
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }
        let (mut next, mut all) = (offsets.clone(), vec![0; offsets[rows]]);
        for (&row, &column) in self.lists.iter().flat_map(|[rows, columns]| rows.iter().zip(&**columns)) {
            all[next[row as usize]] = column as usize;
            next[row as usize] += 1;
        }
        let pattern = Sparsity::new(offsets.windows(2).map(|ends| all[ends[0]..ends[1]].iter().copied()), columns);
        let is_disjoint = pattern.nnz() == all.len();
        (pattern, is_disjoint)
    }

    /// The positions of the places of an output among all places of the pattern.
    fn places(&self, entry: usize, pattern: &Sparsity) -> Column {
        let [rows, columns] = &self.lists[entry];
        let place = |(&row, &column): (&u32, &u32)| {
            let found = pattern.row(row as usize).binary_search(&(column as usize));
            checked_u32(pattern.offsets()[row as usize] + found.expect("the pattern has all places"))
        };
        Column::new(rows.iter().zip(&**columns).map(place).collect())
    }
}
