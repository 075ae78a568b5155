//! Inverse trigonometric functions.
//!
//! Reductions after Cody & Waite (1980): an arc tangent is that of a number up to `tan π/8` and a multiple of `π/4`; an
//! arc sine beyond 1/2 is made of that of half the angle, by `sin² α/2 = (1 - cos α)/2`.

use super::arithmetic::{polynomial, product, quotient, sum, sum_in_order};
use super::float::KernelFloat;

/// The angle of the point `(x, y)` with both coordinates positive: a multiple of `π/4` in two parts, and the rest in
/// two parts. Its tangent is `y/x`, `(y - x)/(y + x)` or `-x/y`.
#[inline(always)]
fn angle<T: KernelFloat, const FMA: bool>(y: T, x: T) -> ((T, T), (T, T)) {
    let [high, low, _] = T::HALF_PI;
    let slope = T::of(core::f64::consts::SQRT_2 - 1.0);
    let zero = (T::zero(), T::zero());
    let (numerator, denominator, multiple) = if y < slope * x {
        ((y, T::zero()), (x, T::zero()), zero)
    } else if x < slope * y {
        ((-x, T::zero()), (y, T::zero()), (high, low))
    } else {
        (sum(y, -x), sum(y, x), (high.half(), low.half()))
    };
    let t = quotient::<T, FMA>(numerator, denominator);
    let z = t * t;
    (multiple, (t, polynomial::<T, FMA>(z, T::ATAN) * (z * t)))
}

#[inline(always)]
pub(super) fn atan<T: KernelFloat, const FMA: bool>(x: T) -> T {
    // For larger numbers the angle is π/2; an infinity would make a NaN.
    let far = T::epsilon().recip() * T::epsilon().recip();
    let ((multiple, multiple_low), (t, low)) = angle::<T, FMA>(x.abs().at_most(far), T::one());
    let (s, s_low) = sum_in_order(multiple, t);
    (s + (s_low + (multiple_low + low))).copysign(x)
}

/// Whether sums of the coordinates are finite, and the reciprocal of the larger one is normal.
#[inline(always)]
pub(super) fn is_ordinary_point<T: KernelFloat>(y: T, x: T) -> bool {
    let size = y.abs() + x.abs();
    (size <= T::max_value() * T::of(0.125)) & (size >= T::min_positive_value() * T::of(8.0))
}

#[inline(always)]
pub(super) fn atan2<T: KernelFloat, const FMA: bool>(y: T, x: T) -> T {
    let ((multiple, multiple_low), (t, low)) = angle::<T, FMA>(y.abs(), x.abs());
    let [high, high_low, _] = T::HALF_PI;
    // To the left of the origin: π minus the angle. For the multiple π/4 this difference is not exact.
    let left = x < T::zero();
    let (m, m_low) = sum_in_order(high + high, -multiple);
    let m_low = m_low + ((high_low + high_low) - multiple_low);
    let (m, m_low) = if left { (m, m_low) } else { (multiple, multiple_low) };
    let (t, low) = if left { (-t, -low) } else { (t, low) };
    let (s, s_low) = sum_in_order(m, t);
    (s + (s_low + (m_low + low))).copysign(y)
}

/// The arc sine of `s` in two parts, where `s` is the magnitude of `x` up to 1/2, and beyond `√((1 - |x|)/2)`.
#[inline(always)]
fn reduced<T: KernelFloat, const FMA: bool>(x: T) -> (bool, (T, T)) {
    let magnitude = x.abs();
    let far = magnitude > T::of(0.5);
    let half = (T::one() - magnitude).half();
    let root = half.sqrt();
    let (square, square_low) = product::<T, FMA>(root, root);
    // Not 0/0 at ±1.
    let root_low = ((half - square) - square_low) / (root + root).at_least(T::min_positive_value());
    let z = if far { half } else { magnitude * magnitude };
    let (s, s_low) = if far { (root, root_low) } else { (magnitude, T::zero()) };
    (far, (s, polynomial::<T, FMA>(z, T::ASIN).times_plus::<FMA>(z * s, s_low)))
}

#[inline(always)]
pub(super) fn asin<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let (far, (s, low)) = reduced::<T, FMA>(x);
    let (h, h_low) = sum_in_order(T::HALF_PI[0], -(s + s));
    let beyond = h + (h_low + (T::HALF_PI[1] - (low + low)));
    (if far { beyond } else { s + low }).copysign(x)
}

#[inline(always)]
pub(super) fn acos<T: KernelFloat, const FMA: bool>(x: T) -> T {
    let (far, (s, low)) = reduced::<T, FMA>(x);
    let negative = x < T::zero();
    let [high, high_low, _] = T::HALF_PI;
    let zero = (T::zero(), T::zero());
    // A multiple of π/2, plus or minus one or two angles.
    let (multiple, multiple_low) = if !far {
        (high, high_low)
    } else if negative {
        (high + high, high_low + high_low)
    } else {
        zero
    };
    let (s, low) = if far { (s + s, low + low) } else { (s, low) };
    let (s, low) = if far == negative { (-s, -low) } else { (s, low) };
    let (h, h_low) = sum_in_order(multiple, s);
    h + (h_low + (multiple_low + low))
}
