//! Value and gradient as Rust source: functions for each template, and loops over its elements.

use std::fmt::{self, Write as _};
use std::ops::Range;

use super::plan::{Arrangement, backward, divided};
use super::{Step, SumOfTerms, Target};
use crate::error::Error;
use crate::program::elements::facts::Facts;
use crate::program::elements::making::Making;
use crate::program::export::rust::text::{Text, indented};
use crate::program::export::rust::{Source, check_name};
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::Column;

/// A compiled function as Rust source, made by [`Compiled::to_rust`](crate::Compiled::to_rust). `Display` writes its text.
#[derive(Clone, Debug)]
pub struct CompiledSource<T> {
    name: String,
    inputs: usize,
    /// How many sums and roots have a place behind the inputs.
    state: usize,
    has_guards: bool,
    sums: Vec<SumOfTerms<T>>,
    steps: Vec<Step>,
    elements: Vec<Elements<T>>,
}

/// The functions of a template, and what its elements read.
#[derive(Clone, Debug)]
struct Elements<T> {
    rows: usize,
    /// Returns the roots. None if the backward function alone is called.
    forward: Option<Source<T>>,
    /// Returns the sum of the roots, each times its adjoint, and its derivatives by the leaves.
    backward: Option<Source<T>>,
    /// How many numbers that is.
    outputs: usize,
    roots: Vec<Target>,
    is_last: bool,
    /// The places of the parameters. The backward function has the adjoints of these sums behind them.
    uniforms: Vec<usize>,
    adjoint_sums: Vec<usize>,
    /// The places of the inputs.
    gathered: Vec<Column>,
    data: Vec<Vec<T>>,
}

/// So many sums and roots are kept on the stack.
const MOST_ON_STACK: usize = 1024;
/// The most numbers in a line of a table.
const NUMBERS_IN_LINE: usize = 12;

impl<T: Precision> CompiledSource<T> {
    /// The source of a graph of one output.
    pub(crate) fn of(name: &str, graph: &Graph<T>) -> Result<Self, Error> {
        check_name(name)?;
        let (partition, groups) = divided(graph, &Facts::of(graph), Making::BEST);
        let arrangement = Arrangement::of(graph, &partition, &groups, Making::BEST);
        let mut elements = Vec::with_capacity(groups.len());
        for (k, (group, template)) in groups.iter().zip(&arrangement.templates).enumerate() {
            let (roots, is_last) = (arrangement.targets[k].clone(), arrangement.is_last[k]);
            let (backward, adjoint_sums) = backward(template, &roots, is_last, None);
            let source = |name: &str, graph: &Graph<T>| Source::new(&format!("{name}_{k}"), graph, Options::new());
            elements.push(Elements {
                rows: group.rows,
                forward: if is_last { None } else { Some(source("forward", &template.graph)?) },
                backward: if roots.is_empty() { None } else { Some(source("backward", &backward)?) },
                outputs: backward.outputs.len(),
                roots,
                is_last,
                uniforms: arrangement.uniforms(template).into_iter().map(|place| place as usize).collect(),
                adjoint_sums,
                gathered: arrangement.gathered(template),
                data: template.data.clone(),
            });
        }
        let (inputs, has_guards) = (graph.inputs as usize, !graph.guards().is_empty());
        let Arrangement { state, sums, steps, .. } = arrangement;
        Ok(Self { name: name.into(), inputs, state, has_guards, sums, steps, elements })
    }
}

impl<T> CompiledSource<T> {
    /// The same function for `no_std`: it calls the functions of the crate [`libm`](https://crates.io/crates/libm)
    /// instead of the methods of floats, which only `std` has. Those may differ in the last places.
    #[must_use]
    pub fn libm(self) -> Self {
        let libm = |elements: Elements<T>| Elements {
            forward: elements.forward.map(Source::libm),
            backward: elements.backward.map(Source::libm),
            ..elements
        };
        Self { elements: self.elements.into_iter().map(libm).collect(), ..self }
    }

    /// The length of the last argument of the function, `memory`; 0 if it has no such argument.
    pub fn memory(&self) -> usize {
        if self.state > MOST_ON_STACK { 2 * self.state } else { 0 }
    }
}

impl<T: Precision> fmt::Display for CompiledSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, inputs, state, float) = (&self.name, self.inputs, self.state, T::NAME);
        writeln!(f, "/// The value of a function of {inputs} inputs; writes its gradient. Written by gradtape.")?;
        if self.has_guards {
            writeln!(f, "///\n/// `None` where a comparison comes out otherwise than when the function was recorded.")?;
        }
        if self.memory() > 0 {
            writeln!(f, "///\n/// It is of no importance what `memory` contains.")?;
        }
        let styles = "non_snake_case, unused_assignments, unused_mut, unused_variables";
        writeln!(f, "#[allow(clippy::all, clippy::pedantic, {styles})]\n#[rustfmt::skip]")?;
        let memory =
            if self.memory() > 0 { format!(", memory: &mut [{float}; {}]", self.memory()) } else { String::new() };
        let returned = if self.has_guards { format!("Option<{float}>") } else { float.into() };
        writeln!(
            f,
            "pub fn {name}(inputs: &[{float}; {inputs}], gradient: &mut [{float}; {inputs}]{memory}) -> {returned} {{"
        )?;
        let mut body = String::new();
        for (k, elements) in self.elements.iter().enumerate() {
            elements.forward.iter().chain(&elements.backward).for_each(|source| body += &source.to_string());
            body += &elements.tables(k, inputs);
        }
        if self.memory() > 0 {
            writeln!(body, "let (numbers, adjoints) = memory.split_at_mut({state});\nadjoints.fill(0.0);")?;
        } else {
            writeln!(body, "let (mut numbers, mut adjoints) = ([0.0_{float}; {state}], [0.0_{float}; {state}]);")?;
        }
        for sum in &self.sums {
            writeln!(body, "numbers[{}] = {};", sum.at, constant(sum.constant))?;
        }
        for step in self.steps.iter().rev() {
            match *step {
                Step::Sum(k) => self.sum_forward(&mut body, &self.sums[k])?,
                Step::Block(k) => self.elements[k].write_forward(&mut body, k, inputs)?,
            }
        }
        let result = self.sums[0].at;
        writeln!(body, "gradient.fill(0.0);\nadjoints[{result}] = 1.0;")?;
        for step in &self.steps {
            match *step {
                Step::Sum(k) => self.sum_backward(&mut body, &self.sums[k])?,
                Step::Block(k) => self.elements[k].write_backward(&mut body, k, inputs, result)?,
            }
        }
        let (start, end) = if self.has_guards { ("Some(", ")") } else { ("", "") };
        writeln!(body, "{start}numbers[{result}]{end}")?;
        writeln!(f, "{}}}", indented(&body))
    }
}

impl<T: Precision> CompiledSource<T> {
    /// Adds the terms of a sum that are no elements.
    fn sum_forward(&self, body: &mut String, sum: &SumOfTerms<T>) -> fmt::Result {
        for &(place, weight) in &sum.terms {
            let [number, _] = at(place as usize, self.inputs);
            writeln!(body, "numbers[{}] += {} * {number};", sum.at, constant(weight))?;
        }
        Ok(())
    }

    fn sum_backward(&self, body: &mut String, sum: &SumOfTerms<T>) -> fmt::Result {
        for &(place, weight) in &sum.terms {
            let [_, adjoint] = at(place as usize, self.inputs);
            writeln!(body, "{adjoint} += {} * adjoints[{}];", constant(weight), sum.at)?;
        }
        Ok(())
    }
}

/// The text of the number at a place, and of its adjoint.
fn at(place: usize, inputs: usize) -> [String; 2] {
    match place.checked_sub(inputs) {
        None => [format!("inputs[{place}]"), format!("gradient[{place}]")],
        Some(place) => [format!("numbers[{place}]"), format!("adjoints[{place}]")],
    }
}

fn constant<T: Precision>(x: T) -> String {
    Text::constant(x, "").text
}

impl<T: Precision> Elements<T> {
    /// The places and the data of the elements, unless the places are equally far apart.
    fn tables(&self, k: usize, inputs: usize) -> String {
        let mut tables = String::new();
        for (j, column) in self.gathered.iter().enumerate().filter(|(_, column)| column.stride().is_none()) {
            let before = if column.places().start < inputs { 0 } else { inputs };
            let places = (0..self.rows).map(|row| (column.place(row) - before).to_string());
            tables += &table(&format!("PLACES_{k}_{j}"), "u32", places);
        }
        for (j, data) in self.data.iter().enumerate() {
            tables += &table(&format!("DATA_{k}_{j}"), T::NAME, data.iter().map(|&x| constant(x)));
        }
        tables
    }

    /// The text of each input of a row, and of its adjoint. A place may be among the inputs of the function in one row and
    /// behind them in another.
    fn leaves(&self, k: usize, inputs: usize) -> Vec<[String; 2]> {
        let leaf = |(j, column): (usize, &Column)| {
            let Range { start, end } = column.places();
            let is_behind = start >= inputs;
            let place = match column.stride() {
                Some(stride) => {
                    let first = start - if is_behind { inputs } else { 0 };
                    let steps = if stride == 1 { "row".into() } else { format!("{stride} * row") };
                    if first == 0 { steps } else { format!("{steps} + {first}") }
                }
                None => format!("PLACES_{k}_{j}[row] as usize"),
            };
            if is_behind {
                [format!("numbers[{place}]"), format!("adjoints[{place}]")]
            } else if end <= inputs {
                [format!("inputs[{place}]"), format!("gradient[{place}]")]
            } else {
                let either = |front: &str, back: &str, share: &str| {
                    let [front, back] = [format!("{share}{front}[place]"), format!("{share}{back}[place - {inputs}]")];
                    format!("{{ let place = {place}; if place < {inputs} {{ {front} }} else {{ {back} }} }}")
                };
                [either("inputs", "numbers", ""), format!("*{}", either("gradient", "adjoints", "&mut "))]
            }
        };
        self.gathered.iter().enumerate().map(leaf).collect()
    }

    /// A call of a function in the loop over the rows.
    fn call(&self, k: usize, inputs: usize, function: &Source<T>, further: [Vec<String>; 2]) -> String {
        let [sums, columns] = further;
        let uniforms = self.uniforms.iter().map(|&place| at(place, inputs)[0].clone());
        let parameters: Vec<String> = uniforms.chain(sums).collect();
        let leaves = self.leaves(k, inputs).into_iter().map(|[number, _]| number);
        let data = (0..self.data.len()).map(|j| format!("DATA_{k}_{j}[row]"));
        let leaves: Vec<String> = leaves.chain(data).chain(columns).collect();
        let lists = [parameters, leaves].into_iter().filter(|list| !list.is_empty());
        let arguments: Vec<String> = lists.map(|list| format!("&[{}]", list.join(", "))).collect();
        let branches = if function.has_guards() { "?" } else { "" };
        format!("{}({}){branches}", function.name(), arguments.join(", "))
    }

    fn write_forward(&self, body: &mut String, k: usize, inputs: usize) -> fmt::Result {
        let Some(forward) = &self.forward else { return Ok(()) };
        writeln!(body, "for row in 0..{} {{", self.rows)?;
        writeln!(body, "    let y = {};", self.call(k, inputs, forward, [vec![], vec![]]))?;
        for (j, root) in self.roots.iter().enumerate() {
            let y = if self.roots.len() == 1 { "y".into() } else { format!("y[{j}]") };
            match root {
                Target::Sum(sum) => writeln!(body, "    numbers[{sum}] += {y};")?,
                Target::Column(first) => writeln!(body, "    numbers[row + {first}] = {y};")?,
            }
        }
        writeln!(body, "}}")
    }

    fn write_backward(&self, body: &mut String, k: usize, inputs: usize, result: usize) -> fmt::Result {
        let Some(backward) = &self.backward else { return Ok(()) };
        let sums = self.adjoint_sums.iter().map(|sum| format!("adjoints[{sum}]")).collect();
        let column = |root: &Target| match root {
            Target::Sum(_) => None,
            Target::Column(first) => Some(format!("adjoints[row + {first}]")),
        };
        let columns = self.roots.iter().filter_map(column).collect();
        writeln!(body, "for row in 0..{} {{", self.rows)?;
        writeln!(body, "    let y = {};", self.call(k, inputs, backward, [sums, columns]))?;
        let y = |j: usize| if self.outputs == 1 { "y".into() } else { format!("y[{j}]") };
        if self.is_last {
            writeln!(body, "    numbers[{result}] += {};", y(0))?;
        }
        let uniforms = self.uniforms.iter().map(|&place| at(place, inputs));
        for (j, [_, adjoint]) in uniforms.chain(self.leaves(k, inputs)).enumerate() {
            writeln!(body, "    {adjoint} += {};", y(j + 1))?;
        }
        writeln!(body, "}}")
    }
}

/// A table of numbers.
fn table(name: &str, float: &str, numbers: impl Iterator<Item = String>) -> String {
    let numbers: Vec<String> = numbers.collect();
    let lines: Vec<String> =
        numbers.chunks(NUMBERS_IN_LINE).map(|line| format!("    {},\n", line.join(", "))).collect();
    format!("static {name}: [{float}; {}] = [\n{}];\n", numbers.len(), lines.concat())
}
