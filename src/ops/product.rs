//! Products of a partial and a slope. A zero wins even against an infinity: an unused number has no influence.

use super::kind::{depending_on, symbolic};
use crate::scalar::Scalar;

/// `partial · slope`, where a zero wins.
///
/// The test for the NaN of `0 · ∞` after the product is cheaper than a test for zeros before it. It also does not drop
/// the zero of a nested number, which may have a derivative. A normal partial makes no `0 · ∞`, so the compiler drops
/// the test if it knows the partial. ([`is_unit`] would do, too, but it is so cheap that the compiler would test it
/// before the NaN.)
#[inline(always)]
pub(crate) fn scaled<T: Scalar>(partial: T, slope: T) -> T {
    symbolic!(scale(partial, slope));
    let product = partial * slope;
    if product.is_nan() && !partial.is_normal() { zero_wins(partial, slope) } else { product }
}

/// [`scaled`] for two pairs, with one test of both products.
#[inline(always)]
pub(crate) fn both_scaled<T: Scalar>(partials: [T; 2], slopes: [T; 2]) -> [T; 2] {
    let products = [partials[0] * slopes[0], partials[1] * slopes[1]];
    // Not `||`: with `|`, one comparison answers both.
    if (products[0].is_nan() | products[1].is_nan()) && !partials.into_iter().all(T::is_normal) {
        // A product that is 0 as it is keeps its derivatives.
        std::array::from_fn(|k| if products[k].is_nan() { zero_wins(partials[k], slopes[k]) } else { products[k] })
    } else {
        products
    }
}

/// Whether the partial is ±1, as for sums and differences. Then no slope makes a new NaN, and the compiler drops the
/// test for it if it knows the partial.
#[inline(always)]
pub(crate) fn is_unit<T: Scalar>(partial: T) -> bool {
    partial == T::one() || partial == -T::one()
}

#[cold]
#[inline(never)]
fn zero_wins<T: Scalar>(partial: T, slope: T) -> T {
    if partial.is_zero() || slope.is_zero() { depends_on(T::zero(), [partial, slope]) } else { partial * slope }
}

/// The derivative of [`scaled`] by a factor: `x`, the other factor, but 0 where the product `a · b` is the zero that
/// wins. Nested numbers get the same from [`zero_wins`], whose zero is a constant.
#[cfg(feature = "program")]
#[inline(always)]
pub(crate) fn kept<T: Scalar>(x: T, a: T, b: T) -> T {
    symbolic!(kept(x, a, b));
    if (a.is_zero() || b.is_zero()) && (a * b).is_nan() { T::zero() } else { x }
}

/// `y`, marked as depending on `x` for a [`Dependence`](super::kind::Dependence): `y` is constant only on this side of
/// a branch.
#[inline(always)]
pub(crate) fn depends_on<T: Scalar, const N: usize>(y: T, x: [T; N]) -> T {
    x.iter().fold(y, depending_on)
}
