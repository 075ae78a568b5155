//! The error function and the normal distribution.
//!
//! `(1 + 2t) exp(t²) erfc(t)` varies between 1 and 1.3 for all `t ≥ 0`, and `u = (t - a)/(t + a)` maps these to an
//! interval where one polynomial has it (Schonfelder, Mathematics of Computation 32, 1978; Shepherd & Laframboise,
//! Mathematics of Computation 36, 1981). Here the polynomial is the difference from the value 1 at `t = 0`, divided by
//! `1 + u`: only the last sum has an error that matters. The exponential is taken of the exact square.

use super::arithmetic::{polynomial, product, quotient, sum, sum_in_order};
use super::exponential::{Exponential, exp};
use super::float::KernelFloat;

/// `(1 + 2t) exp(t²) erfc(t)`, in two parts.
#[inline(always)]
fn scaled_erfc<T: KernelFloat, const FMA: bool>(t: T) -> (T, T) {
    // 1 + u, which is accurate where it is small.
    let v = (t + t) / (t + T::ERFC_CENTRE);
    sum_in_order(T::one(), polynomial::<T, FMA>(v - T::one(), T::ERFC) * v)
}

/// `x + x P(x²)` up to 1, then `1 - erfc x`: at most 1/5 of the result, so that the plain square is enough.
#[inline(always)]
pub(super) fn erf<T: KernelFloat, const FMA: bool>(x: T) -> T {
    // erfc 7 is negligible compared with 1.
    let t = x.abs().at_most(T::of(7.0));
    let square = t * t;
    let near = polynomial::<T, FMA>(square, T::ERF).times_plus::<FMA>(t, t);
    let tail = scaled_erfc::<T, FMA>(t).0 * exp::<T, FMA>(-square) / (T::one() + (t + t));
    let y = if t < T::one() { near } else { T::one() - tail };
    y.copysign(x)
}

/// `exp(-x²/2)`.
#[inline(always)]
fn bell<T: KernelFloat, const FMA: bool>(x: T) -> Exponential<T> {
    let (square, low) = product::<T, FMA>(x, x);
    Exponential::of::<FMA>(-square.half(), -low.half())
}

/// The magnitude of the argument, limited to where the density is not 0.
#[inline(always)]
fn magnitude<T: KernelFloat>(x: T) -> T {
    x.abs().at_most((T::EXP_RANGE[0] * T::of(-2.0)).sqrt())
}

/// `Φ(-|x|) = erfc(t)/2` with `t = |x|/√2`, and the complement of that for positive `x`.
#[inline(always)]
pub(super) fn normal_cdf<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let magnitude = magnitude(x);
    let (t, t_low) = product::<T, FMA>(magnitude, T::SQRT_HALF[0]);
    let t_low = magnitude.times_plus::<FMA>(T::SQRT_HALF[1], t_low);
    let bell = bell::<T, FMA>(magnitude);
    let (e, e_low) = bell.parts();
    let (factor, factor_low) = scaled_erfc::<T, FMA>(t);
    let (n, n_low) = product::<T, FMA>(e, factor);
    let n_low = e_low.times_plus::<FMA>(factor, e.times_plus::<FMA>(factor_low, n_low));
    let two = T::of(2.0);
    let (d, d_low) = sum(T::one(), two * t);
    let q = quotient::<T, FMA>((n, n_low), (d, two.times_plus::<FMA>(t_low, d_low)));
    let tail = bell.scaled(q.half());
    if x > T::zero() { T::one() - tail } else { tail }
}

#[inline(always)]
pub(super) fn normal_pdf<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let bell = bell::<T, FMA>(magnitude(x));
    let (e, low) = bell.parts();
    let low = low.times_plus::<FMA>(T::DENSITY[0], e * T::DENSITY[1]);
    let (p, p_low) = product::<T, FMA>(e, T::DENSITY[0]);
    let (p, p_low) = sum_in_order(p, p_low + low);
    bell.scaled(p + p_low)
}
