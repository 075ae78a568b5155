//! Values and partials that need more than a line in the table, and the conventions where there is no derivative.
//!
//! Every function is generic over the float, so that tapes of tapes differentiate the rules, too.

use std::cmp::Ordering;

use super::kind::{is_plain, symbolic};
use super::product::depends_on;
use crate::scalar::Scalar;

pub(crate) use super::activations::{
    elu, elu_slope, gelu_slope, gelu_tanh, gelu_tanh_slope, leaky_relu, mish_slope, relu, sigmoid, sigmoid_slope,
    silu_slope, softplus, softsign, softsign_slope,
};
pub(crate) use super::lists::{dot, exp_share, ln_add_exp, logsumexp, softmax, total};
#[cfg(feature = "program")]
pub(crate) use super::lists::{exp_share_slope, pivot};
pub(crate) use super::normal::{erf, erf_slope, normal_cdf, normal_pdf};
#[cfg(feature = "program")]
pub(crate) use super::product::kept;
pub(crate) use super::product::{both_scaled, is_unit, scaled};

/// `c` as a `T`.
#[inline(always)]
pub(crate) fn constant<T: num_traits::Float>(c: f64) -> T {
    T::from(c).expect("the scalar type must convert from any f64: see its `NumCast::from`")
}

#[inline(always)]
pub(crate) fn half<T: Scalar>() -> T {
    constant(0.5)
}

/// `ln 2` in the full precision of `T`, which may be wider than f64. The compiler folds it for f32 and f64.
#[inline(always)]
pub(crate) fn ln_2<T: Scalar>() -> T {
    constant::<T>(2.0).ln()
}

#[inline(always)]
pub(crate) fn ln_10<T: Scalar>() -> T {
    constant::<T>(10.0).ln()
}

/// The sine and the cosine. It is inlined so that the compiler computes both once if a function uses them of one angle.
#[inline(always)]
pub(crate) fn sin_cos<T: Scalar>(x: T) -> (T, T) {
    x.sin_cos()
}

/// `1/(3y²)` from the result `y`, without a power of the argument and without overflow.
#[inline]
pub(crate) fn cbrt<T: Scalar>(y: T) -> T {
    (constant::<T>(3.0) * y * y).recip()
}

/// `eˣ` as `y + 1`, except where `y` is near -1 and the sum cancels.
#[inline]
pub(crate) fn exp_m1<T: Scalar>(x: T, y: T) -> T {
    symbolic!(exp_m1_slope(x, y));
    if x < -half::<T>() { x.exp() } else { y + T::one() }
}

/// `1/√(1 - x²)`, factored: `1 - x` and `1 + x` are exact near ±1, their product is not.
#[inline]
pub(crate) fn asin<T: Scalar>(x: T) -> T {
    ((T::one() - x) * (T::one() + x)).sqrt().recip()
}

/// `1/(1 + x²)`; where the square could overflow, as `(1/x)/(x + 1/x)`.
#[inline]
pub(crate) fn atan<T: Scalar>(x: T) -> T {
    symbolic!(atan_slope(x));
    let far = constant::<T>(100.0);
    if x.abs() > far { x.recip() / (x + x.recip()) } else { (T::one() + x * x).recip() }
}

/// `1 - y²` where it keeps its digits, else `4e/(1 + e)²` with `e = exp(-2|x|)`.
#[inline]
pub(crate) fn tanh<T: Scalar>(x: T, y: T) -> T {
    symbolic!(tanh_slope(x, y));
    let square = y * y;
    if square < half() {
        return T::one() - square;
    }
    let e = (-(x.abs() + x.abs())).exp();
    let d = T::one() + e;
    constant::<T>(4.0) * e / (d * d)
}

/// `1/√(x² - 1)`, factored: exact near 1, without overflow at large `x`.
#[inline]
pub(crate) fn acosh<T: Scalar>(x: T) -> T {
    ((x - T::one()).sqrt() * (x + T::one()).sqrt()).recip()
}

/// The sign of `x`, 0 at 0.
#[inline]
pub(crate) fn abs<T: Scalar>(x: T) -> T {
    symbolic!(sign(x));
    if x.is_zero() { T::zero() } else { x.signum() }
}

/// 1 above 0, else `below`.
#[inline]
pub(crate) fn step<T: Scalar>(x: T, below: T) -> T {
    symbolic!(step(x, below));
    if x > T::zero() { T::one() } else { below }
}

/// 1 where `a > b`, else 0.
#[inline]
pub(crate) fn above<T: Scalar>(a: T, b: T) -> T {
    symbolic!(above(a, b));
    if a > b { T::one() } else { T::zero() }
}

/// `n xⁿ⁻¹`, and 0 for `n = 0` even at `x = 0`. A negative power is computed from a positive power, which may overflow;
/// `n y/x` needs no such power.
#[inline]
pub(crate) fn powi<T: Scalar>(x: T, y: T, n: i32) -> T {
    let factor = || constant::<T>(f64::from(n));
    match n {
        0 => T::zero(),
        i32::MIN..0 => factor() * y / x,
        _ => factor() * x.powi(n - 1),
    }
}

/// `y/b` for the quotient `y = a/b`. Where `y` has lost digits that matter in `y/b`, it is computed from `a`.
#[inline]
pub(crate) fn over<T: Scalar>(a: T, b: T, y: T) -> T {
    symbolic!(over(a, b, y));
    if y.is_subnormal() && b.abs() < T::one() { a / (b * b) } else { y / b }
}

/// `b aᵇ⁻¹`; where `y` is a normal number, as `b (y/a)`.
#[inline]
pub(crate) fn powf_base<T: Scalar>(a: T, b: T, y: T) -> T {
    symbolic!(powf_by_base(a, b, y));
    let is_ordinary = y.is_normal() && !b.is_zero();
    if is_plain::<T>() && is_ordinary {
        return b * (y / a);
    }
    let b = exponent(a, b);
    if is_ordinary { b * (y / a) } else { powf_base_at_ends(a, b, y) }
}

/// 0 for `b = 0` even at `a = 0`. If the power is out of range, the partial may still be in range: it is computed from
/// the power with one factor less, or from two square roots of the power.
#[cold]
fn powf_base_at_ends<T: Scalar>(a: T, b: T, y: T) -> T {
    if b.is_zero() && (a.is_zero() || a.is_nan()) || b.is_infinite() && y.is_zero() {
        return depends_on(T::zero(), [a, b]);
    }
    if y.is_normal() {
        return b * (y / a);
    }
    if y.is_nan() {
        return y;
    }
    let power = a.powf(b - T::one());
    if power.is_normal() || y.is_infinite() || a.is_zero() {
        return b * power;
    }
    let root = a.abs().powf(b * half());
    (b * root) * (root.copysign(y) / a)
}

/// `aᵇ ln a`; where `y` is a normal number, as `y ln a`.
#[inline]
pub(crate) fn powf_exponent<T: Scalar>(a: T, y: T, b: T) -> T {
    symbolic!(powf_by_exponent(a, y, b));
    if !is_plain::<T>() && a < T::zero() && y.is_normal() {
        // NaN, and so are its derivatives: the square roots have them of negative numbers.
        return (a - T::infinity()).sqrt() * (b - T::infinity()).sqrt();
    }
    if y.is_normal() && !a.is_zero() { y * a.ln() } else { powf_exponent_at_ends(a, b) }
}

/// The limits 0 and -∞ for `a = 0`, and 0 for `0⁰`. If the power is out of range, it is computed from two square roots.
#[cold]
fn powf_exponent_at_ends<T: Scalar>(a: T, b: T) -> T {
    let root = a.powf(b * half());
    if root.is_zero() || (a.is_zero() && b.is_zero()) { depends_on(T::zero(), [a, b]) } else { root * a.ln() * root }
}

/// The exponent `b` of a power of `a`, for its higher derivatives: constant where `a` is 0 and `b` is not negative,
/// because no such power changes with its exponent, and with the derivative NaN where `a` is negative, because no power
/// between the integer ones exists.
#[inline]
pub(crate) fn exponent<T: Scalar>(a: T, b: T) -> T {
    symbolic!(exponent(a, b));
    if a > T::zero() { b } else { exponent_at_ends(a, b) }
}

#[cold]
#[allow(clippy::eq_op, reason = "the derivatives do not cancel")]
fn exponent_at_ends<T: Scalar>(a: T, b: T) -> T {
    let integer = b.floor();
    if a.is_zero() && b >= T::zero() {
        // Of other exponents, the derivatives are 0 or infinite, by their integer part alone. And a small one minus 1
        // would be rounded to -1.
        return depends_on(if b == integer { integer } else { integer + half() }, [a, b]);
    }
    if a < T::zero() && b == integer && b.is_finite() {
        // The number is 0, all derivatives are ∞ - ∞.
        let steep = (T::one() + (b - integer)).acosh();
        return b + (steep - steep);
    }
    b
}

/// The derivative of [`exponent`] by `b`.
#[cfg(feature = "program")]
#[inline]
pub(crate) fn exponent_slope<T: Scalar>(a: T, b: T) -> T {
    symbolic!(exponent_slope(a, b));
    if a < T::zero() {
        T::nan()
    } else if a.is_zero() && b >= T::zero() {
        T::zero()
    } else {
        T::one()
    }
}

/// The second derivative of a power by its base, `b (b - 1) aᵇ⁻²`.
#[cfg(feature = "program")]
#[inline]
pub(crate) fn powf_base_twice<T: Scalar>(a: T, b: T) -> T {
    let b = exponent(a, b);
    let below = b - T::one();
    scaled(b, powf_base(a, below, a.powf(below)))
}

/// The derivative of a power by its base and its exponent, `aᵇ⁻¹ (1 + b ln a)`, from the one by its base.
#[cfg(feature = "program")]
#[inline]
pub(crate) fn powf_mixed<T: Scalar>(a: T, b: T, by_base: T) -> T {
    scaled(exponent_slope(a, b), a.powf(b - T::one()) + scaled(by_base, a.ln()))
}

/// `v/(u² + v²)` without overflow: 0 at the origin, and the limit 0 at infinity.
#[inline]
pub(crate) fn atan2<T: Scalar>(v: T, u: T) -> T {
    symbolic!(atan2_slope(v, u));
    let h = u.hypot(v);
    if h.is_normal() { over(v, h, v / h) } else { near_origin(v, u, |v, h, scale| v / h / h * scale) }
}

/// `v/h` for `h = √(u² + v²)`: 0 at the origin, and the limit ±1 where `v` is infinite.
#[inline]
pub(crate) fn ratio<T: Scalar>(v: T, u: T, h: T) -> T {
    symbolic!(hypot_slope(v, u, h));
    if h.is_normal() || h.is_nan() {
        v / h
    } else if v.is_infinite() {
        depends_on(v.signum(), [u])
    } else {
        near_origin(v, u, |v, h, _| v / h)
    }
}

/// `f(v, h, scale)` with `v` and the distance `h` scaled up, because subnormal numbers have few digits; 0 where `h` is
/// 0 or infinite.
#[cold]
fn near_origin<T: Scalar>(v: T, u: T, f: impl Fn(T, T, T) -> T) -> T {
    let scale = T::epsilon().recip();
    let (u, v) = (u * scale, v * scale);
    let h = u.hypot(v);
    if h.is_zero() || h.is_infinite() { depends_on(T::zero(), [u, v]) } else { f(v, h, scale) }
}

/// The partial of `max(a, b)` by `a`. A NaN loses to any number.
#[inline]
pub(crate) fn greater<T: Scalar>(a: T, b: T) -> T {
    symbolic!(greater(a, b));
    if a > b || (b.is_nan() && !a.is_nan()) {
        T::one()
    } else if a == b {
        half()
    } else {
        T::zero()
    }
}

/// The partial of `min(a, b)` by `a`. A NaN loses to any number.
#[inline]
pub(crate) fn less<T: Scalar>(a: T, b: T) -> T {
    greater(-a, -b)
}

/// The nearest integer, halves to the even one, as the method of the floats. (`Float` has no such method.)
#[inline]
pub(crate) fn round_ties_even<T: Scalar>(x: T) -> T {
    let two = T::one() + T::one();
    if (x - x.trunc()).abs() == half() { two * (x / two).round() } else { x.round() }
}

/// As the method of the floats. (`Float` has no such method.)
#[inline]
pub(crate) fn div_euclid<T: Scalar>(a: T, b: T) -> T {
    let quotient = (a / b).trunc();
    if a % b >= T::zero() {
        quotient
    } else if b > T::zero() {
        quotient - T::one()
    } else {
        quotient + T::one()
    }
}

/// As the method of the floats. (`Float` has no such method.)
#[inline]
pub(crate) fn rem_euclid<T: Scalar>(a: T, b: T) -> T {
    let remainder = a % b;
    if remainder < T::zero() { remainder + b.abs() } else { remainder }
}

/// The order of the numbers. Zeros are ordered by their signs; a NaN is below or above all others, by its sign.
#[inline]
#[track_caller]
pub(crate) fn total_cmp<T: Scalar>(a: T, b: T) -> Ordering {
    match a.partial_cmp(&b) {
        Some(Ordering::Equal) if a.is_zero() => b.is_sign_negative().cmp(&a.is_sign_negative()),
        Some(order) => order,
        None => {
            let rank = |x: T| {
                if !x.is_nan() {
                    0
                } else if x.is_sign_negative() {
                    -1
                } else {
                    1
                }
            };
            rank(a).cmp(&rank(b))
        }
    }
}

/// The spherical Bessel function `jₙ(x)`: `sin x / x` for `n = 0`. For small `x` it is the series, else the upward
/// recurrence. Source: DLMF, 10.53.1 and 10.51.1. For a negative `n` it is 0: the formula of the
/// derivative for `n = 0` multiplies that term by 0.
#[inline]
pub(crate) fn spherical_bessel<T: Scalar>(x: T, n: T) -> T {
    symbolic!(spherical_bessel(x, n));
    let order = n.to_i32().unwrap_or_default();
    if order < 0 {
        return T::zero();
    }
    let odd = |k: i32| constant::<T>(f64::from(2 * k + 1));
    if x.abs() < odd(order) {
        // The series in powers of x²/2. Terms after the 24th are negligible.
        let square = x * x * half();
        let leading = (1..=order).fold(T::one(), |product, k| product * x / odd(k));
        let term = |tail: T, k: i32| T::one() - square / (constant::<T>(f64::from(k)) * odd(order + k)) * tail;
        return leading * (1..=24).rev().fold(T::one(), term);
    }
    let (sin, cos) = x.sin_cos();
    let (mut before, mut result) = (cos / x, sin / x);
    for k in 0..order {
        (before, result) = (result, odd(k) * result / x - before);
    }
    result
}

/// The derivative of [`spherical_bessel`] by `x`: `(n jₙ₋₁ - (n + 1) jₙ₊₁)/(2n + 1)`. Source: DLMF, 10.51.2.
/// Programs alone differentiate a partial.
#[cfg(feature = "program")]
#[inline]
pub(crate) fn spherical_bessel_slope<T: Scalar>(x: T, n: T) -> T {
    let (below, above) = (n - T::one(), n + T::one());
    (n * spherical_bessel(x, below) - above * spherical_bessel(x, above)) / (n + above)
}

#[inline]
pub(crate) fn sinc<T: Scalar>(x: T) -> T {
    spherical_bessel(x, T::zero())
}

/// The partial by `b` of the remainder `y` of `a/b`: minus the integer quotient.
#[inline]
pub(crate) fn rem<T: Scalar>(a: T, b: T, y: T) -> T {
    -((a - y) / b).round()
}
