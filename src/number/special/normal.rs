//! The normal distribution and the error functions.

use std::f64::consts;

use super::gamma::HUGE;
use crate::ops::rules::{normal_cdf, normal_pdf};

/// `eˣ² erfc(x)`.
fn erfcx(x: f64) -> f64 {
    if x > HUGE { x.recip() / consts::PI.sqrt() } else { pxfm::f_erfcx(x) }
}

/// `(1 - Φ(x))/φ(x)`, Mills' ratio.
fn mills(x: f64) -> f64 {
    consts::FRAC_PI_2.sqrt() * erfcx(x / consts::SQRT_2)
}

/// `ln Φ(x)`.
pub(super) fn normal_ln_cdf(x: f64) -> f64 {
    if x < 0.0 { (erfcx(-x / consts::SQRT_2) / 2.0).ln() - x * x / 2.0 } else { (-normal_pdf(x) * mills(x)).ln_1p() }
}

/// The derivative of order `n` of `φ(x)/Φ(x)`, the derivative of `ln Φ`. Those above 170 are out of range.
pub(super) fn normal_hazard(n: u32, x: f64) -> f64 {
    match n {
        0 if x < -HUGE => -x,
        0 if x < 0.0 => mills(-x).recip(),
        0 => normal_pdf(x) / normal_cdf(x),
        // In the tail, where its sums cancel, they are the cumulants of `Z` for `Z > -x`, but for the variance.
        1 if x < -1.0 => excess_cumulant(2, -x) - 1.0,
        2..=170 if x < -1.0 => excess_cumulant(n + 1, -x),
        1..=170 => hazard_sum(n, x),
        _ => f64::NAN,
    }
}

/// The derivative of order `n` of `h = φ(x)/Φ(x)`, by Leibniz' rule for `h' = -h (x + h)`.
fn hazard_sum(n: u32, x: f64) -> f64 {
    let mut h = vec![normal_hazard(0, x)];
    if h[0] == 0.0 {
        return 0.0;
    }
    for order in 0..n {
        // The derivative of `x + h`, from the last order down, beside those of `h`.
        let other = |k: u32| h[k as usize] + if k == 0 { x } else { 0.0 } + if k == 1 { 1.0 } else { 0.0 };
        let mut binomial = 1.0;
        let terms = (0..=order).map(|k| {
            let term = binomial * h[k as usize] * other(order - k);
            binomial *= f64::from(order - k) / f64::from(k + 1);
            term
        });
        let sum: f64 = terms.sum();
        h.push(-sum);
    }
    h[n as usize]
}

/// The cumulant of order `n` of `Z - u` for a normal variable `Z > u`, for `u ≥ 1`. The moments do not overflow, and
/// are so small beside 1 that few digits cancel.
fn excess_cumulant(n: u32, u: f64) -> f64 {
    let moments = excess_moments(n, u);
    let mut cumulants = vec![0.0];
    for order in 1..=n {
        let (mut sum, mut binomial) = (moments[order as usize], 1.0);
        for k in 1..order {
            sum -= binomial * cumulants[k as usize] * moments[(order - k) as usize];
            binomial *= f64::from(order - k) / f64::from(k);
        }
        cumulants.push(sum);
    }
    cumulants[n as usize]
}

/// The moments `mₖ = E((Z - u)ᵏ | Z > u)` of a normal variable `Z` up to order `n`, for `u ≥ 1`.
///
/// By integration by parts, `mₖ₊₁ = k mₖ₋₁ - u mₖ`. So the ratios of successive moments are Laplace's continued
/// fraction, which loses no digits.
///
/// Source: DLMF 7.18.7 and 7.18.13 for `iⁿerfc`, which is this moment but for factors.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 20 to 380")]
fn excess_moments(n: u32, u: f64) -> Vec<f64> {
    // The error of the last ratios is multiplied by about exp(-2 u √depth).
    let depth = (20.0 + 360.0 / (u * u)) as u32;
    let (mut ratio, mut ratios) = (0.0, vec![1.0; n as usize + 1]);
    for k in (1..=n + depth).rev() {
        ratio = f64::from(k) / (u + ratio);
        if k <= n {
            ratios[k as usize] = ratio;
        }
    }
    for k in 1..ratios.len() {
        ratios[k] *= ratios[k - 1];
    }
    ratios
}

/// `y` with `erfc(y) = x`, for `x ≤ 1`. In the far tail, the function of `pxfm` 0.1 has eight digits; a step of
/// Newton's method for `ln erfc` gives the others.
fn erfc_inv(x: f64) -> f64 {
    let y = pxfm::f_erfcinv(x);
    if x > 1e-15 || x == 0.0 {
        return y;
    }
    let scaled = erfcx(y);
    y + (scaled.ln() - y * y - x.ln()) * scaled * consts::PI.sqrt() / 2.0
}

/// `Φ⁻¹(p)`.
pub(super) fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 { consts::SQRT_2 * erfc_inv(2.0 * (1.0 - p)) } else { -consts::SQRT_2 * erfc_inv(2.0 * p) }
}

/// `1/φ(Φ⁻¹(p))`. The exponential of the square is by Mills' ratio, which does not enlarge the rounding of `Φ⁻¹`.
pub(super) fn normal_quantile_slope(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    if tail == 0.0 { f64::INFINITY } else { mills(normal_quantile(p).abs()) / tail }
}

/// `y` with `erf(y) = x`.
pub(super) fn erf_inv(x: f64) -> f64 {
    if x == 0.0 { x } else { pxfm::f_erfinv(x) }
}

/// `√π/2 exp(erf⁻¹(x)²)`, computed as [`normal_quantile_slope`].
pub(super) fn erf_inv_slope(x: f64) -> f64 {
    let tail = 1.0 - x.abs();
    if tail == 0.0 { f64::INFINITY } else { consts::PI.sqrt() / 2.0 * erfcx(erf_inv(x.abs())) / tail }
}

/// `ln(1 - eˣ)`.
///
/// Source: M. Mächler, "Accurately computing log(1 - exp(-|a|))", 2012.
pub(super) fn ln_1m_exp(x: f64) -> f64 {
    if x > -consts::LN_2 { (-x.exp_m1()).ln() } else { (-x.exp()).ln_1p() }
}

/// `erfc x`.
pub(super) fn erfc(x: f64) -> f64 {
    pxfm::f_erfc(x)
}

/// The derivative `1/(p (1 - p))` of `logit`.
pub(super) fn logit_slope(p: f64) -> f64 {
    (p * (1.0 - p)).abs().recip()
}

/// `ln(p/(1 - p))`.
pub(super) fn logit(p: f64) -> f64 {
    if p == 0.0 { f64::NEG_INFINITY } else { pxfm::f_logit(p) }
}
