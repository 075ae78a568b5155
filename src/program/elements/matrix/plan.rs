//! Makes the programs of elements, and finds where their outputs go.

use super::entries::{Entries, List};
use super::reach::groups_to_inputs;
use super::{Block, Fixed, MatrixPlan, Target, Wanted};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::{Group, pays};
use crate::program::elements::partition::Partition;
use crate::program::elements::template::{Template, leaf_nodes};
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
    /// The plan of a graph whose nodes are all needed; or none if its elements are too large, or too few of a kind and it need
    /// not be found `always`.
    pub(crate) fn of(graph: &Graph<T>, wanted: Wanted, always: bool) -> Option<Self> {
        let facts = Facts::of(graph);
        let is_sum = matches!(wanted, Wanted::Hessian | Wanted::HessianTimesVector);
        let (cut, roots) = if is_sum { (&graph.outputs[..], &[][..]) } else { (&[][..], &graph.outputs[..]) };
        let partition = Partition::of(graph, &facts, cut, roots);
        let groups = groups_to_inputs(graph, &facts, &partition, is_sum)?;
        if !always && !pays(graph, &groups) {
            return None;
        }
        let inputs = graph.inputs as usize;
        let mut maker = Maker {
            graph,
            wanted,
            inputs,
            output_of: vec![0; if is_sum { 0 } else { graph.nodes.len() }],
            entries: Entries::default(),
            state: Vec::new(),
        };
        let mut fixed = if is_sum { Vec::new() } else { maker.outputs()? };
        if wanted == Wanted::WeightedHessian {
            // The outputs themselves are not wanted.
            fixed.clear();
        }
        let templates: Vec<Template<T>> = groups.iter().map(|group| Template::of(graph, group)).collect();
        let data = templates.iter().flat_map(|template| template.data.iter().map(Vec::len)).sum();
        let mut made = Vec::with_capacity(groups.len());
        for (group, template) in groups.iter().zip(&templates) {
            made.push(maker.block(group, template, data)?);
        }
        let Maker { mut state, entries, .. } = maker;
        let rows = if wanted == Wanted::Jacobian { graph.outputs.len() } else { inputs };
        let (pattern, is_disjoint) = entries.pattern(rows, inputs);
        for (block, entry_of) in &mut made {
            for ((_, _, column), entry) in block.targets.iter_mut().zip(entry_of) {
                if let Some(entry) = entry {
                    *column = entries.places(*entry, &pattern);
                }
            }
        }
        let is_input = |(_, fixed): &&(usize, Fixed<T>)| matches!(fixed, Fixed::Input(_));
        let fixed_inputs = fixed.iter().filter(is_input).filter(|_| wanted == Wanted::Jacobian);
        let ones = fixed_inputs.map(|&(row, _)| pattern.offsets()[row]).collect();
        let given = match wanted {
            Wanted::HessianTimesVector => inputs,
            Wanted::WeightedHessian => graph.outputs.len(),
            Wanted::Outputs | Wanted::Jacobian | Wanted::NormalEquations | Wanted::Hessian => 0,
        };
        let given = data..data + given;
        state.resize(given.end + 1, T::zero());
        let is_used = |block: &Block<T>| !block.targets.is_empty() || block.program.has_guards();
        let blocks = made.into_iter().map(|(block, _)| block).filter(is_used).collect();
        let (workspace, parameters) = (Workspace::new(), Vec::new());
        Some(Self { blocks, state, given, pattern, is_disjoint, fixed, ones, workspace, parameters })
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

    /// Adds the outputs of the function.
    fn add_values(&mut self, roots: &[List], values: &[NodeIndex]) {
        for (root, &value) in roots.iter().zip(values) {
            self.add(value);
            self.send_to_vector(Target::Outputs, root);
        }
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
    /// Notes which output each node is. Returns those that are leaves; or none if a node is two outputs, or a derivative of
    /// an input is needed that is an output.
    fn outputs(&mut self) -> Option<Vec<(usize, Fixed<T>)>> {
        let mut is_output = vec![false; self.graph.nodes.len()];
        let mut fixed = Vec::new();
        for (k, &output) in self.graph.outputs.iter().enumerate() {
            let node = self.graph.node(output);
            match node.op {
                Op::constant => fixed.push((k, Fixed::Constant(self.graph.constants[node.leaf_index()]))),
                Op::input if self.wanted == Wanted::NormalEquations => return None,
                Op::input => {
                    if self.wanted == Wanted::Jacobian {
                        let [row, column] = [k, node.leaf_index()].map(|place| List::from([checked_u32(place)]));
                        self.entries.add(&row, &column);
                    }
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
        let count = if self.output_of.is_empty() { 0 } else { group.shape.roots.len() };
        let list = |k: usize| group.roots[k..].iter().step_by(count).map(|root| self.output_of[root.index()]);
        let roots: Vec<List> = (0..count).map(|k| list(k).collect()).collect();
        // The vector that is given stands behind the data, and a zero behind it.
        let given = self.inputs + data;
        let (mut outputs, mut places) = (Outputs::default(), uniforms.clone());
        let mut graph = match self.wanted {
            Wanted::Outputs => {
                outputs.add_values(&roots, &template.graph.outputs);
                template.graph.clone()
            }
            Wanted::Jacobian => self.jacobian(&template.graph, &leaves, &roots, &mut outputs),
            Wanted::NormalEquations => self.normal_equations(&template.graph, &leaves, &roots, &mut outputs),
            Wanted::Hessian => self.hessian(&template.graph, &leaves, &mut outputs),
            Wanted::WeightedHessian => {
                columns.extend(roots.iter().map(|list| Column::new(list).moved(given)));
                self.hessian(&weighted(&template.graph), &leaves, &mut outputs)
            }
            Wanted::HessianTimesVector => {
                let zero = Column::even(given + self.inputs, 0, rows);
                columns.extend(gathered.iter().map(|column| column.moved(given)));
                columns.extend(template.data.iter().map(|_| zero.clone()));
                places.extend(uniforms.iter().map(|&place| place + checked_u32(given)));
                hessian_times_vector(&template.graph, &leaves, &mut outputs)
            }
        };
        // What is the same for all rows has no column.
        (graph.outputs, graph.of_sum) = (outputs.nodes, true);
        let program = Program::optimized(&graph, Options::new());
        let block = Block {
            operations: group.shape.nodes.len(),
            places: program.places().collect(),
            program,
            index: Index::of_columns(columns, rows),
            uniforms: places,
            targets: outputs.targets,
        };
        Some((block, outputs.entries))
    }

    /// The outputs of a template and their derivatives.
    fn jacobian(&mut self, template: &Graph<T>, leaves: &[List], roots: &[List], outputs: &mut Outputs) -> Graph<T> {
        let derived = reverse(template, Options::new(), &leaf_nodes(leaves.len()), None);
        let (values, slopes) = derived.outputs.split_at(roots.len());
        outputs.add_values(roots, values);
        for (root, slopes) in roots.iter().zip(slopes.chunks(leaves.len().max(1))) {
            for (leaf, &slope) in leaves.iter().zip(slopes).filter(|&(_, &slope)| !is_zero(&derived, slope)) {
                outputs.add(slope);
                outputs.send_to_matrix(self.entries.add(root, leaf));
            }
        }
        derived
    }

    /// The outputs `r` of a template, `Jᵀr`, and `JᵀJ`, whose numbers go to both of their places.
    fn normal_equations(
        &mut self,
        template: &Graph<T>,
        leaves: &[List],
        roots: &[List],
        outputs: &mut Outputs,
    ) -> Graph<T> {
        let mut derived = reverse(template, Options::new(), &leaf_nodes(leaves.len()), None);
        let (values, slopes) = derived.outputs.split_at(roots.len());
        outputs.add_values(roots, values);
        let (values, slopes) = (values.to_vec(), slopes.to_vec());
        let slopes = |leaf: usize| slopes[leaf..].iter().step_by(leaves.len()).copied();
        // An element without outputs has guards alone.
        for k in 0..if roots.is_empty() { 0 } else { leaves.len() } {
            if let Some(product) = dot(&mut derived, slopes(k), values.iter().copied()) {
                outputs.add(product);
                outputs.send_to_vector(Target::Product, &leaves[k]);
            }
            for j in 0..=k {
                if let Some(product) = dot(&mut derived, slopes(k), slopes(j)) {
                    outputs.add(product);
                    self.send_to_both(outputs, &leaves[k], &leaves[j], j == k);
                }
            }
        }
        derived
    }

    /// The last output goes to an entry of the matrix, and to its mirror image unless these are the same.
    fn send_to_both(&mut self, outputs: &mut Outputs, rows: &List, columns: &List, are_same: bool) {
        outputs.send_to_matrix(self.entries.add(rows, columns));
        if !are_same {
            outputs.send_to_matrix(self.entries.add(columns, rows));
        }
    }

    /// The second derivatives of a template. Each goes to both of its places.
    fn hessian(&mut self, template: &Graph<T>, leaves: &[List], outputs: &mut Outputs) -> Graph<T> {
        let first = slopes(template, leaves.len());
        let second = reverse(&first, Options::new(), &leaf_nodes(leaves.len()), None);
        let count = first.outputs.len();
        for (k, row) in second.outputs[count..].chunks(count.max(1)).enumerate() {
            for (j, &entry) in row[..=k].iter().enumerate().filter(|&(_, &entry)| !is_zero(&second, entry)) {
                outputs.add(entry);
                self.send_to_both(outputs, &leaves[k], &leaves[j], j == k);
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

/// A template whose outputs are multiplied by further inputs.
fn weighted<T: Precision>(template: &Graph<T>) -> Graph<T> {
    let mut graph = template.clone();
    for k in 0..graph.outputs.len() {
        let weight = graph.push(Node::leaf(Op::input, graph.inputs));
        graph.inputs += 1;
        graph.outputs[k] = graph.push(Node::operation(Op::mul, [weight, graph.outputs[k], weight], 0));
    }
    graph
}

/// The scalar product of nodes, without those that are 0; none if nothing is left.
fn dot<T: Precision>(
    graph: &mut Graph<T>,
    a: impl Iterator<Item = NodeIndex>,
    b: impl Iterator<Item = NodeIndex>,
) -> Option<NodeIndex> {
    let mut sum = None;
    for (a, b) in a.zip(b) {
        if !is_zero(graph, a) && !is_zero(graph, b) {
            let product = graph.push(Node::operation(Op::mul, [a, b, a], 0));
            sum = Some(sum.map_or(product, |sum| graph.push(Node::operation(Op::add, [sum, product, sum], 0))));
        }
    }
    sum
}

fn is_zero<T: Precision>(graph: &Graph<T>, node: NodeIndex) -> bool {
    graph.constant(graph.node(node)) == Some(T::zero())
}
