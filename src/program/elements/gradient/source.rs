//! Value and gradient as Rust source: a forward and a backward function for each template, and loops over the terms of
//! sums that are no elements.

mod chain;

use chain::ChainSource;

use super::plan::{Arrangement, backward, divided};
use super::{Step, SumOfTerms, Target};
use crate::error::Error;
use crate::ops::index::checked_u32;
use crate::program::elements::facts::Facts;
use crate::program::elements::making::Making;
use crate::program::elements::source::{Body, CompiledSource, Reads, UNUSED, constant, leaf, result};
use crate::program::elements::variables::Variables;
use crate::program::export::rust::{Source, check_name};
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::Column;

/// The functions of a template, and what its elements read.
struct Elements<T> {
    /// Returns the roots. None if the backward function alone is called.
    forward: Option<Source<T>>,
    /// Returns the sum of the roots, each times its adjoint, and its derivatives by the leaves.
    backward: Option<Source<T>>,
    /// How many numbers that is.
    outputs: usize,
    /// The positions of the leaves that these derivatives are by.
    varying: Vec<usize>,
    roots: Vec<Target>,
    is_last: bool,
    reads: Reads,
    /// The backward function has the adjoints of these sums behind the parameters.
    adjoint_sums: Vec<usize>,
}

/// Terms of sums: the text of each one's sum, weight, number, and adjoint.
struct Terms {
    rows: usize,
    sum: String,
    weight: String,
    number: String,
    adjoint: String,
}

/// What a pass does, one after the other.
enum Part {
    Terms(Terms),
    /// Of this number.
    Chain(usize),
    /// Of this number.
    Elements(usize),
}

/// So many sums and roots are kept on the stack.
const MOST_ON_STACK: usize = 1024;

/// The source of a graph of one output.
pub(crate) fn source<T: Precision>(
    name: &str,
    graph: &Graph<T>,
    variables: Variables,
) -> Result<CompiledSource<T>, Error> {
    check_name(name)?;
    let (facts, making) = (Facts::of(graph, variables), Making::by(variables));
    let (partition, groups) = divided(graph, &facts, making);
    let arrangement = Arrangement::of(graph, &facts, &partition, &groups, making);
    let inputs = graph.inputs as usize;
    let variables = variables.of(inputs);
    let mut body = Body::new(inputs, variables.clone());
    let mut elements = Vec::with_capacity(groups.len());
    for (k, (group, template)) in groups.iter().zip(&arrangement.templates).enumerate() {
        let (roots, is_last) = (arrangement.targets[k].clone(), arrangement.is_last[k]);
        let (backward, adjoint_sums) = backward(template, &roots, is_last, None);
        let source = |name: &str, graph: &Graph<T>| Source::new(&format!("{name}_{k}"), graph, Options::new());
        let (uniforms, gathered) = (arrangement.uniforms(template), arrangement.gathered(template));
        let data = template.data.iter().map(Vec::as_slice);
        let reads = Reads::new(&mut body, [k, group.rows], &uniforms, &gathered, data);
        elements.push(Elements {
            forward: if is_last { None } else { Some(source("forward", &template.graph)?) },
            backward: if roots.is_empty() { None } else { Some(source("backward", &backward)?) },
            outputs: backward.outputs.len(),
            varying: template.varying.clone(),
            roots,
            is_last,
            reads,
            adjoint_sums,
        });
    }
    let (mut numbers, adjoints) = (arrangement.state, arrangement.state);
    let mut chains = Vec::with_capacity(arrangement.chains.len());
    for (k, chain) in arrangement.chains.iter().enumerate() {
        chains.push(ChainSource::new(&mut body, graph, chain, [k, numbers])?);
        numbers += chain.terms.len() - 1;
    }
    let Arrangement { sums, constants, steps, .. } = arrangement;
    let memory = if numbers > MOST_ON_STACK { numbers + adjoints } else { 0 };
    if memory > 0 {
        body.line(format!("let (numbers, adjoints) = memory.split_at_mut({numbers});\nadjoints.fill(0.0);"));
    } else {
        let zeros = |count: usize| format!("[0.0_{}; {count}]", T::NAME);
        body.line(format!("let (mut numbers, mut adjoints) = ({}, {});", zeros(numbers), zeros(adjoints)));
    }
    for (at, number) in constants {
        body.line(format!("numbers[{at}] = {};", constant(number)));
    }
    let places: Vec<u32> = sums.iter().map(|sum| checked_u32(sum.at)).collect();
    let constants: Vec<T> = sums.iter().map(|sum| sum.constant).collect();
    let place = body.place(&Column::new(&places), sums.len(), 0, "SUMS");
    let number = body.number(&constants, "CONSTANTS");
    body.for_each(sums.len(), &format!("numbers[{place}] = {number};"));
    let parts = parts(&mut body, &steps, &sums);
    for part in parts.iter().rev() {
        match part {
            Part::Terms(terms) => terms.write_forward(&mut body),
            Part::Chain(k) => chains[*k].write_forward(&mut body),
            Part::Elements(k) => elements[*k].write_forward(&mut body),
        }
    }
    let value = sums[0].at;
    body.line(format!("gradient.fill(0.0);\nadjoints[{value}] = 1.0;"));
    if variables.len() < inputs {
        body.line(format!("let mut {UNUSED}: {} = 0.0;", T::NAME));
    }
    for part in &parts {
        match part {
            Part::Terms(terms) => terms.write_backward(&mut body),
            Part::Chain(k) => chains[*k].write_backward(&mut body),
            Part::Elements(k) => elements[*k].write_backward(&mut body, value),
        }
    }
    let functions = elements.into_iter().flat_map(|elements| [elements.forward, elements.backward]).flatten();
    let functions = functions.chain(chains.into_iter().flat_map(|chain| [chain.forward, chain.backward]));
    Ok(CompiledSource {
        name: name.into(),
        summary: format!("The value of a function of {inputs} inputs; writes its gradient."),
        inputs,
        written: vec![("gradient", variables.len())],
        result: Some(format!("numbers[{value}]")),
        has_guards: !graph.guards().is_empty(),
        memory,
        beside: String::new(),
        functions: functions.collect(),
        body,
    })
}

/// The parts of a backward pass. The terms of neighbouring sums are together: those that are no inputs, then variables
/// and data.
fn parts<T: Precision>(body: &mut Body, steps: &[Step], sums: &[SumOfTerms<T>]) -> Vec<Part> {
    let mut parts = Vec::new();
    for run in steps.chunk_by(|a, b| matches!([a, b], [Step::Sum(_), Step::Sum(_)])) {
        let mut terms = [const { Vec::new() }; 3];
        for step in run {
            match *step {
                Step::Block(k) => parts.push(Part::Elements(k)),
                Step::Chain(k) => parts.push(Part::Chain(k)),
                Step::Sum(k) => {
                    for &(place, weight) in &sums[k].terms {
                        let kind = match place as usize {
                            place if place >= body.inputs() => 0,
                            place if body.variables().contains(&place) => 1,
                            _ => 2,
                        };
                        terms[kind].push((checked_u32(sums[k].at), place, weight));
                    }
                }
            }
        }
        for terms in terms.iter().filter(|terms| !terms.is_empty()) {
            parts.push(Part::Terms(Terms::new(body, parts.len(), terms)));
        }
    }
    parts
}

impl Terms {
    /// Each of the terms is a sum, a place, and a weight. Their tables have the number `k`.
    fn new<T: Precision>(body: &mut Body, k: usize, terms: &[(u32, u32, T)]) -> Self {
        let rows = terms.len();
        let sums: Vec<u32> = terms.iter().map(|&(sum, ..)| sum).collect();
        let places: Vec<u32> = terms.iter().map(|&(_, place, _)| place).collect();
        let weights: Vec<T> = terms.iter().map(|&(.., weight)| weight).collect();
        let [number, adjoint] = leaf(body, &Column::new(&places), rows, &format!("TERMS_{k}"));
        Self {
            rows,
            sum: body.place(&Column::new(&sums), rows, 0, &format!("SUMS_{k}")),
            weight: body.number(&weights, &format!("WEIGHTS_{k}")),
            number,
            adjoint,
        }
    }

    /// A term may be a sum whose own terms come later.
    fn write_forward(&self, body: &mut Body) {
        let Self { rows, sum, weight, number, .. } = self;
        body.for_each_reversed(*rows, &format!("numbers[{sum}] += {weight} * {number};"));
    }

    fn write_backward(&self, body: &mut Body) {
        let Self { rows, sum, weight, adjoint, .. } = self;
        body.for_each(*rows, &format!("{adjoint} += {weight} * adjoints[{sum}];"));
    }
}

impl<T: Precision> Elements<T> {
    fn write_forward(&self, body: &mut Body) {
        let Some(forward) = &self.forward else { return };
        self.reads.begin(body, forward, [vec![], vec![]]);
        for (j, root) in self.roots.iter().enumerate() {
            let y = result(j, self.roots.len());
            body.line(match root {
                Target::Sum(sum) => format!("    numbers[{sum}] += {y};"),
                Target::Column(first) => format!("    numbers[row + {first}] = {y};"),
            });
        }
        body.line("}");
    }

    /// `value` is the place of the value of the function.
    fn write_backward(&self, body: &mut Body, value: usize) {
        let Some(backward) = &self.backward else { return };
        let sums = self.adjoint_sums.iter().map(|sum| format!("adjoints[{sum}]")).collect();
        let column = |root: &Target| match root {
            Target::Sum(_) => None,
            Target::Column(first) => Some(format!("adjoints[row + {first}]")),
        };
        self.reads.begin(body, backward, [sums, self.roots.iter().filter_map(column).collect()]);
        if self.is_last {
            body.line(format!("    numbers[{value}] += {};", result(0, self.outputs)));
        }
        for (j, &leaf) in self.varying.iter().enumerate() {
            let adjoint = self.reads.adjoint(leaf);
            body.line(format!("    {adjoint} += {};", result(j + 1, self.outputs)));
        }
        body.line("}");
    }
}
