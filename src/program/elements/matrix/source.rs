//! Results and sparse matrix as Rust source: a function for each template, and tables of the pattern.

use super::arrangement::{Arrangement, BlockGraph};
use super::{Linear, Stored, VECTORS, Wanted};
use crate::error::Error;
use crate::ops::index::checked_u32;
use crate::ops::op::Op;
use crate::program::elements::making::Making;
use crate::program::elements::scatter::write_first;
use crate::program::elements::source::{Body, CompiledSource, Reads, constant, result, table};
use crate::program::elements::variables::Variables;
use crate::program::export::rust::{Source, check_name};
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::Column;
use crate::sparse::Sparsity;

/// The source of an element with more variables is too long. A Hessian has a number for each pair of them.
const MOST_VARIABLES: usize = 1 << 12;
const MOST_VARIABLES_OF_HESSIAN: usize = 1 << 7;

/// The source of a graph as [`MatrixPlan::of`](super::MatrixPlan::of) takes it; `wanted` is the Jacobian or the
/// Hessian.
pub(crate) fn source<T: Precision>(
    name: &str,
    graph: &Graph<T>,
    wanted: Wanted,
    stored: Stored<'_>,
    variables: Variables,
) -> Result<CompiledSource<T>, Error> {
    check_name(name)?;
    let is_hessian = wanted == Wanted::Hessian;
    let most_variables = if is_hessian { MOST_VARIABLES_OF_HESSIAN } else { MOST_VARIABLES };
    let making = Making { always: true, ..Making::by(variables) };
    let arrangement = Arrangement::of(graph, wanted, stored, making, most_variables).ok_or_else(|| {
        let derivatives = if is_hessian { "gradient().jacobian()" } else { "jacobian()" };
        Error::unexpected(
            format!("source of `{name}`"),
            format!("elements of at most {most_variables} variables that share few operations"),
            format!("more of these; if the function is small, write `record(x).{derivatives}.to_rust(name)`"),
        )
    })?;
    let mut vectors = arrangement.vectors();
    let Arrangement { mut blocks, state, pattern, linear, slopes, .. } = arrangement;
    for block in &mut blocks {
        block.add_up_in_rows();
        write_first(&mut block.aims, block.rows, Some(1), &mut vectors);
    }
    let matrix = if is_hessian { "hessian" } else { "jacobian" };
    // In the order of `Vector`.
    let names = if is_hessian { ["value", "gradient", "", matrix] } else { ["outputs", "", "", matrix] };
    let (inputs, mut functions) = (graph.inputs as usize, Vec::new());
    let variables = variables.of(inputs);
    let mut body = Body::new(inputs, variables.clone());
    for (vector, places) in names.iter().zip(vectors) {
        if !vector.is_empty() && !places.cleared().is_empty() {
            body.line(format!("{vector}.fill(0.0);"));
        }
    }
    write_linear(&mut body, &linear, (!is_hessian).then_some(&slopes));
    for (k, block) in blocks.iter().enumerate() {
        let function = Source::new(&format!("element_{k}"), &block.graph, Options::new())?;
        block.write(&mut body, k, &function, &state, names);
        functions.push(function);
    }
    let (rows, nnz) = (pattern.rows(), pattern.nnz());
    let of_inputs = format!("of a function of {inputs} inputs");
    let (summary, first, result) = if is_hessian {
        (
            format!("The value {of_inputs}; writes its gradient and Hessian."),
            ("gradient", variables.len()),
            Some("value".into()),
        )
    } else {
        (format!("Writes the {rows} outputs {of_inputs}, and their Jacobian."), ("outputs", rows), None)
    };
    Ok(CompiledSource {
        name: name.into(),
        summary,
        inputs,
        written: vec![first, (matrix, nnz)],
        result,
        has_guards: !graph.guards().is_empty(),
        memory: 0,
        beside: tables_of_pattern(name, &pattern, matrix),
        functions,
        body,
    })
}

/// The tables of a pattern, and what they mean.
fn tables_of_pattern(name: &str, pattern: &Sparsity, matrix: &str) -> String {
    let [starts, columns] = ["ROW_STARTS", "COLUMNS"].map(|table| format!("{}_{table}", name.to_uppercase()));
    [
        format!("/// Row `i` of the {matrix} that `{name}` writes has the numbers from `{starts}[i]` to before\n"),
        format!("/// `{starts}[i + 1]`. The last number of the table is the length of `{matrix}`.\n"),
        "#[rustfmt::skip]\n".into(),
        table("pub static", &starts, "u32", pattern.offsets().iter().map(usize::to_string)),
        format!("\n/// `{matrix}[k]` stands in column `{columns}[k]`.\n"),
        "#[rustfmt::skip]\n".into(),
        table("pub static", &columns, "u32", pattern.indices().iter().map(usize::to_string)),
        "\n".into(),
    ]
    .concat()
}

/// Writes what outputs have beside elements: constants, and inputs with weights. `slopes` are the derivatives by these
/// in the Jacobian, with their places. If there are none, the derivatives are added to the gradient.
fn write_linear<T: Precision>(body: &mut Body, linear: &[Linear<T>], slopes: Option<&[(usize, T)]>) {
    let column = |places: Vec<usize>| Column::new(&places.into_iter().map(checked_u32).collect::<Vec<u32>>());
    let constants: Vec<T> = linear.iter().map(|linear| linear.constant).collect();
    if slopes.is_none() {
        let first = constants.first().copied().unwrap_or_else(T::zero);
        body.line(format!("let mut value: {} = {};", T::NAME, constant(first)));
    } else if !constants.is_empty() {
        let outputs = column(linear.iter().map(|linear| linear.output).collect());
        let output = body.place(&outputs, constants.len(), 0, "LINEAR_OUTPUTS");
        let number = body.number(&constants, "CONSTANTS");
        body.for_each(constants.len(), &format!("outputs[{output}] = {number};"));
    }
    let terms = linear.iter().flat_map(|linear| linear.terms.iter().map(|&term| (linear.output, term)));
    let (outputs, terms): (Vec<usize>, Vec<(u32, T)>) = terms.unzip();
    if terms.is_empty() {
        return;
    }
    let (rows, (inputs, weights)) = (terms.len(), terms.into_iter().unzip::<u32, T, Vec<u32>, Vec<T>>());
    let input = body.place(&Column::new(&inputs), rows, 0, "INPUTS");
    let weight = body.number(&weights, "WEIGHTS");
    let (sum, vector, (places, slopes)) = match slopes {
        None => {
            let slopes = linear.iter().flat_map(|linear| &linear.slopes);
            let slopes = slopes.map(|&(variable, slope)| (variable as usize, slope));
            ("value".into(), ["gradient", "+="], slopes.unzip::<usize, T, Vec<usize>, Vec<T>>())
        }
        Some(slopes) => {
            let output = body.place(&column(outputs), rows, 0, "OUTPUTS");
            (format!("outputs[{output}]"), ["jacobian", "="], slopes.iter().copied().unzip())
        }
    };
    body.for_each(rows, &format!("{sum} += {weight} * inputs[{input}];"));
    if slopes.is_empty() {
        return;
    }
    let [vector, assigned] = vector;
    let place = body.place(&column(places), slopes.len(), 0, "PLACES");
    let slope = body.number(&slopes, "SLOPES");
    body.for_each(slopes.len(), &format!("{vector}[{place}] {assigned} {slope};"));
}

impl<T: Precision> BlockGraph<T> {
    /// Replaces sums over the rows by their terms, which each row adds.
    fn add_up_in_rows(&mut self) {
        for aim in self.aims.iter_mut().filter(|aim| aim.is_total) {
            (aim.places, aim.is_total) = (Column::even(aim.places.place(0), 0, self.rows), false);
        }
        for k in 0..self.graph.outputs.len() {
            let node = self.graph.node(self.graph.outputs[k]);
            if node.op == Op::total {
                self.graph.outputs[k] = self.graph.operands(node)[0];
            }
        }
    }

    /// Writes the loop over the elements of template `k`.
    fn write(&self, body: &mut Body, k: usize, function: &Source<T>, state: &[T], names: [&str; VECTORS]) {
        let inputs = body.inputs();
        let is_input = |column: &&Column| column.places().start < inputs;
        let gathered: Vec<Column> = self.columns.iter().filter(is_input).cloned().collect();
        let data =
            self.columns[gathered.len()..].iter().map(|column| &state[column.places().start - inputs..][..self.rows]);
        let reads = Reads::new(body, [k, self.rows], &self.uniforms, &gathered, data);
        reads.begin(body, function, [vec![], vec![]]);
        for (j, aim) in self.aims.iter().enumerate() {
            let place = match names[aim.vector] {
                "value" => "value".into(),
                vector => format!("{vector}[{}]", body.place(&aim.places, self.rows, 0, &format!("TARGETS_{k}_{j}"))),
            };
            let operator = if aim.is_first { "=" } else { "+=" };
            body.line(format!("    {place} {operator} {};", result(aim.output, self.graph.outputs.len())));
        }
        body.line("}");
    }
}
