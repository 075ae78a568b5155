//! The table of operations: every operation of the crate, defined once.
//!
//! [`operations!`](crate::operations) hands the table to another macro, and each consumer takes what it needs:
//! methods of the numbers, operators, tests, benches. To add an operation, add an entry here.
//!
//! | section | one entry |
//! |---|---|
//! | `unary`, `activation` | `name(x, y; parameter: type = sample) = value, partial; at sample, lowest, highest;` |
//! | `binary`, `choice` | `name(a, b, y) = value, partial by a, partial by b; at (samples), lowest, highest;` |
//! | `operator` | the same, with the names of the two traits |
//!
//! What value and partial share may come first: `name(x, y) let shared = … => value, partial; …`.
//!
//! In an entry `x`, `a`, `b` are the arguments, `y` is the result, `T` the type of both. The sample and the interval
//! are where examples, tests and benchmarks evaluate the operation; no kink lies inside the interval.
//! `unary` and `binary` are the methods of [`num_traits::Float`], `activation` those that [`Real`](crate::Real) adds.
//! The result of a `choice` is one of its arguments, so its partials are 0 and 1 but at a tie.

/// Returns a recorded operation where the number is an `Expr`: the branches of the rule that calls this are not taken
/// when a program is recorded, but whenever it runs.
macro_rules! symbolic {
    ($op:ident($($x:ident),*)) => {
        #[cfg(feature = "program")]
        if let Some(y) = crate::program::symbolic(crate::program::Op::$op, [$($x),*]) {
            return y;
        }
    };
}

mod normal;
pub(crate) mod rules;

/// Hands the table of operations to the macro `$consumer`, after the tokens that follow its name.
#[doc(hidden)]
#[macro_export]
macro_rules! operations {
    ($consumer:ident $($tokens:tt)*) => {
        $consumer! { $($tokens)*
            unary {
                /// The reciprocal `1/x`; derivative `-1/x²`.
                recip(x, y) = x.recip(), -(y * y); at 0.7, 0.2, 4.0;
                /// The square root; derivative `1/(2√x)`, `+∞` at 0.
                sqrt(x, y) = x.sqrt(), rules::half::<T>() / y.abs(); at 0.7, 0.1, 9.0;
                /// The cube root; derivative `1/(3∛x²)`, `+∞` at 0.
                cbrt(x, y) = x.cbrt(), rules::cbrt(y); at 0.7, 0.1, 9.0;
                /// The exponential `eˣ`; derivative `eˣ`.
                exp(x, y) = x.exp(), y; at 0.7, -4.0, 4.0;
                /// The power of two `2ˣ`; derivative `2ˣ ln 2`.
                exp2(x, y) = x.exp2(), y * rules::ln_2::<T>(); at 0.7, -4.0, 4.0;
                /// `eˣ - 1`, accurate near 0; derivative `eˣ`.
                exp_m1(x, y) = x.exp_m1(), rules::exp_m1(x, y); at 0.7, -4.0, 4.0;
                /// The natural logarithm; derivative `1/x`, `+∞` at 0.
                ln(x, y) = x.ln(), x.abs().recip(); at 0.7, 0.1, 9.0;
                /// The logarithm to base 2; derivative `1/(x ln 2)`.
                log2(x, y) = x.log2(), rules::ln_2::<T>().recip() / x.abs(); at 0.7, 0.1, 9.0;
                /// The logarithm to base 10; derivative `1/(x ln 10)`.
                log10(x, y) = x.log10(), rules::ln_10::<T>().recip() / x.abs(); at 0.7, 0.1, 9.0;
                /// `ln(1 + x)`, accurate near 0; derivative `1/(1 + x)`.
                ln_1p(x, y) = x.ln_1p(), (T::one() + x).recip(); at 0.7, -0.8, 9.0;
                /// The sine; derivative `cos x`.
                sin(x, y) let both = rules::sin_cos(x) => both.0, both.1; at 0.7, -6.0, 6.0;
                /// The cosine; derivative `-sin x`.
                cos(x, y) let both = rules::sin_cos(x) => both.1, -both.0; at 0.7, -6.0, 6.0;
                /// The tangent; derivative `1 + tan² x`.
                tan(x, y) = x.tan(), T::one() + y * y; at 0.7, -1.3, 1.3;
                /// The arc sine; derivative `1/√(1 - x²)`.
                asin(x, y) = x.asin(), rules::asin(x); at 0.7, -0.9, 0.9;
                /// The arc cosine; derivative `-1/√(1 - x²)`.
                acos(x, y) = x.acos(), -rules::asin(x); at 0.7, -0.9, 0.9;
                /// The arc tangent; derivative `1/(1 + x²)`.
                atan(x, y) = x.atan(), rules::atan(x); at 0.7, -6.0, 6.0;
                /// The hyperbolic sine; derivative `cosh x`.
                sinh(x, y) = x.sinh(), x.cosh(); at 0.7, -4.0, 4.0;
                /// The hyperbolic cosine; derivative `sinh x`.
                cosh(x, y) = x.cosh(), x.sinh(); at 0.7, -4.0, 4.0;
                /// The hyperbolic tangent; derivative `1 - tanh² x`, without its cancellation at large `x`.
                tanh(x, y) = x.tanh(), rules::tanh(x, y); at 0.7, -4.0, 4.0;
                /// The inverse hyperbolic sine; derivative `1/√(1 + x²)`.
                asinh(x, y) = x.asinh(), T::one().hypot(x).recip(); at 0.7, -6.0, 6.0;
                /// The inverse hyperbolic cosine; derivative `1/√(x² - 1)`.
                acosh(x, y) = x.acosh(), rules::acosh(x); at 1.7, 1.1, 9.0;
                /// The inverse hyperbolic tangent; derivative `1/(1 - x²)`.
                atanh(x, y) = x.atanh(), ((T::one() - x) * (T::one() + x)).recip(); at 0.7, -0.9, 0.9;
                /// The absolute value; derivative the sign of `x`, 0 at 0.
                abs(x, y) = x.abs(), rules::abs(x); at -0.7, -4.0, -0.1;
                /// The sign, as the float's own method has it; derivative 0.
                signum(x, y) = x.signum(), T::zero(); at 0.7, 0.1, 4.0;
                /// The largest integer not above `x`; derivative 0.
                floor(x, y) = x.floor(), T::zero(); at 0.7, 0.1, 0.9;
                /// The smallest integer not below `x`; derivative 0.
                ceil(x, y) = x.ceil(), T::zero(); at 0.7, 0.1, 0.9;
                /// The nearest integer, halves away from 0; derivative 0.
                round(x, y) = x.round(), T::zero(); at 0.7, 0.6, 1.4;
                /// The integer part; derivative 0.
                trunc(x, y) = x.trunc(), T::zero(); at 0.7, 0.1, 0.9;
                /// The fractional part `x - trunc x`; derivative 1.
                fract(x, y) = x.fract(), T::one(); at 0.7, 0.1, 0.9;
                /// Radians to degrees; derivative `180/π`.
                to_degrees(x, y) = x.to_degrees(), T::one().to_degrees(); at 0.7, -4.0, 4.0;
                /// Degrees to radians; derivative `π/180`.
                to_radians(x, y) = x.to_radians(), T::one().to_radians(); at 0.7, -4.0, 4.0;
                /// The integer power `xⁿ`; derivative `n xⁿ⁻¹`.
                powi(x, y; n: i32 = 3) = x.powi(n), rules::powi(x, y, n); at 0.7, 0.2, 3.0;
            }
            activation {
                /// The rectifier `max(0, x)`; derivative 1 above 0, else 0.
                relu(x, y) = rules::relu(x), rules::step(x, T::zero()); at 0.7, 0.1, 4.0;
                /// `x` above 0, else `slope · x`; derivative 1 above 0, else `slope`.
                leaky_relu(x, y; slope: T = 0.25) = rules::leaky_relu(x, slope), rules::step(x, slope); at -0.7, -4.0, -0.1;
                /// The exponential linear unit: `x` above 0, else `alpha (eˣ - 1)`; derivative 1 above 0, else `alpha eˣ`.
                elu(x, y; alpha: T = 1.5) = rules::elu(x, alpha), rules::elu_slope(x, alpha); at -0.7, -4.0, -0.1;
                /// The logistic function `σ(x) = 1/(1 + e⁻ˣ)`; derivative `σ(x) σ(-x)`.
                sigmoid(x, y) = rules::sigmoid(x), rules::sigmoid_slope(x); at 0.7, -6.0, 6.0;
                /// `ln σ(x)`; derivative `σ(-x)`.
                log_sigmoid(x, y) = -rules::softplus(-x), rules::sigmoid(-x); at 0.7, -6.0, 6.0;
                /// `ln(1 + eˣ)`; derivative `σ(x)`.
                softplus(x, y) = rules::softplus(x), rules::sigmoid(x); at 0.7, -6.0, 6.0;
                /// `x/(1 + |x|)`; derivative `1/(1 + |x|)²`.
                softsign(x, y) = rules::softsign(x), rules::softsign_slope(x); at 0.7, 0.1, 6.0;
                /// The sigmoid linear unit (swish) `x σ(x)`; derivative `σ(x) (1 + x σ(-x))`.
                silu(x, y) = rules::scaled(x, rules::sigmoid(x)), rules::silu_slope(x); at 0.7, -6.0, 6.0;
                /// `x Φ(x)` with the normal distribution function `Φ`; derivative `Φ(x) + x φ(x)`.
                gelu(x, y) = rules::scaled(x, rules::normal_cdf(x)), rules::gelu_slope(x); at 0.7, -4.0, 4.0;
                /// The approximation `x/2 (1 + tanh u)` of [`gelu`](Self::gelu), `u = √(2/π) (x + 0.044715 x³)`;
                /// derivative `(1 + tanh u)/2 + x/2 (1 - tanh² u) u'`. In its negative tail `u` is large, and so is the
                /// error that its rounding makes in `tanh u`: about `x²` units in the last place.
                gelu_tanh(x, y) = rules::gelu_tanh(x), rules::gelu_tanh_slope(x); at 0.7, -4.0, 4.0;
                /// The error function `2/√π ∫₀ˣ exp(-t²) dt`; derivative `2/√π exp(-x²)`. The normal distribution function is
                /// `(1 + erf(x/√2))/2`.
                erf(x, y) = rules::erf(x), rules::erf_slope(x); at 0.7, -3.0, 3.0;
                /// `x tanh(softplus x)`; derivative `t + x (1 - t²) σ(x)` with `t = tanh(softplus x)`.
                mish(x, y) = rules::scaled(x, rules::softplus(x).tanh()), rules::mish_slope(x); at 0.7, -6.0, 6.0;
            }
            binary {
                /// The power `aᵇ`; partials `b aᵇ⁻¹` and `aᵇ ln a`, both 0 at `0⁰`.
                powf(a, b, y) = a.powf(b), rules::powf_base(a, b, y), rules::powf_exponent(a, y, b); at (0.7, 1.3), (0.2, -2.0), (3.0, 2.0);
                /// The logarithm of `a` to base `b`; partials `1/(a ln b)` and `-y/(b ln b)`.
                log(a, b, y) = a.log(b), b.ln().recip() / a.abs(), -(y / b.ln() / b); at (0.7, 1.9), (0.2, 1.5), (4.0, 9.0);
                /// The angle of the point `(b, a)`; partials `b/(a² + b²)` and `-a/(a² + b²)`, both 0 at the origin.
                atan2(a, b, y) = a.atan2(b), rules::atan2(b, a), -rules::atan2(a, b); at (0.7, 1.3), (0.2, -3.0), (3.0, 3.0);
                /// `√(a² + b²)` without overflow; partials `a/y` and `b/y`, both 0 at the origin.
                hypot(a, b, y) = a.hypot(b), rules::ratio(a, b, y), rules::ratio(b, a, y); at (0.7, 1.3), (0.2, -3.0), (3.0, 3.0);
                /// The positive difference `max(a - b, 0)`; partials 1 and -1 where `a > b`, else 0.
                abs_sub(a, b, y) = a.abs_sub(b), rules::above(a, b), -rules::above(a, b); at (1.7, 0.3), (2.0, -1.0), (4.0, 1.0);
                /// The magnitude of `a` with the sign of `b`; partials ±1 (0 at `a = 0`) and 0.
                copysign(a, b, y) = a.copysign(b), rules::abs(a) * b.signum(), T::zero(); at (0.7, -1.3), (0.2, -3.0), (3.0, -0.2);
            }
            choice {
                /// The larger number; partials 1 to the larger and 0 to the smaller, 1/2 each at a tie. A NaN is ignored.
                max(a, b, y) = a.max(b), rules::greater(a, b), rules::greater(b, a); at (0.7, 1.3), (0.2, 2.0), (1.8, 3.0);
                /// The smaller number; partials 1 to the smaller and 0 to the larger, 1/2 each at a tie. A NaN is ignored.
                min(a, b, y) = a.min(b), rules::less(a, b), rules::less(b, a); at (0.7, 1.3), (0.2, 2.0), (1.8, 3.0);
            }
            operator {
                /// The sum; partials 1 and 1.
                Add::add, AddAssign::add_assign (a, b, y) = a + b, T::one(), T::one(); at (0.7, 1.3), (-3.0, -3.0), (3.0, 3.0);
                /// The difference; partials 1 and -1.
                Sub::sub, SubAssign::sub_assign (a, b, y) = a - b, T::one(), -T::one(); at (0.7, 1.3), (-3.0, -3.0), (3.0, 3.0);
                /// The product; partials `b` and `a`.
                Mul::mul, MulAssign::mul_assign (a, b, y) = a * b, b, a; at (0.7, 1.3), (-3.0, -3.0), (3.0, 3.0);
                /// The quotient; partials `1/b` and `-y/b`.
                Div::div, DivAssign::div_assign (a, b, y) = a / b, b.recip(), -rules::over(a, b, y); at (0.7, 1.3), (-3.0, 0.3), (3.0, 3.0);
                /// The remainder of the truncated division; partials 1 and `-trunc(a/b)`.
                Rem::rem, RemAssign::rem_assign (a, b, y) = a % b, T::one(), rules::rem(a, b, y); at (3.2, 1.3), (2.8, 1.2), (3.4, 1.3);
            }
        }
    };
}
