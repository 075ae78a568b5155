//! Programs: record once, run on everything.

mod code;
mod differentiate;
mod expr;
mod graph;
mod lanes;
mod listing;
mod math;
mod op;
mod optimize;
mod options;
mod precision;
mod rows;
mod run;
#[cfg(feature = "serde")]
mod store;

use std::sync::OnceLock;

pub use expr::Expr;
pub(crate) use expr::symbolic;
pub use listing::Statistics;
pub(crate) use op::Op;
pub use options::{Optimization, Options};
pub use precision::Precision;
pub use rows::{Results, Rows};
pub use run::Workspace;

use crate::Error;
use code::{Code, compile};
use expr::record;
use graph::{Graph, Id, index};
use optimize::optimize;
use run::Manner;

/// A function as data: a straight line of operations, recorded once and run on any number of rows.
///
/// A program has *parameters*, which all rows share, and *inputs*, which each row has its own of.
#[derive(Clone, Debug)]
pub struct Program<T> {
    graph: Graph<T>,
    options: Options,
    /// Made when the program is first run.
    code: OnceLock<Code<T>>,
}

/// What a recorded function returns: an [`Expr`], or several as an array or a vector.
pub trait Outputs<T> {
    /// The outputs, in order.
    fn outputs(self) -> Vec<Expr<T>>;
}

impl<T> Outputs<T> for Expr<T> {
    fn outputs(self) -> Vec<Expr<T>> {
        vec![self]
    }
}

impl<T> Outputs<T> for Vec<Expr<T>> {
    fn outputs(self) -> Vec<Expr<T>> {
        self
    }
}

impl<T, const N: usize> Outputs<T> for [Expr<T>; N] {
    fn outputs(self) -> Vec<Expr<T>> {
        self.into()
    }
}

impl Options {
    /// Records a function of inputs as a program. The numbers `x` decide which way it goes where it branches.
    #[track_caller]
    pub fn record<T: Precision, O: Outputs<T>>(self, f: impl FnOnce(&[Expr<T>]) -> O, x: &[T]) -> Program<T> {
        self.record_with(|_, x| f(x), &[], x)
    }

    /// Records a function of parameters and inputs as a program.
    #[track_caller]
    pub fn record_with<T: Precision, O: Outputs<T>>(
        self,
        f: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> O,
        parameters: &[T],
        x: &[T],
    ) -> Program<T> {
        let mut builder = self.builder(Graph::new(parameters.len(), x.len()));
        // Where numbers are known; to what comes afterwards, a choice that was made is a guard.
        builder.branches = self.is_exact();
        let (mut graph, outputs) = record(builder, || {
            let leaves = |numbers: &[T], first: usize| {
                (index(first)..).zip(numbers).map(|(id, &x)| Expr::node(id, x)).collect::<Vec<_>>()
            };
            let (parameters, inputs) = (leaves(parameters, 0), leaves(x, parameters.len()));
            let outputs = f(&parameters, &inputs).outputs();
            outputs.into_iter().map(Expr::id).collect()
        });
        graph.outputs = outputs;
        Program { graph, options: self, code: OnceLock::new() }
    }
}

impl<T: Precision> Program<T> {
    /// Records a function of inputs. The numbers `x` decide which way it goes where it branches.
    #[track_caller]
    pub fn record<O: Outputs<T>>(f: impl FnOnce(&[Expr<T>]) -> O, x: &[T]) -> Self {
        Options::new().record(f, x)
    }

    /// Records a function of parameters, which all rows share, and of inputs.
    #[track_caller]
    pub fn record_with<O: Outputs<T>>(f: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> O, parameters: &[T], x: &[T]) -> Self {
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

    /// How many results there are, of each row or in total.
    pub fn outputs(&self) -> usize {
        self.graph.outputs.len()
    }

    /// Whether the outputs are sums over all rows.
    pub fn is_of_sum(&self) -> bool {
        self.graph.of_sum
    }

    fn derived(&self, graph: &Graph<T>) -> Self {
        Self { graph: optimize(graph, self.options, false), options: self.options, code: OnceLock::new() }
    }

    /// The leaves of the graph: all parameters, and then all inputs.
    fn leaves(&self) -> Vec<Option<Id>> {
        let parameters = self.parameters();
        let mut leaves = vec![None; parameters + self.inputs()];
        for (id, node) in (0..).zip(&self.graph.nodes) {
            match node.op {
                Op::parameter => leaves[node.args[0] as usize] = Some(id),
                Op::input => leaves[parameters + node.args[0] as usize] = Some(id),
                _ => {}
            }
        }
        leaves
    }

    /// The program of the value and its gradient: by all parameters, and then by all inputs.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output, or it is a sum over all rows.
    #[track_caller]
    #[must_use]
    pub fn gradient(&self) -> Self {
        assert_eq!(self.outputs(), 1, "a gradient is that of one number; of several outputs take the `jacobian`");
        self.jacobian()
    }

    /// The program of the outputs and, behind them, of the derivatives of each output by all parameters and then by
    /// all inputs.
    ///
    /// # Panics
    ///
    /// If the outputs are sums over all rows.
    #[track_caller]
    #[must_use]
    pub fn jacobian(&self) -> Self {
        assert!(!self.is_of_sum(), "the derivatives of sums over rows are those of `tangent`");
        self.derived(&differentiate::reverse(&self.graph, self.options, &self.leaves(), false))
    }

    /// The program of the sum over all rows, and of its gradient by all parameters.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output, or it is a sum already.
    #[track_caller]
    #[must_use]
    pub fn gradient_of_sum(&self) -> Self {
        assert_eq!(self.outputs(), 1, "a gradient is that of one number");
        assert!(!self.is_of_sum(), "the derivatives of sums over rows are those of `tangent`");
        let parameters = &self.leaves()[..self.parameters()];
        self.derived(&differentiate::reverse(&self.graph, self.options, parameters, true))
    }

    /// The program of the outputs and, behind them, of their derivatives along a direction, which is as many further
    /// parameters and inputs.
    #[must_use]
    pub fn tangent(&self) -> Self {
        self.derived(&differentiate::forward(&self.graph, self.options))
    }

    fn code(&self) -> &Code<T> {
        self.code.get_or_init(|| compile(&optimize(&self.graph, self.options, !self.options.is_exact()), self.options))
    }

    /// The outputs for one row, of a program without parameters.
    pub fn eval(&self, x: &[T]) -> Result<Vec<T>, Error> {
        let mut workspace = Workspace::new();
        let rows = Rows::new(x, x.len())?;
        let results = self.run(&[], rows, &mut workspace)?;
        Ok(if self.is_of_sum() { results.totals() } else { results.rows() }.to_vec())
    }

    /// Runs the program on all rows.
    pub fn run<'w>(
        &self,
        parameters: &[T],
        rows: Rows<'_, T>,
        workspace: &'w mut Workspace<T>,
    ) -> Result<Results<'w, T>, Error> {
        self.run_any(parameters, rows, workspace)?;
        let workspace = &*workspace;
        if let Some(row) = workspace.strayed.iter().position(|&strayed| strayed) {
            return Err(Error::unexpected(
                format!("row {row}"),
                "a row for which all comparisons come out as for the one that the program was recorded with",
                "another (see `Paths` for functions that branch)",
            ));
        }
        Ok(Results { rows: &workspace.results, width: self.code().width(), totals: &workspace.totals })
    }

    /// Runs the program on all rows, of which some may stray.
    fn run_any(&self, parameters: &[T], rows: Rows<'_, T>, workspace: &mut Workspace<T>) -> Result<(), Error> {
        if parameters.len() != self.parameters() {
            let expected = format!("{} parameters", self.parameters());
            return Err(Error::unexpected("program", expected, parameters.len().to_string()));
        }
        if rows.width() != self.inputs() {
            let expected = format!("rows of {} inputs", self.inputs());
            return Err(Error::unexpected("program", expected, rows.width().to_string()));
        }
        let manner = Manner { exact: self.options.is_exact(), simd: self.options.has(Optimization::Simd) };
        workspace.run(self.code(), manner, parameters, rows.table);
        Ok(())
    }
}
