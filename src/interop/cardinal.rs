//! The derivatives of `sin x / x` and its relatives. Near 0 the quotient rule would lose their digits by cancellation.
//!
//! At 0 all these derivatives are 0; the quotient is 1 there, by convention or as its limit.

use crate::ops::rules::constant;
use crate::scalar::Scalar;

/// `(cos x - sin x / x)/x`.
pub(super) fn sinc<T: Scalar>(x: T) -> T {
    if x.abs() < T::one() { series(x, -1.0) } else { (x.cos() - x.sin() / x) / x }
}

/// `(cosh x - sinh x / x)/x`, without a difference of infinities where `cosh` overflows.
pub(super) fn sinhc<T: Scalar>(x: T) -> T {
    if x.abs() < T::one() { series(x, 1.0) } else { x.cosh() * ((T::one() - x.tanh() / x) / x) }
}

/// `-(sin x + cos x / x)/x`.
pub(super) fn cosc<T: Scalar>(x: T) -> T {
    if x.is_zero() { T::zero() } else { -((x.sin() + x.cos() / x) / x) }
}

/// `(sinh x - cosh x / x)/x`, without a difference of infinities where `cosh` overflows.
pub(super) fn coshc<T: Scalar>(x: T) -> T {
    if x.is_zero() { T::zero() } else { x.cosh() * ((x.tanh() - x.recip()) / x) }
}

/// The derivative of `1 + s x²/3! + s² x⁴/5! + …`, which is `s x/3 (1 + s x²/(2·5) (1 + s x²/(4·7) (1 + …)))`, for
/// `|x| < 1`: the eleventh term is below 10⁻²¹ of the first.
fn series<T: Scalar>(x: T, s: f64) -> T {
    let term = |tail, k| T::one() + x * x * constant(s / (2.0 * k * (2.0 * k + 3.0))) * tail;
    let tail = (1..=10).rev().map(f64::from).fold(T::one(), term);
    x * tail * constant(s) / constant(3.0)
}
