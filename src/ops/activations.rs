//! The activations of neural networks and their slopes.

use super::kind::symbolic;
use super::normal::{normal_cdf, normal_pdf};
use super::product::{depends_on, scaled};
use super::rules::{constant, tanh};
use crate::scalar::Scalar;

#[inline]
pub(crate) fn relu<T: Scalar>(x: T) -> T {
    // Not `max`: it would turn a NaN into 0.
    if x <= T::zero() { depends_on(T::zero(), [x]) } else { x }
}

#[inline]
pub(crate) fn leaky_relu<T: Scalar>(x: T, slope: T) -> T {
    if x > T::zero() { x } else { slope * x }
}

#[inline]
pub(crate) fn elu<T: Scalar>(x: T, alpha: T) -> T {
    if x > T::zero() { x } else { alpha * x.exp_m1() }
}

#[inline]
pub(crate) fn elu_slope<T: Scalar>(x: T, alpha: T) -> T {
    symbolic!(elu_slope(x, alpha));
    if x > T::zero() { depends_on(T::one(), [x]) } else { alpha * x.exp() }
}

/// `exp(-|x|)` without the kink of `abs`, so that a nested number has a derivative at 0.
#[inline]
pub(crate) fn exp_below<T: Scalar>(x: T) -> T {
    (if x < T::zero() { x } else { -x }).exp()
}

/// The argument of the exponential is never positive, so there is no overflow on either side.
#[inline]
pub(crate) fn sigmoid<T: Scalar>(x: T) -> T {
    symbolic!(sigmoid(x));
    let e = exp_below(x);
    let numerator = if x < T::zero() { e } else { T::one() };
    numerator / (T::one() + e)
}

/// `σ(x) σ(-x)`: both factors keep their digits.
#[inline]
pub(crate) fn sigmoid_slope<T: Scalar>(x: T) -> T {
    symbolic!(sigmoid_slope(x));
    let e = exp_below(x);
    let d = T::one() + e;
    e / (d * d)
}

#[inline]
pub(crate) fn softplus<T: Scalar>(x: T) -> T {
    symbolic!(softplus(x));
    let tail = exp_below(x).ln_1p();
    if x < T::zero() { tail } else { x + tail }
}

#[inline]
pub(crate) fn softsign<T: Scalar>(x: T) -> T {
    let d = T::one() + x.abs();
    if d.is_infinite() { depends_on(x.signum(), [x]) } else { x / d }
}

#[inline]
pub(crate) fn softsign_slope<T: Scalar>(x: T) -> T {
    let d = T::one() + x.abs();
    d.recip() / d
}

#[inline]
pub(crate) fn silu_slope<T: Scalar>(x: T) -> T {
    scaled(sigmoid(x), T::one() + scaled(x, sigmoid(-x)))
}

#[inline]
pub(crate) fn gelu_slope<T: Scalar>(x: T) -> T {
    normal_cdf(x) + scaled(x, normal_pdf(x))
}

/// `√(2/π) (x + c x³)` and its derivative.
#[inline]
fn gelu_tanh_argument<T: Scalar>(x: T) -> (T, T) {
    let scale = constant::<T>(core::f64::consts::FRAC_2_PI).sqrt();
    let c = constant::<T>(0.044_715);
    let square = x * x;
    (scale * (x + c * square * x), scale * (T::one() + constant::<T>(3.0) * c * square))
}

/// `x σ(2u)`, which is `x/2 (1 + tanh u)` without the cancellation at negative `u`.
#[inline]
pub(crate) fn gelu_tanh<T: Scalar>(x: T) -> T {
    let (u, _) = gelu_tanh_argument(x);
    scaled(x, sigmoid(u + u))
}

#[inline]
pub(crate) fn gelu_tanh_slope<T: Scalar>(x: T) -> T {
    let (u, du) = gelu_tanh_argument(x);
    let u = u + u;
    sigmoid(u) + scaled(x * (du + du), sigmoid_slope(u))
}

/// With `s = softplus(x)`, `1 - tanh² s` is computed by the rule of `tanh`, which keeps its digits.
#[inline]
pub(crate) fn mish_slope<T: Scalar>(x: T) -> T {
    let s = softplus(x);
    let t = s.tanh();
    t + scaled(x, tanh(s, t) * sigmoid(x))
}
