//! Functions with several results.

use super::drive::{fast_then_exact, vector_jvp};
use super::workspace::{ReverseWorkspace, Workspace};
use super::{Mode, drive, sparse};
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
use crate::number::{Plain, Real};
use crate::sparse::{Coloring, Csr, Sparsity};
use crate::tape::Value;

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
        let mut y = vec![T::zero(); self.outputs(x.len())];
        self.eval(x, &mut y);
        y
    }

    /// The results at `x`, written to `y`.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not [`outputs`](Self::outputs).
    #[track_caller]
    fn value_into(&self, x: &[T], y: &mut [T]) {
        assert_outputs(self, x, y);
        y.fill(T::zero());
        self.eval(x, y);
    }

    /// The Jacobian `∂yᵢ/∂xⱼ` at `x`, one row for each output, in the mode that [`Mode::of_jacobian`] chooses for its
    /// shape.
    #[must_use]
    fn jacobian(&self, x: &[T]) -> Vec<Vec<T>> {
        self.value_and_jacobian(x).1
    }

    /// The same as [`jacobian`](Self::jacobian), written to `jacobian` row by row.
    ///
    /// # Panics
    ///
    /// If the length of `jacobian` is not outputs times inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Workspace, VectorFunction, function};
    ///
    /// let (mut jacobian, mut workspace) = ([0.0; 4], Workspace::new());
    /// function!(|x| [x[0] * x[1], x[0] + x[1]]).jacobian_into(&[2.0, 3.0], &mut jacobian, &mut workspace);
    /// assert_eq!(jacobian, [3.0, 2.0, 1.0, 1.0]);
    /// ```
    #[track_caller]
    fn jacobian_into(&self, x: &[T], jacobian: &mut [T], workspace: &mut Workspace) {
        let outputs = self.outputs(x.len());
        if let Some(y) = [T::zero(); 8].get_mut(..outputs) {
            return self.value_and_jacobian_into(x, y, jacobian, workspace);
        }
        let mut y = std::mem::take(workspace.get::<Vec<T>>());
        y.resize(outputs, T::zero());
        self.value_and_jacobian_into(x, &mut y, jacobian, workspace);
        *workspace.get() = y;
    }

    /// The results and the Jacobian at `x`.
    fn value_and_jacobian(&self, x: &[T]) -> (Vec<T>, Vec<Vec<T>>) {
        self.value_and_jacobian_by(Mode::of_jacobian(x.len(), self.outputs(x.len())), x)
    }

    /// The same as [`value_and_jacobian`](Self::value_and_jacobian), written to `y` and, row by row, to `jacobian`.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not [`outputs`](Self::outputs), or that of `jacobian` not outputs times inputs.
    #[track_caller]
    fn value_and_jacobian_into(&self, x: &[T], y: &mut [T], jacobian: &mut [T], workspace: &mut Workspace) {
        self.value_and_jacobian_by_into(Mode::of_jacobian(x.len(), y.len()), x, y, jacobian, workspace);
    }

    /// The results and the Jacobian in the mode of your choice.
    fn value_and_jacobian_by(&self, mode: Mode, x: &[T]) -> (Vec<T>, Vec<Vec<T>>) {
        let mut y = vec![T::zero(); self.outputs(x.len())];
        let mut jacobian = vec![T::zero(); y.len() * x.len()];
        self.value_and_jacobian_by_into(mode, x, &mut y, &mut jacobian, &mut Workspace::new());
        let rows = drive::to_rows(&jacobian, y.len());
        (y, rows)
    }

    /// The same as [`value_and_jacobian_by`](Self::value_and_jacobian_by), written to `y` and, row by row, to
    /// `jacobian`.
    ///
    /// # Panics
    ///
    /// The same as [`value_and_jacobian_into`](Self::value_and_jacobian_into).
    #[track_caller]
    fn value_and_jacobian_by_into(
        &self,
        mode: Mode,
        x: &[T],
        y: &mut [T],
        jacobian: &mut [T],
        workspace: &mut Workspace,
    ) {
        assert_outputs(self, x, y);
        assert_eq!(
            jacobian.len(),
            y.len() * x.len(),
            "a Jacobian is as long as outputs times inputs; make `jacobian` so"
        );
        match mode {
            Mode::Forward => drive::forward_jacobian(self, x, y, jacobian, workspace),
            Mode::Reverse => drive::reverse_jacobian(self, x, y, jacobian, workspace),
        }
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
        self.jvp_into(x, v, &mut y, &mut product, &mut Workspace::new());
        (y, product)
    }

    /// The same as [`jvp`](Self::jvp), written to `y` and `product`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ, or those of `y` and `product` are not [`outputs`](Self::outputs).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Workspace, VectorFunction, function};
    ///
    /// let (mut y, mut slopes) = ([0.0; 2], [0.0; 2]);
    /// let f = function!(|x| [x[0] * x[1], x[0] + x[1]]);
    /// f.jvp_into(&[2.0, 3.0], &[1.0, 10.0], &mut y, &mut slopes, &mut Workspace::new());
    /// assert_eq!((y, slopes), ([6.0, 5.0], [23.0, 11.0]));
    /// ```
    #[track_caller]
    fn jvp_into(&self, x: &[T], v: &[T], y: &mut [T], product: &mut [T], workspace: &mut Workspace) {
        assert_outputs(self, x, y);
        assert_outputs(self, x, product);
        fast_then_exact!(T, [vector_jvp for 1] of 1, (self, x, v, y, product, workspace), product);
    }

    /// The results at `x` and the gradient `Σᵢ wᵢ ∂yᵢ/∂xⱼ` of their sum with weights `w`.
    ///
    /// # Panics
    ///
    /// If the length of `w` is not [`outputs`](Self::outputs).
    #[track_caller]
    fn vjp(&self, x: &[T], w: &[T]) -> (Vec<T>, Vec<T>) {
        let (mut y, mut product) = (vec![T::zero(); self.outputs(x.len())], vec![T::zero(); x.len()]);
        self.vjp_into(x, w, &mut y, &mut product, &mut Workspace::new());
        (y, product)
    }

    /// The same as [`vjp`](Self::vjp), written to `y` and `product`.
    ///
    /// # Panics
    ///
    /// If the length of `w` or `y` is not [`outputs`](Self::outputs), or that of `product` not that of `x`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Workspace, VectorFunction, function};
    ///
    /// let (mut y, mut slopes) = ([0.0; 2], [0.0; 2]);
    /// let f = function!(|x| [x[0] * x[1], x[0] + x[1]]);
    /// f.vjp_into(&[2.0, 3.0], &[1.0, 10.0], &mut y, &mut slopes, &mut Workspace::new());
    /// assert_eq!((y, slopes), ([6.0, 5.0], [13.0, 12.0]));
    /// ```
    #[track_caller]
    fn vjp_into(&self, x: &[T], w: &[T], y: &mut [T], product: &mut [T], workspace: &mut Workspace) {
        assert_outputs(self, x, w);
        assert_outputs(self, x, y);
        assert_eq!(product.len(), x.len(), "the product is as long as the point; make `product` so");
        let buffers = workspace.get::<ReverseWorkspace<T>>();
        let (inputs, outputs) = buffers.set_inputs(x.iter().copied()).inputs_and_outputs(y.len());
        self.eval(inputs, outputs);
        y.iter_mut().zip(&*outputs).for_each(|(y, output)| *y = output.data());
        let sum = Value::weighted_sum(outputs, w);
        product.iter_mut().zip(buffers.sweep(sum)).for_each(|(product, adjoint)| *product = adjoint);
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
    /// assert_eq!(jacobian.row(500).collect::<Vec<_>>(), [(500, 1.0), (501, -2.0), (502, 1.0)]);
    /// ```
    #[must_use]
    fn sparse_jacobian(&self, x: &[T]) -> Csr<T> {
        let pattern = self.sparsity(x).local(false);
        let mut jacobian = Csr::zeros(pattern.clone());
        self.sparse_jacobian_into(x, &Coloring::of_jacobian(&pattern), &mut jacobian, &mut Workspace::new());
        jacobian
    }

    /// The same as [`sparse_jacobian`](Self::sparse_jacobian), with a colouring of the known pattern, written to
    /// `jacobian`.
    ///
    /// # Panics
    ///
    /// If the pattern is not that of this function, or is that of another path through it and lacks a place at `x`, if
    /// the colouring is one [of a Hessian](Coloring::of_hessian), or if `jacobian` has another pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::{Coloring, Csr};
    /// use gradtape::{Workspace, VectorFunction, function};
    ///
    /// let squares = function!(|x| [x[0] * x[0], x[1] * x[1]]);
    /// let coloring = Coloring::of_jacobian(&squares.sparsity(&[1.0, 1.0]));
    /// let (mut jacobian, mut workspace) = (Csr::zeros(coloring.pattern().clone()), Workspace::new());
    /// for x in [[1.0, 2.0], [3.0, 4.0]] {
    ///     squares.sparse_jacobian_into(&x, &coloring, &mut jacobian, &mut workspace);
    ///     assert_eq!(jacobian.values(), x.map(|x| 2.0 * x));
    /// }
    /// ```
    #[track_caller]
    fn sparse_jacobian_into(&self, x: &[T], coloring: &Coloring, jacobian: &mut Csr<T>, workspace: &mut Workspace) {
        sparse::jacobian(self, x, coloring, jacobian, workspace);
    }
}

#[track_caller]
fn assert_outputs<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T], y: &[T]) {
    let outputs = f.outputs(x.len());
    assert_eq!(y.len(), outputs, "the function has {outputs} outputs; make `y`, and what belongs to it, so long");
}

impl<T: Plain, G: VectorFunction<T> + ?Sized> VectorFunction<T> for &G {
    fn outputs(&self, inputs: usize) -> usize {
        (**self).outputs(inputs)
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        (**self).eval(x, y);
    }
}
