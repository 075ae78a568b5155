//! Makes the programs of elements, and finds where their outputs go.

use super::entries::{Entries, List};
use super::reach::{groups_to_inputs, leaf_nodes};
use super::{Block, Fixed, MatrixPlan, Target, Wanted};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::Group;
use crate::program::elements::partition::Partition;
use crate::program::elements::template::Template;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::transform::forward::forward;
use crate::program::transform::reverse::reverse;
use crate::program::{Program, Workspace};

/// An element with more inputs has too large a matrix.
const MOST_INPUTS: usize = 48;

impl<T: Precision> MatrixPlan<T> {
    /// The plan of a graph whose nodes are all needed; or none if its elements are too large.
    pub(crate) fn of(graph: &Graph<T>, wanted: Wanted) -> Option<Self> {
        let facts = Facts::of(graph);
        let is_sum = wanted != Wanted::Jacobian;
        let (cut, roots) = if is_sum { (&graph.outputs[..], &[][..]) } else { (&[][..], &graph.outputs[..]) };
        let partition = Partition::of(graph, &facts, cut, roots);
        let groups = groups_to_inputs(graph, &facts, &partition, is_sum)?;
        let outputs = if is_sum { graph.inputs as usize } else { graph.outputs.len() };
        let mut maker = Maker {
            graph,
            wanted,
            inputs: graph.inputs as usize,
            output_of: vec![0; if is_sum { 0 } else { graph.nodes.len() }],
            entries: Entries::default(),
            state: Vec::new(),
        };
        let fixed = if is_sum { Vec::new() } else { maker.outputs()? };
        let templates: Vec<Template<T>> = groups.iter().map(|group| Template::of(graph, group)).collect();
        let data = templates.iter().flat_map(|template| template.data.iter().map(Vec::len)).sum();
        let mut made = Vec::with_capacity(groups.len());
        for (group, template) in groups.iter().zip(&templates) {
            made.push(maker.block(group, template, data)?);
        }
        let Maker { mut state, entries, inputs, .. } = maker;
        let (pattern, is_disjoint) = entries.pattern(outputs, inputs);
        for (block, entry_of) in &mut made {
            for ((_, _, column), entry) in block.targets.iter_mut().zip(entry_of) {
                if let Some(entry) = entry {
                    *column = entries.places(*entry, &pattern);
                }
            }
        }
        let direction = data..data + if wanted == Wanted::HessianTimesVector { inputs } else { 0 };
        state.resize(direction.end + 1, T::zero());
        let is_used = |block: &Block<T>| !block.targets.is_empty() || block.program.has_guards();
        let blocks = made.into_iter().map(|(block, _)| block).filter(is_used).collect();
        let (workspace, parameters) = (Workspace::new(), Vec::new());
        Some(Self { blocks, state, direction, pattern, is_disjoint, fixed, workspace, parameters })
    }
}

/// Makes blocks.
struct Maker<'g, T> {
    graph: &'g Graph<T>,
    wanted: Wanted,
    inputs: usize,
    /// Which output of the function each node is.
    output_of: Vec<u32>,
    entries: Entries,
    /// The data of the elements.
    state: Vec<T>,
}

/// A block, and the number of the entry of each of its targets in the matrix.
type Made<T> = (Block<T>, Vec<Option<usize>>);

/// The outputs of a program, and where they go.
#[derive(Default)]
struct Outputs {
    nodes: Vec<NodeIndex>,
    targets: Vec<(usize, Target, Column)>,
    entries: Vec<Option<usize>>,
}

impl Outputs {
    fn add(&mut self, node: NodeIndex) {
        self.nodes.push(node);
    }

    /// The last output goes to a vector.
    fn send_to_vector(&mut self, target: Target, places: &List) {
        self.targets.push((self.nodes.len() - 1, target, Column::new(places)));
        self.entries.push(None);
    }

    /// The last output goes to an entry of the matrix.
    fn send_to_matrix(&mut self, entry: usize) {
        self.targets.push((self.nodes.len() - 1, Target::Matrix, Column::even(0, 0, 0)));
        self.entries.push(Some(entry));
    }
}

impl<T: Precision> Maker<'_, T> {
    /// Notes which output each node is. Returns those that are leaves; or none if a node is two outputs.
    fn outputs(&mut self) -> Option<Vec<(usize, Fixed<T>)>> {
        let mut is_output = vec![false; self.graph.nodes.len()];
        let mut fixed = Vec::new();
        for (k, &output) in self.graph.outputs.iter().enumerate() {
            let node = self.graph.node(output);
            match node.op {
                Op::constant => fixed.push((k, Fixed::Constant(self.graph.constants[node.leaf_index()]))),
                Op::input => {
                    let [row, column] = [k, node.leaf_index()].map(|place| List::from([checked_u32(place)]));
                    self.entries.add(&row, &column);
                    fixed.push((k, Fixed::Input(node.leaf_index())));
                }
                _ if std::mem::replace(&mut is_output[output.index()], true) => return None,
                _ => self.output_of[output.index()] = checked_u32(k),
            }
        }
        Some(fixed)
    }

    fn block(&mut self, group: &Group<T>, template: &Template<T>, data: usize) -> Option<Made<T>> {
        let rows = group.rows;
        let input = |&leaf: &NodeIndex| checked_u32(self.graph.node(leaf).leaf_index());
        let uniforms: Vec<u32> = template.uniforms.iter().map(input).collect();
        let gathered = template.gathered.iter().map(|column| column.iter().map(input).collect());
        let leaves: Vec<List> = uniforms.iter().map(|&input| vec![input; rows].into()).chain(gathered).collect();
        if leaves.len() > MOST_INPUTS {
            return None;
        }
        let gathered: Vec<Column> = leaves[uniforms.len()..].iter().map(|list| Column::new(list)).collect();
        let first_data = self.inputs + self.state.len();
        let data_columns = (0..template.data.len()).map(|k| Column::even(first_data + k * rows, 1, rows));
        let mut columns: Vec<Column> = gathered.iter().cloned().chain(data_columns).collect();
        template.data.iter().for_each(|column| self.state.extend(column));
        let (mut outputs, mut places) = (Outputs::default(), uniforms.clone());
        let mut graph = match self.wanted {
            Wanted::Jacobian => {
                let count = group.shape.roots.len();
                let list = |k: usize| group.roots[k..].iter().step_by(count).map(|root| self.output_of[root.index()]);
                let roots: Vec<List> = (0..count).map(|k| list(k).collect()).collect();
                self.jacobian(&template.graph, &leaves, &roots, &mut outputs)
            }
            Wanted::Hessian => self.hessian(&template.graph, &leaves, &mut outputs),
            Wanted::HessianTimesVector => {
                // The direction stands behind the data, and a zero behind it.
                let direction = self.inputs + data;
                let zero = Column::even(direction + self.inputs, 0, rows);
                columns.extend(gathered.iter().map(|column| column.moved(direction)));
                columns.extend(template.data.iter().map(|_| zero.clone()));
                places.extend(uniforms.iter().map(|&place| place + checked_u32(direction)));
                hessian_times_vector(&template.graph, &leaves, &mut outputs)
            }
        };
        // What is the same for all rows has no column.
        (graph.outputs, graph.of_sum) = (outputs.nodes, true);
        let program = Program::optimized(&graph, Options::new());
        let (index, targets) = (Index::of_columns(columns, rows), outputs.targets);
        let block = Block { places: program.places().collect(), program, index, uniforms: places, targets };
        Some((block, outputs.entries))
    }

    /// The outputs of a template and their derivatives.
    fn jacobian(&mut self, template: &Graph<T>, leaves: &[List], roots: &[List], outputs: &mut Outputs) -> Graph<T> {
        let derived = reverse(template, Options::new(), &leaf_nodes(leaves.len()), None);
        let (values, slopes) = derived.outputs.split_at(roots.len());
        for (root, &value) in roots.iter().zip(values) {
            outputs.add(value);
            outputs.send_to_vector(Target::Outputs, root);
        }
        for (root, slopes) in roots.iter().zip(slopes.chunks(leaves.len().max(1))) {
            for (leaf, &slope) in leaves.iter().zip(slopes).filter(|&(_, &slope)| !is_zero(&derived, slope)) {
                outputs.add(slope);
                outputs.send_to_matrix(self.entries.add(root, leaf));
            }
        }
        derived
    }

    /// The second derivatives of a template. Each goes to both of its places.
    fn hessian(&mut self, template: &Graph<T>, leaves: &[List], outputs: &mut Outputs) -> Graph<T> {
        let first = slopes(template, leaves.len());
        let second = reverse(&first, Options::new(), &leaf_nodes(leaves.len()), None);
        let count = first.outputs.len();
        for (k, row) in second.outputs[count..].chunks(count.max(1)).enumerate() {
            for (j, &entry) in row[..=k].iter().enumerate().filter(|&(_, &entry)| !is_zero(&second, entry)) {
                outputs.add(entry);
                outputs.send_to_matrix(self.entries.add(&leaves[k], &leaves[j]));
                if j != k {
                    outputs.send_to_matrix(self.entries.add(&leaves[j], &leaves[k]));
                }
            }
        }
        second
    }
}

/// The derivatives along a direction of the derivatives of a template.
fn hessian_times_vector<T: Precision>(template: &Graph<T>, leaves: &[List], outputs: &mut Outputs) -> Graph<T> {
    let first = slopes(template, leaves.len());
    let along = forward(&first, Options::new());
    for (leaf, &product) in leaves.iter().zip(&along.outputs[first.outputs.len()..]) {
        if !is_zero(&along, product) {
            outputs.add(product);
            outputs.send_to_vector(Target::Product, leaf);
        }
    }
    along
}

/// The graph of the derivatives of the sum of the outputs by the first leaves.
fn slopes<T: Precision>(template: &Graph<T>, leaves: usize) -> Graph<T> {
    let mut graph = template.clone();
    let roots = std::mem::take(&mut graph.outputs);
    let sum = roots.into_iter().reduce(|sum, root| graph.push(Node::operation(Op::add, [sum, root, sum], 0)));
    graph.outputs.extend(sum);
    let mut derived = if sum.is_some() { reverse(&graph, Options::new(), &leaf_nodes(leaves), None) } else { graph };
    derived.outputs.drain(..usize::from(sum.is_some()));
    derived
}

fn is_zero<T: Precision>(graph: &Graph<T>, node: NodeIndex) -> bool {
    graph.constant(graph.node(node)) == Some(T::zero())
}
