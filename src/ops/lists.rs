//! Functions of lists, and sums of exponentials without overflow.

use super::kind::{is_dependence, symbolic};
use super::product::depends_on;
use super::rules::{constant, half};
use crate::scalar::Scalar;

/// `Σ aᵢ bᵢ`, added up from the first product on.
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

/// `ln(eᵃ + eᵇ)` as the larger number plus a correction. A tie uses the formula of one side, which is differentiable.
#[inline]
pub(crate) fn ln_add_exp<T: Scalar>(a: T, b: T) -> T {
    if a == b && a.is_infinite() {
        return a;
    }
    if a < b { b + (a - b).exp().ln_1p() } else { a + (b - a).exp().ln_1p() }
}

/// `eᵃ/(eᵃ + eᵇ)`, and 1/2 for two equal infinities. The exponential of a large difference multiplies its rounding
/// error. So this error is computed, too, and applied to the exponential.
#[inline]
pub(crate) fn exp_share<T: Scalar>(a: T, b: T) -> T {
    symbolic!(exp_share(a, b));
    if a == b && a.is_infinite() {
        return depends_on(half(), [a, b]);
    }
    let difference = a - b;
    let back = a - difference;
    let error = (a - (difference + back)) + (back - b);
    let error = if error.is_nan() { T::zero() } else { error };
    if difference < T::zero() {
        let e = difference.exp();
        let e = e + e * error;
        e / (T::one() + e)
    } else {
        let e = (-difference).exp();
        (T::one() + (e - e * error)).recip()
    }
}

/// The derivative of [`exp_share`] by `a`, and minus that by `b`: the product of both shares, and 0 for two equal
/// infinities.
#[cfg(feature = "program")]
#[inline]
pub(crate) fn exp_share_slope<T: Scalar>(a: T, b: T) -> T {
    symbolic!(exp_share_slope(a, b));
    if a == b && a.is_infinite() { T::zero() } else { exp_share(a, b) * exp_share(b, a) }
}

/// The larger number, made finite, without derivatives: the result does not depend on the scale of the exponentials.
#[inline]
pub(crate) fn pivot<T: Scalar>(a: T, b: T) -> T {
    symbolic!(pivot(a, b));
    let larger = a.max(b);
    if is_dependence::<T>() { larger } else { constant(larger.min(T::max_value()).to_f64().unwrap_or_default()) }
}

/// The exponentials of the numbers, each divided by that of the pivot, and the pivot.
#[inline]
fn scaled_exponentials<T: Scalar>(x: &[T]) -> (Vec<T>, T) {
    let pivot = x.iter().fold(T::min_value(), |largest, &x| pivot(largest, x));
    (x.iter().map(|&x| (x - pivot).exp()).collect(), pivot)
}

pub(crate) fn logsumexp<T: Scalar + std::iter::Sum>(x: &[T]) -> T {
    let (exponentials, pivot) = scaled_exponentials(x);
    pivot + exponentials.into_iter().sum::<T>().ln()
}

pub(crate) fn softmax<T: Scalar + std::iter::Sum>(x: &[T]) -> Vec<T> {
    let (exponentials, _) = scaled_exponentials(x);
    let sum: T = exponentials.iter().copied().sum();
    exponentials.into_iter().map(|e| e / sum).collect()
}
