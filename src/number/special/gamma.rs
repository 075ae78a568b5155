//! The gamma function and its logarithmic derivatives.

/// From here on, functions of `pxfm` 0.1 are NaN, and the first term of an asymptotic expansion is exact.
pub(super) const HUGE: f64 = 1e300;

/// `ln |Γ(x)|`.
pub(super) fn ln_gamma(x: f64) -> f64 {
    if x > HUGE { x * (x.ln() - 1.0) } else { pxfm::f_lgamma(x) }
}

/// The derivative of order `n + 1` of `ln Γ`.
pub(super) fn polygamma(n: u32, x: f64) -> f64 {
    match n {
        0 if x == 0.0 => -x.recip(),
        0 if x > HUGE => x.ln(),
        0 => pxfm::f_digamma(x),
        1 if x > HUGE => x.recip(),
        1 if x > f64::NEG_INFINITY => pxfm::f_trigamma(x),
        _ if x > 0.0 => polygamma_difference(n, x, f64::INFINITY),
        _ => below_zero(n, x),
    }
}

/// `ψ⁽ⁿ⁾(a) - ψ⁽ⁿ⁾(a + b)` for positive arguments, without the cancellation.
pub(super) fn polygamma_difference(n: u32, a: f64, b: f64) -> f64 {
    if a == f64::INFINITY && b >= 0.0 {
        0.0 * sign_of_order(n)
    } else if a > 0.0 && b >= 0.0 {
        sign_of_order(n) * factorial_over_power(n, a) * zeta(n, a, b)
    } else if a == 0.0 && b > 0.0 {
        sign_of_order(n) * f64::INFINITY
    } else {
        f64::NAN
    }
}

/// `(-1)ⁿ⁺¹`, the sign of `ψ⁽ⁿ⁾` between a pole and the numbers above it.
fn sign_of_order(n: u32) -> f64 {
    if n.is_multiple_of(2) { -1.0 } else { 1.0 }
}

/// `n!/xⁿ`. Nothing leaves the range of f64 unless the result does.
fn factorial_over_power(n: u32, x: f64) -> f64 {
    let power = x.powf(f64::from(n));
    if n > 170 {
        let n = f64::from(n);
        (ln_gamma(n + 1.0) - n * x.ln()).exp()
    } else if power.is_normal() {
        (1..=n).map(f64::from).product::<f64>() / power
    } else {
        (1..=n).fold(1.0, |product, k| product * (f64::from(k) / x))
    }
}

/// `xⁿ Σ ((x + k)⁻ˢ - (x + b + k)⁻ˢ)` with `s = n + 1`, `x > 0`: a difference of Hurwitz zeta functions, or one of
/// them if `b` is infinite.
///
/// The sum is taken up to `x + k > 12 + s`, and Euler-Maclaurin's formula gives the rest to 1e-18. Every term is a
/// difference of powers, computed without cancellation.
///
/// Source: DLMF 25.11.5; the sum is `±ψ⁽ⁿ⁾/n!` by DLMF 5.15.1, and the rest is DLMF 5.15.8.
fn zeta(n: u32, x: f64, b: f64) -> f64 {
    let s = f64::from(n) + 1.0;
    // `1 - (1 + b/at)^-power`
    let share = |power: f64, at: f64| -(-power * (b / at).ln_1p()).exp_m1();
    let (mut sum, mut at) = (0.0, x);
    while at < 12.0 + s {
        let term = (x / at).powf(s) * share(s, at);
        sum += term;
        at += 1.0;
        if term <= 1e-20 * sum {
            return sum / x;
        }
    }
    // The terms of the rest, without the factor `at^(1-s)`.
    let integral = if n == 0 { (b / at).ln_1p() } else { share(s - 1.0, at) / (s - 1.0) };
    let mut rest = share(s, at) / 2.0;
    let mut factor = s / at;
    for (k, bernoulli) in (1_u32..).zip(BERNOULLI) {
        let k = f64::from(2 * k);
        rest += bernoulli * factor * share(s + k - 1.0, at);
        factor *= (s + k - 1.0) / at * ((s + k) / at);
    }
    sum / x + (x / at).powf(s - 1.0) * (integral + rest / at)
}

/// The Bernoulli numbers `B₂ₖ/(2k)!` from `k = 1` on.
#[allow(clippy::unreadable_literal, reason = "fractions")]
const BERNOULLI: [f64; 12] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30240.0,
    -1.0 / 1209600.0,
    1.0 / 47900160.0,
    -691.0 / 1307674368000.0,
    1.0 / 74724249600.0,
    -3617.0 / 10670622842880000.0,
    43867.0 / 5109094217170944000.0,
    -174611.0 / 802857662698291200000.0,
    77683.0 / 14101100039391805440000.0,
    -236364091.0 / 1693824136731743669452800000.0,
];

/// `ψ⁽ⁿ⁾(x)` for `x ≤ 0`. With `d` the distance from the nearest integer, `ζ(s, x)` is the pole `d⁻ˢ`, the terms above
/// it, and the terms from `x` up to it.
///
/// Source: the recurrence DLMF 5.15.5.
fn below_zero(n: u32, x: f64) -> f64 {
    // The sign of a zero says on which side of the pole it is.
    let d = if x.abs() < 0.5 { x } else { x - x.round() };
    if x == f64::NEG_INFINITY || (d == 0.0 && n.is_multiple_of(2) && x != 0.0) {
        return f64::NAN;
    }
    // `|d|ⁿ ζ`, where `zeta` has the factor `yⁿ`.
    let scaled = |y: f64, b: f64| (d.abs() / y).powf(f64::from(n)) * zeta(n, y, b);
    let (pole, above, below) = (d.recip(), scaled(1.0 + d, f64::INFINITY), scaled(1.0 - d, -x.round()));
    // The exponent `s` is even or odd.
    let sum = if n.is_multiple_of(2) { pole + above - below } else { pole.abs() + above + below };
    sign_of_order(n) * factorial_over_power(n, d.abs()) * sum
}

/// `ln Γ(x)` without Stirling's formula `(x - 1/2) ln x - x + ln √(2π)`, for `x ≥ 10`.
///
/// Source: DLMF 5.11.1.
pub(super) fn stirling_rest(x: f64) -> f64 {
    let square = (x * x).recip();
    STIRLING.iter().rev().fold(0.0, |sum, c| sum * square + c) / x
}

/// `B₂ₖ/(2k (2k - 1))` from `k = 1` on.
const STIRLING: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
    -3617.0 / 122_400.0,
];

/// `ln √(2π)`.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `ln B(a, b)`. The differences of large logarithms are taken by hand.
///
/// Source: A. R. `DiDonato`, A. H. Morris, "Algorithm 708", ACM TOMS 18 (1992), function BETALN.
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    let (p, q) = (a.min(b), a.max(b));
    if a.is_nan() || b.is_nan() || p < 0.0 || (p == 0.0 && q == f64::INFINITY) {
        return f64::NAN;
    }
    if p == 0.0 || q == f64::INFINITY {
        return if p == 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
    }
    let ratio = p / q;
    if q < 10.0 {
        // What the sum of the arguments loses.
        let sum = p + q;
        pxfm::f_lnbeta(p, q) - (p - (sum - q)) * polygamma(0, sum)
    } else if p < 10.0 {
        let rest = stirling_rest(q) - stirling_rest(p + q);
        ln_gamma(p) + (rest + p - (q - 0.5) * ratio.ln_1p() - p * (p + q).ln())
    } else {
        let rest = stirling_rest(p) + stirling_rest(q) - stirling_rest(p + q);
        let logarithms = (p - 0.5) * (ratio.ln() - ratio.ln_1p()) - q * ratio.ln_1p() - q.ln() / 2.0;
        logarithms + HALF_LN_TAU + rest
    }
}
