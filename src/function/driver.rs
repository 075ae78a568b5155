//! Derivatives again and again, in memory that is allocated once.

use std::cell::Cell;
use std::fmt;

use super::memory::{Lent, Memory};
use super::{Function, Mode, VectorFunction, drive, jacobian, preaccumulate, sparse};
use crate::number::Plain;
use crate::sparse::{Coloring, Csr};
use crate::tape::Value;

/// A function with the memory of its derivatives: in a loop, only the first round allocates.
///
/// It takes a [`Function`] or a [`VectorFunction`], by value or by reference. Results are written to your slices. The
/// methods need `&self` alone, so a solver that takes an `Fn` can call a closure with a driver in it. A driver belongs
/// to one thread; give each thread its own.
///
/// | of a [`Function`] | | of a [`VectorFunction`] | |
/// |---|---|---|---|
/// | [`gradient`](Self::gradient) | value, gradient | [`jacobian`](Self::jacobian) | results, Jacobian |
/// | [`hessian`](Self::hessian) | value, gradient, Hessian | [`sparse_jacobian`](Self::sparse_jacobian) | the same, sparse |
/// | [`sparse_hessian`](Self::sparse_hessian) | the same, sparse | [`vjp`](Self::vjp) | results, gradient of a weighted sum |
/// | [`hvp`](Self::hvp) | Hessian times a vector | [`jvp`](Self::jvp) | results, derivatives along a direction |
/// | [`gradient_and_hvp`](Self::gradient_and_hvp) | value, gradient and that | [`preaccumulate`](Self::preaccumulate) | a block of a tape |
/// | [`slope`](Self::slope), [`directional`](Self::directional) | along a direction | | |
///
/// With the feature `compiled`, a function of many inputs that is evaluated more than some 100 times is faster as a
/// `Compiled` one, whose methods have the same arguments.
///
/// # Examples
///
/// Newton's method:
///
/// ```
/// use gradtape::{Driver, function};
///
/// let driver = Driver::new(function!(|x| x[0].cosh() - x[0] * 2.0));
/// let (mut x, mut slope, mut curvature) = ([1.0], [0.0], [0.0]);
/// for _ in 0..6 {
///     driver.hessian(&x, &mut slope, &mut curvature);
///     x[0] -= slope[0] / curvature[0];
/// }
/// assert!((x[0] - 2_f64.asinh()).abs() < 1e-15);
/// ```
pub struct Driver<F> {
    function: F,
    mode: Option<Mode>,
    coloring: Option<Coloring>,
    /// A call takes the memory out and puts it back. So a function that uses its own driver allocates, but is right.
    memory: Cell<Memory>,
}

impl<F> Driver<F> {
    /// A driver of the function. Memory is allocated at the first use.
    #[must_use]
    pub const fn new(function: F) -> Self {
        Self { function, mode: None, coloring: None, memory: Cell::new(Memory::new()) }
    }

    /// Sets the mode of gradients and dense Jacobians. By default [`Mode::of_gradient`] and [`Mode::of_jacobian`]
    /// choose it at each call.
    ///
    /// ```
    /// use gradtape::{Driver, Mode, function};
    ///
    /// let product = function!(|x| x[0] * x[1]);
    /// for mode in [Mode::Forward, Mode::Reverse] {
    ///     let mut slopes = [0.0; 2];
    ///     assert_eq!(Driver::new(product).with_mode(mode).gradient(&[2.0, 3.0], &mut slopes), 6.0);
    ///     assert_eq!(slopes, [3.0, 2.0]);
    /// }
    /// ```
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// Sets the colouring of the sparse Jacobian or Hessian, if you know its pattern, or want another colouring than
    /// [`Coloring::of_jacobian`] and [`Coloring::of_hessian`]. By default pattern and colouring are found at the first
    /// call.
    #[must_use]
    pub fn with_coloring(self, coloring: Coloring) -> Self {
        Self { coloring: Some(coloring), ..self }
    }

    /// The function.
    pub fn function(&self) -> &F {
        &self.function
    }

    /// Calls `compute` with a driver of this function beside some data, which has the memory of this one.
    #[cfg(feature = "compiled")]
    pub(super) fn of_other<G, R>(&self, function: G, data: sparse::Data, compute: impl FnOnce(&Driver<G>) -> R) -> R {
        let driver = Driver { memory: Cell::new(self.memory.take()), ..Driver::new(function) };
        *driver.lend().get() = data;
        let result = compute(&driver);
        self.memory.set(driver.memory.into_inner());
        result
    }

    /// The function, without the driver.
    #[cfg(feature = "compiled")]
    pub(super) fn into_function(self) -> F {
        self.function
    }

    /// The memory, until it is put back.
    fn lend(&self) -> Lent<'_, Memory> {
        Lent::new(&self.memory)
    }

    /// Returns the value at `x`, and writes the gradient to `gradient`.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`.
    #[track_caller]
    pub fn gradient<T: Plain>(&self, x: &[T], gradient: &mut [T]) -> T
    where
        F: Function<T>,
    {
        let mode = self.mode.unwrap_or_else(|| Mode::of_gradient(x.len()));
        drive::gradient(&self.function, mode, x, gradient, &mut self.lend())
    }

    /// The value at `x` and its derivative along `v`, as [`Function::slope`].
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    #[track_caller]
    pub fn slope<T: Plain>(&self, x: &[T], v: &[T]) -> (T, T)
    where
        F: Function<T>,
    {
        drive::slope(&self.function, x, v, &mut self.lend())
    }

    /// Value, slope and curvature along `v`, as [`Function::directional`].
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ.
    #[track_caller]
    pub fn directional<T: Plain>(&self, x: &[T], v: &[T]) -> [T; 3]
    where
        F: Function<T>,
    {
        drive::directional(&self.function, x, v, &mut self.lend())
    }

    /// Writes the Hessian at `x` times `v` to `product`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x`, `v` and `product` differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, function};
    ///
    /// let (cubic, mut column) = (Driver::new(function!(|x| x[0] * x[0] * x[1])), [0.0; 2]);
    /// cubic.hvp(&[1.0, 2.0], &[1.0, 0.0], &mut column);
    /// assert_eq!(column, [4.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn hvp<T: Plain>(&self, x: &[T], v: &[T], product: &mut [T])
    where
        F: Function<T>,
    {
        drive::hvp(&self.function, x, v, product, &mut self.lend());
    }

    /// Returns the value at `x`; writes the gradient to `gradient`, and the Hessian times `v` to `product`. It takes
    /// the time of [`hvp`](Self::hvp).
    ///
    /// # Panics
    ///
    /// If the lengths of `x`, `v`, `gradient` and `product` differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, function};
    ///
    /// let cubic = Driver::new(function!(|x| x[0] * x[0] * x[1]));
    /// let (mut gradient, mut column) = ([0.0; 2], [0.0; 2]);
    /// assert_eq!(cubic.gradient_and_hvp(&[1.0, 2.0], &[1.0, 0.0], &mut gradient, &mut column), 2.0);
    /// assert_eq!((gradient, column), ([4.0, 1.0], [4.0, 2.0]));
    /// ```
    #[track_caller]
    pub fn gradient_and_hvp<T: Plain>(&self, x: &[T], v: &[T], gradient: &mut [T], product: &mut [T]) -> T
    where
        F: Function<T>,
    {
        drive::gradient_and_hvp(&self.function, x, v, gradient, product, &mut self.lend())
    }

    /// Returns the value at `x`; writes the gradient to `gradient`, and the Hessian row by row to `hessian`.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`, or that of `hessian` not the square.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, function};
    ///
    /// let (mut gradient, mut hessian) = ([0.0; 2], [0.0; 4]);
    /// let value = Driver::new(function!(|x| x[0] * x[0] * x[1])).hessian(&[1.0, 2.0], &mut gradient, &mut hessian);
    /// assert_eq!((value, gradient, hessian), (2.0, [4.0, 1.0], [4.0, 2.0, 2.0, 0.0]));
    /// ```
    #[track_caller]
    pub fn hessian<T: Plain>(&self, x: &[T], gradient: &mut [T], hessian: &mut [T]) -> T
    where
        F: Function<T>,
    {
        drive::hessian(&self.function, x, gradient, hessian, &mut self.lend())
    }

    /// Returns the value at `x`; writes the gradient to `gradient`, and the Hessian to `hessian`, which gets the
    /// pattern of the Hessian if it has another.
    ///
    /// Pattern and colouring are found at the first call. If the function branches, each call finds the pattern anew,
    /// and adds new places to the old ones.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`; or if the colouring was [given](Self::with_coloring), and is not
    /// one of this Hessian.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Driver, function};
    ///
    /// let product = Driver::new(function!(|x| x[0] * x[1] + x[2] * x[2]));
    /// let (mut gradient, mut hessian) = ([0.0; 3], Csr::default());
    /// for x in [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] {
    ///     assert_eq!(product.sparse_hessian(&x, &mut gradient, &mut hessian), x[0] * x[1] + x[2] * x[2]);
    ///     assert_eq!(gradient, [x[1], x[0], 2.0 * x[2]]);
    ///     assert_eq!(hessian.values(), [1.0, 1.0, 2.0]);
    /// }
    /// ```
    #[track_caller]
    pub fn sparse_hessian<T: Plain>(&self, x: &[T], gradient: &mut [T], hessian: &mut Csr<T>) -> T
    where
        F: Function<T>,
    {
        let given = self.coloring.as_ref();
        sparse::hessian(&self.function, x, given, gradient, hessian, &mut self.lend())
    }

    /// Writes the results at `x` to `y`.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not [`outputs`](VectorFunction::outputs).
    #[track_caller]
    pub fn value<T: Plain>(&self, x: &[T], y: &mut [T])
    where
        F: VectorFunction<T>,
    {
        jacobian::value(&self.function, x, y);
    }

    /// Writes the results at `x` to `y`, and the Jacobian row by row to `jacobian`. A matrix of nalgebra is stored by
    /// columns: `DMatrix::from_row_slice` makes one of `jacobian`.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not [`outputs`](VectorFunction::outputs), or that of `jacobian` not outputs times
    /// inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, function};
    ///
    /// let (mut y, mut jacobian) = ([0.0; 2], [0.0; 4]);
    /// Driver::new(function!(|x| [x[0] * x[1], x[0] + x[1]])).jacobian(&[2.0, 3.0], &mut y, &mut jacobian);
    /// assert_eq!((y, jacobian), ([6.0, 5.0], [3.0, 2.0, 1.0, 1.0]));
    /// ```
    #[track_caller]
    pub fn jacobian<T: Plain>(&self, x: &[T], y: &mut [T], jacobian: &mut [T])
    where
        F: VectorFunction<T>,
    {
        let mode = self.mode.unwrap_or_else(|| Mode::of_jacobian(x.len(), y.len()));
        jacobian::dense(&self.function, mode, x, y, jacobian, &mut self.lend());
    }

    /// Writes the results at `x` to `y`, and the Jacobian to `jacobian`, which gets the pattern of the Jacobian if it
    /// has another.
    ///
    /// Pattern and colouring are found at the first call. If the function branches, each call finds the pattern anew,
    /// and adds new places to the old ones.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not [`outputs`](VectorFunction::outputs); or if the colouring was
    /// [given](Self::with_coloring), and is not one of this Jacobian.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Driver, function};
    ///
    /// let squares = Driver::new(function!(|x| [x[0] * x[0], x[1] * x[1]]));
    /// let (mut y, mut jacobian) = ([0.0; 2], Csr::default());
    /// for x in [[1.0, 2.0], [3.0, 4.0]] {
    ///     squares.sparse_jacobian(&x, &mut y, &mut jacobian);
    ///     assert_eq!((y, jacobian.values()), (x.map(|x| x * x), &x.map(|x| 2.0 * x)[..]));
    /// }
    /// ```
    #[track_caller]
    pub fn sparse_jacobian<T: Plain>(&self, x: &[T], y: &mut [T], jacobian: &mut Csr<T>)
    where
        F: VectorFunction<T>,
    {
        let given = self.coloring.as_ref();
        sparse::jacobian(&self.function, x, given, y, jacobian, &mut self.lend());
    }

    /// Writes the results at `x` to `y`, and their derivatives along `v` to `product`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x` and `v` differ, or those of `y` and `product` are not
    /// [`outputs`](VectorFunction::outputs).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, function};
    ///
    /// let (mut y, mut slopes) = ([0.0; 2], [0.0; 2]);
    /// let driver = Driver::new(function!(|x| [x[0] * x[1], x[0] + x[1]]));
    /// driver.jvp(&[2.0, 3.0], &[1.0, 10.0], &mut y, &mut slopes);
    /// assert_eq!((y, slopes), ([6.0, 5.0], [23.0, 11.0]));
    /// ```
    #[track_caller]
    pub fn jvp<T: Plain>(&self, x: &[T], v: &[T], y: &mut [T], product: &mut [T])
    where
        F: VectorFunction<T>,
    {
        jacobian::jvp(&self.function, x, v, y, product, &mut self.lend());
    }

    /// Writes the results at `x` to `y`, and the gradient of their sum with weights `w` to `product`.
    ///
    /// # Panics
    ///
    /// If the length of `w` or `y` is not [`outputs`](VectorFunction::outputs), or that of `product` not that of `x`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, function};
    ///
    /// let (mut y, mut slopes) = ([0.0; 2], [0.0; 2]);
    /// let driver = Driver::new(function!(|x| [x[0] * x[1], x[0] + x[1]]));
    /// driver.vjp(&[2.0, 3.0], &[1.0, 10.0], &mut y, &mut slopes);
    /// assert_eq!((y, slopes), ([6.0, 5.0], [13.0, 12.0]));
    /// ```
    #[track_caller]
    pub fn vjp<T: Plain>(&self, x: &[T], w: &[T], y: &mut [T], product: &mut [T])
    where
        F: VectorFunction<T>,
    {
        jacobian::vjp(&self.function, x, w, y, product, &mut self.lend());
    }

    /// Writes the results at `x` to `y`, as [`preaccumulate`](crate::preaccumulate).
    ///
    /// # Panics
    ///
    /// If the length of `y` is not [`outputs`](VectorFunction::outputs), and in the cases of
    /// [`preaccumulate`](crate::preaccumulate).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Driver, Tape, Value, function};
    ///
    /// let (polar, tape) = (Driver::new(function!(|x| [x[0].hypot(x[1]), x[1].atan2(x[0])])), Tape::new());
    /// let (x, mut y) = (tape.vars(&[3.0, 4.0]), [Value::from(0.0); 2]);
    /// polar.preaccumulate(&x, &mut y);
    /// assert_eq!(y[0], 5.0);
    /// assert_eq!(y[0].backward().wrt_all(&x), [0.6, 0.8]);
    /// ```
    #[track_caller]
    pub fn preaccumulate<T: Plain>(&self, x: &[Value<T>], y: &mut [Value<T>])
    where
        F: VectorFunction<T>,
    {
        preaccumulate::block(&self.function, x, y, &mut self.lend());
    }
}

/// The same function and settings, with memory of its own.
impl<F: Clone> Clone for Driver<F> {
    fn clone(&self) -> Self {
        Self { mode: self.mode, coloring: self.coloring.clone(), ..Self::new(self.function.clone()) }
    }
}

impl<F: fmt::Debug> fmt::Debug for Driver<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("function", &self.function).field("mode", &self.mode).finish_non_exhaustive()
    }
}
