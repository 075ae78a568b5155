//! Logarithms.
//!
//! `x = 2ᵏ m` with `m` from `√½` to `√2`, and `ln m = 2 atanh s` with `s = f/(2 + f)`, `f = m - 1` (Cody & Waite 1980;
//! Muller, "Elementary Functions", on argument reduction for the logarithm). As `2s = f - s f`, it is
//! `f - f²/2 + s (f²/2 + R)`, where `R` is the rest of the series: a large first term that is exact, and small ones.

use super::arithmetic::{polynomial, product, sum, sum_in_order};
use super::float::KernelFloat;

/// Whether the number is positive and normal.
#[inline(always)]
pub(super) fn is_ordinary<T: KernelFloat>(x: T) -> bool {
    (x >= T::min_positive_value()) & (x <= T::max_value())
}

/// Whether the number is above -1, and not so large that the reciprocal of its power of two is subnormal.
#[inline(always)]
pub(super) fn is_ordinary_1p<T: KernelFloat>(x: T) -> bool {
    (x > -T::one()) & (x <= T::max_value() * T::of(0.125))
}

/// `ln(1 + f + tail)` in two parts, the second of them small; the polynomial says for which `f`.
#[inline(always)]
fn reduced<T: KernelFloat, const FMA: bool>(f: T, tail: T, rest: &[T]) -> (T, T) {
    let s = f / (T::of(2.0) + f);
    let z = s * s;
    let square = (f * f).half();
    let rest = polynomial::<T, FMA>(z, rest).times_plus::<FMA>(z, square);
    let (high, low) = sum_in_order(f, -square);
    // The derivative (1 - s)/(1 + s) of the logarithm, as far as a tail needs it.
    let tail = (s * T::of(-1.5)).times_plus::<FMA>(tail, tail);
    (high, low + s.times_plus::<FMA>(rest, tail))
}

/// `k ln 2 + high + low` in two parts.
#[inline(always)]
fn with_exponent<T: KernelFloat, const FMA: bool>(k: T, (high, low): (T, T)) -> (T, T) {
    let (s, s_low) = sum_in_order(k * T::LN_2_SHORT[0], high);
    (s, s_low + k.times_plus::<FMA>(T::LN_2_SHORT[1], low))
}

#[inline(always)]
pub(super) fn ln<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let (k, m, _) = x.split();
    let (high, low) = with_exponent::<T, FMA>(k, reduced::<T, FMA>(m - T::one(), T::zero(), T::LN));
    high + low
}

/// `k a + ln(m) b`, where `k a₀` is exact.
#[inline(always)]
fn in_base<T: KernelFloat, const FMA: bool>(x: T, a: [T; 2], b: [T; 2]) -> T {
    let (k, m, _) = x.split();
    let (high, low) = reduced::<T, FMA>(m - T::one(), T::zero(), T::LN);
    let (p, p_low) = product::<T, FMA>(high, b[0]);
    let p_low = low.times_plus::<FMA>(b[0], high.times_plus::<FMA>(b[1], p_low));
    let (s, s_low) = sum_in_order(k * a[0], p);
    s + (s_low + k.times_plus::<FMA>(a[1], p_low))
}

#[inline(always)]
pub(super) fn log2<T: KernelFloat, const FMA: bool>(x: T) -> T {
    in_base::<T, FMA>(x, [T::one(), T::zero()], T::RECIP_LN_2)
}

#[inline(always)]
pub(super) fn log10<T: KernelFloat, const FMA: bool>(x: T) -> T {
    in_base::<T, FMA>(x, T::LOG10_2_SHORT, T::RECIP_LN_10)
}

/// `ln(1 + x + tail)` for `x` from 0 to 1, in two parts: needs no power of two.
#[inline(always)]
pub(super) fn ln_1p_of_unit<T: KernelFloat, const FMA: bool>(x: T, tail: T) -> (T, T) {
    reduced::<T, FMA>(x, tail, T::LN_WIDE)
}

#[inline(always)]
pub(super) fn ln_1p<T: KernelFloat, const FMA: bool>(x: T) -> T {
    // `f` gets back what the sum has lost: all of `x` where the sum is 1.
    let (u, u_low) = sum(T::one(), x);
    let (k, m, scale) = u.split();
    let (f, f_low) = sum(m - T::one(), u_low * scale);
    let (high, low) = with_exponent::<T, FMA>(k, reduced::<T, FMA>(f, f_low, T::LN));
    // Keeps the sign of zero.
    (high + low).copysign(x)
}
