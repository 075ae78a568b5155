//! The graphs of elements with their derivatives, and where their outputs go.

use std::ops::Range;

use super::divided::Divided;
use super::entries::{Entries, List, place};
use super::outputs::{Leaves, Outputs, is_repeated};
use super::{Linear, Stored, VECTORS, Vector, Wanted};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::elements::groups::{Group, pays};
use crate::program::elements::making::Making;
use crate::program::elements::scatter::{Aim, Places};
use crate::program::elements::template::{Template, weighted_sum};
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::Column;
use crate::program::transform::Selected;
use crate::program::transform::forward::forward;
use crate::program::transform::reverse::{reverse, reverse_of};
use crate::sparse::Sparsity;

/// So many directions take a driver the time of an evaluation of the function, or longer.
const DIRECTIONS_IN_PASS: usize = 4;

/// What is computed of a function, and where it goes.
///
/// Numbers have *places*: first the inputs, then the state.
pub(super) struct Arrangement<T> {
    pub(super) blocks: Vec<BlockGraph<T>>,
    /// A vector that is given, then the data of the elements.
    pub(super) state: Vec<T>,
    /// How long the vector is that is given.
    pub(super) given: usize,
    pub(super) pattern: Sparsity,
    pub(super) linear: Vec<Linear<T>>,
    /// The derivatives of outputs by the terms that are inputs, with their places.
    pub(super) slopes: Vec<(usize, T)>,
    /// How long each vector is.
    lengths: [usize; VECTORS],
}

/// The elements of a template.
pub(super) struct BlockGraph<T> {
    pub(super) rows: usize,
    /// How many operations an element has, without derivatives.
    pub(super) operations: usize,
    /// An output that is no sum over the rows is computed for each row.
    pub(super) graph: Graph<T>,
    /// The places of the parameters.
    pub(super) uniforms: Vec<u32>,
    /// The places of the inputs.
    pub(super) columns: Vec<Column>,
    pub(super) aims: Vec<Aim>,
    /// The number of the entry of each aim in the matrix.
    entries: Vec<Option<usize>>,
}

impl<T: Precision> Arrangement<T> {
    /// That of a graph whose nodes are all needed, and whose outputs are leaves or have nodes of their own. None if an
    /// element that is no sum has more than so many variables, if elements share too much, or if there are too few of a
    /// kind and it need not be made `always`.
    pub(super) fn of(
        graph: &Graph<T>,
        wanted: Wanted,
        stored: Stored<'_>,
        making: Making,
        most_variables: usize,
    ) -> Option<Self> {
        let Divided { terms, groups, templates } = Divided::of(graph, wanted, making, most_variables)?;
        if !making.always && !pays(&groups, graph.operations() * passes(wanted, graph, &templates)) {
            return None;
        }
        let inputs = graph.inputs as usize;
        let variables = making.variables.of(inputs);
        let linear = terms.linear(&variables);
        let mut output_of = vec![0; terms.graph.nodes.len()];
        terms.iter().for_each(|(term, (output, _))| output_of[term.index()] = output);
        let given = match wanted {
            Wanted::HessianTimesVector => variables.len(),
            Wanted::WeightedHessian => graph.outputs.len(),
            Wanted::Outputs | Wanted::Jacobian | Wanted::NormalEquations | Wanted::Hessian => 0,
        };
        let mut maker = Maker {
            graph: &terms.graph,
            wanted,
            is_lower: stored.is_lower,
            inputs,
            variables: variables.clone(),
            output_of,
            entries: Entries::default(),
            state: vec![T::zero(); given],
        };
        let mut blocks = Vec::with_capacity(groups.len());
        for (group, template) in groups.iter().zip(&templates) {
            blocks.push(maker.block(group, template));
        }
        for Linear { output, slopes, .. } in linear.iter().filter(|_| wanted == Wanted::Jacobian) {
            maker.entries.add_row(*output, slopes);
        }
        let Maker { state, entries, .. } = maker;
        let columns = variables.len();
        let rows = if wanted == Wanted::Jacobian { graph.outputs.len() } else { columns };
        let pattern = stored.pattern(&entries.pattern(rows, columns));
        for block in &mut blocks {
            for (aim, entry) in block.aims.iter_mut().zip(&block.entries) {
                if let Some(entry) = entry {
                    aim.places = entries.places(*entry, &pattern);
                }
            }
        }
        let mut slopes = Vec::new();
        for linear in linear.iter().filter(|_| wanted == Wanted::Jacobian) {
            let place = |variable: u32| place(&pattern, linear.output, variable as usize);
            slopes.extend(linear.slopes.iter().map(|&(variable, slope)| (place(variable), slope)));
        }
        blocks.retain(|block| !block.aims.is_empty() || !block.graph.guards().is_empty());
        let lengths = [graph.outputs.len(), columns, columns, pattern.nnz()];
        Some(Self { blocks, state, given, pattern, linear, slopes, lengths })
    }

    /// The places of all vectors, after what goes there beside elements.
    pub(super) fn vectors(&self) -> [Places; VECTORS] {
        let mut vectors = self.lengths.map(|length| Places::new(0..length));
        for Linear { output, slopes, .. } in &self.linear {
            vectors[Vector::Outputs as usize].write(*output);
            for &(variable, _) in slopes {
                vectors[Vector::Gradient as usize].touch(variable as usize);
            }
        }
        for &(place, _) in &self.slopes {
            vectors[Vector::Matrix as usize].write(place);
        }
        vectors
    }
}

/// With how many evaluations of the function a driver's time can be compared. It needs at least a direction for each
/// leaf of an element, or for each output, and takes some directions at a time.
fn passes<T: Precision>(wanted: Wanted, graph: &Graph<T>, templates: &[Template<T>]) -> usize {
    let leaves = templates.iter().map(|template| template.varying.len()).max().unwrap_or(0);
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
    /// Whether second derivatives go to the lower triangle alone.
    is_lower: bool,
    inputs: usize,
    variables: Range<usize>,
    /// The output of the function that each node is a term of.
    output_of: Vec<u32>,
    entries: Entries,
    /// Grows by the data of the elements, template by template.
    state: Vec<T>,
}

impl<T: Precision> Maker<'_, T> {
    fn block(&mut self, group: &Group<T>, template: &Template<T>) -> BlockGraph<T> {
        let rows = group.rows;
        let input = |&leaf: &NodeIndex| checked_u32(self.graph.node(leaf).leaf_index());
        let uniforms: Vec<u32> = template.uniforms.iter().map(input).collect();
        let column = |column: &Vec<NodeIndex>| Column::new(&column.iter().map(input).collect::<Vec<u32>>());
        let mut columns: Vec<Column> = template.gathered.iter().map(column).collect();
        let leaves = self.leaves(template, rows);
        columns.extend(template.data.iter().map(|column| self.data_column(column)));
        let count = group.shape.roots.len();
        let list = |k: usize| group.roots[k..].iter().step_by(count).map(|root| self.output_of[root.index()]);
        let roots: Vec<List> = (0..count).map(|k| list(k).collect()).collect();
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
                columns.extend(roots.iter().map(|list| Column::new(list).moved(self.inputs)));
                self.hessian(&template.graph, &leaves)
            }
            Wanted::HessianTimesVector => {
                // The vector stands behind the inputs.
                let (uniforms, gathered) = leaves.lists.split_at(leaves.uniforms);
                places.extend(uniforms.iter().map(|list| list[0] + checked_u32(self.inputs)));
                columns.extend(gathered.iter().map(|list| Column::new(list).moved(self.inputs)));
                hessian_times_vector(&template.graph, &leaves)
            }
        };
        columns.extend(outputs.factors.iter().map(|column| self.data_column(column)));
        outputs.graph.outputs = outputs.nodes;
        BlockGraph {
            rows,
            operations: group.shape.nodes.len(),
            graph: outputs.graph,
            uniforms: places,
            columns,
            aims: outputs.aims,
            entries: outputs.entries,
        }
    }

    /// The variables that are leaves of a template.
    fn leaves(&self, template: &Template<T>, rows: usize) -> Leaves {
        let uniforms = template.uniforms.len();
        let number = |leaf: NodeIndex| checked_u32(self.graph.node(leaf).leaf_index() - self.variables.start);
        let list = |&position: &usize| match position.checked_sub(uniforms) {
            None => vec![number(template.uniforms[position]); rows].into(),
            Some(column) => template.gathered[column].iter().map(|&leaf| number(leaf)).collect(),
        };
        let positions = template.varying.clone();
        Leaves {
            lists: positions.iter().map(list).collect(),
            uniforms: positions.partition_point(|&position| position < uniforms),
            positions,
        }
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
                    self.add_entry(&mut outputs, [root, leaf], slope, false);
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
                    self.add_second(&mut outputs, leaves, [k, j], product);
                }
            }
        }
        outputs
    }

    /// Adds a column of data to the state, and returns its places.
    fn data_column(&mut self, data: &[T]) -> Column {
        let first = self.inputs + self.state.len();
        self.state.extend(data);
        Column::even(first, 1, data.len())
    }

    /// An output is a second derivative by these leaves. It goes to both of its places, or to the lower one.
    fn add_second(&mut self, outputs: &mut Outputs<T>, leaves: &Leaves, [k, j]: [usize; 2], entry: NodeIndex) {
        let [a, b] = [k, j].map(|leaf| &leaves.lists[leaf]);
        if k == j || !self.is_lower {
            self.add_entry(outputs, [a, b], entry, k != j);
            return;
        }
        let pairs = || a.iter().zip(&**b);
        // On the diagonal, both places are the same.
        let entry = if pairs().any(|(a, b)| a == b) {
            outputs.times(entry, pairs().map(|(a, b)| if a == b { T::one() + T::one() } else { T::one() }).collect())
        } else {
            entry
        };
        let rows = pairs().map(|(&a, &b)| a.max(b)).collect();
        let columns = pairs().map(|(&a, &b)| a.min(b)).collect();
        self.add_entry(outputs, [&rows, &columns], entry, false);
    }

    /// An output goes to a place of the matrix in each row, and also to the place on the other side of the diagonal.
    fn add_entry(&mut self, outputs: &mut Outputs<T>, place: [&List; 2], entry: NodeIndex, is_twofold: bool) {
        let is_total = place.into_iter().all(is_repeated);
        let [rows, columns] = place.map(|list| if is_total { List::from([list[0]]) } else { list.clone() });
        outputs.add(entry, is_total);
        outputs.send_to_matrix(self.entries.add(&rows, &columns), is_total);
        if is_twofold {
            outputs.send_to_matrix(self.entries.add(&columns, &rows), is_total);
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
                    self.add_second(&mut outputs, leaves, [k, j], entry);
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
    let (parameters, inputs) = leaves.positions.split_at(leaves.uniforms);
    let directions = Selected {
        outputs: (0..count).collect(),
        parameters: parameters.to_vec(),
        inputs: inputs.iter().map(|&position| position - first.parameters as usize).collect(),
    };
    let along = forward(&first, Options::new(), &directions);
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
