//! Functions that are written once, and all their derivatives.

mod drive;
mod macros;
mod mode;
mod preaccumulate;
mod sparse;
mod univariate;
mod vector;
mod workspace;

pub use mode::Mode;
pub use preaccumulate::{preaccumulate, preaccumulate_into};
pub use univariate::{derivative, second_derivative, third_derivative};
pub use vector::VectorFunction;
pub use workspace::Workspace;

use self::drive::{fast_then_exact, hvp};
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
use crate::number::{Plain, Real};
use crate::sparse::{Coloring, Csr, Sparsity};

/// A function `f` of many numbers, written once, and all its derivatives.
///
/// Implement [`eval`](Self::eval) in ordinary code over any [`Real`] number `F`; the other methods are provided. `T` is
/// the plain number. Code without constants does not need `Plain = T`, and can be implemented for all `T` at once. For
/// a function without data, use [`function!`](crate::function!) in one line. A function with several results is a
/// [`VectorFunction`].
///
/// # Which derivative
///
/// The cost is given in evaluations over [`Dual`]s or [`Value`](crate::Value)s:
///
/// | you want | use | cost |
/// |---|---|---|
/// | the gradient | [`gradient`](Self::gradient) | the cheaper of the next two, chosen by the number of inputs |
/// | | [`Mode::Forward`] | an evaluation over `Dual`s of 8 directions for every 8 inputs |
/// | | [`Mode::Reverse`] | an evaluation over `Value`s and a sweep |
/// | the Jacobian | [`VectorFunction::jacobian`] | forward as above, or a sweep for each output |
/// | the derivative along a direction | [`Function::jvp`], [`VectorFunction::jvp`] | an evaluation over `Dual`s |
/// | the gradient of a weighted sum of outputs | [`VectorFunction::vjp`] | an evaluation over `Value`s and a sweep |
/// | the Hessian times a vector | [`Function::hvp`] | a gradient over `Value<Dual>` |
/// | the Hessian | [`Function::hessian`] | a gradient over `Value<Dual>` for every 4 inputs |
/// | a sparse Hessian or Jacobian | [`Function::sparse_hessian`], [`VectorFunction::sparse_jacobian`] | a few of the above |
/// | the curvature along a direction | [`Function::directional`] | an evaluation over `Dual<Dual>`s |
/// | three derivatives of a function of one number | [`third_derivative`] | an evaluation over `Dual<Dual<Dual>>` |
///
/// Each has a form that ends in `_into`. It writes to your arrays and keeps its memory in a [`Workspace`]: in a loop,
/// only the first round allocates.
///
/// # Examples
///
/// ```
/// use gradtape::{Function, Real};
///
/// /// The squared distance of a line to some points.
/// struct Fit {
///     points: Vec<(f64, f64)>,
/// }
///
/// impl Function for Fit {
///     fn eval<F: Real<Plain = f64>>(&self, p: &[F]) -> F {
///         self.points.iter().map(|&(x, y)| (p[0] + p[1] * x - y).powi(2)).sum()
///     }
/// }
///
/// let fit = Fit { points: vec![(0.0, 1.0), (1.0, 3.0)] };
/// assert_eq!(fit.value_and_gradient(&[1.0, 1.0]), (1.0, vec![-2.0, -2.0]));
/// assert_eq!(fit.hvp(&[1.0, 1.0], &[1.0, 0.0]), [4.0, 2.0]);
/// ```
pub trait Function<T: Plain = f64> {
    /// Computes the value at `x`, in any number.
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F;

    /// The value at `x`.
    fn value(&self, x: &[T]) -> T {
        self.eval(x)
    }

    /// The gradient `∂f/∂xᵢ` at `x`, in the mode that [`Mode::of_gradient`] chooses for the number of inputs.
    #[must_use]
    fn gradient(&self, x: &[T]) -> Vec<T> {
        self.value_and_gradient(x).1
    }

    /// The same as [`gradient`](Self::gradient), written to `gradient`.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`.
    #[track_caller]
    fn gradient_into(&self, x: &[T], gradient: &mut [T], workspace: &mut Workspace) {
        self.value_and_gradient_into(x, gradient, workspace);
    }

    /// The value and the gradient at `x`.
    fn value_and_gradient(&self, x: &[T]) -> (T, Vec<T>) {
        self.value_and_gradient_by(Mode::of_gradient(x.len()), x)
    }

    /// The same as [`value_and_gradient`](Self::value_and_gradient): returns the value and writes the gradient to
    /// `gradient`.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, Workspace, function};
    ///
    /// let bowl = function!(|x| (x[0] - 3.0).powi(2) + x[1] * x[1]);
    /// let (mut x, mut slopes, mut workspace) = ([0.0, 1.0], [0.0; 2], Workspace::new());
    /// for _ in 0..100 {
    ///     bowl.value_and_gradient_into(&x, &mut slopes, &mut workspace);
    ///     x = std::array::from_fn(|i| x[i] - 0.2 * slopes[i]);
    /// }
    /// assert!((x[0] - 3.0).abs() < 1e-9 && x[1].abs() < 1e-9);
    /// ```
    #[track_caller]
    fn value_and_gradient_into(&self, x: &[T], gradient: &mut [T], workspace: &mut Workspace) -> T {
        self.value_and_gradient_by_into(Mode::of_gradient(x.len()), x, gradient, workspace)
    }

    /// The value and the gradient in the mode of your choice.
    ///
    /// ```
    /// use gradtape::{Function, Mode, function};
    ///
    /// let product = function!(|x| x[0] * x[1]);
    /// for mode in [Mode::Forward, Mode::Reverse] {
    ///     assert_eq!(product.value_and_gradient_by(mode, &[2.0, 3.0]), (6.0, vec![3.0, 2.0]));
    /// }
    /// ```
    fn value_and_gradient_by(&self, mode: Mode, x: &[T]) -> (T, Vec<T>) {
        let mut gradient = vec![T::zero(); x.len()];
        let value = self.value_and_gradient_by_into(mode, x, &mut gradient, &mut Workspace::new());
        (value, gradient)
    }

    /// The same as [`value_and_gradient_by`](Self::value_and_gradient_by): returns the value and writes the gradient to
    /// `gradient`.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`.
    #[track_caller]
    fn value_and_gradient_by_into(&self, mode: Mode, x: &[T], gradient: &mut [T], workspace: &mut Workspace) -> T {
        assert_eq!(gradient.len(), x.len(), "a gradient is as long as the point; make `gradient` so");
        match mode {
            Mode::Forward => drive::forward_gradient(self, x, gradient, workspace),
            Mode::Reverse => drive::reverse_gradient(self, x, gradient, workspace),
        }
    }

    /// The value at `x` and its derivative `Σ vᵢ ∂f/∂xᵢ` along `v`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, function};
    ///
    /// assert_eq!(function!(|x| x[0] * x[1]).jvp(&[2.0, 3.0], &[1.0, 10.0]), (6.0, 23.0));
    /// ```
    #[track_caller]
    fn jvp(&self, x: &[T], v: &[T]) -> (T, T) {
        self.jvp_into(x, v, &mut Workspace::new())
    }

    /// The same as [`jvp`](Self::jvp), with the memory of `workspace`.
    ///
    /// # Panics
    ///
    /// The same as [`jvp`](Self::jvp).
    #[track_caller]
    fn jvp_into(&self, x: &[T], v: &[T], workspace: &mut Workspace) -> (T, T) {
        let (y, slope) = drive::jvp::<T, Unchecked<T>, 1>(self, x, v, workspace);
        if slope.is_nan() { drive::jvp::<T, Dual<T>, 1>(self, x, v, workspace) } else { (y, slope) }
    }

    /// Value, slope and curvature along `v`: `f`, `Σ vᵢ ∂f/∂xᵢ` and `Σ vᵢ vⱼ ∂²f/∂xᵢ∂xⱼ`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, function};
    ///
    /// assert_eq!(function!(|x| x[0] * x[0] * x[1]).directional(&[1.0, 2.0], &[1.0, 1.0]), [2.0, 5.0, 8.0]);
    /// ```
    #[track_caller]
    fn directional(&self, x: &[T], v: &[T]) -> [T; 3] {
        self.directional_into(x, v, &mut Workspace::new())
    }

    /// The same as [`directional`](Self::directional), with the memory of `workspace`.
    ///
    /// # Panics
    ///
    /// The same as [`directional`](Self::directional).
    #[track_caller]
    fn directional_into(&self, x: &[T], v: &[T], workspace: &mut Workspace) -> [T; 3] {
        let new = |data: Unchecked<T>, tangent| Unchecked { data, tangents: [tangent] };
        let y = drive::directional(self, x, v, new, |y: Unchecked<Unchecked<T>>| [y.data, y.tangents[0]], workspace);
        if y.iter().any(|y| y.is_nan()) {
            let new = |data: Dual<T>, tangent| Dual::new(data, [tangent]);
            return drive::directional(self, x, v, new, |y: Dual<Dual<T>>| [y.data(), y.tangent()], workspace);
        }
        y
    }

    /// The Hessian at `x` times `v`: `Σⱼ vⱼ ∂²f/∂xᵢ∂xⱼ`. It is computed as a gradient over [`Dual`]s.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    #[must_use]
    #[track_caller]
    fn hvp(&self, x: &[T], v: &[T]) -> Vec<T> {
        let mut product = vec![T::zero(); x.len()];
        self.hvp_into(x, v, &mut product, &mut Workspace::new());
        product
    }

    /// The same as [`hvp`](Self::hvp), written to `product`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x`, `v` and `product` differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, Workspace, function};
    ///
    /// let (cubic, mut workspace) = (function!(|x| x[0] * x[0] * x[1]), Workspace::new());
    /// let mut column = [0.0; 2];
    /// cubic.hvp_into(&[1.0, 2.0], &[1.0, 0.0], &mut column, &mut workspace);
    /// assert_eq!(column, [4.0, 2.0]);
    /// ```
    #[track_caller]
    fn hvp_into(&self, x: &[T], v: &[T], product: &mut [T], workspace: &mut Workspace) {
        assert_eq!(product.len(), x.len(), "the Hessian times a vector is as long as the point; make `product` so");
        fast_then_exact!(T, [hvp for 1] of 1, (self, x, v, product, workspace), product);
    }

    /// The Hessian `∂²f/∂xᵢ∂xⱼ` at `x`, row by row. It is exactly symmetric: the lower triangle is computed and copied
    /// to the upper one.
    ///
    /// For many variables, use [`hvp`](Self::hvp).
    #[must_use]
    fn hessian(&self, x: &[T]) -> Vec<Vec<T>> {
        let mut hessian = vec![T::zero(); x.len() * x.len()];
        self.hessian_into(x, &mut hessian, &mut Workspace::new());
        drive::to_rows(&hessian, x.len())
    }

    /// The same as [`hessian`](Self::hessian), written to `hessian` row by row.
    ///
    /// # Panics
    ///
    /// If the length of `hessian` is not the square of that of `x`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, Workspace, function};
    ///
    /// let mut hessian = [0.0; 4];
    /// function!(|x| x[0] * x[0] * x[1]).hessian_into(&[1.0, 2.0], &mut hessian, &mut Workspace::new());
    /// assert_eq!(hessian, [4.0, 2.0, 2.0, 0.0]);
    /// ```
    #[track_caller]
    fn hessian_into(&self, x: &[T], hessian: &mut [T], workspace: &mut Workspace) {
        assert_eq!(hessian.len(), x.len() * x.len(), "a Hessian is as long as the point squared; make `hessian` so");
        drive::hessian(self, x, hessian, workspace);
    }

    /// The places where the Hessian may differ from zero. They follow from the structure of the computation, not from
    /// values: for `max`, `min`, `clamp` and the like, all cases count.
    ///
    /// If the function branches, the pattern is that of its path at `x`, and [`Sparsity::is_local`] is true.
    #[must_use]
    fn hessian_sparsity(&self, x: &[T]) -> Sparsity {
        sparse::hessian_pattern(self, x)
    }

    /// The Hessian at `x` as a sparse matrix. The time grows with its stored numbers, not with the square of the number
    /// of inputs. It is exactly symmetric.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, function};
    ///
    /// let chain = function!(|x: &[F]| x.windows(2).map(|x| (x[1] - x[0]).powi(2)).sum::<F>() / 2.0);
    /// let hessian = chain.sparse_hessian(&vec![1.0; 1000]);
    /// assert_eq!(hessian.nnz(), 2998);
    /// assert_eq!(hessian.row(500).collect::<Vec<_>>(), [(499, -1.0), (500, 2.0), (501, -1.0)]);
    /// ```
    #[must_use]
    fn sparse_hessian(&self, x: &[T]) -> Csr<T> {
        let pattern = self.hessian_sparsity(x).local(false);
        let mut hessian = Csr::zeros(pattern.clone());
        self.sparse_hessian_into(x, &Coloring::of_hessian(&pattern), &mut hessian, &mut Workspace::new());
        hessian
    }

    /// The same as [`sparse_hessian`](Self::sparse_hessian), with a colouring of the known pattern, written to
    /// `hessian`.
    ///
    /// # Panics
    ///
    /// If the pattern is not that of this function, or is that of another path through it and lacks a place at `x`, or
    /// if `hessian` has another pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::{Coloring, Csr};
    /// use gradtape::{Function, Workspace, function};
    ///
    /// let product = function!(|x| x[0] * x[1] + x[2] * x[2]);
    /// let coloring = Coloring::of_hessian(&product.hessian_sparsity(&[1.0, 1.0, 1.0]));
    /// let (mut hessian, mut workspace) = (Csr::zeros(coloring.pattern().clone()), Workspace::new());
    /// for x in [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] {
    ///     product.sparse_hessian_into(&x, &coloring, &mut hessian, &mut workspace);
    ///     assert_eq!(hessian.values(), [1.0, 1.0, 2.0]);
    /// }
    /// ```
    #[track_caller]
    fn sparse_hessian_into(&self, x: &[T], coloring: &Coloring, hessian: &mut Csr<T>, workspace: &mut Workspace) {
        sparse::hessian(self, x, coloring, hessian, workspace);
    }
}

impl<T: Plain, G: Function<T> + ?Sized> Function<T> for &G {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        (**self).eval(x)
    }
}
