//! Special functions, on those of the crate `pxfm`.

mod bessel;
mod gamma;
mod incomplete;
mod normal;

use num_traits::ToPrimitive;

use super::Number;
use super::custom::CustomOperation;
use crate::ops::rules::{constant, erf_slope, scaled};

/// The plain number as f64. All values are computed in f64 and then rounded.
fn wide<T: ToPrimitive + Copy>(x: T) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

/// The private functions of the values, as text: generated source contains those that it calls.
#[cfg(feature = "program")]
pub(crate) const SOURCE: &str = concat!(
    include_str!("special/bessel.rs"),
    "\n",
    include_str!("special/gamma.rs"),
    "\n",
    include_str!("special/incomplete.rs"),
    "\n",
    include_str!("special/normal.rs"),
);

/// Makes an operation of each entry of the first list, and a method of each entry of the others.
///
/// The operation `LnGamma {} (1: x -> y) { gamma::ln_gamma(x) } [Polygamma { n: 0 }.apply([x])];` becomes
///
/// ```text
/// #[derive(Clone)]
/// pub(crate) struct LnGamma {}
///
/// impl<T: Scalar> CustomOperation<1, T> for LnGamma {
///     fn value(&self, x: [T; 1]) -> T {
///         let Self {} = *self;
///         let [x] = x.map(wide);
///         constant(gamma::ln_gamma(x))
///     }
///
///     fn partials<F: Number<Plain = T>>(&self, [x]: [F; 1], y: F) -> [F; 1] {
///         let Self {} = *self;
///         [Polygamma { n: 0 }.apply([x])]
///     }
/// }
/// ```
///
/// and the function `gamma_p(x; a: Self::Plain = 2.5) = GammaP { a: wide(a) }, (at …)` becomes the method
/// `fn gamma_p(self, a: Self::Plain) -> Self { GammaP { a: wide(a) }.apply([self]) }`.
macro_rules! define {
    (
        operations { $(
            $(#[$operation_doc:meta])*
            $Op:ident $({ $field:ident: $Field:ty })? ($N:literal: $($x:ident),+ -> $y:ident)
            { $module:ident::$function:ident($($argument:ident),+) } [$($partial:expr),+];
        )* }
        $(#[$trait_doc:meta])*
        functions { $(
            $(#[$unary_doc:meta])*
            $unary:ident(x $(; $p:ident: $P:ty = $sample:literal)?) = $unary_op:expr, $unary_box:tt;
        )* }
        pairs { $(
            $(#[$pair_doc:meta])*
            $pair:ident(a, b) = $pair_op:expr, $pair_box:tt;
        )* }
    ) => {
        $(
            $(#[$operation_doc])*
            #[derive(Clone)]
            pub(crate) struct $Op { $(pub(crate) $field: $Field)? }

            impl<T: crate::scalar::Scalar> CustomOperation<$N, T> for $Op {
                fn value(&self, x: [T; $N]) -> T {
                    let Self { $($field)? } = *self;
                    let [$($x),+] = x.map(wide);
                    constant($module::$function($($argument),+))
                }

                #[allow(unused_variables, reason = "most partials need only one of `x` and `y`")]
                fn partials<F: Number<Plain = T>>(&self, [$($x),+]: [F; $N], $y: F) -> [F; $N] {
                    let Self { $($field)? } = *self;
                    [$($partial),+]
                }
            }
        )*

        $(#[$trait_doc])*
        pub trait Special: Number {
            $(
                $(#[$unary_doc])*
                #[track_caller]
                #[must_use]
                fn $unary(self $(, $p: $P)?) -> Self {
                    $unary_op.apply([self])
                }
            )*
            $(
                $(#[$pair_doc])*
                #[track_caller]
                #[must_use]
                fn $pair(self, other: Self) -> Self {
                    $pair_op.apply([self, other])
                }
            )*
        }

        impl<F: Number> Special for F {}
    };
}

/// Passes the table of special functions to the macro `$consumer`, after the tokens that follow its name.
///
/// An operation has its parameter, its arguments and the name of its result; its value, which is a function of f64 in
/// `special/`; and its partials. A method has its operation, and a point and a box for tests.
macro_rules! special_functions {
    ($consumer:ident $($tokens:tt)*) => {
        $consumer! { $($tokens)*
            operations {
                LnGamma (1: x -> y) { gamma::ln_gamma(x) } [Polygamma { n: 0 }.apply([x])];
                Polygamma { n: u32 } (1: x -> y) { gamma::polygamma(n, x) } [Polygamma { n: n.saturating_add(1) }.apply([x])];
                /// `ψ⁽ⁿ⁾(a) - ψ⁽ⁿ⁾(a + b)`.
                PolygammaDifference { n: u32 } (2: a, b -> y) { gamma::polygamma_difference(n, a, b) } [
                    PolygammaDifference { n: n.saturating_add(1) }.apply([a, b]),
                    -Polygamma { n: n.saturating_add(1) }.apply([a + b])
                ];
                LnBeta (2: a, b -> y) { gamma::ln_beta(a, b) } [
                    PolygammaDifference { n: 0 }.apply([a, b]),
                    PolygammaDifference { n: 0 }.apply([b, a])
                ];
                GammaP { a: f64 } (1: x -> y) { incomplete::gamma_p(a, x) } [GammaDensity { a }.apply([x])];
                GammaQ { a: f64 } (1: x -> y) { incomplete::gamma_q(a, x) } [-GammaDensity { a }.apply([x])];
                /// `xᵃ⁻¹ e⁻ˣ/Γ(a)`.
                GammaDensity { a: f64 } (1: x -> y) { incomplete::gamma_density(a, x) } [gamma_density_slope(a, x, y)];
                Erfc (1: x -> y) { normal::erfc(x) } [-erf_slope(x)];
                ErfInv (1: x -> y) { normal::erf_inv(x) } [ErfInvSlope {}.apply([x])];
                /// `√π/2 exp(erf⁻¹(x)²)`.
                ErfInvSlope (1: x -> y) { normal::erf_inv_slope(x) } [constant::<F>(2.0) * ErfInv {}.apply([x]) * y * y];
                NormalQuantile (1: p -> y) { normal::normal_quantile(p) } [NormalQuantileSlope {}.apply([p])];
                /// `1/φ(Φ⁻¹(p))`.
                NormalQuantileSlope (1: p -> y) { normal::normal_quantile_slope(p) } [NormalQuantile {}.apply([p]) * y * y];
                NormalLnCdf (1: x -> y) { normal::normal_ln_cdf(x) } [NormalHazard { n: 0 }.apply([x])];
                /// The derivative of order `n` of `φ(x)/Φ(x)`.
                NormalHazard { n: u32 } (1: x -> y) { normal::normal_hazard(n, x) } [NormalHazard { n: n.saturating_add(1) }.apply([x])];
                // `-eˣ/(1 - eˣ)`, with the sign of the limit at 0.
                Ln1mExp (1: x -> y) { normal::ln_1m_exp(x) } [-(x.exp() / (F::zero() - x.exp_m1()))];
                Logit (1: p -> y) { normal::logit(p) } [LogitSlope {}.apply([p])];
                LogitSlope (1: p -> y) { normal::logit_slope(p) } [(p + p - F::one()) * y * y];
                BesselJ { n: u32 } (1: x -> y) { bessel::bessel_j(n, x) } [
                    if n == 0 {
                        -BesselJ { n: 1 }.apply([x])
                    } else {
                        (BesselJ { n: n - 1 }.apply([x]) - BesselJ { n: n.saturating_add(1) }.apply([x])) * constant(0.5)
                    }
                ];
                BesselI { n: u32 } (1: x -> y) { bessel::bessel_i(n, x) } [
                    if n == 0 {
                        BesselI { n: 1 }.apply([x])
                    } else {
                        // The sum may overflow.
                        BesselI { n: n - 1 }.apply([x]) * constant(0.5) + BesselI { n: n.saturating_add(1) }.apply([x]) * constant(0.5)
                    }
                ];
            }

            /// Special functions of statistics and physics, as methods of every number.
            ///
            /// Every [`Number`] has them: plain floats, the numbers of this crate, and so `F: Real` in your own
            /// functions. Only the import is needed:
            ///
            /// ```toml
            /// [dependencies]
            /// gradtape = { version = "0.1", features = ["special"] }
            /// ```
            ///
            /// ```
            /// use gradtape::{Function, Special, function};
            ///
            /// // The negative log-likelihood of a gamma distribution.
            /// let loss = function!(|p| {
            ///     let (shape, rate) = (p[0], p[1]);
            ///     let term = |x: f64| rate * x - (shape - 1.0) * x.ln() - shape * rate.ln() + shape.ln_gamma();
            ///     [0.5, 1.5, 4.0].map(term).into_iter().sum()
            /// });
            /// let gradient = loss.gradient(&[1.0, 0.5]);
            /// // By the shape: 3 ψ(1) - Σ ln x - 3 ln 1/2.
            /// let expected = 3.0 * -0.577_215_664_901_532_9 - 3.0_f64.ln() + 3.0 * 2.0_f64.ln();
            /// assert!((gradient[0] - expected).abs() < 1e-14);
            /// let curvature = loss.hessian(&[1.0, 0.5])[0][0];
            /// assert!((curvature - 3.0 * 1.644_934_066_848_226_4).abs() < 1e-14); // 3 ψ'(1) = π²/2
            /// ```
            ///
            /// # The functions
            ///
            /// | method | value | range | derivative |
            /// |---|---|---|---|
            /// | `x.ln_gamma()` | `ln \|Γ(x)\|` | all `x`; ∞ at 0, -1, -2, … | `ψ(x)` |
            /// | `x.digamma()` | `ψ(x) = Γ'(x)/Γ(x)` | all `x`; ∓∞ at ±0, NaN at -1, -2, … | `ψ'(x)` |
            /// | `x.trigamma()` | `ψ'(x)` | all `x`; ∞ at 0, -1, -2, … | `ψ''(x)` |
            /// | `x.polygamma(n)` | `ψ⁽ⁿ⁾(x)` | as `digamma` for even `n`, as `trigamma` for odd `n` | `ψ⁽ⁿ⁺¹⁾(x)` |
            /// | `a.ln_beta(b)` | `ln B(a, b) = ln (Γ(a) Γ(b)/Γ(a + b))` | `a, b ≥ 0` | `ψ(a) - ψ(a + b)`, `ψ(b) - ψ(a + b)` |
            /// | `x.gamma_p(a)` | `P(a, x) = 1/Γ(a) ∫ tᵃ⁻¹ e⁻ᵗ dt` from 0 to `x`, `a` a plain number | `a > 0`, `x ≥ 0` | `xᵃ⁻¹ e⁻ˣ/Γ(a)` |
            /// | `x.gamma_q(a)` | `Q(a, x) = 1 - P(a, x)` | `a > 0`, `x ≥ 0` | `-xᵃ⁻¹ e⁻ˣ/Γ(a)` |
            /// | `x.erfc()` | `1 - erf x = 2/√π ∫ exp(-t²) dt` from `x` to ∞ | all `x` | `-2/√π exp(-x²)` |
            /// | `x.erf_inv()` | `y` with `erf y = x` | `-1 ≤ x ≤ 1` | `√π/2 exp(y²)` |
            /// | `x.normal_ln_cdf()` | `ln Φ(x)` | all `x` | `φ(x)/Φ(x)` |
            /// | `p.normal_quantile()` | `y` with `Φ(y) = p` | `0 ≤ p ≤ 1` | `1/φ(y)` |
            /// | `x.ln_1m_exp()` | `ln(1 - eˣ)` | `x ≤ 0` | `-eˣ/(1 - eˣ)` |
            /// | `p.logit()` | `ln(p/(1 - p))` | `0 ≤ p ≤ 1` | `1/(p (1 - p))` |
            /// | `x.bessel_j0()`, `bessel_j1` | `J₀(x)`, `J₁(x)` | all `x` | `-J₁(x)`; `(J₀(x) - J₂(x))/2` |
            /// | `x.bessel_i0()`, `bessel_i1` | `I₀(x)`, `I₁(x)` | all `x` | `I₁(x)`; `(I₀(x) + I₂(x))/2` |
            ///
            /// Outside of its range, a function is NaN. At the ends, value and derivative are the limits, which may be
            /// ±∞. `erf`, `normal_cdf`, `normal_pdf` and `sigmoid`, the inverse of `logit`, are methods of
            /// [`Real`](crate::Real).
            ///
            /// Each is a [`CustomOperation`], whose partials are such operations, too. So all numbers, sparsity
            /// patterns and programs have the derivatives, up to any order (programs: up to the third). Files hold
            /// these functions by name. The source of a program (`Program::to_rust`) contains what computes them here,
            /// and calls `pxfm`: it says so in its documentation.
            ///
            /// # Accuracy
            ///
            /// Values are computed in f64 and rounded to the plain number. The crate `pxfm` computes most of them: it
            /// needs no other crate and no C library, and is within half an ulp nearly everywhere. Its `ln B`, `P`,
            /// `Q`, and the far tail of `Φ⁻¹` are not, and it has no `ψ''`; these are computed here.
            /// [`accuracy`](mod@crate::accuracy) lists the worst errors of values and first derivatives. Formulas that
            /// cancel in a tail are replaced: at -10⁴, the derivatives of `normal_ln_cdf` (10⁴, about -1, and about 2 ·
            /// 10⁻¹²) are right to some ulp.
            ///
            /// Sources: NIST Digital Library of Mathematical Functions, chapters 5, 7, 8 and 10.
            ///
            /// # Plain floats
            ///
            /// Unstable methods of f64 are called `ln_gamma` and `erfc`, too, so `x.erfc()` of a plain f64 makes the
            /// compiler warn. Write `Special::erfc(x)` there:
            ///
            /// ```
            /// use gradtape::Special;
            ///
            /// assert_eq!(Special::erfc(0.0), 1.0);
            /// assert_eq!(Special::ln_gamma(4.0), 6.0_f64.ln());
            /// ```
            functions {
                /// The logarithm `ln |Γ(x)|` of the gamma function; derivative `ψ(x)`.
                ln_gamma(x) = LnGamma {}, (at [2.5], from [0.5], to [9.0]);
                /// The logarithmic derivative `ψ(x) = Γ'(x)/Γ(x)` of the gamma function; derivative `ψ'(x)`.
                digamma(x) = Polygamma { n: 0 }, (at [2.5], from [0.5], to [9.0]);
                /// The derivative `ψ'(x)` of [`digamma`](Self::digamma); derivative `ψ''(x)`.
                trigamma(x) = Polygamma { n: 1 }, (at [2.5], from [0.5], to [9.0]);
                /// The derivative `ψ⁽ⁿ⁾(x)` of order `n` of [`digamma`](Self::digamma).
                ///
                /// From the second on, it is computed by recurrence and by Euler-Maclaurin's formula (DLMF 5.15.1,
                /// 25.11.5).
                polygamma(x; n: u32 = 2) = Polygamma { n }, (at [2.5], from [0.5], to [9.0]);
                /// The incomplete gamma function `P(a, x)`: the distribution of a gamma variable with shape `a`;
                /// derivative `xᵃ⁻¹ e⁻ˣ/Γ(a)`. There is no derivative by `a`.
                gamma_p(x; a: Self::Plain = 2.5) = GammaP { a: wide(a) }, (at [1.5], from [0.2], to [9.0]);
                /// The incomplete gamma function `Q(a, x) = 1 - P(a, x)`, which is accurate where it is small.
                gamma_q(x; a: Self::Plain = 2.5) = GammaQ { a: wide(a) }, (at [1.5], from [0.2], to [9.0]);
                /// The complementary error function `1 - erf x`, which is accurate where it is small; derivative
                /// `-2/√π exp(-x²)`.
                erfc(x) = Erfc {}, (at [0.7], from [-3.0], to [3.0]);
                /// The inverse `y` of the error function; derivative `√π/2 exp(y²)`.
                erf_inv(x) = ErfInv {}, (at [0.3], from [-0.9], to [0.9]);
                /// The logarithm `ln Φ(x)` of the normal distribution function; derivative `φ(x)/Φ(x)`.
                normal_ln_cdf(x) = NormalLnCdf {}, (at [-0.7], from [-6.0], to [3.0]);
                /// The inverse `y` of the normal distribution function; derivative `1/φ(y)`.
                normal_quantile(x) = NormalQuantile {}, (at [0.3], from [0.05], to [0.95]);
                /// `ln(1 - eˣ)`: the logarithm of the opposite probability, from that of a probability; derivative
                /// `-eˣ/(1 - eˣ)`.
                ln_1m_exp(x) = Ln1mExp {}, (at [-0.7], from [-5.0], to [-0.1]);
                /// `ln(p/(1 - p))`, the inverse of the logistic function; derivative `1/(p (1 - p))`.
                logit(x) = Logit {}, (at [0.3], from [0.05], to [0.95]);
                /// The Bessel function `J₀(x)`; derivative `-J₁(x)`.
                bessel_j0(x) = BesselJ { n: 0 }, (at [0.7], from [-9.0], to [9.0]);
                /// The Bessel function `J₁(x)`; derivative `(J₀(x) - J₂(x))/2`, which is `J₀(x) - J₁(x)/x`.
                bessel_j1(x) = BesselJ { n: 1 }, (at [0.7], from [-9.0], to [9.0]);
                /// The modified Bessel function `I₀(x)`; derivative `I₁(x)`.
                bessel_i0(x) = BesselI { n: 0 }, (at [0.7], from [-4.0], to [4.0]);
                /// The modified Bessel function `I₁(x)`; derivative `(I₀(x) + I₂(x))/2`, which is `I₀(x) - I₁(x)/x`.
                bessel_i1(x) = BesselI { n: 1 }, (at [0.7], from [-4.0], to [4.0]);
            }
            pairs {
                /// The logarithm `ln B(a, b)` of the beta function, without the cancellation of
                /// `ln Γ(a) + ln Γ(b) - ln Γ(a + b)`; derivatives `ψ(a) - ψ(a + b)` and `ψ(b) - ψ(a + b)`.
                ln_beta(a, b) = LnBeta {}, (at [2.5, 1.5], from [0.3, 0.3], to [9.0, 9.0]);
            }
        }
    };
}

#[cfg(any(feature = "program", feature = "quickcheck", feature = "arbitrary"))]
pub(crate) use special_functions;

special_functions! { define }

/// The derivative `(a - 1 - x)/x · xᵃ⁻¹ e⁻ˣ/Γ(a)`, in terms of the density of `a - 1` if there is one: that is finite
/// at 0 where the derivative is.
fn gamma_density_slope<F: Number>(a: f64, x: F, y: F) -> F {
    let below = constant::<F>(a - 1.0);
    if a > 1.0 {
        scaled(GammaDensity { a: a - 1.0 }.apply([x]), (below - x) / below)
    } else if a == 1.0 {
        -y
    } else {
        y * ((below - x) / x)
    }
}
