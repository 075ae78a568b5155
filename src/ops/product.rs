//! Products of a partial and a slope, in which a zero wins even against an infinity: what is not used has no influence.

use super::kind::{is_dependence, symbolic};
use crate::scalar::Scalar;

/// `partial · slope`, where a zero wins.
///
/// To look for the NaN of `0 · ∞` afterwards is cheaper than to look for zeros, and does not take the zero of a nested
/// number, which may have a derivative, for nothing. A normal partial makes no `0 · ∞`: where the compiler knows the
/// partial, it drops the look. ([`is_unit`] would do for that, but it is so cheap that the compiler asks it before the
/// NaN.)
#[inline(always)]
pub(crate) fn scaled<T: Scalar>(partial: T, slope: T) -> T {
    symbolic!(scale(partial, slope));
    let product = partial * slope;
    if product.is_nan() && !partial.is_normal() { zero_wins(partial, slope) } else { product }
}

/// [`scaled`] for two pairs, with one look at both products.
#[inline(always)]
pub(crate) fn both_scaled<T: Scalar>(partials: [T; 2], slopes: [T; 2]) -> [T; 2] {
    let products = [partials[0] * slopes[0], partials[1] * slopes[1]];
    // Not `||`: both questions are one comparison.
    if (products[0].is_nan() | products[1].is_nan()) && !partials.into_iter().all(T::is_normal) {
        [zero_wins(partials[0], slopes[0]), zero_wins(partials[1], slopes[1])]
    } else {
        products
    }
}

/// Whether the partial is ±1, as those of sums and differences are: then no slope makes a new NaN. Where the compiler
/// knows that, it drops the look for one.
#[inline(always)]
pub(crate) fn is_unit<T: Scalar>(partial: T) -> bool {
    partial == T::one() || partial == -T::one()
}

#[cold]
#[inline(never)]
fn zero_wins<T: Scalar>(partial: T, slope: T) -> T {
    if partial.is_zero() || slope.is_zero() { depends_on(T::zero(), [partial, slope]) } else { partial * slope }
}

/// `y`, marked as depending on `x`: it is constant on this side of a branch only, which a trace of dependences must see.
#[inline(always)]
pub(crate) fn depends_on<T: Scalar, const N: usize>(y: T, x: [T; N]) -> T {
    if is_dependence::<T>() { x.into_iter().fold(y, |y, x| y.max(x).min(y).copysign(y)) } else { y }
}
