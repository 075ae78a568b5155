//! The regions where a derivative, or the value of a special function, may be off by more than four units in the last
//! place, and the reasons.

use crate::truth::exponent;

/// A point, and the derivative or the value there.
pub(crate) struct Place<'a> {
    pub(crate) operation: &'a str,
    pub(crate) x: &'a [f64],
    pub(crate) result: f64,
    /// The smallest normal number of the float.
    pub(crate) smallest: f64,
}

/// A part of the domain of some operations.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) operations: &'static [&'static str],
    /// The argument of the partial, or `value`; empty for any.
    pub(crate) by: &'static str,
    /// The region in words, and as a predicate.
    pub(crate) region: &'static str,
    pub(crate) contains: fn(&Place) -> bool,
    /// The allowed error in words, and as a number.
    pub(crate) allowed: &'static str,
    pub(crate) ulps: fn(&Place) -> f64,
    /// Where the result is smaller than this number, the error is measured in its units in the last place.
    pub(crate) unit: f64,
    pub(crate) reason: &'static str,
}

impl Exception {
    pub(crate) fn concerns(&self, argument: &str) -> bool {
        self.by.is_empty() || self.by == argument
    }
}

const HALFWAY_BETWEEN_POLES: Exception = Exception {
    operations: &["trigamma", "polygamma(3)"],
    by: "x",
    region: "`x < 0`, about halfway between poles: below `n! 2ⁿ⁺²`",
    contains: |at| at.x[0] < 0.0 && at.result.abs() < halfway(at),
    allowed: "8 + 8 n! 2ⁿ⁺²/|f|",
    ulps: |at| 8.0 + 8.0 * halfway(at) / at.result.abs(),
    unit: 0.0,
    reason: "poles on both sides cancel, and their rounding remains",
};

pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        operations: &["powf"],
        by: "a",
        region: "`-1 < b < 1`, `aᵇ⁻¹` above a quarter of the overflow threshold",
        contains: |at| at.x[1].abs() < 1.0 && (at.x[1] - 1.0) * at.x[0].ln() > -at.smallest.ln(),
        allowed: "any: it may be ∞",
        ulps: |_| f64::INFINITY,
        unit: 0.0,
        reason: "`aᵇ⁻¹` overflows before `b` makes it small; to look for that would slow down every power",
    },
    Exception {
        operations: &["exp2"],
        by: "",
        region: "`x ≥ 1024` in f64, `x ≥ 128` in f32",
        contains: |at| at.x[0] >= if at.smallest < 1e-300 { 1024.0 } else { 128.0 },
        allowed: "any: it is ∞",
        ulps: |_| f64::INFINITY,
        unit: 0.0,
        reason: "`2ˣ` itself is ∞ there, while `2ˣ ln 2` need not be",
    },
    Exception {
        operations: &["silu", "gelu", "gelu_tanh", "mish"],
        by: "",
        region: "about the zero of the derivative: `-3 < x < 0`, derivative below 1/4",
        contains: |at| at.x[0] > -3.0 && at.x[0] < 0.0 && at.result.abs() < 0.25,
        allowed: "8 ulp of a number just below 1/4",
        ulps: |_| 8.0,
        unit: 0.24,
        reason: "two terms of about 1/4 cancel, and their rounding remains",
    },
    Exception {
        operations: &["silu", "gelu", "mish"],
        by: "",
        region: "derivative below 1024 times the smallest normal number",
        contains: |at| at.result.abs() < 1024.0 * at.smallest,
        allowed: "4 - x/2",
        ulps: |at| 4.0 - at.x[0] / 2.0,
        unit: 0.0,
        reason: "the exponential is subnormal: it has lost digits, and is multiplied by `x`; so in the function itself",
    },
    Exception {
        operations: &["normal_pdf"],
        by: "",
        region: "derivative below 1024 times the smallest normal number",
        contains: |at| at.result.abs() < 1024.0 * at.smallest,
        allowed: "4 + |x|",
        ulps: |at| 4.0 + at.x[0].abs(),
        unit: 0.0,
        reason: "the density is subnormal: it has lost digits, and is multiplied by `x`; so in the function itself",
    },
    Exception {
        operations: &["sinc"],
        by: "",
        region: "`|x| > 2`",
        contains: |at| at.x[0].abs() > 2.0,
        allowed: "4 + 8/|x f'|",
        ulps: |at| 4.0 + 8.0 / (at.x[0] * at.result).abs(),
        unit: 0.0,
        reason: "the two terms of the derivative are up to `1/x`, and their rounding remains where they cancel",
    },
    Exception {
        operations: &["gelu_tanh"],
        by: "",
        region: "`x < -1`",
        contains: |at| at.x[0] < -1.0,
        allowed: "4 + 4x²",
        ulps: |at| 4.0 + 4.0 * at.x[0] * at.x[0],
        unit: 0.0,
        reason: "the rounding of the large exponent is multiplied by its size; so in the function itself",
    },
    Exception {
        operations: &["powi(-10)", "powi(-1000)", "powi(i32::MIN)"],
        by: "",
        region: "`xⁿ` below four times the smallest normal number",
        contains: |at| (at.result * at.x[0] / f64::from(exponent(at.operation))).abs() < 4.0 * at.smallest,
        allowed: "any: it may be 0",
        ulps: |_| f64::INFINITY,
        unit: 0.0,
        reason: "the float's own `powi` divides 1 by a power that overflows",
    },
    Exception {
        operations: &["powi(10)", "powi(-10)", "powi(1000)", "powi(-1000)", "powi(i32::MAX)", "powi(i32::MIN)"],
        by: "",
        region: "everywhere else",
        contains: |_| true,
        allowed: "`n` without its sign",
        ulps: |at| f64::from(exponent(at.operation)).abs(),
        unit: 0.0,
        reason: "the float's own `powi` multiplies, and every product is rounded",
    },
    Exception {
        operations: &["ln_gamma", "digamma"],
        by: "",
        region: "result below 10⁻⁴",
        contains: |at| at.result.abs() < 1e-4,
        allowed: "4 + 10⁻⁵/|f|",
        ulps: |at| 4.0 + 1e-5 / at.result.abs(),
        unit: 0.0,
        reason: "near its zeros, the function is computed to about 10⁻²¹, in two floats",
    },
    HALFWAY_BETWEEN_POLES,
    Exception { operations: &["polygamma", "polygamma(10)"], by: "value", ..HALFWAY_BETWEEN_POLES },
    Exception {
        operations: &["trigamma"],
        by: "x",
        region: "everywhere else",
        contains: |_| true,
        allowed: "8",
        ulps: |_| 8.0,
        unit: 0.0,
        reason: "a sum of powers, each of which is rounded",
    },
    Exception {
        operations: &["polygamma", "polygamma(3)", "polygamma(10)"],
        by: "",
        region: "everywhere else",
        contains: |_| true,
        allowed: "12",
        ulps: |_| 12.0,
        unit: 0.0,
        reason: "a sum of powers, each of which is rounded",
    },
    Exception {
        operations: &["gamma_p", "gamma_q", "gamma_p(0.25)", "gamma_q(0.25)"],
        by: "value",
        region: "everywhere",
        contains: |_| true,
        allowed: "12",
        ulps: |_| 12.0,
        unit: 0.0,
        reason: "a product of powers and a series, or the rest to 1",
    },
    Exception {
        operations: &["gamma_p(1000)", "gamma_q(1000)"],
        by: "",
        region: "everywhere",
        contains: |_| true,
        allowed: "8 + 8 (a ln(a/x) + x - a)",
        ulps: |at| 8.0 + 8.0 * (1e3 * (1e3 / at.x[0]).ln() + at.x[0] - 1e3),
        unit: 0.0,
        reason: "the rounding of a large exponent is multiplied by its size",
    },
    Exception {
        operations: &["ln_beta"],
        by: "value",
        region: "result below 1",
        contains: |at| at.result.abs() < 1.0,
        allowed: "4 + 4/|f|",
        ulps: |at| 4.0 + 4.0 / at.result.abs(),
        unit: 0.0,
        reason: "logarithms of about 1 cancel, and their rounding remains",
    },
    Exception {
        operations: &["ln_beta"],
        by: "",
        region: "everywhere else",
        contains: |_| true,
        allowed: "8",
        ulps: |_| 8.0,
        unit: 0.0,
        reason: "sums of terms, each of which is rounded",
    },
    Exception {
        operations: &["bessel_j1"],
        by: "x",
        region: "everywhere",
        contains: |_| true,
        allowed: "4 + 1/|f|",
        ulps: |at| 4.0 + 1.0 / at.result.abs(),
        unit: 0.0,
        reason: "`J₀` and `J₂` cancel, and their rounding remains",
    },
];

/// About the size of a pole of the cancelling derivative of `ψ`, halfway to the next.
fn halfway(at: &Place) -> f64 {
    let order = match at.operation {
        "trigamma" | "polygamma" => 2,
        "polygamma(3)" => 4,
        _ => 10,
    };
    (1..=order).fold(4.0, |product, k| product * 2.0 * f64::from(k))
}
