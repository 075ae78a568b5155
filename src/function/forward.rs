//! Derivatives of closures over arrays, by forward mode: fixed sizes, no memory allocated, no `struct`.
//!
//! The closure may capture what it likes, and returns a number or an array. In the same evaluation, it gives the value
//! and the derivatives. The functions with the same names in [`linalg`](crate::linalg), with feature `nalgebra`, do so
//! for vectors, poses and rotations of nalgebra.
//!
//! ```
//! use gradtape::{Real, forward};
//!
//! /// The distances of a point from two others, without those that were measured.
//! fn residuals<F: Real<Plain = f64>>(x: [F; 2], measured: &[f64; 2]) -> [F; 2] {
//!     [x[0].hypot(x[1]) - measured[0], (x[0] - 6.0).hypot(x[1]) - measured[1]]
//! }
//!
//! let measured = [5.0, 5.0];
//! let ([r, s], jacobian) = forward::jacobian(|x| residuals(x, &measured), [3.0, 4.0]);
//! assert_eq!([r, s], [0.0, 0.0]);
//! assert_eq!(jacobian, [[0.6, 0.8], [-0.6, 0.8]]);
//! ```
//!
//! The time is that of one evaluation over numbers with as many directions as inputs. So it suits some 20 inputs for
//! first, and some 10 for second derivatives. For more, take a [`Function`](crate::Function) or a
//! [`VectorFunction`](crate::VectorFunction), which use reverse mode, too. At singular points, derivatives are those of
//! [`Dual`] and [`Dual2`].

use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::number::Number;
use crate::scalar::Scalar;

/// The value and the gradient `∂f/∂xᵢ` at `x`.
///
/// # Examples
///
/// ```
/// use gradtape::forward;
///
/// let weights = vec![2.0, 0.5];
/// let f = |[x, y]: [gradtape::Dual<f64, 2>; 2]| x * y * weights[0] + y * weights[1];
/// assert_eq!(forward::gradient(f, [3.0, 4.0]), (26.0, [8.0, 6.5]));
/// ```
///
/// Over a number with derivatives, it gives derivatives of the gradient:
///
/// ```
/// use gradtape::{Tape, forward};
///
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(3.0), tape.var(4.0));
/// let (_, [by_x, _]) = forward::gradient(|[x, y]| x * x * y, [x, y]);
/// assert_eq!(by_x.backward().wrt(y), 6.0);
/// ```
#[must_use]
#[inline]
pub fn gradient<T: Scalar, const N: usize>(f: impl FnOnce([Dual<T, N>; N]) -> Dual<T, N>, x: [T; N]) -> (T, [T; N]) {
    let y = f(Dual::vars(x));
    (y.data(), y.tangents())
}

/// The results and the Jacobian at `x`: row `i` is the gradient of result `i`.
///
/// # Examples
///
/// Polar coordinates, in f32:
///
/// ```
/// use gradtape::forward;
///
/// let (point, jacobian) = forward::jacobian(|[r, a]| [r * a.cos(), r * a.sin()], [2.0_f32, 0.0]);
/// assert_eq!(point, [2.0, 0.0]);
/// assert_eq!(jacobian, [[1.0, 0.0], [0.0, 2.0]]);
/// ```
#[must_use]
#[inline]
pub fn jacobian<T: Scalar, const N: usize, const M: usize>(
    f: impl FnOnce([Dual<T, N>; N]) -> [Dual<T, N>; M],
    x: [T; N],
) -> ([T; M], [[T; N]; M]) {
    let y = f(Dual::vars(x));
    (y.map(Dual::data), y.map(Dual::tangents))
}

/// The value, the gradient and the Hessian `∂²f/∂xᵢ∂xⱼ` at `x`. The Hessian is exactly symmetric.
///
/// # Examples
///
/// ```
/// use gradtape::forward;
///
/// let scale = 100.0;
/// let f = |[x, y]: [gradtape::Dual2<f64, 2>; 2]| (y - x * x).powi(2) * scale + (-x + 1.0).powi(2);
/// let (value, gradient, hessian) = forward::hessian(f, [-1.0, 2.0]);
/// assert_eq!((value, gradient), (104.0, [396.0, 200.0]));
/// assert_eq!(hessian, [[402.0, 400.0], [400.0, 200.0]]);
/// ```
#[must_use]
#[inline]
pub fn hessian<T: Number, const N: usize>(
    f: impl FnOnce([Dual2<T, N>; N]) -> Dual2<T, N>,
    x: [T; N],
) -> (T, [T; N], [[T; N]; N]) {
    let y = f(Dual2::vars(x));
    (y.data(), y.gradient(), y.hessian())
}
