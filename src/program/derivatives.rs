//! The derivatives of programs, which are programs again.

use super::Program;
use super::precision::Precision;

/// These programs differentiate all outputs by all parameters and inputs; [`Program::wrt`] selects some of them.
impl<T: Precision> Program<T> {
    /// The program of the value and its gradient: by all parameters, and then by all inputs.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output, or it is a sum over all rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let program = Program::record_with(|p, x| p[0] * x[0] * x[0], &[1.0], &[1.0]).gradient();
    /// let mut workspace = Workspace::new();
    /// let results = program.run(&[2.0], Rows::one(&[3.0]), &mut workspace)?;
    /// assert_eq!(results.row(0), [18.0, 9.0, 12.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradient(&self) -> Self {
        self.wrt(.., ..).gradient()
    }

    /// The program of the outputs and, behind them, of the derivatives of each output by all parameters and then by
    /// all inputs.
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
    /// let program = Program::record(|x| [x[0] * x[1], x[0] + x[1]], &[1.0, 1.0]).jacobian();
    /// assert_eq!(program.eval(&[2.0, 3.0])?, [6.0, 5.0, 3.0, 2.0, 1.0, 1.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn jacobian(&self) -> Self {
        self.wrt(.., ..).jacobian()
    }

    /// The program of the sum over all rows, and of its gradient by all parameters.
    ///
    /// Operations on parameters only are computed once, and so are their derivatives, after the sum over the rows.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output, or it is a sum already.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let program = Program::record_with(|p, x| p[0].exp() * x[0], &[0.0], &[1.0]).gradient_of_sum();
    /// let mut workspace = Workspace::new();
    /// let results = program.run(&[0.0], Rows::new(&[1.0, 2.0, 3.0], 1)?, &mut workspace)?;
    /// assert_eq!(results.totals(), [6.0, 6.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradient_of_sum(&self) -> Self {
        self.wrt(.., []).gradient_of_sum()
    }

    /// The same with another term, which counts once and not for each row: the logarithm of a prior, or a penalty on
    /// the parameters. `once` is a program of the same parameters, without inputs.
    ///
    /// # Panics
    ///
    /// If there is not exactly one output, here or in `once`, if one is a sum already, or if `once` has inputs or
    /// another number of parameters.
    ///
    /// # Examples
    ///
    /// Ridge regression: the squared errors of all rows, and once the square of the slope.
    ///
    /// ```
    /// use gradtape::program::{Program, Rows, Workspace};
    ///
    /// let errors = Program::record_with(|p, row| (p[0] * row[0] - row[1]).powi(2), &[1.0], &[1.0, 1.0]);
    /// let penalty = Program::record_with(|p, _| p[0].powi(2) * 10.0, &[1.0], &[]);
    /// let program = errors.gradient_of_sum_plus(&penalty);
    /// let mut workspace = Workspace::new();
    /// let results = program.run(&[2.0], Rows::new(&[1.0, 2.0, 2.0, 5.0], 2)?, &mut workspace)?;
    /// assert_eq!(results.totals(), [1.0 + 40.0, -4.0 + 40.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradient_of_sum_plus(&self, once: &Self) -> Self {
        self.wrt(.., []).gradient_of_sum_plus(once)
    }

    /// The program of the outputs and, behind them, of the derivatives of `Σ wᵢ yᵢ`, the sum of the outputs `yᵢ`, each
    /// times an adjoint `wᵢ`: by all parameters, and then by all inputs. The adjoints are as many further inputs as
    /// there are outputs; they are constants here.
    ///
    /// This is the transposed Jacobian times the adjoints. One sweep computes it, for any number of outputs. If the
    /// outputs are the arguments of another function, and the adjoints its gradient, it is the chain rule. The
    /// derivatives by parameters are those of each row. An adjoint of 0 wins against an infinite partial, as
    /// everywhere. The pullback of an [exact](super::Options::exact) program has the bits of
    /// [`VectorFunction::vjp`](crate::VectorFunction::vjp).
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
    /// let pullback = Program::record(|x| [x[0] * x[1], x[0] + x[1]], &[1.0, 1.0]).pullback();
    /// let (x, adjoints) = ([2.0, 3.0], [1.0, 10.0]);
    /// assert_eq!(pullback.eval(&[x, adjoints].concat())?, [6.0, 5.0, 13.0, 12.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[doc(alias = "vjp")]
    #[track_caller]
    #[must_use]
    pub fn pullback(&self) -> Self {
        self.wrt(.., ..).pullback()
    }

    /// The program of the outputs and, behind them, of their derivatives along a direction. The direction is given by
    /// further parameters and inputs: the new parameters are the old ones and then their direction, and so are the
    /// inputs.
    ///
    /// # Examples
    ///
    /// The tangent of a gradient has the gradient and the Hessian times the direction:
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0] * x[0] * x[1], &[1.0, 1.0]).gradient().tangent();
    /// let results = program.eval(&[3.0, 2.0, 1.0, 0.0])?; // at (3, 2), along (1, 0)
    /// assert_eq!(results[..3], [18.0, 12.0, 9.0]); // x²y, 2xy, x²
    /// assert_eq!(results[3..], [12.0, 4.0, 6.0]); // 2xy, and the first column of the Hessian: 2y, 2x
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[doc(alias = "jvp")]
    #[doc(alias = "hvp")]
    #[must_use]
    pub fn tangent(&self) -> Self {
        self.wrt(.., ..).tangent()
    }
}
