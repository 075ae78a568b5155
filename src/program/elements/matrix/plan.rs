//! Makes the programs of elements, and finds where their outputs go.

use super::entries::{Entries, List, place};
use super::outputs::{Leaves, Outputs};
use super::reach::groups_to_inputs;
use super::{Block, Linear, MatrixPlan, VECTORS, Vector, Wanted};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::Program;
use crate::program::elements::facts::Facts;
use crate::program::elements::groups::{Group, pays};
use crate::program::elements::making::Making;
use crate::program::elements::partition::Partition;
use crate::program::elements::scatter::{Aim, Memory, Places, Scatter};
use crate::program::elements::sums::Sum;
use crate::program::elements::template::{Template, weighted_sum};
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::{Column, Index};
use crate::program::transform::forward::forward;
use crate::program::transform::reverse::{reverse, reverse_of};
use crate::sparse::Sparsity;

/// So many directions take a driver the time of an evaluation of the function, or longer.
const DIRECTIONS_IN_PASS: usize = 4;
/// An element with more inputs has too large a matrix.
const MOST_INPUTS: usize = 48;

impl<T: Precision> MatrixPlan<T> {
    /// The plan of a graph whose nodes are all needed; or none if its elements are too large, or too few of a kind and it need
    /// not be made `always`. The matrix also has the places that are `required`.
    pub(crate) fn of(graph: &Graph<T>, wanted: Wanted, required: Option<&Sparsity>, making: Making) -> Option<Self> {
        let facts = Facts::of(graph);
        let is_sum = matches!(wanted, Wanted::Hessian | Wanted::HessianTimesVector);
        let (cut, roots) = if is_sum { (&graph.outputs[..], &[][..]) } else { (&[][..], &graph.outputs[..]) };
        let partition = Partition::of(graph, &facts, cut, roots, making);
        let groups = groups_to_inputs(graph, &facts, &partition, is_sum)?;
        let inputs = graph.inputs as usize;
        let mut maker = Maker {
            graph,
            wanted,
            inputs,
            output_of: vec![0; if is_sum { 0 } else { graph.nodes.len() }],
            entries: Entries::default(),
            state: Vec::new(),
        };
        let linear = match &partition.sums[..] {
            [sum] if is_sum => vec![maker.linear_part(sum)],
            _ => maker.outputs()?,
        };
        let templates: Vec<Template<T>> = groups.iter().map(|group| Template::of(graph, group, making)).collect();
        if !making.always && !pays(graph, &groups, passes(wanted, graph, &templates)) {
            return None;
        }
        let data = templates.iter().flat_map(|template| template.data.iter().map(Vec::len)).sum();
        let mut made = Vec::with_capacity(groups.len());
        for (group, template) in groups.iter().zip(&templates) {
            made.push(maker.block(group, template, data)?);
        }
        let Maker { mut state, entries, .. } = maker;
        let rows = if wanted == Wanted::Jacobian { graph.outputs.len() } else { inputs };
        let pattern = entries.pattern(rows, inputs);
        let pattern = match required {
            Some(required) => required.union(&pattern),
            None => pattern,
        };
        for block in &mut made {
            for (aim, entry) in block.aims.iter_mut().zip(&block.entries) {
                if let Some(entry) = entry {
                    aim.places = entries.places(*entry, &pattern);
                }
            }
        }
        let mut ones = Vec::new();
        for Linear { output, terms, .. } in linear.iter().filter(|_| wanted == Wanted::Jacobian) {
            ones.extend(terms.iter().map(|&(input, _)| place(&pattern, *output, input as usize)));
        }
        let given = match wanted {
            Wanted::HessianTimesVector => inputs,
            Wanted::WeightedHessian => graph.outputs.len(),
            Wanted::Outputs | Wanted::Jacobian | Wanted::NormalEquations | Wanted::Hessian => 0,
        };
        let given = data..data + given;
        state.resize(given.end + 1, T::zero());
        let is_used = |block: &Made<T>| !block.aims.is_empty() || block.program.has_guards();
        let mut vectors = [graph.outputs.len(), inputs, inputs, pattern.nnz()].map(|count| Places::new(0..count));
        for Linear { output, terms, .. } in &linear {
            vectors[Vector::Outputs as usize].write(*output);
            for &(input, _) in terms {
                vectors[Vector::Gradient as usize].touch(input as usize);
            }
        }
        for &place in &ones {
            vectors[Vector::Matrix as usize].write(place);
        }
        let blocks = made.into_iter().filter(is_used).map(|Made { size, program, index, uniforms, aims, .. }| {
            let mut scatter = Scatter::new(program, index, uniforms, aims, VECTORS, making);
            scatter.write_first(&mut vectors);
            Block { size, scatter }
        });
        let blocks = blocks.collect();
        let cleared = vectors.map(Places::cleared);
        Some(Self { blocks, state, given, pattern, cleared, linear, ones, memory: Memory::new() })
    }
}

/// With how many evaluations of the function a driver's time can be compared. It needs at least a direction for each leaf of
/// an element, or for each output, and takes some directions at a time.
fn passes<T>(wanted: Wanted, graph: &Graph<T>, templates: &[Template<T>]) -> usize {
    let leaves = templates.iter().map(|template| template.uniforms.len() + template.gathered.len()).max().unwrap_or(0);
    let directions = match wanted {
        Wanted::Outputs | Wanted::HessianTimesVector => 1,
        Wanted::Hessian | Wanted::WeightedHessian => leaves,
        Wanted::Jacobian | Wanted::NormalEquations => leaves.min(graph.outputs.len()),
    };
    (directions / DIRECTIONS_IN_PASS).max(1)
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

/// What a block is made of.
struct Made<T> {
    size: [usize; 2],
    program: Program<T>,
    index: Index,
    uniforms: Vec<u32>,
    aims: Vec<Aim>,
    /// The number of the entry of each aim in the matrix.
    entries: Vec<Option<usize>>,
}

impl<T: Precision> Maker<'_, T> {
    /// The constant of a sum, and its terms that are inputs.
    fn linear_part(&self, sum: &Sum<T>) -> Linear<T> {
        let is_input = |&&(term, _): &&(NodeIndex, T)| self.graph.node(term).op == Op::input;
        let terms = sum.terms.iter().filter(is_input);
        let terms = terms.map(|&(term, weight)| (checked_u32(self.graph.node(term).leaf_index()), weight)).collect();
        Linear { output: 0, constant: sum.constant, terms }
    }

    /// Notes which output each node is. Returns those that are leaves; or none if a node is two outputs, or a derivative of
    /// an input is needed that is an output.
    fn outputs(&mut self) -> Option<Vec<Linear<T>>> {
        let mut is_output = vec![false; self.graph.nodes.len()];
        let mut leaves = Vec::new();
        for (output, &node) in self.graph.outputs.iter().enumerate() {
            let Node { op, .. } = *self.graph.node(node);
            let leaf = || self.graph.node(node).leaf_index();
            match op {
                Op::constant => {
                    leaves.push(Linear { output, constant: self.graph.constants[leaf()], terms: Vec::new() });
                }
                Op::input if self.wanted == Wanted::NormalEquations => return None,
                Op::input => {
                    let input = checked_u32(leaf());
                    if self.wanted == Wanted::Jacobian {
                        self.entries.add(&List::from([checked_u32(output)]), &List::from([input]));
                    }
                    // The sum of -0 and a number is the number, even if that is -0.
                    leaves.push(Linear { output, constant: -T::zero(), terms: vec![(input, T::one())] });
                }
                _ if std::mem::replace(&mut is_output[node.index()], true) => return None,
                _ => self.output_of[node.index()] = checked_u32(output),
            }
        }
        Some(leaves)
    }

    fn block(&mut self, group: &Group<T>, template: &Template<T>, data: usize) -> Option<Made<T>> {
        let rows = group.rows;
        let input = |&leaf: &NodeIndex| checked_u32(self.graph.node(leaf).leaf_index());
        let uniforms: Vec<u32> = template.uniforms.iter().map(input).collect();
        let gathered = template.gathered.iter().map(|column| column.iter().map(input).collect());
        let lists: Vec<List> = uniforms.iter().map(|&input| vec![input; rows].into()).chain(gathered).collect();
        if lists.len() > MOST_INPUTS {
            return None;
        }
        let leaves = Leaves { lists, uniforms: uniforms.len() };
        let gathered: Vec<Column> = leaves.lists[leaves.uniforms..].iter().map(|list| Column::new(list)).collect();
        let first_data = self.inputs + self.state.len();
        let data_columns = (0..template.data.len()).map(|k| Column::even(first_data + k * rows, 1, rows));
        let mut columns: Vec<Column> = gathered.iter().cloned().chain(data_columns).collect();
        template.data.iter().for_each(|column| self.state.extend(column));
        let count = if self.output_of.is_empty() { 0 } else { group.shape.roots.len() };
        let list = |k: usize| group.roots[k..].iter().step_by(count).map(|root| self.output_of[root.index()]);
        let roots: Vec<List> = (0..count).map(|k| list(k).collect()).collect();
        // The vector that is given stands behind the data, and a zero behind it.
        let given = self.inputs + data;
        let mut places = uniforms;
        let mut outputs = match self.wanted {
            Wanted::Outputs => {
                let mut outputs = Outputs::new(template.graph.clone());
                outputs.add_values(&roots, &template.graph.outputs);
                outputs
            }
            Wanted::Jacobian => self.jacobian(&template.graph, &leaves, &roots),
            Wanted::NormalEquations => self.normal_equations(&template.graph, &leaves, &roots),
            Wanted::Hessian => self.hessian(&template.graph, &leaves),
            Wanted::WeightedHessian => {
                columns.extend(roots.iter().map(|list| Column::new(list).moved(given)));
                self.hessian(&template.graph, &leaves)
            }
            Wanted::HessianTimesVector => {
                let zero = Column::even(given + self.inputs, 0, rows);
                columns.extend(gathered.iter().map(|column| column.moved(given)));
                columns.extend(template.data.iter().map(|_| zero.clone()));
                places = places.iter().copied().chain(places.iter().map(|&place| place + checked_u32(given))).collect();
                hessian_times_vector(&template.graph, &leaves)
            }
        };
        // What is the same for all rows has no column.
        (outputs.graph.outputs, outputs.graph.of_sum) = (outputs.nodes, true);
        let program = Program::optimized(&outputs.graph, Options::new());
        Some(Made {
            size: [rows, group.shape.nodes.len()],
            program,
            index: Index::of_columns(columns, rows),
            uniforms: places,
            aims: outputs.aims,
            entries: outputs.entries,
        })
    }

    /// The outputs of a template and their derivatives.
    fn jacobian(&mut self, template: &Graph<T>, leaves: &Leaves, roots: &[List]) -> Outputs<T> {
        let derived = reverse(template, Options::new(), &leaves.nodes(), None);
        let (values, slopes) = (&derived.outputs[..roots.len()], &derived.outputs[roots.len()..]);
        let mut outputs = Outputs::new(derived.clone());
        outputs.add_values(roots, values);
        for (root, slopes) in roots.iter().zip(slopes.chunks(leaves.lists.len().max(1))) {
            for (leaf, &slope) in leaves.lists.iter().zip(slopes) {
                if !outputs.is_zero(slope) {
                    outputs.nodes.push(slope);
                    outputs.send_to_matrix(self.entries.add(root, leaf), false);
                }
            }
        }
        outputs
    }

    /// The outputs `r` of a template, `Jᵀr`, and `JᵀJ`.
    fn normal_equations(&mut self, template: &Graph<T>, leaves: &Leaves, roots: &[List]) -> Outputs<T> {
        let derived = reverse(template, Options::new(), &leaves.nodes(), None);
        let (values, slopes) = (&derived.outputs[..roots.len()], &derived.outputs[roots.len()..]);
        let count = leaves.lists.len();
        let slopes = |leaf: usize| slopes[leaf..].iter().step_by(count).copied();
        let mut outputs = Outputs::new(derived.clone());
        outputs.add_values(roots, values);
        // An element without outputs has guards alone.
        for k in 0..if roots.is_empty() { 0 } else { count } {
            if let Some(product) = outputs.dot(slopes(k), values.iter().copied()) {
                outputs.add_to_leaf(Vector::Gradient, leaves, k, product);
            }
            for j in 0..=k {
                if let Some(product) = outputs.dot(slopes(k), slopes(j)) {
                    self.add_entry(&mut outputs, leaves, [k, j], product);
                }
            }
        }
        outputs
    }

    /// An output is a second derivative by these leaves. It goes to both of its places.
    fn add_entry(&mut self, outputs: &mut Outputs<T>, leaves: &Leaves, [k, j]: [usize; 2], entry: NodeIndex) {
        let is_total = k.max(j) < leaves.uniforms;
        let [rows, columns] = [k, j].map(|leaf| match &leaves.lists[leaf] {
            list if is_total => List::from([list[0]]),
            list => list.clone(),
        });
        if is_total {
            outputs.add_total(entry);
        } else {
            outputs.nodes.push(entry);
        }
        for [rows, columns] in [[&rows, &columns], [&columns, &rows]].into_iter().take(if k == j { 1 } else { 2 }) {
            outputs.send_to_matrix(self.entries.add(rows, columns), is_total);
        }
    }

    /// The second derivatives of a template; with its value and first derivatives if these are wanted.
    fn hessian(&mut self, template: &Graph<T>, leaves: &Leaves) -> Outputs<T> {
        let first = with_slopes(template, leaves, self.wanted == Wanted::WeightedHessian);
        let count = first.outputs.len();
        let positions: Vec<usize> = (1..count).collect();
        let second = reverse_of(&first, Options::new(), &positions, &leaves.nodes(), None);
        let (values, entries) = (&second.outputs[..count], &second.outputs[count..]);
        let mut outputs = Outputs::new(second.clone());
        if self.wanted == Wanted::Hessian {
            outputs.add_value_and_gradient(leaves, values);
        }
        for (k, row) in entries.chunks(positions.len().max(1)).enumerate() {
            for (j, &entry) in row[..=k].iter().enumerate() {
                if !outputs.is_zero(entry) {
                    self.add_entry(&mut outputs, leaves, [k, j], entry);
                }
            }
        }
        outputs
    }
}

/// The value of a template, its derivatives, and their derivatives along a direction.
fn hessian_times_vector<T: Precision>(template: &Graph<T>, leaves: &Leaves) -> Outputs<T> {
    let first = with_slopes(template, leaves, false);
    let count = first.outputs.len();
    let along = forward(&first, Options::new());
    let (values, tangents) = (&along.outputs[..count], &along.outputs[count..]);
    let mut outputs = Outputs::new(along.clone());
    outputs.add_value_and_gradient(leaves, values);
    // The first one is that of the value.
    for (k, &product) in tangents.iter().skip(1).enumerate() {
        outputs.add_to_leaf(Vector::Product, leaves, k, product);
    }
    outputs
}

/// A template whose outputs are their sum, and its derivatives by the leaves; no outputs if the template has none. With
/// weights, which are further inputs, the outputs are multiplied by them.
fn with_slopes<T: Precision>(template: &Graph<T>, leaves: &Leaves, has_weights: bool) -> Graph<T> {
    let mut graph = template.clone();
    let roots = std::mem::take(&mut graph.outputs).into_iter();
    let terms = roots.map(|root| {
        let weight = has_weights.then(|| {
            graph.inputs += 1;
            graph.push(Node::leaf(Op::input, graph.inputs - 1))
        });
        (root, weight)
    });
    let terms: Vec<_> = terms.collect();
    let Some(sum) = weighted_sum(&mut graph, terms) else { return graph };
    graph.outputs.push(sum);
    reverse(&graph, Options::new(), &leaves.nodes(), None)
}
