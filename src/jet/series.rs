//! Taylor arithmetic: what every truncated series computes in the same way.

use std::ops::Range;

use crate::number::Number;
use crate::number::operation::{self, Operation};
use crate::ops::kind::{is_plain, is_recorded};
use crate::ops::rules::{self, constant, scaled};

/// A series `Σ cₖ tᵏ` over `T`, of which the first `length` coefficients are known, at most `N`.
///
/// Sums act on each coefficient, products and quotients are convolutions. Every other operation `y = f(x)` has the
/// coefficients of `y' = f'(x) x'`, see [`integrate`]; its partial `f'(x)` is evaluated in shorter series.
pub(crate) trait Series<T: Number, const N: usize>: Copy {
    /// The series of these coefficients, of which those from `length` on do not count.
    fn with_length(coefficients: [T; N], length: usize) -> Self;

    /// The coefficients. From `length` on, they are 0.
    fn terms(&self) -> &[T; N];

    /// The number of known coefficients. Of a constant, any number is known: its length may be [`usize::MAX`].
    fn length(&self) -> usize;

    /// The number of known coefficients that are stored.
    #[inline(always)]
    fn stored(&self) -> usize {
        self.length().min(N)
    }

    /// An operation of the table, or of the user's own.
    fn apply<const M: usize>(operation: impl Operation<T, M>, x: [Self; M]) -> Self;

    /// Whether the first coefficients depend on nothing. Always false over nested numbers, whose zeros may have a
    /// derivative.
    #[inline(always)]
    fn is_constant(&self, length: usize) -> bool {
        is_plain::<T>() && self.terms()[1..length].iter().all(T::is_zero)
    }

    /// Each coefficient by itself.
    #[inline(always)]
    fn each(self, f: impl Fn(T) -> T) -> Self {
        let mut terms = *self.terms();
        for term in &mut terms[..self.stored()] {
            *term = f(*term);
        }
        Self::with_length(terms, self.length())
    }

    /// Each pair of coefficients by itself.
    #[inline(always)]
    fn pairs(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        let length = self.length().min(other.length());
        let mut terms = [T::zero(); N];
        for (k, term) in terms[..length.min(N)].iter_mut().enumerate() {
            *term = f(self.terms()[k], other.terms()[k]);
        }
        Self::with_length(terms, length)
    }

    /// The same derivatives of another number.
    #[inline(always)]
    fn shifted(self, number: T) -> Self {
        let mut terms = *self.terms();
        terms[0] = number;
        Self::with_length(terms, self.length())
    }

    /// The series of an operation whose partial is a constant.
    #[inline(always)]
    fn stretched(self, number: T, partial: T) -> Self {
        let mut terms = *self.terms();
        terms[0] = number;
        for term in &mut terms[1..self.stored()] {
            *term = scaled(partial, *term);
        }
        Self::with_length(terms, self.length())
    }

    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        self.pairs(other, |a, b| a + b)
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        self.pairs(other, |a, b| a - b)
    }

    #[inline(always)]
    fn negative(self) -> Self {
        self.each(|term| -term)
    }

    /// The product, of which the number is given: it is rounded once in a fused product.
    #[inline(always)]
    fn product(self, other: Self) -> Self {
        let (a, b) = (self.terms(), other.terms());
        let length = self.length().min(other.length());
        let mut y = [T::zero(); N];
        y[0] = a[0] * b[0];
        let mut is_valid = true;
        for k in 1..length.min(N) {
            let mut sum = b[0] * a[k] + a[0] * b[k];
            for j in 1..k {
                sum = sum + a[j] * b[k - j];
            }
            is_valid &= is_number(sum);
            y[k] = sum;
        }
        if !is_valid {
            replace(&mut y, integrated_with_care([*b, *a], [*a, *b], [true; 2], 1..length.min(N)), 1);
        }
        Self::with_length(y, length)
    }

    /// The quotient `y = a/b`, by `a = y b`: `yₖ = aₖ/b₀ - Σ (yₖ₋ⱼ/b₀) bⱼ` with `j` from 1 to `k`.
    #[inline(always)]
    fn quotient(self, other: Self) -> Self {
        let (a, b) = (self.terms(), other.terms());
        let (length, stored) = (self.length().min(other.length()), self.stored().min(other.stored()));
        let (mut y, mut slopes) = ([T::zero(); N], [T::zero(); N]);
        y[0] = a[0] / b[0];
        let recip = b[0].recip();
        slopes[0] = -rules::over(a[0], b[0], y[0]);
        for k in 1..stored {
            let mut sum = recip * a[k] + slopes[0] * b[k];
            for j in 1..k {
                sum = sum + slopes[k - j] * b[j];
            }
            y[k] = sum;
            slopes[k] = -(sum * recip);
        }
        // A NaN reaches every later coefficient.
        if stored > 1 && !is_number(y[stored - 1]) {
            replace(&mut y, divided_with_care(Some(*a), *b, slopes[0], recip, stored), 1);
        }
        Self::with_length(y, length)
    }

    /// The reciprocal: the quotient of 1 and this series.
    #[inline(always)]
    fn inverse(self) -> Self {
        let x = self.terms();
        let (mut y, mut slopes) = ([T::zero(); N], [T::zero(); N]);
        y[0] = x[0].recip();
        slopes[0] = -(y[0] * y[0]);
        for k in 1..self.stored() {
            let mut sum = slopes[0] * x[k];
            for j in 1..k {
                sum = sum + slopes[k - j] * x[j];
            }
            y[k] = sum;
            slopes[k] = -(y[0] * sum);
        }
        if self.stored() > 1 && !is_number(y[self.stored() - 1]) {
            let first = y[0];
            replace(&mut y, divided_with_care(None, *x, slopes[0], first, self.stored()), 1);
        }
        Self::with_length(y, self.length())
    }

    #[inline(always)]
    fn root(self) -> Self {
        Self::apply(operation::sqrt(()), [self])
    }

    /// The sine and the cosine, which are each other's slopes.
    #[inline(always)]
    fn sine_and_cosine(self) -> (Self, Self) {
        let x = self.terms();
        let (mut sine, mut cosine, mut slope) = ([T::zero(); N], [T::zero(); N], [T::zero(); N]);
        (sine[0], cosine[0]) = x[0].sin_cos();
        slope[0] = -sine[0];
        for k in 1..self.stored() {
            integrate(&mut sine, &[cosine], &[*x], [true], k..k + 1);
            integrate(&mut cosine, &[slope], &[*x], [true], k..k + 1);
            slope[k] = -sine[k];
        }
        (Self::with_length(sine, self.length()), Self::with_length(cosine, self.length()))
    }
}

/// The coefficients `range` of a series `y` with `y' = Σ pₘ xₘ'`, from the coefficients of the partials below:
/// `yₖ = Σ pⱼ (k - j) xₖ₋ⱼ/k` with `j` from 0 to `k - 1`. Operands that are not wanted are constants.
#[inline(always)]
pub(crate) fn integrate<T: Number, const M: usize, const N: usize>(
    y: &mut [T; N],
    partials: &[[T; N]; M],
    x: &[[T; N]; M],
    wanted: [bool; M],
    range: Range<usize>,
) {
    let mut is_valid = true;
    for k in range.clone() {
        let (mut sum, mut is_first) = (T::zero(), true);
        for m in 0..M {
            if wanted[m] {
                let term = coefficient(&partials[m], &x[m], k);
                sum = if is_first { term } else { sum + term };
                is_first = false;
            }
        }
        is_valid &= is_number(sum);
        y[k] = sum;
    }
    if !is_valid {
        replace(y, integrated_with_care(*partials, *x, wanted, range.clone()), range.start);
    }
}

/// Takes the coefficients from `start` on. It takes copies: the compiler keeps `y` in registers if no function is told
/// where it is in memory.
#[inline(always)]
fn replace<T: Copy, const N: usize>(y: &mut [T; N], mut by: [T; N], start: usize) {
    by[..start].copy_from_slice(&y[..start]);
    *y = by;
}

/// Coefficient `k` of a series `y` with `y' = p x'`.
#[inline(always)]
fn coefficient<T: Number, const N: usize>(p: &[T; N], x: &[T; N], k: usize) -> T {
    let head = p[0] * x[k];
    if k == 1 {
        return head;
    }
    let mut tail = p[1] * multiple(x[k - 1], k - 1);
    for j in 2..k {
        tail = tail + p[j] * multiple(x[k - j], k - j);
    }
    head + tail / index(k)
}

/// `k` as a number.
#[inline(always)]
#[allow(clippy::cast_precision_loss, reason = "an index is small")]
fn index<T: Number>(k: usize) -> T {
    constant(k as f64)
}

/// `k · x`. The factor 1 is left out, because it costs where numbers are nested.
#[inline(always)]
fn multiple<T: Number>(x: T, k: usize) -> T {
    if k == 1 { x } else { index::<T>(k) * x }
}

/// Whether a coefficient needs no correction for the NaN of a `0 · ∞`. In a recording, the test for NaN would become a
/// guard of the program, so coefficients are always corrected.
#[inline(always)]
fn is_number<T: Number>(coefficient: T) -> bool {
    !is_recorded::<T>() && !coefficient.is_nan()
}

/// The coefficients `range` of [`integrate`], where a zero wins against an infinity. As with nested duals, an operand
/// has no influence at all if the product of its partial and its first derivative is such a zero.
///
/// It takes copies: the compiler keeps numbers in registers if no function is told where they are in memory.
#[cold]
#[inline(never)]
fn integrated_with_care<T: Number, const M: usize, const N: usize>(
    partials: [[T; N]; M],
    x: [[T; N]; M],
    wanted: [bool; M],
    range: Range<usize>,
) -> [T; N] {
    let operand = |m: usize, k: usize| {
        let (p, x) = (&partials[m], &x[m]);
        if !is_recorded::<T>() && (p[0] * x[1]).is_nan() && (p[0].is_zero() || x[1].is_zero()) {
            return T::zero();
        }
        let head = scaled(p[0], x[k]);
        let tail = (1..k).map(|j| scaled(p[j], multiple(x[k - j], k - j))).reduce(|sum, term| sum + term);
        tail.map_or(head, |tail| head + tail / index(k))
    };
    let mut y = [T::zero(); N];
    for k in range {
        let operands = (0..M).filter(|&m| wanted[m]).map(|m| operand(m, k));
        y[k] = operands.reduce(|sum, term| sum + term).unwrap_or_else(T::zero);
    }
    y
}

/// The coefficients from 1 on of a quotient `y` with `yₖ = first aₖ + Σ slopeₖ₋ⱼ xⱼ`, `j` from 1 to `k`, and
/// `slopeₖ = -yₖ scale`, where a zero wins against an infinity.
#[cold]
#[inline(never)]
fn divided_with_care<T: Number, const N: usize>(
    a: Option<[T; N]>,
    x: [T; N],
    slope: T,
    scale: T,
    length: usize,
) -> [T; N] {
    let (mut y, mut slopes) = ([T::zero(); N], [slope; N]);
    for k in 1..length {
        let first = a.map_or(T::zero(), |a| scaled(scale, a[k]));
        y[k] = (1..=k).fold(first, |sum, j| sum + scaled(slopes[k - j], x[j]));
        slopes[k] = -scaled(y[k], scale);
    }
    y
}
