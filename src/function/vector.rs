//! Functions with several results.

use super::memory::Memory;
use super::{Mode, drive, jacobian, sparse};
use crate::number::{Plain, Real};
#[cfg(feature = "program")]
use crate::program::{Expr, Precision, Program};
use crate::sparse::{Csr, Sparsity};

/// A function `y = f(x)` of many numbers with several results, and all its derivatives.
///
/// Implement [`outputs`](Self::outputs) and [`eval`](Self::eval); the other methods are provided. `T` is the plain
/// number.
///
/// # Examples
///
/// ```
/// use gradtape::{Real, VectorFunction};
///
/// /// The differences between an exponential decay with two parameters and measurements.
/// struct Residuals {
///     times: Vec<f64>,
///     counts: Vec<f64>,
/// }
///
/// impl VectorFunction for Residuals {
///     fn outputs(&self, _inputs: usize) -> usize {
///         self.times.len()
///     }
///
///     fn eval<F: Real<Plain = f64>>(&self, p: &[F], y: &mut [F]) {
///         for ((y, &time), &count) in y.iter_mut().zip(&self.times).zip(&self.counts) {
///             *y = p[0] * (-p[1] * time).exp() - count;
///         }
///     }
/// }
///
/// let residuals = Residuals { times: vec![0.0, 1.0], counts: vec![2.0, 1.0] };
/// assert_eq!(residuals.value(&[2.0, 0.0]), [0.0, 1.0]);
/// assert_eq!(residuals.jacobian(&[2.0, 0.0]), [[1.0, 0.0], [1.0, -2.0]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `VectorFunction` of `{T}`",
    note = "a closure has numbers of one type: write `function!(|x| [...])`, or implement `VectorFunction` for a `struct`"
)]
pub trait VectorFunction<T: Plain = f64> {
    /// The number of results for this number of inputs.
    fn outputs(&self, inputs: usize) -> usize;

    /// Computes the results at `x`, in any number, and writes them to `y`. The length of `y` is
    /// [`outputs`](Self::outputs), and its elements are zero before.
    ///
    /// If it has only a few operations, `#[inline]` makes its Jacobian faster.
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]);

    /// The results at `x`.
    #[must_use]
    fn value(&self, x: &[T]) -> Vec<T> {
        results(self, x)
    }

    /// The Jacobian `∂yᵢ/∂xⱼ` at `x`, one row for each output, in the mode that [`Mode::of_jacobian`] chooses for its
    /// shape.
    #[must_use]
    fn jacobian(&self, x: &[T]) -> Vec<Vec<T>> {
        self.value_and_jacobian(x).1
    }

    /// The results and the Jacobian at `x`.
    fn value_and_jacobian(&self, x: &[T]) -> (Vec<T>, Vec<Vec<T>>) {
        let mut y = vec![T::zero(); self.outputs(x.len())];
        let mut jacobian = vec![T::zero(); y.len() * x.len()];
        let mode = Mode::of_jacobian(x.len(), y.len());
        jacobian::dense(self, mode, x, &mut y, &mut jacobian, &mut Memory::new());
        let rows = drive::to_rows(&jacobian, y.len());
        (y, rows)
    }

    /// The results at `x` and their derivatives `Σⱼ vⱼ ∂yᵢ/∂xⱼ` along `v`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    #[track_caller]
    fn jvp(&self, x: &[T], v: &[T]) -> (Vec<T>, Vec<T>) {
        let mut y = vec![T::zero(); self.outputs(x.len())];
        let mut product = y.clone();
        jacobian::jvp(self, x, v, &mut y, &mut product, &mut Memory::new());
        (y, product)
    }

    /// The results at `x` and the gradient `Σᵢ wᵢ ∂yᵢ/∂xⱼ` of their sum with weights `w`.
    ///
    /// # Panics
    ///
    /// If the length of `w` is not [`outputs`](Self::outputs).
    #[track_caller]
    fn vjp(&self, x: &[T], w: &[T]) -> (Vec<T>, Vec<T>) {
        let (mut y, mut product) = (vec![T::zero(); self.outputs(x.len())], vec![T::zero(); x.len()]);
        jacobian::vjp(self, x, w, &mut y, &mut product, &mut Memory::new());
        (y, product)
    }

    /// The places where the Jacobian may differ from zero. They follow from the structure of the computation, not from
    /// values: for `max`, `min`, `clamp` and the like, all cases count.
    ///
    /// If the function branches, the pattern is that of its path at `x`, and [`Sparsity::is_local`] is true.
    ///
    /// ```
    /// use gradtape::{VectorFunction, function};
    ///
    /// let pattern = function!(|x| [x[0] * x[2], x[1].max(x[2])]).sparsity(&[0.0, 1.0, 2.0]);
    /// assert_eq!((pattern.row(0), pattern.row(1)), (&[0, 2][..], &[1, 2][..]));
    /// assert!(!pattern.is_local());
    /// ```
    #[must_use]
    fn sparsity(&self, x: &[T]) -> Sparsity {
        sparse::jacobian_pattern(self, x)
    }

    /// The Jacobian at `x` as a sparse matrix. The time grows with its stored numbers, not with outputs times inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Real, VectorFunction};
    ///
    /// struct Diffusion;
    ///
    /// impl VectorFunction for Diffusion {
    ///     fn outputs(&self, inputs: usize) -> usize {
    ///         inputs - 2
    ///     }
    ///
    ///     fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
    ///         y.iter_mut().zip(x.windows(3)).for_each(|(y, x)| *y = x[0] - x[1] * 2.0 + x[2]);
    ///     }
    /// }
    ///
    /// let jacobian = Diffusion.sparse_jacobian(&vec![1.0; 1000]);
    /// assert_eq!(jacobian.nnz(), 3 * 998);
    /// assert_eq!(jacobian.row(500), (&[500, 501, 502][..], &[1.0, -2.0, 1.0][..]));
    /// ```
    #[must_use]
    fn sparse_jacobian(&self, x: &[T]) -> Csr<T> {
        let (mut y, mut jacobian) = (vec![T::zero(); self.outputs(x.len())], Csr::default());
        sparse::jacobian(self, x, None, &mut y, &mut jacobian, &mut Memory::new());
        jacobian
    }

    /// The function as a [`Program`], recorded at `x`: it follows the branches that the function takes there.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{VectorFunction, function};
    ///
    /// let polar = function!(|x| [x[0].hypot(x[1]), x[1].atan2(x[0])]).record(&[1.0, 1.0]);
    /// assert_eq!(polar.eval(&[3.0, 4.0])?[0], 5.0);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[cfg(feature = "program")]
    #[cfg_attr(docsrs, doc(cfg(feature = "program")))]
    #[must_use]
    #[track_caller]
    fn record(&self, x: &[T]) -> Program<T>
    where
        T: Precision,
    {
        self.record_with(&[], x)
    }

    /// The function as a [`Program`] whose first inputs are parameters, which all rows share. It is recorded at the
    /// parameters followed by `row`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Rows, Workspace};
    /// use gradtape::{VectorFunction, function};
    ///
    /// let program = function!(|x| [x[0] * x[1], x[0] + x[1]]).record_with(&[1.0], &[1.0]);
    /// let mut workspace = Workspace::new();
    /// assert_eq!(program.run(&[10.0], Rows::one(&[3.0]), &mut workspace)?.row(0), [30.0, 13.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[cfg(feature = "program")]
    #[cfg_attr(docsrs, doc(cfg(feature = "program")))]
    #[must_use]
    #[track_caller]
    fn record_with(&self, parameters: &[T], row: &[T]) -> Program<T>
    where
        T: Precision,
    {
        let f = |parameters: &[Expr<T>], row: &[Expr<T>]| results(self, &[parameters, row].concat());
        Program::record_with(f, parameters, row)
    }
}

/// The results in any number.
pub(crate) fn results<T: Plain, F: Real<Plain = T>>(f: &(impl VectorFunction<T> + ?Sized), x: &[F]) -> Vec<F> {
    let mut y = vec![F::zero(); f.outputs(x.len())];
    f.eval(x, &mut y);
    y
}

impl<T: Plain, G: VectorFunction<T> + ?Sized> VectorFunction<T> for &G {
    fn outputs(&self, inputs: usize) -> usize {
        (**self).outputs(inputs)
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        (**self).eval(x, y);
    }
}
