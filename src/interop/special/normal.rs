//! The normal distribution and the error functions.

use std::f64::consts::{FRAC_PI_2, LN_2, PI, SQRT_2};

use super::gamma::HUGE;
use crate::ops::rules::{normal_cdf, normal_pdf};

/// `eˣ² erfc(x)`.
fn erfcx(x: f64) -> f64 {
    if x > HUGE { x.recip() / PI.sqrt() } else { pxfm::f_erfcx(x) }
}

/// `(1 - Φ(x))/φ(x)`, Mills' ratio.
fn mills(x: f64) -> f64 {
    FRAC_PI_2.sqrt() * erfcx(x / SQRT_2)
}

/// `ln Φ(x)`.
pub(super) fn ln_cdf(x: f64) -> f64 {
    if x < 0.0 { (erfcx(-x / SQRT_2) / 2.0).ln() - x * x / 2.0 } else { (-normal_pdf(x) * mills(x)).ln_1p() }
}

/// `φ(x)/Φ(x)`, the derivative of `ln Φ`.
pub(super) fn hazard(x: f64) -> f64 {
    if x < -HUGE {
        -x
    } else if x < 0.0 {
        mills(-x).recip()
    } else {
        normal_pdf(x) / normal_cdf(x)
    }
}

/// The moment `mₙ = E((Z - u)ⁿ | Z > u)` of a normal variable `Z`, for `u ≥ 1`.
///
/// By integration by parts, `mₖ₊₁ = k mₖ₋₁ - u mₖ`. So the ratios of successive moments are Laplace's continued
/// fraction, which loses no digits.
///
/// Source: DLMF 7.18.7 and 7.18.13 for `iⁿerfc`, which is this moment but for factors.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 20 to 380")]
pub(super) fn excess(n: u32, u: f64) -> f64 {
    // The error of the last ratios is multiplied by about exp(-2 u √depth).
    let depth = 20.0 + 360.0 / (u * u);
    let (mut ratio, mut product) = (0.0, 1.0);
    for k in (1..=n + depth as u32).rev() {
        ratio = f64::from(k) / (u + ratio);
        if k <= n {
            product *= ratio;
        }
    }
    product
}

/// `y` with `erfc(y) = x`, for `x ≤ 1`. In the far tail, the function of `pxfm` 0.1 has eight digits; a step of
/// Newton's method for `ln erfc` gives the others.
fn erfc_inv(x: f64) -> f64 {
    let y = pxfm::f_erfcinv(x);
    if x > 1e-15 || x == 0.0 {
        return y;
    }
    let scaled = erfcx(y);
    y + (scaled.ln() - y * y - x.ln()) * scaled * PI.sqrt() / 2.0
}

/// `Φ⁻¹(p)`.
pub(super) fn quantile(p: f64) -> f64 {
    if p > 0.5 { SQRT_2 * erfc_inv(2.0 * (1.0 - p)) } else { -SQRT_2 * erfc_inv(2.0 * p) }
}

/// `1/φ(Φ⁻¹(p))`. The exponential of the square is by Mills' ratio, which does not enlarge the rounding of `Φ⁻¹`.
pub(super) fn quantile_slope(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    if tail == 0.0 { f64::INFINITY } else { mills(quantile(p).abs()) / tail }
}

/// `y` with `erf(y) = x`.
pub(super) fn erf_inv(x: f64) -> f64 {
    if x == 0.0 { x } else { pxfm::f_erfinv(x) }
}

/// `√π/2 exp(erf⁻¹(x)²)`, computed as [`quantile_slope`].
pub(super) fn erf_inv_slope(x: f64) -> f64 {
    let tail = 1.0 - x.abs();
    if tail == 0.0 { f64::INFINITY } else { PI.sqrt() / 2.0 * erfcx(erf_inv(x.abs())) / tail }
}

/// `ln(1 - eˣ)`.
///
/// Source: M. Mächler, "Accurately computing log(1 - exp(-|a|))", 2012.
pub(super) fn ln_1m_exp(x: f64) -> f64 {
    if x > -LN_2 { (-x.exp_m1()).ln() } else { (-x.exp()).ln_1p() }
}

/// `ln(p/(1 - p))`.
pub(super) fn logit(p: f64) -> f64 {
    if p == 0.0 { f64::NEG_INFINITY } else { pxfm::f_logit(p) }
}
