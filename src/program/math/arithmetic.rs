//! Polynomials, and arithmetic in two parts: a number and its rounding error.

use super::float::KernelFloat;

/// `c₀ + c₁ x + c₂ x² + …`, in pairs of terms (the first step of Estrin's scheme): half as long a chain of
/// operations that wait for each other as Horner's.
#[inline(always)]
pub(super) fn polynomial<T: KernelFloat, const FMA: bool>(x: T, c: &[T]) -> T {
    let square = x * x;
    let mut i = (c.len() - 1) / 2 * 2;
    let mut sum = if i + 1 < c.len() { c[i + 1].times_plus::<FMA>(x, c[i]) } else { c[i] };
    while i > 0 {
        i -= 2;
        sum = sum.times_plus::<FMA>(square, c[i + 1].times_plus::<FMA>(x, c[i]));
    }
    sum
}

/// `a b` and the rounding error of it, by the fused operation or by Dekker's product of halves (Numerische Mathematik
/// 18, 1971). His halves are rounded; those of [`KernelFloat::head`] are cut, so that the last digit of the error may
/// be off.
#[inline(always)]
pub(super) fn product<T: KernelFloat, const FMA: bool>(a: T, b: T) -> (T, T) {
    let p = a * b;
    if FMA {
        return (p, a.times_plus::<true>(b, -p));
    }
    let (ah, bh) = (a.head(), b.head());
    let (al, bl) = (a - ah, b - bh);
    (p, ((ah * bh - p) + (ah * bl + al * bh)) + al * bl)
}

/// `a + b` and the rounding error of it, for `|a| ≥ |b|` or `a = 0` (Dekker 1971).
#[inline(always)]
pub(super) fn sum_in_order<T: KernelFloat>(a: T, b: T) -> (T, T) {
    let s = a + b;
    (s, b - (s - a))
}

/// `a + b` and the rounding error of it (Knuth, "The Art of Computer Programming", volume 2, 4.2.2).
#[inline(always)]
pub(super) fn sum<T: KernelFloat>(a: T, b: T) -> (T, T) {
    let s = a + b;
    let b_in_s = s - a;
    (s, (a - (s - b_in_s)) + (b - b_in_s))
}

/// `(a + a') / (b + b')` for small `a'`, `b'`: the quotient of the heads, and one step of Newton's method, which is
/// left with the rounding of its last sum. Without the fused operation the quotient of the heads is rounded first.
#[inline(always)]
pub(super) fn quotient<T: KernelFloat, const FMA: bool>((a, a_low): (T, T), (b, b_low): (T, T)) -> T {
    let reciprocal = b.recip();
    let (q, rest) = if FMA {
        let q = a * reciprocal;
        (q, q.times_plus::<true>(-b, a) + a_low)
    } else {
        (a / b, a_low)
    };
    q + (rest - q * b_low) * reciprocal
}
