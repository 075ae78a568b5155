//! Sine, cosine, tangent.
//!
//! Reduction after Cody & Waite (1980): the multiple of `π/2` is subtracted in parts, each difference with its rounding
//! error, so that the rest keeps its digits even at the floats that are closest to a multiple. The polynomials are
//! evaluated for `r + r'`: `sin r + r' cos r`, `cos r - r' sin r`, as Muller describes it ("Elementary Functions").

use super::arithmetic::{polynomial, product, quotient, sum, sum_in_order};
use super::float::KernelFloat;

#[inline(always)]
pub(super) fn is_ordinary<T: KernelFloat>(x: T) -> bool {
    x.abs() <= T::TRIGONOMETRIC_END
}

/// A float whose multiples of `π/2` can be subtracted.
pub(crate) trait Reduce: KernelFloat {
    /// For `x ≥ 0`: a sum with [`KernelFloat::MAGIC`] that holds the quadrant, and the rest in two parts.
    fn reduce<const FMA: bool>(self) -> (Self, Self, Self);
}

impl Reduce for f64 {
    #[inline(always)]
    fn reduce<const FMA: bool>(self) -> (f64, f64, f64) {
        reduce_f64::<FMA>(self)
    }
}

impl Reduce for f32 {
    #[inline(always)]
    fn reduce<const FMA: bool>(self) -> (f32, f32, f32) {
        reduce_f32::<FMA>(self)
    }
}

/// [`Reduce::reduce`] with the fused operation.
///
/// `x - k p` is exact for the first part `p` of `π/2`: a multiple of the last digit of either that is less than 1.
#[inline(always)]
fn reduce_fused<T: KernelFloat>(x: T) -> (T, T, T) {
    let magic_sum = x.times_plus::<true>(T::of(core::f64::consts::FRAC_2_PI), T::MAGIC);
    let k = T::MAGIC - magic_sum;
    let rest = k.times_plus::<true>(T::HALF_PI[0], x);
    let (p, p_low) = product::<T, true>(k, T::HALF_PI[1]);
    let (r, low) = sum(rest, p);
    let (r, low) = sum_in_order(r, low + k.times_plus::<true>(T::HALF_PI[2], p_low));
    (magic_sum, r, low)
}

/// Without the fused operation: parts of 33 bits, whose products with `k < 2²⁰` are exact.
#[inline(always)]
fn reduce_f64<const FMA: bool>(x: f64) -> (f64, f64, f64) {
    const PARTS: [f64; 4] =
        [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_711_166_5e-21, 8.478_427_660_368_9e-32];
    if FMA {
        return reduce_fused(x);
    }
    let magic_sum = x * core::f64::consts::FRAC_2_PI + f64::MAGIC;
    let k = f64::MAGIC - magic_sum;
    let (r, low) = sum(x + k * PARTS[0], k * PARTS[1]);
    let (r, lower) = sum(r, k * PARTS[2]);
    let (r, low) = sum_in_order(r, low + (lower + k * PARTS[3]));
    (magic_sum, r, low)
}

/// Without the fused operation: in f64, with two parts, the first of 33 bits.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the rounding is meant")]
fn reduce_f32<const FMA: bool>(x: f32) -> (f32, f32, f32) {
    const PARTS: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];
    if FMA {
        return reduce_fused(x);
    }
    let magic_sum = x * core::f32::consts::FRAC_2_PI + f32::MAGIC;
    let k = f64::from(f32::MAGIC - magic_sum);
    let wide = (f64::from(x) + k * PARTS[0]) + k * PARTS[1];
    let r = wide as f32;
    (magic_sum, r, (wide - f64::from(r)) as f32)
}

/// The sine in two parts.
#[inline(always)]
fn sin_parts<T: KernelFloat, const FMA: bool>(r: T, low: T) -> (T, T) {
    let z = r * r;
    let low = (-low).times_plus::<FMA>(z.half(), low);
    (r, polynomial::<T, FMA>(z, T::SIN).times_plus::<FMA>(z * r, low))
}

/// The cosine in two parts.
#[inline(always)]
fn cos_parts<T: KernelFloat, const FMA: bool>(r: T, low: T) -> (T, T) {
    let z = r * r;
    let (high, rest) = sum_in_order(T::one(), -z.half());
    let low = (-r).times_plus::<FMA>(low, rest);
    (high, polynomial::<T, FMA>(z, T::COS).times_plus::<FMA>(z * z, low))
}

#[inline(always)]
pub(super) fn sin_cos<T: Reduce, const FMA: bool>(x: T) -> (T, T) {
    // Reduces the magnitude, so that the sign of zero is kept.
    let (quadrant, r, low) = x.abs().reduce::<FMA>();
    let ((sin, sin_low), (cos, cos_low)) = (sin_parts::<T, FMA>(r, low), cos_parts::<T, FMA>(r, low));
    let (sin, cos) = (sin + sin_low, cos + cos_low);
    let odd = T::is_odd(quadrant);
    let (first, second) = if odd { (cos, sin) } else { (sin, cos) };
    (first.flip_by_two(quadrant).flip_by_sign(x), second.flip_by_two(quadrant + T::one()))
}

#[inline(always)]
pub(super) fn sin<T: Reduce, const FMA: bool>(x: T) -> T {
    sin_cos::<T, FMA>(x).0
}

#[inline(always)]
pub(super) fn cos<T: Reduce, const FMA: bool>(x: T) -> T {
    sin_cos::<T, FMA>(x).1
}

/// `sin/cos`, or `-cos/sin` in the odd quadrants.
#[inline(always)]
pub(super) fn tan<T: Reduce, const FMA: bool>(x: T) -> T {
    let (quadrant, r, low) = x.abs().reduce::<FMA>();
    let (sin, cos) = (sin_parts::<T, FMA>(r, low), cos_parts::<T, FMA>(r, low));
    let (sin, cos) = (sum_in_order(sin.0, sin.1), sum_in_order(cos.0, cos.1));
    let odd = T::is_odd(quadrant);
    let numerator = if odd { (-cos.0, -cos.1) } else { sin };
    let denominator = if odd { sin } else { cos };
    quotient::<T, FMA>(numerator, denominator).flip_by_sign(x)
}
