//! Functions that branch: a program for each path that rows take.

use std::fmt;

use super::Program;
use super::graph::Graph;
use super::graph::custom::Custom;
use super::options::Options;
use super::precision::Precision;
use super::record::expr::Expr;
use super::record::outputs::IntoOutputs;
use super::run::rows::{Results, Rows};
use super::run::workspace::Workspace;
use crate::error::Error;
use crate::number::Real;
use crate::tape::{Tape, Value};

/// The outputs of [`Paths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathOutput {
    /// The outputs alone.
    Values,
    /// [`Program::gradient`]
    Gradient,
    /// [`Program::jacobian`]
    Jacobian,
    /// [`Program::gradient_of_sum`]
    GradientOfSum,
}

/// A function that may branch, with a [`Program`] for each *path*. A path is a sequence of outcomes of its comparisons.
///
/// Rows are run with the first path. Rows for which a comparison has another outcome are collected and run with the
/// next path. If no path fits, the function is recorded again for the first row that is left. So every row is computed
/// by the program of its own path. Beyond a limit of paths, the rows that are left are recorded and swept on a [`Tape`]
/// one by one.
///
/// # Examples
///
/// ```
/// use gradtape::program::{PathOutput, Expr, Paths, Rows};
///
/// // A loss with another formula for large errors.
/// let loss = |p: &[Expr<f64>], x: &[Expr<f64>]| {
///     let r = p[0] * x[0] - x[1];
///     if r * r < 1.0 { r * r } else { (r * r).ln() + 1.0 }
/// };
/// let mut loss = Paths::new(loss, PathOutput::GradientOfSum);
/// let results = loss.run(&[2.0], Rows::new(&[1.0, 2.5, 1.0, 4.0], 2)?)?;
/// assert_eq!(results.totals(), [0.25 + 4.0_f64.ln() + 1.0, -1.0 - 1.0]); // the sum, and its derivative by p[0]
/// assert_eq!(loss.rows_of_paths(), [1, 1]);
/// # Ok::<(), gradtape::Error>(())
/// ```
///
/// `abs`, `max`, `min`, `clamp` and `relu` are operations, not branches. A function that is written with them needs no
/// paths. For example, with `m = r.abs().min(1.0)` the Huber loss is `m * (r.abs() - m * 0.5)`.
pub struct Paths<T: Precision, F> {
    function: F,
    output: PathOutput,
    options: Options,
    limit: usize,
    known: Vec<Path<T>>,
    /// How many outputs the function has, once that is known.
    outputs: Option<usize>,
    /// The numbers of parameters and of inputs, once they are known.
    widths: Option<[usize; 2]>,
    /// How many rows were computed on a tape.
    rows_on_tape: usize,
    workspace: Workspace<T>,
    /// The rows that no path has computed so far.
    left: Vec<usize>,
    /// Their inputs.
    left_inputs: Vec<T>,
    columns: Vec<T>,
    totals: Vec<T>,
}

/// The program of a path, and how many rows it has computed.
struct Path<T> {
    program: Program<T>,
    rows: usize,
}

/// The most paths, unless another limit is set.
const LIMIT: usize = 64;

impl<T: Precision, O: IntoOutputs<T>, F: Fn(&[Expr<T>], &[Expr<T>]) -> O> Paths<T, F>
where
    Value<T>: Real<Plain = T>,
{
    /// The paths of a function of parameters and inputs. None is known yet.
    pub fn new(function: F, output: PathOutput) -> Self {
        Self {
            function,
            output,
            options: Options::new(),
            limit: LIMIT,
            known: Vec::new(),
            outputs: None,
            widths: None,
            rows_on_tape: 0,
            workspace: Workspace::new(),
            left: Vec::new(),
            left_inputs: Vec::new(),
            columns: Vec::new(),
            totals: Vec::new(),
        }
    }

    /// The same with these options for its programs.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, known: Vec::new(), ..self }
    }

    /// The same with another limit of paths than 64. With limit 0, all rows are computed on the tape.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The program of each path, in the order in which they were found.
    pub fn programs(&self) -> impl ExactSizeIterator<Item = &Program<T>> {
        self.known.iter().map(|path| &path.program)
    }

    /// How many rows each path has computed so far.
    pub fn rows_of_paths(&self) -> Vec<usize> {
        self.known.iter().map(|path| path.rows).collect()
    }

    /// How many rows were computed on the tape so far.
    pub fn rows_on_tape(&self) -> usize {
        self.rows_on_tape
    }

    /// Runs all rows, each with its own path. Without rows there are totals only if a path is known.
    ///
    /// # Errors
    ///
    /// If the number of inputs or of parameters differs from the first call.
    ///
    /// # Panics
    ///
    /// As the method of [`Program`] that [`PathOutput`] names, or if the function returns another number of outputs on
    /// another path.
    #[track_caller]
    pub fn run(&mut self, parameters: &[T], rows: Rows<'_, T>) -> Result<Results<'_, T>, Error> {
        let mut width = 0;
        self.columns.clear();
        self.totals.clear();
        self.left.clear();
        self.left.extend(0..rows.len());
        self.check_widths(parameters.len(), rows.width())?;
        for k in 0..self.limit {
            let is_new = k == self.known.len();
            // Without rows, the first path says how many totals there are.
            let Some(&first) = self.left.first().or(Some(&0).filter(|_| rows.is_empty() && k == 0 && !is_new)) else {
                break;
            };
            if is_new {
                let program = self.record(parameters, &rows.row(first));
                let program = self.differentiated(&program);
                self.known.push(Path { program, rows: 0 });
            }
            width = self.run_path(k, parameters, rows)?;
            if is_new && self.left.first() == Some(&first) {
                // The program does not fit its own row.
                self.known.pop();
                break;
            }
        }
        while let Some(row) = self.left.pop() {
            width = self.run_on_tape(parameters, rows, row);
        }
        Ok(Results { columns: &self.columns, width, totals: &self.totals })
    }

    fn check_widths(&mut self, parameters: usize, inputs: usize) -> Result<(), Error> {
        let [known_parameters, known_inputs] = *self.widths.get_or_insert([parameters, inputs]);
        if parameters != known_parameters {
            let expected = format!("{known_parameters} parameters");
            return Err(Error::unexpected("program", expected, parameters.to_string()));
        }
        if inputs != known_inputs {
            let expected = format!("rows of {known_inputs} inputs");
            return Err(Error::unexpected("program", expected, inputs.to_string()));
        }
        Ok(())
    }

    #[track_caller]
    fn record(&mut self, parameters: &[T], row: &[T]) -> Program<T> {
        let program = self.options.record_with(&self.function, parameters, row);
        let outputs = *self.outputs.get_or_insert(program.outputs());
        assert_eq!(program.outputs(), outputs, "a function that branches must return as many outputs on every path");
        program
    }

    #[track_caller]
    fn differentiated(&self, program: &Program<T>) -> Program<T> {
        match self.output {
            PathOutput::Values => program.clone(),
            PathOutput::Gradient => program.gradient(),
            PathOutput::Jacobian => program.jacobian(),
            PathOutput::GradientOfSum => program.gradient_of_sum(),
        }
    }

    /// Runs the rows that are left with a path, and keeps those for which a guard fails. Returns how many results a row
    /// has.
    fn run_path(&mut self, k: usize, parameters: &[T], rows: Rows<'_, T>) -> Result<usize, Error> {
        let path = &mut self.known[k];
        let some = if self.left.len() == rows.len() {
            rows
        } else {
            self.left_inputs.clear();
            self.left.iter().for_each(|&row| self.left_inputs.extend(rows.row(row)));
            Rows::of(&self.left_inputs, rows.width(), self.left.len())
        };
        let workspace = &mut self.workspace;
        path.program.run_unguarded(parameters, some, workspace)?;
        let fails = |k: usize| workspace.guard_failed.get(k) == Some(&true);
        let failed = (0..some.len()).filter(|&k| fails(k)).count();
        path.rows += some.len() - failed;
        if failed < some.len() || rows.is_empty() {
            add(&mut self.totals, &workspace.totals);
        }
        let width = path.program.code().width();
        self.columns.resize(rows.len() * width, T::zero());
        for column in 0..width {
            let (from, to) = (&workspace.results[column * some.len()..], &mut self.columns[column * rows.len()..]);
            for (k, &row) in self.left.iter().enumerate().filter(|(k, _)| !fails(*k)) {
                to[row] = from[k];
            }
        }
        let mut k = 0;
        self.left.retain(|_| {
            k += 1;
            fails(k - 1)
        });
        Ok(width)
    }

    /// Runs one row on a tape.
    #[track_caller]
    fn run_on_tape(&mut self, parameters: &[T], rows: Rows<'_, T>, row: usize) -> usize {
        self.rows_on_tape += 1;
        let row_inputs = rows.row(row);
        let program = self.record(parameters, &row_inputs);
        let results = results_on_tape(&program.graph, self.output, parameters, &row_inputs);
        if self.output == PathOutput::GradientOfSum {
            add(&mut self.totals, &results);
            return 0;
        }
        self.columns.resize(rows.len() * results.len(), T::zero());
        for (column, &result) in results.iter().enumerate() {
            self.columns[column * rows.len() + row] = result;
        }
        results.len()
    }
}

/// Adds the totals of some rows.
fn add<T: Precision>(totals: &mut Vec<T>, more: &[T]) {
    totals.resize(more.len(), T::zero());
    totals.iter_mut().zip(more).for_each(|(total, &x)| *total += x);
}

/// The outputs of a row and their derivatives, in the order of a program.
fn results_on_tape<T: Precision>(graph: &Graph<T>, path_output: PathOutput, parameters: &[T], row: &[T]) -> Vec<T>
where
    Value<T>: Real<Plain = T>,
{
    let tape = Tape::new();
    let (parameters, inputs) = (tape.vars(parameters), tape.vars(row));
    let values = graph.evaluate(&parameters, &inputs, Custom::on_tape, |value| value);
    let outputs = graph.outputs.iter().map(|id| values[id.index()]);
    let mut results: Vec<T> = outputs.clone().map(Value::data).collect();
    if path_output != PathOutput::Values {
        for output in outputs {
            let gradients = output.backward();
            results.extend(gradients.wrt_all(&parameters));
            if path_output != PathOutput::GradientOfSum {
                results.extend(gradients.wrt_all(&inputs));
            }
        }
    }
    results
}

impl<T: Precision, F> fmt::Debug for Paths<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paths")
            .field("output", &self.output)
            .field("paths", &self.known.len())
            .field("rows_on_tape", &self.rows_on_tape)
            .finish_non_exhaustive()
    }
}
