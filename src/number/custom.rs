//! Operations of your own, for every number.

use super::{Number, Real};

/// An operation of your own on `N` numbers, with its data: a value over plain numbers, and partials.
///
/// It is stated once, and serves every number: tapes, duals, nested numbers, sparsity patterns, and programs. Use it
/// for a function of another crate, for a result that a solver finds, or for a formula whose derivative you know
/// better.
///
/// The partials are ordinary code over any [`Number`], so that second and higher derivatives come from them. They may
/// use other operations of your own, and derivatives that the crate computes: [`derivative`](crate::derivative) of a
/// function over `F`, or [`Dual::vars`](crate::Dual::vars). Plain numbers are written as `F::constant(2.0)`: not every
/// number that a partial is computed with has operators with plain numbers.
///
/// A program calls the operation as it is, row by row, and differentiates it up to three times. It may branch freely:
/// its branches are no branches of the program. [`Program::to_rust`](crate::program::Program::to_rust) and files refuse
/// it, unless it has an [`expression`](Self::expression).
///
/// For f32, implement `CustomOperation<N, f32>`; for both floats, `impl<T: Plain> CustomOperation<N, T>`.
///
/// [`check::custom`](crate::check::custom) tests value and partials in all these numbers.
///
/// # Examples
///
/// The function `w` with `w exp(w) = x`, by Newton's method:
///
/// ```
/// use gradtape::{CustomOperation, Function, Number, check, function};
///
/// #[derive(Clone)]
/// struct Lambert;
///
/// impl CustomOperation<1> for Lambert {
///     fn value(&self, [x]: [f64; 1]) -> f64 {
///         (0..20).fold(x.ln_1p(), |w, _| w - (w - x * (-w).exp()) / (w + 1.0))
///     }
///
///     fn partials<F: Number<Plain = f64>>(&self, [_]: [F; 1], w: F) -> [F; 1] {
///         [(w.exp() * (F::one() + w)).recip()]
///     }
/// }
///
/// let f = function!(|x| Lambert.apply([x[0] * x[1]]));
/// let (value, gradient) = f.value_and_gradient(&[1.0, 2.0]);
/// assert!((value * value.exp() - 2.0).abs() < 1e-15);
/// assert!((gradient[0] - 2.0 / (value.exp() * (1.0 + value))).abs() < 1e-15);
/// assert!(check::custom(&Lambert, [2.0])?.all_agree());
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
///
/// A root of `g(x, p) = 0` has the derivatives `dx/dp = -(∂g/∂x)⁻¹ ∂g/∂p`. See the example `04_implicit_functions`.
pub trait CustomOperation<const N: usize, T = f64>: Clone + Send + Sync + 'static {
    /// The value at `x`.
    fn value(&self, x: [T; N]) -> T;

    /// The partial derivatives at `x`, by each argument. `y` is the value there. Plain numbers are `F::constant(2.0)`.
    ///
    /// A partial may be ±∞, where the derivative is. Where an argument does not vary, its partial does not count.
    fn partials<F: Number<Plain = T>>(&self, x: [F; N], y: F) -> [F; N];

    /// The value at `x` as a formula, if there is one, for what must be written down: `Program::to_rust` and files have
    /// the formula in the place of the operation, and the partials as formulas, too. In all other uses, the value and
    /// the partials are computed as they are.
    ///
    /// For that, neither the expression nor the partials may compare numbers: what they record has no branch. Choose by
    /// [`max`](num_traits::Float::max), [`min`](num_traits::Float::min) or [`relu`](Real::relu).
    /// [`check::custom`](crate::check::custom) compares the expression with the value; it does not find comparisons of
    /// numbers, which `to_rust` refuses.
    ///
    /// ```
    /// # #[cfg(feature = "program")] {
    /// use gradtape::program::Program;
    /// use gradtape::{CustomOperation, Number, Real};
    ///
    /// /// `x² + c`
    /// #[derive(Clone)]
    /// struct Shifted(f64);
    ///
    /// impl CustomOperation<1> for Shifted {
    ///     fn value(&self, [x]: [f64; 1]) -> f64 {
    ///         x.mul_add(x, self.0)
    ///     }
    ///
    ///     fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
    ///         [x + x]
    ///     }
    ///
    ///     fn expression<F: Real<Plain = f64>>(&self, [x]: [F; 1]) -> Option<F> {
    ///         Some(x * x + self.0)
    ///     }
    /// }
    ///
    /// let program = Program::record(|x| Shifted(0.5).apply([x[0]]), &[1.0]);
    /// assert!(program.to_string().contains("Shifted(x[0])"));
    /// assert!(program.to_rust("f")?.to_string().contains("inputs[0] * inputs[0] + 0.5"));
    /// # }
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    fn expression<F: Real<Plain = T>>(&self, x: [F; N]) -> Option<F> {
        let _ = x;
        None
    }

    /// The operation on numbers of any kind.
    #[inline]
    #[track_caller]
    fn apply<F: Number<Plain = T>>(&self, x: [F; N]) -> F {
        F::apply_custom(self, x)
    }
}
