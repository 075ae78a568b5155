//! Derivatives of functions of one number, with nested [`Dual`]s.

use crate::dual::Dual;
use crate::scalar::Scalar;

/// The value and the derivative of `f` at `x`.
///
/// ```
/// assert_eq!(gradtape::derivative(|x| x * x, 3.0), [9.0, 6.0]);
/// ```
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
#[must_use]
pub fn second_derivative<T: Scalar>(f: impl FnOnce(Dual<Dual<T>>) -> Dual<Dual<T>>, x: T) -> [T; 3] {
    let [y, first] = derivative(f, Dual::var(x));
    [y.data(), first.data(), first.tangent()]
}

/// The value and three derivatives of `f` at `x`.
///
/// ```
/// assert_eq!(gradtape::third_derivative(|x| x.powi(4), 2.0), [16.0, 32.0, 48.0, 48.0]);
/// ```
#[must_use]
pub fn third_derivative<T: Scalar>(f: impl FnOnce(Dual<Dual<Dual<T>>>) -> Dual<Dual<Dual<T>>>, x: T) -> [T; 4] {
    let [y, first, second] = second_derivative(f, Dual::var(x));
    [y.data(), first.data(), second.data(), second.tangent()]
}
