//! Functions that are written once, and all their derivatives.

#[cfg(feature = "compiled")]
mod compiled;
mod drive;
mod driver;
pub mod forward;
mod jacobian;
mod macros;
mod memory;
mod mode;
mod objective;
mod preaccumulate;
#[cfg(feature = "program")]
mod recorded;
mod sparse;
mod univariate;
mod vector;

#[cfg(feature = "compiled")]
pub use compiled::{Compiled, CompiledSource, Recordings, Stage};
pub use driver::Driver;
pub use mode::Mode;
pub use objective::Objective;
pub use preaccumulate::preaccumulate;
#[cfg(feature = "program")]
pub use recorded::RecordedFunction;
pub use univariate::{derivative, derivatives, second_derivative, third_derivative};
pub use vector::VectorFunction;
pub(crate) use vector::results;

use crate::number::{Plain, Real};
#[cfg(feature = "program")]
use crate::program::{Precision, Program};
use crate::sparse::{Csr, Sparsity};
use memory::Memory;

/// A function `f` of many numbers, written once, and all its derivatives.
///
/// Implement [`eval`](Self::eval) in ordinary code over any [`Real`] number `F`; the other methods are provided. `T` is
/// the plain number. Code without constants does not need `Plain = T`, and can be implemented for all `T` at once. For
/// a function in one line, with or without data, use [`function!`](crate::function!). A function with several results
/// is a [`VectorFunction`].
///
/// # Which derivative
///
/// The cost is given in evaluations over [`Dual`](crate::Dual)s or [`Value`](crate::Value)s:
///
/// | you want | use | cost |
/// |---|---|---|
/// | the gradient | [`gradient`](Self::gradient) | the cheaper of the next two, chosen by the number of inputs |
/// | | [`Mode::Forward`] | an evaluation over `Dual`s of 16 directions for every 16 inputs |
/// | | [`Mode::Reverse`] | an evaluation over `Value`s and a sweep |
/// | the Jacobian | [`VectorFunction::jacobian`] | forward as above, or a sweep for each output |
/// | the derivative along a direction | [`Function::slope`], [`VectorFunction::jvp`] | an evaluation over `Dual`s |
/// | the gradient of a weighted sum of outputs | [`VectorFunction::vjp`] | an evaluation over `Value`s and a sweep |
/// | the Hessian times a vector | [`Function::hvp`] | a gradient over `Value<Dual>` |
/// | value, gradient and that | [`Function::gradient_and_hvp`] | the same |
/// | the Hessian | [`Function::hessian`] | an evaluation over [`Dual2`](crate::Dual2)s for up to 6 inputs, else a gradient over `Value<Dual>` for every 4 |
/// | a sparse Hessian or Jacobian | [`Function::sparse_hessian`], [`VectorFunction::sparse_jacobian`] | a few of the above |
/// | value, gradient and Hessian of a closure over an array | [`forward::hessian`] | an evaluation over a [`Dual2`](crate::Dual2) |
/// | the curvature along a direction | [`Function::directional`] | an evaluation over `Dual<Dual>`s |
/// | derivatives of any order of a function of one number | [`second_derivative`], [`third_derivative`], [`derivatives`] | an evaluation over [`Jet`](crate::Jet)s |
///
/// In a loop, take a [`Driver`]: it writes to your arrays, keeps its memory, and returns the value, too.
///
/// # What a derivative costs to compile
///
/// Each derivative compiles the function for several numbers: `gradient` for `Dual`s of several widths and for
/// `Value`s, so that each is fast. These are seconds in release, on one core, for one line of code, in addition to the
/// 0.2 s of the function itself (`cargo bench -p gradtape-benches --bench compile`):
///
/// | | seconds | | seconds |
/// |---|---|---|---|
/// | `slope`, `jvp` | 0.2 | `hvp` | 1.3 |
/// | `directional` | 0.4 | `hessian` | 1.7 |
/// | `gradtape::gradient`, on a tape alone | 0.4 | `gradient` and `hessian` | 2.2 |
/// | `vjp` | 0.8 | `sparse_hessian` | 2.9 |
/// | `gradient` | 1.0 | `jacobian` | 1.3 |
/// | a program that is recorded, differentiated and run | 1.7 | `sparse_jacobian` | 2.0 |
///
/// So call the derivatives of a large function in one place, and keep that place in a crate that seldom changes.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Function` of `{T}`",
    note = "a closure has numbers of one type: write `function!(|x| ...)`, or implement `Function` for a `struct`"
)]
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

    /// The value and the gradient at `x`.
    fn value_and_gradient(&self, x: &[T]) -> (T, Vec<T>) {
        let mut gradient = vec![T::zero(); x.len()];
        (drive::gradient(self, Mode::of_gradient(x.len()), x, &mut gradient, &mut Memory::new()), gradient)
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
    /// assert_eq!(function!(|x| x[0] * x[1]).slope(&[2.0, 3.0], &[1.0, 10.0]), (6.0, 23.0));
    /// ```
    #[doc(alias = "jvp")]
    #[track_caller]
    fn slope(&self, x: &[T], v: &[T]) -> (T, T) {
        drive::slope(self, x, v, &mut Memory::new())
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
        drive::directional(self, x, v, &mut Memory::new())
    }

    /// The Hessian at `x` times `v`: `Σⱼ vⱼ ∂²f/∂xᵢ∂xⱼ`. It is computed as a gradient over [`Dual`](crate::Dual)s.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    #[must_use]
    #[track_caller]
    fn hvp(&self, x: &[T], v: &[T]) -> Vec<T> {
        let mut product = vec![T::zero(); x.len()];
        drive::hvp(self, x, v, &mut product, &mut Memory::new());
        product
    }

    /// The value at `x`, the gradient, and the Hessian times `v`, in the time of [`hvp`](Self::hvp).
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
    /// let (value, gradient, product) = function!(|x| x[0] * x[0] * x[1]).gradient_and_hvp(&[1.0, 2.0], &[1.0, 0.0]);
    /// assert_eq!((value, gradient, product), (2.0, vec![4.0, 1.0], vec![4.0, 2.0]));
    /// ```
    #[track_caller]
    fn gradient_and_hvp(&self, x: &[T], v: &[T]) -> (T, Vec<T>, Vec<T>) {
        let (mut gradient, mut product) = (vec![T::zero(); x.len()], vec![T::zero(); x.len()]);
        let value = drive::gradient_and_hvp(self, x, v, &mut gradient, &mut product, &mut Memory::new());
        (value, gradient, product)
    }

    /// The Hessian `∂²f/∂xᵢ∂xⱼ` at `x`, row by row. It is exactly symmetric: the lower triangle is computed and copied
    /// to the upper one.
    ///
    /// For many variables, use [`hvp`](Self::hvp).
    #[must_use]
    fn hessian(&self, x: &[T]) -> Vec<Vec<T>> {
        let (mut gradient, mut hessian) = (vec![T::zero(); x.len()], vec![T::zero(); x.len() * x.len()]);
        drive::hessian(self, x, &mut gradient, &mut hessian, &mut Memory::new());
        drive::to_rows(&hessian, x.len())
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
    /// assert_eq!(hessian.row(500), (&[499, 500, 501][..], &[-1.0, 2.0, -1.0][..]));
    /// ```
    #[must_use]
    fn sparse_hessian(&self, x: &[T]) -> Csr<T> {
        let (mut gradient, mut hessian) = (vec![T::zero(); x.len()], Csr::default());
        sparse::hessian(self, x, None, &mut gradient, &mut hessian, &mut Memory::new());
        hessian
    }

    /// The function as a [`Program`], recorded at `x`: it follows the branches that the function takes there. The same
    /// as `Program::record(|x| f.eval(x), x)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Function, function};
    ///
    /// let area = function!(|x| x[0] * x[1]).record(&[1.0, 1.0]);
    /// assert_eq!(area.gradient().eval(&[2.0, 3.0])?, [6.0, 3.0, 2.0]);
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
    /// use gradtape::{Function, function};
    ///
    /// let product = function!(|x| x[0] * x[1]).record_with(&[1.0], &[1.0]);
    /// let mut workspace = Workspace::new();
    /// let results = product.run(&[10.0], Rows::new(&[1.0, 2.0, 3.0], 1)?, &mut workspace)?;
    /// assert_eq!(results.column(0), [10.0, 20.0, 30.0]);
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
        Program::record_with(|parameters, row| self.eval(&[parameters, row].concat()), parameters, row)
    }
}

impl<T: Plain, G: Function<T> + ?Sized> Function<T> for &G {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        (**self).eval(x)
    }
}
