//! Derivatives of functions of one number, by [`Dual`]s and [`Jet`]s.

use crate::dual::Dual;
use crate::jet::Jet;
use crate::number::Number;
use crate::scalar::Scalar;

/// The value and the derivative of `f` at `x`.
///
/// ```
/// assert_eq!(gradtape::derivative(|x| x * x, 3.0), [9.0, 6.0]);
/// ```
#[inline]
#[must_use]
pub fn derivative<T: Scalar>(f: impl FnOnce(Dual<T>) -> Dual<T>, x: T) -> [T; 2] {
    let y = f(Dual::var(x));
    [y.data(), y.tangent()]
}

/// The value and two derivatives of `f` at `x`.
///
/// ```
/// assert_eq!(gradtape::second_derivative(|x| x * x * x, 2.0), [8.0, 12.0, 12.0]);
/// ```
#[inline]
#[must_use]
pub fn second_derivative<T: Number>(f: impl FnOnce(Jet<T, 3>) -> Jet<T, 3>, x: T) -> [T; 3] {
    derivatives(f, x)
}

/// The value and three derivatives of `f` at `x`.
///
/// ```
/// assert_eq!(gradtape::third_derivative(|x| x.powi(4), 2.0), [16.0, 32.0, 48.0, 48.0]);
/// ```
#[inline]
#[must_use]
pub fn third_derivative<T: Number>(f: impl FnOnce(Jet<T, 4>) -> Jet<T, 4>, x: T) -> [T; 4] {
    derivatives(f, x)
}

/// The value and `N - 1` derivatives of `f` at `x`. For Taylor coefficients, evaluate the function at a [`Jet::var`].
///
/// ```
/// assert_eq!(gradtape::derivatives(|x| x.powi(4), 2.0), [16.0, 32.0, 48.0, 48.0, 24.0, 0.0]);
/// ```
#[inline]
#[must_use]
pub fn derivatives<T: Number, const N: usize>(f: impl FnOnce(Jet<T, N>) -> Jet<T, N>, x: T) -> [T; N] {
    f(Jet::var(x)).derivatives()
}
