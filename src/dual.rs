//! Forward mode: the number `Dual`.

use std::any::TypeId;
use std::array::from_fn;

use crate::number::Number;
use crate::number::calculus::Calculus;
use crate::number::methods::sums_in_pairs;
use crate::number::stamp::{implement, inlined, number};
use crate::ops::call::Call;
use crate::ops::kind::{is_plain, is_recorded};
use crate::ops::rules::scaled;
use crate::scalar::Scalar;

/// A number and its derivatives along `N` directions, computed together.
///
/// It means: "my number is `data`, and along direction `k` I change `tangents[k]` times as fast as the inputs". A
/// `Dual` is plain data, without a tape: one evaluation gives `N` derivatives, and its memory does not grow with the
/// length of the computation. Use it for functions of few inputs, and for derivatives along a direction.
///
/// A `Dual` behaves like the plain number: it has the methods of [`num_traits::Float`] and implements that trait,
/// compares and prints by its number, and mixes with plain numbers in all operators, like [`Value`](crate::Value).
///
/// # Examples
///
/// The derivative of a function of one number, and the gradient of a function of two:
///
/// ```
/// use gradtape::Dual;
///
/// let x = Dual::var(0.5_f64);
/// let y = (-x * x).exp() / 2.0;
/// assert_eq!(y.data(), (-0.25_f64).exp() / 2.0);
/// assert_eq!(y.tangent(), -0.5 * (-0.25_f64).exp());
///
/// let [a, b] = Dual::vars([3.0, 4.0]);
/// assert_eq!((a * a * b).tangents(), [24.0, 9.0]);
/// ```
///
/// Second derivatives need nested numbers, here a `Dual` over a `Dual`:
///
/// ```
/// use gradtape::Dual;
///
/// let x = Dual::var(Dual::var(2.0));
/// let y = x.powi(4);
/// assert_eq!(y.tangent().data(), 32.0); // 4x³
/// assert_eq!(y.tangent().tangent(), 48.0); // 12x²
/// ```
///
/// # Which forward mode
///
/// | you want | write |
/// |---|---|
/// | a gradient or Jacobian of up to 16 inputs, in your own types and arrays, without allocation | `Dual::vars` |
/// | the same of a closure over an array; a Hessian, too | [`forward`](crate::forward) |
/// | the same of a closure over vectors, rotations or poses of `nalgebra` | [`linalg::jacobian`](crate::linalg::jacobian), with feature `nalgebra` |
/// | value, gradient and Hessian by few inputs, in one evaluation | [`Dual2`](crate::Dual2) |
/// | a gradient or Jacobian by any number of inputs, in the faster mode | [`Function::gradient`](crate::Function::gradient), [`VectorFunction::jacobian`](crate::VectorFunction::jacobian) |
/// | the same again and again | [`Driver`](crate::Driver), which keeps its memory |
/// | the derivatives along one direction | [`Dual::new`], [`Function::slope`](crate::Function::slope), [`Driver::jvp`](crate::Driver::jvp) |
/// | derivatives of a function of one number | [`derivative`](crate::derivative), [`second_derivative`](crate::second_derivative), [`third_derivative`](crate::third_derivative), [`derivatives`](crate::derivatives) of any order |
/// | Taylor coefficients by one variable, or a differential equation to expand | [`Jet`](crate::Jet) |
/// | Hessians, and Hessians times a vector | [`Function::hessian`](crate::Function::hessian), [`Function::hvp`](crate::Function::hvp), which nest a `Dual` in a [`Value`](crate::Value), or take `Dual2`s |
/// | derivatives at many points, or of a sparse function of many inputs | `Program::tangent`, `Compiled`, with feature `program` |
///
/// # Zero times infinity
///
/// At a singular point, such as `sqrt(0)`, a partial is infinite. Functions and quotients multiply it by the tangents
/// so that a zero wins: a direction that does not move the number gets 0. A *product* of two numbers over f32 or f64
/// multiplies the tangents as floats do: `0 · ∞` is NaN. A test would cost up to a half of the product.
///
/// Over any other number, a zero wins in products, too, as on a tape. The simplest of them is `Dual<f64, 0>`: the
/// number without directions. What is inside counts as well: in a `Dual` or a [`Value`](crate::Value) over `Dual<f64>`,
/// the second derivative may be NaN at a singular point; over `Dual<Dual<f64, 0>>`, it is not. The drivers
/// ([`Function`](crate::Function), [`Driver`](crate::Driver) ...) have this rule always: if a result is NaN, they
/// compute again with such numbers.
///
/// ```
/// use gradtape::{Dual, Function, function};
///
/// let [x, y] = Dual::vars([0.0_f64, 3.0]);
/// assert_eq!((x.sqrt() + y).tangents(), [f64::INFINITY, 1.0]);
/// assert!((x.sqrt() * 0.0 + y).tangents()[0].is_nan());
///
/// let [x, y] = Dual::vars([0.0, 3.0].map(Dual::<f64, 0>::from));
/// assert_eq!((x.sqrt() * 0.0 + y).tangents(), [0.0, 1.0]);
///
/// assert_eq!(function!(|x| x[0].sqrt() * 0.0 + x[1]).gradient(&[0.0, 3.0]), [0.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<T, const N: usize = 1> {
    pub(crate) data: T,
    pub(crate) tangents: [T; N],
}

impl<T: Scalar> Dual<T> {
    /// A variable, with the derivative 1.
    #[inline]
    pub fn var(x: T) -> Self {
        Self::new(x, [T::one()])
    }

    /// The derivative along the one direction.
    #[inline]
    pub fn tangent(self) -> T {
        self.tangents[0]
    }
}

impl<T: Scalar, const N: usize> Dual<T, N> {
    /// The number `data` that changes by `tangents[k]` along direction `k`.
    ///
    /// ```
    /// use gradtape::Dual;
    ///
    /// // x y along the direction (1, 2)
    /// let (x, y) = (Dual::new(3.0, [1.0]), Dual::new(5.0, [2.0]));
    /// assert_eq!((x * y).tangent(), 5.0 + 3.0 * 2.0);
    /// ```
    #[inline]
    pub fn new(data: T, tangents: [T; N]) -> Self {
        Self { data, tangents }
    }

    /// A variable for each number of `xs`, each with a separate direction.
    ///
    /// ```
    /// use gradtape::Dual;
    ///
    /// let [x, y] = Dual::vars([2.0, 5.0]);
    /// assert_eq!((x / y).tangents(), [0.2, -0.08]);
    /// ```
    #[inline]
    pub fn vars(xs: [T; N]) -> [Self; N] {
        from_fn(|i| Self::new(xs[i], from_fn(|k| if i == k { T::one() } else { T::zero() })))
    }

    /// A number that depends on nothing.
    #[inline]
    pub fn constant(x: T) -> Self {
        Self { data: x, tangents: [T::zero(); N] }
    }

    /// The number.
    #[inline]
    pub fn data(self) -> T {
        self.data
    }

    /// The derivatives along all directions.
    #[inline]
    pub fn tangents(self) -> [T; N] {
        self.tangents
    }

    /// The same number without its derivatives, as a constant.
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn detach(self) -> Self
    where
        T: Number,
    {
        Self::constant(self.data.detach())
    }

    /// Whether this number has no derivatives. Always false for nested numbers, whose zeros may have a derivative.
    #[inline(always)]
    fn is_constant(&self) -> bool {
        is_plain::<T>() && self.tangents.iter().all(T::is_zero)
    }
}

impl<T: Scalar, const N: usize> Calculus<T> for Dual<T, N> {
    #[inline(always)]
    fn number(self) -> T {
        self.data
    }

    #[inline(always)]
    fn chain(self, data: T, partial: T, _: impl FnOnce() -> Call) -> Self {
        let tangents = if is_regular(partial) {
            products(partial, self.tangents)
        } else {
            scaled_tangents(partial, self.tangents)
        };
        Self { data, tangents }
    }

    #[inline(always)]
    fn times(self, data: T, factor: T, call: impl FnOnce() -> Call) -> Self {
        if is_plain::<T>() {
            Self { data, tangents: products(factor, self.tangents) }
        } else {
            self.chain(data, factor, call)
        }
    }

    /// The partial by a constant is not computed. For example, the partial by an exponent costs a logarithm.
    #[inline(always)]
    fn join(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        call: impl FnOnce() -> Call,
    ) -> Self {
        if b.is_constant() {
            a.chain(data, partial_a(), call)
        } else if a.is_constant() {
            b.chain(data, partial_b(), call)
        } else {
            Self::operator(data, a, b, partial_a, partial_b, call)
        }
    }

    #[inline]
    fn is_fixed(&self) -> bool {
        self.is_constant()
    }

    #[inline(always)]
    fn operator(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        _: impl FnOnce() -> Call,
    ) -> Self {
        let (partial_a, partial_b) = (partial_a(), partial_b());
        let (a, b) = if is_regular(partial_a) & is_regular(partial_b) {
            (products(partial_a, a.tangents), products(partial_b, b.tangents))
        } else {
            (scaled_tangents(partial_a, a.tangents), scaled_tangents(partial_b, b.tangents))
        };
        Self { data, tangents: pairs(a, b, T::add) }
    }

    #[inline(always)]
    fn multiplied(data: T, a: Self, b: Self, call: impl FnOnce() -> Call) -> Self {
        if is_plain::<T>() {
            let tangents = pairs(products(b.data, a.tangents), products(a.data, b.tangents), T::add);
            return Self { data, tangents };
        }
        Self::operator(data, a, b, || b.data, || a.data, call)
    }

    #[inline(always)]
    fn added(data: T, a: Self, b: Self, _: impl FnOnce() -> Call) -> Self {
        Self { data, tangents: pairs(a.tangents, b.tangents, T::add) }
    }

    #[inline(always)]
    fn subtracted(data: T, a: Self, b: Self, _: impl FnOnce() -> Call) -> Self {
        Self { data, tangents: pairs(a.tangents, b.tangents, T::sub) }
    }

    #[inline(always)]
    fn shifted(self, data: T, _: impl FnOnce() -> Call) -> Self {
        Self { data, ..self }
    }

    #[inline(always)]
    fn negative(self) -> Self {
        Self { data: -self.data, tangents: each(self.tangents, T::neg) }
    }
}

/// `f` of each number. It is a loop, because `array::map` and `array::from_fn` are not always inlined: the optimiser
/// does not see all of them if a crate is compiled in parts.
#[inline(always)]
fn each<T: Copy, const N: usize>(mut numbers: [T; N], f: impl Fn(T) -> T) -> [T; N] {
    for x in &mut numbers {
        *x = f(*x);
    }
    numbers
}

/// `f` of each pair.
#[inline(always)]
fn pairs<T: Copy, const N: usize>(mut a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = f(*a, b);
    }
    a
}

#[inline(always)]
fn products<T: Scalar, const N: usize>(factor: T, tangents: [T; N]) -> [T; N] {
    each(tangents, |tangent| factor * tangent)
}

/// Whether no `T` is a value of a tape or a recorded number, or holds one, as far as the compiler knows: `T` is a plain
/// number, or a `Dual` of the drivers.
#[inline(always)]
pub(crate) fn is_tapeless<T: 'static>() -> bool {
    fn is<T: 'static, U: 'static>() -> bool {
        TypeId::of::<T>() == TypeId::of::<U>()
    }
    fn is_dual<T: 'static, const N: usize>() -> bool {
        is::<T, Dual<f64, N>>() || is::<T, Dual<f32, N>>()
    }
    let is_second = is::<T, Dual<Dual<f64>>>() || is::<T, Dual<Dual<f32>>>();
    is_plain::<T>() || is_dual::<T, 1>() || is_dual::<T, 2>() || is_dual::<T, 4>() || is_second
}

/// Whether the partial surely makes no `0 · ∞`. On a tape or in a recording, the answer is no, because this test would
/// become a guard of the program.
#[inline(always)]
fn is_regular<T: Scalar>(partial: T) -> bool {
    is_tapeless::<T>() && partial.is_normal()
}

/// `partial · tangents`, where a zero wins. The partial of a plain number is often 0, and seldom infinite. In a
/// recording, a test of the products for NaN would become a guard of the program, so all are corrected.
#[inline(always)]
fn scaled_tangents<T: Scalar, const N: usize>(partial: T, tangents: [T; N]) -> [T; N] {
    #[cold]
    #[inline(never)]
    fn singular<T: Scalar, const N: usize>(partial: T, tangents: [T; N]) -> [T; N] {
        each(tangents, |tangent| scaled(partial, tangent))
    }
    if is_plain::<T>() && partial.is_zero() {
        return [T::zero(); N];
    }
    if !is_tapeless::<T>() && !is_recorded::<T>() {
        let products = products(partial, tangents);
        if !products.iter().fold(false, |nan, x| nan | x.is_nan()) {
            return products;
        }
    }
    singular(partial, tangents)
}

sums_in_pairs! { [T: Scalar, const N: usize] Dual<T, N> }
number! {
    calculus [T: Scalar, const N: usize] Dual<T, N>;
    [const N: usize] Dual<f32, N>, Dual<f64, N>; ""
}
