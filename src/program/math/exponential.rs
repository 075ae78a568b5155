//! The exponential, and functions of one exponential.
//!
//! Reduction after Cody & Waite, "Software Manual for the Elementary Functions" (1980): `x = k ln 2 + r`, with `ln 2`
//! in two parts.

use super::arithmetic::{polynomial, product, quotient, sum, sum_in_order};
use super::float::KernelFloat;
use super::logarithm;

/// `eˣ = 2ᵏ (1 + r + c)`.
pub(super) struct Exponential<T> {
    /// Two powers of two whose product is `2ᵏ`, and the reciprocal of the second.
    powers: (T, T, T),
    /// At most about `ln(2)/2`.
    r: T,
    /// `eʳ - 1 - r`, and what the rounding of `r` has left.
    c: T,
}

impl<T: KernelFloat> Exponential<T> {
    /// The exponential of `x + tail`, where the tail is small compared with 1.
    #[inline(always)]
    pub(super) fn of<const FMA: bool>(x: T, tail: T) -> Self {
        let x = x.at_least(T::EXP_RANGE[0]).at_most(T::EXP_RANGE[1]);
        let magic_sum = x.times_plus::<FMA>(T::RECIP_LN_2[0], T::MAGIC_EXPONENT);
        let k = T::MAGIC_EXPONENT - magic_sum;
        let rest = k.times_plus::<FMA>(T::LN_2_SHORT[0], x);
        let (r, low) = sum_in_order(rest, k.times_plus::<FMA>(T::LN_2_SHORT[1], tail));
        Self::reduced::<FMA>(magic_sum, r, low)
    }

    #[inline(always)]
    fn reduced<const FMA: bool>(magic_sum: T, r: T, low: T) -> Self {
        let c = polynomial::<T, FMA>(r, T::EXP).times_plus::<FMA>(r * r, low);
        Self { powers: T::powers(magic_sum), r, c }
    }

    /// The exponential. A subnormal result is rounded twice; the second rounding is a small part of its last digit.
    #[inline(always)]
    pub(super) fn value(&self) -> T {
        self.scaled(T::one() + (self.r + self.c))
    }

    /// `x` times the power of two.
    #[inline(always)]
    pub(super) fn scaled(&self, x: T) -> T {
        x * self.powers.0 * self.powers.1
    }

    /// The exponential without the power of two, in two parts.
    #[inline(always)]
    pub(super) fn parts(&self) -> (T, T) {
        let (s, c) = sum_in_order(self.r, self.c);
        let (high, low) = sum_in_order(T::one(), s);
        (high, low + c)
    }

    #[inline(always)]
    fn scaled_parts(&self) -> (T, T) {
        let (high, low) = self.parts();
        (self.scaled(high), self.scaled(low))
    }
}

#[inline(always)]
pub(super) fn exp<T: KernelFloat, const FMA: bool>(x: T) -> T {
    Exponential::of::<FMA>(x, T::zero()).value()
}

#[inline(always)]
pub(super) fn exp2<T: KernelFloat, const FMA: bool>(x: T) -> T {
    // The bounds of the natural exponential, divided by ln 2: wider than necessary.
    let x = x.at_least(T::EXP_RANGE[0] * T::of(1.44)).at_most(T::EXP_RANGE[1] * T::of(1.44));
    let magic_sum = x + T::MAGIC_EXPONENT;
    let rest = x - (magic_sum - T::MAGIC_EXPONENT);
    let (r, low) = product::<T, FMA>(rest, T::LN_2[0]);
    Exponential::reduced::<FMA>(magic_sum, r, rest.times_plus::<FMA>(T::LN_2[1], low)).value()
}

/// With `2ᵏ = a b`: `b ((a - 1/b) + a r + a c)`, without overflow on the way.
#[inline(always)]
pub(super) fn exp_m1<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let e = Exponential::of::<FMA>(x, T::zero());
    let (a, b, reciprocal) = e.powers;
    let (high, low) = sum_in_order(a - reciprocal, a * e.r);
    // Keeps the sign of zero.
    ((high + a.times_plus::<FMA>(e.c, low)) * b).copysign(x)
}

/// `eˣ/2` of the magnitude in two parts, and `e⁻ˣ/2`. Infinite only where the result is.
#[inline(always)]
fn halves<T: KernelFloat, const FMA: bool>(magnitude: T) -> ((T, T), T) {
    let e = Exponential::of::<FMA>(magnitude, T::zero());
    let (high, low) = e.parts();
    let (high, low) = (e.scaled(high.half()), e.scaled(low.half()));
    ((high, low), T::of(0.25) / high)
}

/// `x + x³ P(x²)` up to 1, where the difference would cancel.
#[inline(always)]
pub(super) fn sinh<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let ((high, low), reciprocal) = halves::<T, FMA>(x.abs());
    let near = x.abs().at_most(T::one());
    let square = near * near;
    let near = polynomial::<T, FMA>(square, T::SINH).times_plus::<FMA>(square * near, near);
    (if x.abs() < T::one() { near } else { high + (low - reciprocal) }).copysign(x)
}

#[inline(always)]
pub(super) fn cosh<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let ((high, low), reciprocal) = halves::<T, FMA>(x.abs());
    high + (low + reciprocal)
}

/// `1 - e⁻²ˣ` of the magnitude `x`, and its complement `e⁻²ˣ`, both in two parts.
#[inline(always)]
fn tanh_parts<T: KernelFloat, const FMA: bool>(magnitude: T) -> ((T, T), (T, T)) {
    let e = Exponential::of::<FMA>(-(magnitude + magnitude), T::zero());
    let power = e.scaled(T::one());
    let (high, low) = sum_in_order(T::one() - power, -(power * e.r));
    let parts = sum_in_order(high, (-power).times_plus::<FMA>(e.c, low));
    (parts, e.scaled_parts())
}

/// `2 - high - low`, in two parts.
#[inline(always)]
fn two_minus<T: KernelFloat>((high, low): (T, T)) -> (T, T) {
    let (d, d_low) = sum_in_order(T::of(2.0), -high);
    (d, d_low - low)
}

/// `(1 - e⁻²ˣ)/(1 + e⁻²ˣ)` of the magnitude.
#[inline(always)]
pub(super) fn tanh<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let (numerator, _) = tanh_parts::<T, FMA>(x.abs());
    quotient::<T, FMA>(numerator, two_minus(numerator)).copysign(x)
}

/// The slope is `4e⁻²ˣ/(1 + e⁻²ˣ)²` of the magnitude, and `2/(1 + e⁻²ˣ)` is `1 + tanh x`.
#[inline(always)]
pub(super) fn tanh_with_slope<T: KernelFloat, const FMA: bool>(x: T) -> (T, T) {
    let (numerator, (e, _)) = tanh_parts::<T, FMA>(x.abs());
    let y = quotient::<T, FMA>(numerator, two_minus(numerator));
    let large = T::one() + y;
    (y.copysign(x), e * large * large)
}

/// `e⁻ˣ` of the magnitude, and one more than that, both in two parts.
#[inline(always)]
fn logistic_parts<T: KernelFloat, const FMA: bool>(magnitude: T) -> ((T, T), (T, T)) {
    let e = Exponential::of::<FMA>(-magnitude, T::zero()).scaled_parts();
    let (d, d_low) = sum_in_order(T::one(), e.0);
    (e, (d, d_low + e.1))
}

/// The argument of the exponential is never positive: it does not overflow.
#[inline(always)]
pub(super) fn sigmoid<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let (e, denominator) = logistic_parts::<T, FMA>(x.abs());
    let numerator = if x < T::zero() { e } else { (T::one(), T::zero()) };
    quotient::<T, FMA>(numerator, denominator)
}

#[inline(always)]
pub(super) fn sigmoid_with_slope<T: KernelFloat, const FMA: bool>(x: T) -> (T, T) {
    let (e, denominator) = logistic_parts::<T, FMA>(x.abs());
    let large = quotient::<T, FMA>((T::one(), T::zero()), denominator);
    let small = quotient::<T, FMA>(e, denominator);
    (if x < T::zero() { small } else { large }, small * large)
}

/// `max(x, 0) + ln(1 + e⁻ˣ)`, the exponential of the magnitude.
#[inline(always)]
pub(super) fn softplus<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let (e, low) = Exponential::of::<FMA>(-x.abs(), T::zero()).scaled_parts();
    let (high, low) = logarithm::ln_1p_of_unit::<T, FMA>(e, low);
    // Not `max`, which would turn a NaN into 0.
    let positive = if x < T::zero() { T::zero() } else { x };
    let (s, s_low) = sum(positive, high);
    // For large x the logarithm is negligible, and for an infinite one the error of the sum would be NaN.
    if x > T::of(100.0) { x } else { s + (s_low + low) }
}
