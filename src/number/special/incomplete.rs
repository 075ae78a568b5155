//! The incomplete gamma functions: the distribution of a gamma variable.
//!
//! With a large `a` and `x` near it, the functions of `pxfm` 0.1 are off by up to 1 %. These are not.

use std::f64::consts;

use super::gamma::{ln_gamma, polygamma, stirling_rest};

/// The density `xᵃ⁻¹ e⁻ˣ/Γ(a)`.
pub(super) fn gamma_density(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x >= 0.0) {
        f64::NAN
    } else if a < 10.0 {
        power(a - 1.0, x) / pxfm::f_tgamma(a)
    } else if x.is_infinite() || a.is_infinite() {
        0.0
    } else {
        let term = term(a, x);
        if term == 0.0 { 0.0 } else { term * (a / x) }
    }
}

/// `P(a, x)`.
pub(super) fn gamma_p(a: f64, x: f64) -> f64 {
    both(a, x)[0]
}

/// `Q(a, x)`.
pub(super) fn gamma_q(a: f64, x: f64) -> f64 {
    both(a, x)[1]
}

/// `P(a, x)` and `Q(a, x)`.
fn both(a: f64, x: f64) -> [f64; 2] {
    if !(a > 0.0 && x >= 0.0) || (a.is_infinite() && x.is_infinite()) {
        [f64::NAN; 2]
    } else if x == 0.0 || a.is_infinite() {
        [0.0, 1.0]
    } else if x.is_infinite() {
        [1.0, 0.0]
    } else if a >= 200.0 && (x - a).abs() < 0.3 * a {
        uniform(a, x)
    } else if x >= 1.0 && x >= a {
        let q = upper_fraction(a, x);
        [1.0 - q, q]
    } else {
        let p = term(a, x) * lower_series(a, x);
        // Where `P` is above about a half.
        let q = if x < 1.0 && a * x.ln() > -consts::LN_2 { upper_series(a, x) } else { 1.0 - p };
        [p, q]
    }
}

/// `xᵃ e⁻ˣ`. The exponential does not underflow before the result.
fn power(a: f64, x: f64) -> f64 {
    let half = (-x / 2.0).exp();
    if half == 0.0 { 0.0 } else { x.powf(a) * half * half }
}

/// `xᵃ e⁻ˣ/Γ(a + 1)`; a large exponent is computed without cancellation.
///
/// Source: C. Loader, "Fast and accurate computation of binomial probabilities", 2000.
fn term(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        // A sum `a + 1` above 2 would lose digits of `a`.
        let gamma = if a < 1.0 { pxfm::f_tgamma(1.0 + a) } else { a * pxfm::f_tgamma(a) };
        power(a, x) / gamma
    } else {
        (-deviance(a, x) - stirling_rest(a)).exp() / (consts::TAU * a).sqrt()
    }
}

/// `a ln(a/x) + x - a`.
fn deviance(a: f64, x: f64) -> f64 {
    if x < 0.5 * a { a * (a / x).ln() + (x - a) } else { -a * pxfm::f_log1pmx((x - a) / a) }
}

/// `1 + x/(a + 1) + x²/((a + 1)(a + 2)) + …`, for `x` below 1 or about `a`.
///
/// Source: DLMF 8.11.4.
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, a);
    while term > 1e-17 * sum {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    sum
}

/// `Q(a, x)` for `x ≥ 1` and `x ≥ a`, by Legendre's continued fraction. Steed's method adds terms that decrease, so
/// the rounding of later ones does not count.
///
/// Source: DLMF 8.9.2 and 3.10(iii).
fn upper_fraction(a: f64, x: f64) -> f64 {
    let prefix = term(a, x) * a;
    let mut denominator = x - a + 1.0;
    let mut inverse = denominator.recip();
    let (mut step, mut sum, mut k) = (inverse, inverse, 0.0);
    while step.abs() > 1e-17 * sum {
        k += 1.0;
        denominator += 2.0;
        inverse = (denominator + k * (a - k) * inverse).recip();
        step *= denominator * inverse - 1.0;
        sum += step;
    }
    if prefix == 0.0 { 0.0 } else { prefix * sum }
}

/// `Q(a, x)` for `x < 1` and a small `a`: the series of `1 - P`, whose ones cancel by hand.
///
/// Source: DLMF 8.7.1.
fn upper_series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term) = (0.0, -1.0);
    for k in 1..30 {
        let k = f64::from(k);
        term *= -x / k;
        sum += term * a / (a + k);
    }
    let exponent = a * x.ln() - ln_gamma_above_one(a);
    exponent.exp() * sum - exponent.exp_m1()
}

/// `ln Γ(1 + a)` for `0 < a < 1`, with what the sum `1 + a` loses.
fn ln_gamma_above_one(a: f64) -> f64 {
    let sum = 1.0 + a;
    ln_gamma(sum) + (a - (sum - 1.0)) * polygamma(0, sum)
}

/// `P` and `Q` for `a ≥ 200` and `x` near it, by Temme's uniform expansion in `1/a`. The next term is below 1e-16.
///
/// Source: DLMF 8.12.3, 8.12.4, 8.12.7, 8.12.12.
fn uniform(a: f64, x: f64) -> [f64; 2] {
    // a η²/2
    let square = deviance(a, x).max(0.0);
    let eta = (2.0 * square / a).sqrt() * (x - a).signum();
    let value = |coefficients: &[f64]| coefficients.iter().rev().fold(0.0, |sum, c| sum * eta + c);
    let (mut sum, mut scale) = (value(&UNIFORM), 1.0);
    let (mut coefficients, mut count) = (UNIFORM, UNIFORM.len());
    for stirling in STIRLING_OF_GAMMA {
        count -= 2;
        for (n, factor) in (0..count).zip(2_u32..) {
            coefficients[n] = stirling * UNIFORM[n] + f64::from(factor) * coefficients[n + 2];
        }
        scale /= a;
        sum += scale * value(&coefficients[..count]);
    }
    let bell = (-square).exp();
    let tail = pxfm::f_erfcx(square.sqrt()) / 2.0;
    let rest = sum / (consts::TAU * a).sqrt();
    if x < a {
        let p = bell * (tail - rest);
        [p, 1.0 - p]
    } else {
        let q = bell * (tail + rest);
        [1.0 - q, q]
    }
}

/// `(-1)ᵏ gₖ` from `k = 1` on, of Stirling's series for the gamma function.
const STIRLING_OF_GAMMA: [f64; 5] =
    [-1.0 / 12.0, 1.0 / 288.0, 139.0 / 51_840.0, -571.0 / 2_488_320.0, -163_879.0 / 209_018_880.0];

/// `1/(λ - 1) - 1/η` as a series in `η`, where `η²/2 = λ - 1 - ln λ`.
const UNIFORM: [f64; 26] = [
    -1.0 / 3.0,
    1.0 / 12.0,
    -2.0 / 135.0,
    1.0 / 864.0,
    3.527_336_860_670_194e-4,
    -1.787_551_440_329_218e-4,
    3.919_263_178_522_438e-5,
    -2.185_448_510_679_992e-6,
    -1.854_062_210_715_16e-6,
    8.296_711_340_953_086e-7,
    -1.766_595_273_682_608e-7,
    6.707_853_543_401_499e-9,
    1.026_180_978_424_030_8e-8,
    -4.382_036_018_453_353e-9,
    9.147_699_582_236_79e-10,
    -2.551_419_399_494_625e-11,
    -5.830_772_132_550_425e-11,
    2.436_194_802_066_741_6e-11,
    -5.027_669_280_114_175_6e-12,
    1.100_439_203_195_613_5e-13,
    3.371_763_262_400_985e-13,
    -1.392_388_722_418_162e-13,
    2.853_489_380_704_744e-14,
    -5.139_111_834_242_573e-16,
    -1.975_228_829_434_944_3e-15,
    8.099_521_156_704_561e-16,
];
