//! Values and partials that need more than a line in the table, and the conventions where there is no derivative.
//!
//! Every function is generic in the float, so that tapes of tapes differentiate the rules themselves.

use super::kind::symbolic;
use super::product::depends_on;
use crate::scalar::Scalar;

pub(crate) use super::normal::{erf, erf_slope, normal_cdf, normal_pdf};
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

/// In full precision of `T`, which may be wider than f64; folded at compile time for f32 and f64.
#[inline(always)]
pub(crate) fn ln_2<T: Scalar>() -> T {
    constant::<T>(2.0).ln()
}

#[inline(always)]
pub(crate) fn ln_10<T: Scalar>() -> T {
    constant::<T>(10.0).ln()
}

/// The sine and the cosine. Functions often want both of one angle: in line, the compiler computes them once.
#[inline(always)]
pub(crate) fn sin_cos<T: Scalar>(x: T) -> (T, T) {
    x.sin_cos()
}

/// `1/(3y²)` from the result `y`: no power of the argument, no overflow.
#[inline]
pub(crate) fn cbrt<T: Scalar>(y: T) -> T {
    (constant::<T>(3.0) * y * y).recip()
}

/// `y + 1` cancels where `y` is near -1.
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

/// `1/(1 + x²)`, as `(1/x)/(x + 1/x)` where the square could overflow.
#[inline]
pub(crate) fn atan<T: Scalar>(x: T) -> T {
    symbolic!(atan_slope(x));
    let far = constant::<T>(100.0);
    if x.abs() > far { x.recip() / (x + x.recip()) } else { (T::one() + x * x).recip() }
}

/// `1 - y²` while that keeps its digits, else `4e/(1 + e)²` with `e = exp(-2|x|)`.
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

/// `1/√(x² - 1)`, factored: exact near 1, and no overflow at large `x`.
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

/// `n xⁿ⁻¹`, and 0 for `n = 0` even at `x = 0`. A negative power is one over a positive one, which may overflow: there
/// `n y/x` needs no other.
#[inline]
pub(crate) fn powi<T: Scalar>(x: T, y: T, n: i32) -> T {
    let factor = || constant::<T>(f64::from(n));
    match n {
        0 => T::zero(),
        i32::MIN..0 => factor() * y / x,
        _ => factor() * x.powi(n - 1),
    }
}

/// `y/b` for the quotient `y = a/b`, from `a` where `y` has lost its digits and the division would show it.
#[inline]
pub(crate) fn over<T: Scalar>(a: T, b: T, y: T) -> T {
    symbolic!(over(a, b, y));
    if y.is_subnormal() && b.abs() < T::one() { a / (b * b) } else { y / b }
}

/// `b aᵇ⁻¹`, as `b (y/a)` where `y` is a normal number.
#[inline]
pub(crate) fn powf_base<T: Scalar>(a: T, b: T, y: T) -> T {
    symbolic!(powf_by_base(a, b, y));
    if y.is_normal() && !b.is_zero() { b * (y / a) } else { powf_base_at_ends(a, b, y) }
}

/// 0 for `b = 0` even at `a = 0`. Where the power has left the range, the partial may be inside: then it is made of a
/// power with one factor less, or of two halves.
#[cold]
fn powf_base_at_ends<T: Scalar>(a: T, b: T, y: T) -> T {
    if b.is_zero() && (a.is_zero() || a.is_nan()) {
        return depends_on(T::zero(), [a, b]);
    }
    if y.is_normal() {
        return b * (y / a);
    }
    let power = a.powf(b - T::one());
    if power.is_normal() || y.is_infinite() || a.is_zero() {
        return b * power;
    }
    let root = a.abs().powf(b * half());
    (b * root) * (root.copysign(y) / a)
}

/// `y ln a`, where `y` is a normal number.
#[inline]
pub(crate) fn powf_exponent<T: Scalar>(a: T, y: T, b: T) -> T {
    symbolic!(powf_by_exponent(a, y, b));
    if y.is_normal() && !a.is_zero() { y * a.ln() } else { powf_exponent_at_ends(a, b) }
}

/// The limits 0 and -∞ for `a = 0`, and 0 for `0⁰`. Where the power has left the range, it is made of two halves.
#[cold]
fn powf_exponent_at_ends<T: Scalar>(a: T, b: T) -> T {
    let root = a.powf(b * half());
    if root.is_zero() || (a.is_zero() && b.is_zero()) { depends_on(T::zero(), [a, b]) } else { root * a.ln() * root }
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
    if h.is_normal() {
        v / h
    } else if v.is_infinite() {
        depends_on(v.signum(), [u])
    } else {
        near_origin(v, u, |v, h, _| v / h)
    }
}

/// `f(v, h, scale)` with arguments that are scaled up from the subnormal numbers, which have few digits; 0 where the
/// distance `h` is 0 or infinite.
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

/// `-trunc(a/b)`, the partial of `a % b` by `b`.
#[inline]
pub(crate) fn rem<T: Scalar>(a: T, b: T, y: T) -> T {
    -((a - y) / b).round()
}

/// `Σ aᵢ bᵢ`, from the first product on.
#[inline]
#[track_caller]
pub(crate) fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    assert_eq!(a.len(), b.len(), "a scalar product needs as many factors on either side");
    total(a.iter().zip(b).map(|(&a, &b)| a * b))
}

/// The sum of the terms, added up from the first one on.
#[inline]
pub(crate) fn total<T: Scalar>(terms: impl Iterator<Item = T>) -> T {
    terms.reduce(|sum, term| sum + term).unwrap_or_else(T::zero)
}

#[inline]
pub(crate) fn relu<T: Scalar>(x: T) -> T {
    // Not `max`, which would turn a NaN into 0.
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

/// `exp(-|x|)`, without the kink of `abs`: a nested number has its derivative at 0, too.
#[inline]
fn exp_below<T: Scalar>(x: T) -> T {
    (if x < T::zero() { x } else { -x }).exp()
}

/// The exponential is taken of a negative number only: no overflow on either side.
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
    x / (T::one() + x.abs())
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

/// With `s = softplus(x)`: `1 - tanh² s` is taken from `s`, where it keeps its digits.
#[inline]
pub(crate) fn mish_slope<T: Scalar>(x: T) -> T {
    let s = softplus(x);
    let t = s.tanh();
    t + scaled(x, tanh(s, t) * sigmoid(x))
}
