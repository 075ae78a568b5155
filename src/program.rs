//! Programs: functions recorded once, optimised, differentiated, and run on many rows.
//!
//! A tape pays for recording at every evaluation. A function that is evaluated again and again (a loss on the rows of a
//! training set, the residuals of a fit, the paths of a simulation) can be recorded once, with [`Expr`]s as its
//! numbers. The resulting [`Program`] is plain data. Its gradient is a program, too. Both run on tables of rows at the
//! speed of vector instructions:
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["program"] }
//!
//! # Programs run by code of this crate: without these two lines, they are about 100 times slower in debug builds.
//! [profile.dev.package.gradtape]
//! opt-level = 3
//! ```
//!
//! ```
//! use gradtape::program::{Program, Rows, Workspace};
//!
//! // The squared error of a line: two parameters, which all rows share, and two inputs, x and y.
//! let error = Program::record_with(|p, row| (p[0] + p[1] * row[0] - row[1]).powi(2), &[0.0, 1.0], &[0.0, 0.0]);
//! let gradient = error.gradient_of_sum();
//!
//! let data = [0.0, 1.0, 1.0, 3.0, 2.0, 5.0, 3.0, 7.0];
//! let (mut line, mut workspace) = ([0.0, 0.0], Workspace::new());
//! for _ in 0..500 {
//!     let results = gradient.run(&line, Rows::new(&data, 2)?, &mut workspace)?;
//!     for (p, slope) in line.iter_mut().zip(&results.totals()[1..]) {
//!         *p -= 0.03 * slope;
//!     }
//! }
//! assert!((line[0] - 1.0_f64).abs() < 1e-6 && (line[1] - 2.0).abs() < 1e-6);
//! # Ok::<(), gradtape::Error>(())
//! ```
//!
//! # Which program
//!
//! | you want | take |
//! |---|---|
//! | a sum or residuals in a loop, at one point after the other | [`Compiled`](crate::Compiled), which finds the rows |
//! | the function itself, on rows | [`Program::record`], or [`record_with`](Program::record_with) parameters |
//! | value and gradient of each row | [`Program::gradient`] |
//! | the sum over all rows and its gradient by the parameters | [`Program::gradient_of_sum`] |
//! | several outputs and their Jacobian | [`Program::jacobian`] |
//! | the derivative along a direction; gradient and Hessian times vector | [`Program::tangent`]; that of a gradient |
//! | the gradient of a weighted sum of outputs; the chain rule | [`Program::pullback`] |
//! | the same by some of the parameters and inputs, or of some outputs | [`Program::wrt`] |
//! | rows whose inputs stand anywhere in a vector: meshes, graphs, several windows | [`Rows::gathered`] |
//! | many results of each row, used while they are in the cache | [`Program::run_in_blocks`] |
//! | a function with branches | [`Paths`] |
//! | a program, perhaps from a file, as a function with all derivatives | [`Program::into_function`] |
//! | the tape's results bit for bit | [`Options::exact`] |
//!
//! # How it works
//!
//! *Recording* runs the function once. Constants are folded, and equal operations are recorded once. A comparison that
//! decides a branch is kept as a *guard*. A program refuses rows for which the comparison has another outcome;
//! [`Paths`] run them with a program of their own. The numbers that are compared are computed as the plain float
//! computes them, so that the outcome is the same even at a tie. `max`, `min`, `abs`, `relu` and `clamp` are
//! operations, not branches.
//!
//! *Differentiation* adds operations for the partials and the adjoints or tangents, in reverse or forward mode, and
//! removes unused operations.
//!
//! *Compilation* happens when the program is first run, or by [`Program::compile`]. Operations that depend on
//! parameters only are moved out of the loop over rows, products and sums are fused, and numbers share memory. A small
//! interpreter executes each instruction on some hundred rows at a time, in lanes of 16. A single row runs in batches
//! of independent operations of one kind, which are the lanes then. The vectorised elementary functions are off by at
//! most 2 units in the last place. The feature `simd` adds kernels for AVX2 and AVX-512, which are chosen at run time;
//! the feature `rayon` runs blocks of rows on all threads. Sums over rows are added up in an order that depends on the
//! number of rows alone: they are the same bits with any number of threads.
//!
//! # What it promises
//!
//! - The results of a row depend on that row alone: not on its neighbours, its position, or the number of threads. Only
//!   the sign of a NaN, which `copysign` shows, depends on the machine.
//! - Without [`Options::exact`] numbers and derivatives differ from the tape's by rounding: fused products, other
//!   vectorised functions, derivatives multiplied in another order. With it they are the same bits.
//! - In products of derivatives 0 · ∞ is 0, as on the tape.
//! - With the same [`Workspace`] a loop on one thread allocates nothing after its first round.

mod blocks;
pub(crate) mod communicator;
pub(crate) mod compile;
mod conversions;
mod derivatives;
pub(crate) mod elements;
pub(crate) mod export;
pub(crate) mod graph;
mod guards;
mod in_blocks;
pub(crate) mod math;
pub(crate) mod options;
pub(crate) mod paths;
pub(crate) mod precision;
pub(crate) mod record;
pub(crate) mod run;
mod selection;
pub(crate) mod sum;
pub(crate) mod sum_of_blocks;
pub(crate) mod transform;
mod wrt;

use std::sync::OnceLock;

pub use crate::ops::kind::Expr;
pub use communicator::{Alone, Communicator};
pub use export::dot::{Dot, Layout};
pub use export::rust::Source;
pub use export::statistics::Statistics;
#[doc(hidden)]
pub use math::kernels;
pub use options::{Optimization, Options};
pub use paths::{PathOutput, Paths};
pub use precision::Precision;
pub use record::outputs::IntoOutputs;
pub use run::index::Index;
pub use run::rows::{Results, Rows};
pub use run::workspace::Workspace;
pub use selection::Selection;
pub use wrt::Derivatives;

use crate::error::Error;
use compile::compile;
use compile::instructions::{Bytecode, ResultPlace};
use graph::Graph;
use precision::compiled_here;
use run::Execution;
use transform::lower::lower;
use transform::pruned;

/// A function as data: a straight line of operations, recorded once and run on any number of rows.
///
/// A program has *parameters*, which all rows share, and *inputs*, which differ from row to row. It has outputs for
/// each row, or sums over all rows. It may be sent to and shared with other threads.
///
/// # Examples
///
/// ```
/// use gradtape::program::Program;
///
/// let program = Program::record(|x| x[0].sin() * x[1], &[0.0_f64, 0.0]).gradient();
/// assert_eq!(program.eval(&[0.0, 3.0])?, [0.0, 3.0, 0.0]); // the value, and its derivatives by both inputs
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program<T> {
    graph: Graph<T>,
    options: Options,
    /// Compiled when the program is first run.
    code: OnceLock<Bytecode<T>>,
    /// Compiled when a result of `code` may be wrong for the first time.
    careful_code: OnceLock<Bytecode<T>>,
}

impl Options {
    /// [`Program::record`] with these options.
    #[track_caller]
    pub fn record<T: Precision, O: IntoOutputs<T>>(self, f: impl FnOnce(&[Expr<T>]) -> O, x: &[T]) -> Program<T> {
        self.record_with(|_, x| f(x), &[], x)
    }

    /// [`Program::record_with`] with these options.
    #[track_caller]
    pub fn record_with<T: Precision, O: IntoOutputs<T>>(
        self,
        f: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> O,
        parameters: &[T],
        x: &[T],
    ) -> Program<T> {
        Program::new(record::record(self, f, parameters, x), self)
    }
}

impl<T> Program<T> {
    fn new(graph: Graph<T>, options: Options) -> Self {
        Self { graph, options, code: OnceLock::new(), careful_code: OnceLock::new() }
    }
}

impl<T: Precision> Program<T> {
    /// Records a function of inputs. The numbers `x` decide which branches it takes.
    ///
    /// The function may return one [`Expr`] or several. It must compute with the inputs that it is given: numbers of
    /// another recording panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Real, program::Program};
    ///
    /// fn polar<F: Real>(x: &[F]) -> Vec<F> {
    ///     vec![x[0].hypot(x[1]), x[1].atan2(x[0])]
    /// }
    ///
    /// let program = Program::record(polar, &[1.0, 1.0]);
    /// assert_eq!(program.eval(&[3.0, 4.0])?[0], 5.0);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn record<O: IntoOutputs<T>>(f: impl FnOnce(&[Expr<T>]) -> O, x: &[T]) -> Self {
        Options::new().record(f, x)
    }

    /// Records a function of parameters, which all rows share, and of inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let program = Program::record_with(|p, x| p[0] * x[0], &[1.0], &[1.0]);
    /// let mut workspace = Workspace::new();
    /// let results = program.run(&[10.0], Rows::new(&[1.0, 2.0, 3.0], 1)?, &mut workspace)?;
    /// assert_eq!(results.column(0), [10.0, 20.0, 30.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn record_with<O: IntoOutputs<T>>(
        f: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> O,
        parameters: &[T],
        x: &[T],
    ) -> Self {
        Options::new().record_with(f, parameters, x)
    }

    /// How many numbers all rows share.
    pub fn parameters(&self) -> usize {
        self.graph.parameters as usize
    }

    /// How many numbers a row has.
    pub fn inputs(&self) -> usize {
        self.graph.inputs as usize
    }

    /// How many outputs there are: of each row, or sums over all rows.
    pub fn outputs(&self) -> usize {
        self.graph.outputs.len()
    }

    /// Whether the outputs are sums over all rows.
    pub fn is_of_sum(&self) -> bool {
        self.graph.of_sum
    }

    /// The program of a graph, without its unused nodes.
    pub(crate) fn optimized(graph: &Graph<T>, options: Options) -> Self {
        Self::new(pruned(graph, options), options)
    }

    /// The graph without unused nodes.
    pub(crate) fn into_needed(self) -> Graph<T> {
        let graph = &self.graph;
        let needed = graph.dependencies(graph.guarded().chain(&graph.outputs));
        if needed.iter().all(|&needed| needed) { self.graph } else { pruned(graph, self.options) }
    }

    /// Where each output is found in the workspace.
    pub(crate) fn places(&self) -> impl Iterator<Item = ResultPlace> + Clone {
        self.code().places()
    }

    /// How many instructions of a single row run together, on average.
    pub(crate) fn instructions_in_batch(&self) -> usize {
        let batches = self.code().batches();
        (batches.numbers - batches.first_result) / batches.list.len().max(1)
    }

    /// Compiles the program, if that has not happened yet. Otherwise the first run does it, and takes longer than later
    /// runs.
    ///
    /// A clone is compiled if the program is. To allocate nothing in a loop either, run the program on as many rows
    /// once.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0].sin(), &[0.0_f64]).gradient();
    /// program.compile();
    /// assert_eq!(program.eval(&[0.0])?, [0.0, 1.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn compile(&self) {
        self.code().batches();
        if self.code().leaves_out_kept {
            self.careful_code().batches();
        }
    }

    fn code(&self) -> &Bytecode<T> {
        self.code.get_or_init(|| self.compiled(false))
    }

    #[cold]
    fn careful_code(&self) -> &Bytecode<T> {
        self.careful_code.get_or_init(|| self.compiled(true))
    }

    fn compiled(&self, careful: bool) -> Bytecode<T> {
        let compile = compiled_here!(fn(&Graph<T>, Options, bool) -> Bytecode<T> = compiled);
        compile(&self.graph, self.options, careful)
    }

    /// The outputs for one row, of a program without parameters. In a loop, [`run`](Self::run) keeps its memory.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn eval(&self, x: &[T]) -> Result<Vec<T>, Error> {
        let mut workspace = Workspace::new();
        let results = self.run(&[], Rows::one(x), &mut workspace)?;
        Ok(match self.code().width() {
            0 => results.totals().to_vec(),
            _ => results.row(0),
        })
    }

    /// Runs the program on all rows.
    ///
    /// # Errors
    ///
    /// If the number of parameters or the width of the rows differs from the recording; or if a comparison has another
    /// outcome for the parameters or for one of the rows: [`Paths`] run these with a program of their own.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let program = Program::record(|x| if x[0] > 0.0 { x[0].sqrt() } else { x[0] * 0.0 }, &[1.0]);
    /// let mut workspace = Workspace::new();
    /// assert_eq!(program.run(&[], Rows::new(&[4.0, 9.0], 1)?, &mut workspace)?.column(0), [2.0, 3.0]);
    /// let error = program.run(&[], Rows::new(&[4.0, -9.0], 1)?, &mut workspace).unwrap_err();
    /// assert!(error.to_string().starts_with("row 1: expected a row for which the comparison at "));
    /// assert!(error.to_string().contains("found one for which -9 > 0 is false"));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn run<'w>(
        &self,
        parameters: &[T],
        rows: Rows<'_, T>,
        workspace: &'w mut Workspace<T>,
    ) -> Result<Results<'w, T>, Error> {
        self.run_from(0, parameters, rows, workspace)
    }

    /// [`run`](Self::run) on rows that errors number from `first` on.
    pub(crate) fn run_from<'w>(
        &self,
        first: usize,
        parameters: &[T],
        rows: Rows<'_, T>,
        workspace: &'w mut Workspace<T>,
    ) -> Result<Results<'w, T>, Error> {
        self.run_unguarded(parameters, rows, workspace)?;
        let workspace = &*workspace;
        if workspace.uniform_guard_failed {
            let inputs = vec![T::zero(); self.inputs()];
            return Err(self.failed_guard("parameters", "some", parameters, &inputs, true));
        }
        if let Some(row) = workspace.guard_failed.iter().position(|&failed| failed) {
            let place = format!("row {}", first + row);
            return Err(self.failed_guard(&place, "a row", parameters, &rows.row(row), false));
        }
        let width = self.code().width();
        Ok(Results { columns: &workspace.results[..rows.len() * width], width, totals: &workspace.totals })
    }

    /// Runs the program on all rows. The workspace tells for which of them a guard failed.
    pub(crate) fn run_unguarded(
        &self,
        parameters: &[T],
        rows: Rows<'_, T>,
        workspace: &mut Workspace<T>,
    ) -> Result<(), Error> {
        if parameters.len() != self.parameters() {
            let expected = format!("{} parameters", self.parameters());
            let hint = if parameters.is_empty() { " (`eval` gives none, `run` takes them)" } else { "" };
            let found = format!("{}{hint}", parameters.len());
            return Err(Error::unexpected("program", expected, found));
        }
        if rows.width() != self.inputs() {
            let expected = format!("rows of {} inputs", self.inputs());
            return Err(Error::unexpected("program", expected, rows.width().to_string()));
        }
        let (code, execution) = (self.code(), Execution::new(self.options));
        let run = compiled_here!(fn(&mut Workspace<T>, &Bytecode<T>, Execution, &[T], Rows<'_, T>) = Workspace::run);
        run(workspace, code, execution, parameters, rows);
        if code.leaves_out_kept && !workspace.is_finite {
            run(workspace, self.careful_code(), execution, parameters, rows);
        }
        Ok(())
    }
}

fn compiled<T: Precision>(graph: &Graph<T>, options: Options, careful: bool) -> Bytecode<T> {
    compile(&lower(pruned(graph, options), options), options, careful)
}
