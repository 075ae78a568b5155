//! Derivatives of some outputs by some parameters and inputs.

use super::Program;
use super::graph::Graph;
use super::options::Options;
use super::precision::{Precision, compiled_here};
use super::selection::{Selection, selected};
use super::transform::Selected;
use super::transform::forward::forward;
use super::transform::reverse::{Sum, pullback, reverse_of};
use crate::ops::index::NodeIndex;

/// The derivatives of a program by some of its parameters and inputs: the result of [`Program::wrt`].
///
/// The methods are those of [`Program`], which differentiate by everything. The derivatives of an output are in the
/// order in which its variables were named: first the parameters, then the inputs. What was not named is a constant; it
/// is a parameter or input of the new program all the same.
///
/// # Examples
///
/// Residuals of a fit: of the four inputs of a row, two are variables, and two are data.
///
/// ```
/// use gradtape::program::Program;
///
/// let residual = Program::record(|x| x[0] * (x[1] * x[2]).exp() - x[3], &[1.0; 4]);
/// let program = residual.wrt([], 0..2).gradient();
/// assert_eq!((program.inputs(), program.outputs()), (4, 3));
/// assert_eq!(program.eval(&[2.0, 0.0, 5.0, 1.0])?, [1.0, 1.0, 10.0]); // x₀eˣ¹ˣ² - x₃, eˣ¹ˣ², x₀x₂eˣ¹ˣ²
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Derivatives<'a, T> {
    program: &'a Program<T>,
    selected: Selected,
}

/// A kind of derivatives.
#[derive(Clone, Copy)]
enum Kind {
    /// Of the outputs, or of their sums over the rows.
    Jacobian(Option<Sum>),
    Pullback,
    Tangent,
}

impl<T: Precision> Program<T> {
    /// The derivatives with respect to some of the parameters and inputs. Data among the inputs cost neither
    /// operations nor outputs.
    ///
    /// # Panics
    ///
    /// If there is no such parameter or input, or one is named twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let program = Program::record_with(|p, x| p[0] * x[0] + p[1] * x[1], &[1.0; 2], &[1.0; 2]);
    /// let (p, x, mut workspace) = ([2.0, 3.0], [4.0, 5.0], Workspace::new());
    /// let mut row = |program: &Program<f64>| Ok::<_, gradtape::Error>(program.run(&p, Rows::one(&x), &mut workspace)?.row(0));
    /// assert_eq!(row(&program.gradient())?, [23.0, 4.0, 5.0, 2.0, 3.0]);
    /// assert_eq!(row(&program.wrt(.., []).gradient())?, [23.0, 4.0, 5.0]); // by all parameters
    /// assert_eq!(row(&program.wrt(1, [1, 0]).gradient())?, [23.0, 5.0, 3.0, 2.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn wrt(&self, parameters: impl Selection, inputs: impl Selection) -> Derivatives<'_, T> {
        let parameters = selected(parameters, self.parameters(), "parameters");
        let inputs = selected(inputs, self.inputs(), "inputs");
        let outputs = (0..self.outputs()).collect();
        Derivatives { program: self, selected: Selected { outputs, parameters, inputs } }
    }
}

impl<T: Precision> Derivatives<'_, T> {
    /// The same of some outputs only. The values of the others stay outputs of the program.
    ///
    /// # Panics
    ///
    /// If there is no such output, or one is named twice.
    ///
    /// # Examples
    ///
    /// A loss, and a number to look at:
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| [x[0] * x[0] * x[1], x[0].abs()], &[1.0, 1.0]);
    /// let gradient = program.wrt([], ..).of(0).gradient();
    /// assert_eq!(gradient.eval(&[-3.0, 2.0])?, [18.0, 3.0, -12.0, 9.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn of(mut self, outputs: impl Selection) -> Self {
        self.selected.outputs = selected(outputs, self.program.outputs(), "outputs");
        self
    }

    /// The program of the derivatives, for the graph of the program.
    fn derived(&self, graph: &Graph<T>, kind: Kind) -> Program<T> {
        let derive = compiled_here!(fn(&Graph<T>, Options, &Selected, Kind) -> Program<T> = derived);
        derive(graph, self.program.options, &self.selected, kind)
    }

    #[track_caller]
    fn assert_of_one(&self) {
        let count = self.selected.outputs.len();
        assert_eq!(
            count, 1,
            "a gradient is that of one number; of several outputs take the `jacobian`, or choose one by `wrt(.., ..).of(0)`"
        );
    }

    #[track_caller]
    fn assert_of_rows(&self) {
        assert!(!self.program.is_of_sum(), "the derivatives of sums over rows are those of `tangent`");
    }

    /// As [`Program::gradient`]: the outputs, and the gradient of the one that is [chosen](Self::of), if there are
    /// several.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output to differentiate, or it is a sum over all rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| [x[0] * x[1], x[1].powi(3)], &[1.0, 1.0]);
    /// assert_eq!(program.wrt([], 1).of(1).gradient().eval(&[2.0, 3.0])?, [6.0, 27.0, 27.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradient(&self) -> Program<T> {
        self.assert_of_one();
        self.jacobian()
    }

    /// As [`Program::jacobian`]: all outputs, and the derivatives of those that are [chosen](Self::of), output by
    /// output.
    ///
    /// # Panics
    ///
    /// If the outputs are sums over all rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| [x[0] * x[2], x[1], x[1] * x[2]], &[1.0; 3]);
    /// let jacobian = program.wrt([], [0, 1]).of([2, 0]).jacobian();
    /// let (values, derivatives) = ([6.0, 5.0, 15.0], [[0.0, 3.0], [3.0, 0.0]]);
    /// assert_eq!(jacobian.eval(&[2.0, 5.0, 3.0])?, [&values[..], derivatives.as_flattened()].concat());
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn jacobian(&self) -> Program<T> {
        self.assert_of_rows();
        self.derived(&self.program.graph, Kind::Jacobian(None))
    }

    /// As [`Program::gradient_of_sum`]: the sums of all outputs over all rows, and the gradient of the one that is
    /// [chosen](Self::of), if there are several.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output to differentiate, or it is a sum already; or if inputs were named: those of
    /// each row are others.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let loss = Program::record_with(|p, x| p[0] * p[1] * x[0], &[1.0; 2], &[1.0]);
    /// let gradient = loss.wrt(1, []).gradient_of_sum(); // the first parameter is fixed
    /// let mut workspace = Workspace::new();
    /// let results = gradient.run(&[2.0, 5.0], Rows::new(&[1.0, 3.0], 1)?, &mut workspace)?;
    /// assert_eq!(results.totals(), [40.0, 8.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradient_of_sum(&self) -> Program<T> {
        self.gradient_of_sum_and(&self.program.graph, None)
    }

    /// As [`Program::gradient_of_sum_plus`]. The term `once` belongs to the output that is [chosen](Self::of).
    ///
    /// # Panics
    ///
    /// As [`gradient_of_sum`](Self::gradient_of_sum), and if `once` has several outputs, sums, inputs, or another
    /// number of parameters than the program.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let loss = Program::record_with(|p, x| p[0] * p[1] * x[0], &[1.0; 2], &[1.0]);
    /// let penalty = Program::record_with(|p, _| p[1] * p[1], &[1.0; 2], &[]);
    /// let gradient = loss.wrt(1, []).gradient_of_sum_plus(&penalty);
    /// let mut workspace = Workspace::new();
    /// let results = gradient.run(&[2.0, 5.0], Rows::new(&[1.0, 3.0], 1)?, &mut workspace)?;
    /// assert_eq!(results.totals(), [40.0 + 25.0, 8.0 + 10.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradient_of_sum_plus(&self, once: &Program<T>) -> Program<T> {
        assert_eq!(once.outputs(), 1, "the term that counts once is one number");
        assert!(!once.is_of_sum() && once.inputs() == 0, "the term that counts once depends on parameters alone");
        let parameters = self.program.parameters();
        assert_eq!(once.parameters(), parameters, "both terms have the same parameters; record them with as many");
        let mut graph = self.program.graph.clone();
        let output = graph.append(&once.graph)[0];
        self.gradient_of_sum_and(&graph, Some(output))
    }

    /// The gradient of the sum over the rows of the output of the graph, and of the node `once`.
    #[track_caller]
    fn gradient_of_sum_and(&self, graph: &Graph<T>, once: Option<NodeIndex>) -> Program<T> {
        self.assert_of_one();
        self.assert_of_rows();
        let is_by_parameters = self.selected.inputs.is_empty();
        assert!(is_by_parameters, "the gradient of a sum over rows is by parameters; write `wrt(.., [])`");
        self.derived(graph, Kind::Jacobian(Some(Sum { once })))
    }

    /// As [`Program::pullback`]: all outputs and, behind them, the gradient of the sum of those that are
    /// [chosen](Self::of), each times its adjoint. There are as many adjoints as outputs are chosen.
    ///
    /// # Panics
    ///
    /// If the outputs are sums over all rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| [x[0] * x[2], x[1], x[1] * x[2]], &[1.0; 3]);
    /// let pullback = program.wrt([], 0..2).of([0, 2]).pullback();
    /// let (x, adjoints) = ([2.0, 5.0, 3.0], [10.0, 1.0]);
    /// assert_eq!(pullback.eval(&[&x[..], &adjoints].concat())?, [6.0, 5.0, 15.0, 30.0, 3.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pullback(&self) -> Program<T> {
        self.assert_of_rows();
        self.derived(&self.program.graph, Kind::Pullback)
    }

    /// As [`Program::tangent`]: all outputs and, behind them, the derivatives of those that are [chosen](Self::of),
    /// along a direction. Only the parameters and inputs that were named have one.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0] * x[1] * x[2], &[1.0; 3]);
    /// let tangent = program.wrt([], 2).tangent();
    /// assert_eq!(tangent.eval(&[2.0, 3.0, 4.0, 10.0])?, [24.0, 60.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn tangent(&self) -> Program<T> {
        self.derived(&self.program.graph, Kind::Tangent)
    }
}

fn derived<T: Precision>(graph: &Graph<T>, options: Options, selected: &Selected, kind: Kind) -> Program<T> {
    let (outputs, leaves) = (&selected.outputs, selected.leaves(graph));
    let graph = match kind {
        Kind::Jacobian(sum) => reverse_of(graph, options, outputs, &leaves, sum),
        Kind::Pullback => pullback(graph, options, outputs, &leaves),
        Kind::Tangent => forward(graph, options, selected),
    };
    Program::optimized(&graph, options)
}
