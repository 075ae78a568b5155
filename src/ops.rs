//! The table of operations: every operation of the crate, defined once.
//!
//! [`operations!`](crate::operations) passes the table to another macro. Each consumer makes something else from it:
//! the methods of the numbers, the operators, the operations of programs, tests, benches. To add an operation, add an
//! entry here; ARCHITECTURE.md has the check-list.
//!
//! Every entry has the same pieces, each with its own delimiters, so that a consumer skips a piece as one `tt`:
//!
//! ```text
//! /// The value, and its derivatives.
//! name(x, n: i32 = 3 -> y) { y = x.powi(n) } [partial by x] (at [0.7], from [0.2], to [3.0]) {facts};
//! ```
//!
//! | piece | holds |
//! |---|---|
//! | `(x, n: i32 = 3 -> y)` | the arguments; a parameter with its type and its sample; the name of the result. An operator has its traits after the result |
//! | `{ y = value }` | the value. The pattern may bind numbers that the partials use, too: `{ (y, cosine) = x.sin_cos() }` |
//! | `[partial, …]` | the partial derivative by each argument except parameters |
//! | `(at …, from …, to …)` | a point and a box for tests, examples and benchmarks. There is no kink and no pole inside the box |
//! | `{kernel, nan, source}` | the facts that programs need, see [`Facts`](op::Facts) |
//!
//! `T` is the type of the arguments and of the result: the number *inside* a `Value` or a `Dual`.
//!
//! | section | operations |
//! |---|---|
//! | `float_unary`, `float_binary` | methods of [`num_traits::Float`] |
//! | `float_choice` | methods of two arguments that return one of them: the partials are 0 and 1, except at a tie |
//! | `real_unary`, `real_binary`, `real_many` | methods that [`Real`](crate::Real) adds, of one, two and many arguments |
//! | `operator` | the operators |
//! | `auxiliary` | rules that branch. A program records such a rule as one operation, which branches when the program runs |

mod activations;
pub(crate) mod call;
#[cfg(feature = "program")]
pub(crate) mod index;
pub(crate) mod kind;
mod lists;
mod normal;
#[cfg(feature = "program")]
pub(crate) mod op;
#[cfg(feature = "program")]
mod partial;
mod product;
pub(crate) mod rules;

/// Passes the table of operations to the macro `$consumer`, after the tokens that follow its name.
#[doc(hidden)]
#[macro_export]
macro_rules! operations {
    ($consumer:ident $($tokens:tt)*) => {
        $consumer! { $($tokens)*
            real_many {
                /// `ln Σ eˣⁱ`, without overflow; -∞ for an empty list. Its partials are the [`softmax`](Self::softmax),
                /// but 0 where all numbers are -∞.
                logsumexp(x -> y: Self) { y = rules::logsumexp(x) } [] () {};
                /// The shares `eˣⁱ / Σ eˣʲ`, without overflow. They add up to 1; where all numbers are -∞, they are
                /// NaN.
                softmax(x -> y: Vec<Self>) { y = rules::softmax(x) } [] () {};
            }
            float_unary {
                /// The reciprocal `1/x`; derivative `-1/x²`.
                recip(x -> y) { y = x.recip() } [-(y * y)]
                    (at [0.7], from [0.2], to [4.0]) {kernel: Arithmetic, nan: Kept, source: Formula};
                /// The square root; derivative `1/(2√x)`, `+∞` at 0.
                sqrt(x -> y) { y = x.sqrt() } [rules::half::<T>() / y.abs()]
                    (at [0.7], from [0.1], to [9.0]) {kernel: Arithmetic, nan: Kept, source: Libm("sqrt")};
                /// The cube root; derivative `1/(3∛x²)`, `+∞` at 0.
                cbrt(x -> y) { y = x.cbrt() } [rules::cbrt(y)]
                    (at [0.7], from [0.1], to [9.0]) {kernel: Elementary, nan: Kept, source: Libm("cbrt")};
                /// The exponential `eˣ`; derivative `eˣ`.
                exp(x -> y) { y = x.exp() } [y]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Libm("exp")};
                /// The power of two `2ˣ`; derivative `2ˣ ln 2`.
                exp2(x -> y) { y = x.exp2() } [y * rules::ln_2::<T>()]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Libm("exp2")};
                /// `eˣ - 1`, accurate near 0; derivative `eˣ`.
                exp_m1(x -> y) { y = x.exp_m1() } [rules::exp_m1(x, y)]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Libm("expm1")};
                /// The natural logarithm; derivative `1/x`, `+∞` at 0.
                ln(x -> y) { y = x.ln() } [x.abs().recip()]
                    (at [0.7], from [0.1], to [9.0]) {kernel: Elementary, nan: Kept, source: Libm("log")};
                /// The logarithm to base 2; derivative `1/(x ln 2)`.
                log2(x -> y) { y = x.log2() } [rules::ln_2::<T>().recip() / x.abs()]
                    (at [0.7], from [0.1], to [9.0]) {kernel: Elementary, nan: Kept, source: Libm("log2")};
                /// The logarithm to base 10; derivative `1/(x ln 10)`.
                log10(x -> y) { y = x.log10() } [rules::ln_10::<T>().recip() / x.abs()]
                    (at [0.7], from [0.1], to [9.0]) {kernel: Elementary, nan: Kept, source: Libm("log10")};
                /// `ln(1 + x)`, accurate near 0; derivative `1/(1 + x)`.
                ln_1p(x -> y) { y = x.ln_1p() } [(T::one() + x).recip()]
                    (at [0.7], from [-0.8], to [9.0]) {kernel: Elementary, nan: Kept, source: Libm("log1p")};
                /// The sine; derivative `cos x`.
                sin(x -> y) { (y, cosine) = rules::sin_cos(x) } [cosine]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Elementary, nan: Kept, source: Libm("sin")};
                /// The cosine; derivative `-sin x`.
                cos(x -> y) { (sine, y) = rules::sin_cos(x) } [-sine]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Elementary, nan: Kept, source: Libm("cos")};
                /// The tangent; derivative `1 + tan² x`.
                tan(x -> y) { y = x.tan() } [T::one() + y * y]
                    (at [0.7], from [-1.3], to [1.3]) {kernel: Elementary, nan: Kept, source: Libm("tan")};
                /// The arc sine; derivative `1/√(1 - x²)`.
                asin(x -> y) { y = x.asin() } [rules::asin(x)]
                    (at [0.7], from [-0.9], to [0.9]) {kernel: Elementary, nan: Kept, source: Libm("asin")};
                /// The arc cosine; derivative `-1/√(1 - x²)`.
                acos(x -> y) { y = x.acos() } [-rules::asin(x)]
                    (at [0.7], from [-0.9], to [0.9]) {kernel: Elementary, nan: Kept, source: Libm("acos")};
                /// The arc tangent; derivative `1/(1 + x²)`.
                atan(x -> y) { y = x.atan() } [rules::atan(x)]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Elementary, nan: Kept, source: Libm("atan")};
                /// The hyperbolic sine; derivative `cosh x`.
                sinh(x -> y) { y = x.sinh() } [x.cosh()]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Libm("sinh")};
                /// The hyperbolic cosine; derivative `sinh x`.
                cosh(x -> y) { y = x.cosh() } [x.sinh()]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Libm("cosh")};
                /// The hyperbolic tangent; derivative `1 - tanh² x`, without its cancellation at large `x`.
                tanh(x -> y) { y = x.tanh() } [rules::tanh(x, y)]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Libm("tanh")};
                /// The inverse hyperbolic sine; derivative `1/√(1 + x²)`.
                asinh(x -> y) { y = x.asinh() } [T::one().hypot(x).recip()]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Plain, nan: Kept, source: Libm("asinh")};
                /// The inverse hyperbolic cosine; derivative `1/√(x² - 1)`.
                acosh(x -> y) { y = x.acosh() } [rules::acosh(x)]
                    (at [1.7], from [1.1], to [9.0]) {kernel: Plain, nan: Kept, source: Libm("acosh")};
                /// The inverse hyperbolic tangent; derivative `1/(1 - x²)`.
                atanh(x -> y) { y = x.atanh() } [((T::one() - x) * (T::one() + x)).recip()]
                    (at [0.7], from [-0.9], to [0.9]) {kernel: Plain, nan: Kept, source: Libm("atanh")};
                /// The absolute value; derivative the sign of `x`, 0 at 0.
                abs(x -> y) { y = x.abs() } [rules::abs(x)]
                    (at [-0.7], from [-4.0], to [-0.1]) {kernel: Arithmetic, nan: Kept, source: Libm("fabs")};
                /// The sign, as the method of the float returns it; derivative 0.
                signum(x -> y) { y = x.signum() } [T::zero()]
                    (at [0.7], from [0.1], to [4.0]) {kernel: Choice, nan: Kept, source: Std};
                /// The largest integer not above `x`; derivative 0.
                floor(x -> y) { y = x.floor() } [T::zero()]
                    (at [0.7], from [0.1], to [0.9]) {kernel: Choice, nan: Kept, source: Libm("floor")};
                /// The smallest integer not below `x`; derivative 0.
                ceil(x -> y) { y = x.ceil() } [T::zero()]
                    (at [0.7], from [0.1], to [0.9]) {kernel: Choice, nan: Kept, source: Libm("ceil")};
                /// The nearest integer, halves away from 0; derivative 0.
                round(x -> y) { y = x.round() } [T::zero()]
                    (at [0.7], from [0.6], to [1.4]) {kernel: Plain, nan: Kept, source: Libm("round")};
                /// The integer part; derivative 0.
                trunc(x -> y) { y = x.trunc() } [T::zero()]
                    (at [0.7], from [0.1], to [0.9]) {kernel: Choice, nan: Kept, source: Libm("trunc")};
                /// The fractional part `x - trunc x`; derivative 1.
                fract(x -> y) { y = x.fract() } [T::one()]
                    (at [0.7], from [0.1], to [0.9]) {kernel: Choice, nan: Kept, source: Std};
                /// Radians to degrees; derivative `180/π`.
                to_degrees(x -> y) { y = x.to_degrees() } [T::one().to_degrees()]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Choice, nan: Kept, source: Core};
                /// Degrees to radians; derivative `π/180`.
                to_radians(x -> y) { y = x.to_radians() } [T::one().to_radians()]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Choice, nan: Kept, source: Core};
                /// The integer power `xⁿ`; derivative `n xⁿ⁻¹`.
                powi(x, n: i32 = 3 -> y) { y = x.powi(n) } [rules::powi(x, y, n)]
                    (at [0.7], from [0.2], to [3.0]) {kernel: Arithmetic, nan: HiddenByZero, source: Std};
            }
            real_unary {
                /// The rectifier `max(0, x)`; derivative 1 above 0, else 0.
                relu(x -> y) { y = rules::relu(x) } [rules::step(x, T::zero())]
                    (at [0.7], from [0.1], to [4.0]) {kernel: Choice, nan: Kept, source: Helper};
                /// `x` above 0, else `slope · x`; derivative 1 above 0, else `slope`.
                leaky_relu(x, slope: T = 0.25 -> y) { y = rules::leaky_relu(x, slope) } [rules::step(x, slope)]
                    (at [-0.7], from [-4.0], to [-0.1]) {kernel: Choice, nan: Kept, source: Helper};
                /// The exponential linear unit: `x` above 0, else `alpha (eˣ - 1)`; derivative 1 above 0, else
                /// `alpha eˣ`.
                elu(x, alpha: T = 1.5 -> y) { y = rules::elu(x, alpha) } [rules::elu_slope(x, alpha)]
                    (at [-0.7], from [-4.0], to [-0.1]) {kernel: Exponential, nan: Kept, source: Helper};
                /// The logistic function `σ(x) = 1/(1 + e⁻ˣ)`; derivative `σ(x) σ(-x)`.
                sigmoid(x -> y) { y = rules::sigmoid(x) } [rules::sigmoid_slope(x)]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Exponential, nan: Kept, source: Helper};
                /// `ln σ(x)`; derivative `σ(-x)`.
                log_sigmoid(x -> y) { y = -rules::softplus(-x) } [rules::sigmoid(-x)]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Parts, nan: Kept, source: Parts};
                /// `ln(1 + eˣ)`; derivative `σ(x)`.
                softplus(x -> y) { y = rules::softplus(x) } [rules::sigmoid(x)]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Exponential, nan: Kept, source: Helper};
                /// `x/(1 + |x|)`; derivative `1/(1 + |x|)²`.
                softsign(x -> y) { y = rules::softsign(x) } [rules::softsign_slope(x)]
                    (at [0.7], from [0.1], to [6.0]) {kernel: Choice, nan: Kept, source: Helper};
                /// The sigmoid linear unit (swish) `x σ(x)`; derivative `σ(x) (1 + x σ(-x))`.
                silu(x -> y) { y = rules::scaled(x, rules::sigmoid(x)) } [rules::silu_slope(x)]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Parts, nan: Kept, source: Parts};
                /// `x Φ(x)` with the normal distribution function `Φ`; derivative `Φ(x) + x φ(x)`.
                gelu(x -> y) { y = rules::scaled(x, rules::normal_cdf(x)) } [rules::gelu_slope(x)]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Parts, nan: Kept, source: Parts};
                /// The approximation `x/2 (1 + tanh u)` of [`gelu`](Self::gelu), `u = √(2/π) (x + 0.044715 x³)`;
                /// derivative `(1 + tanh u)/2 + x/2 (1 - tanh² u) u'`. In the negative tail, `u` is large, and its
                /// rounding makes an error of about `x²` units in the last place of `tanh u`.
                gelu_tanh(x -> y) { y = rules::gelu_tanh(x) } [rules::gelu_tanh_slope(x)]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Parts, nan: Kept, source: Parts};
                /// The error function `2/√π ∫₀ˣ exp(-t²) dt`; derivative `2/√π exp(-x²)`. The normal distribution
                /// function is `(1 + erf(x/√2))/2`.
                erf(x -> y) { y = rules::erf(x) } [rules::erf_slope(x)]
                    (at [0.7], from [-3.0], to [3.0]) {kernel: Exponential, nan: Kept, source: Helper};
                /// The standard normal distribution function `Φ(x) = (1 + erf(x/√2))/2`; derivative the density `φ(x)`.
                normal_cdf(x -> y) { y = rules::normal_cdf(x) } [rules::normal_pdf(x)]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Helper};
                /// The standard normal density `φ(x) = exp(-x²/2)/√(2π)`; derivative `-x φ(x)`.
                normal_pdf(x -> y) { y = rules::normal_pdf(x) } [-rules::scaled(x, y)]
                    (at [0.7], from [-4.0], to [4.0]) {kernel: Exponential, nan: Kept, source: Helper};
                /// The cardinal sine `sin x / x`, 1 at 0; derivative `(cos x - sin x / x)/x`, 0 at 0.
                sinc(x -> y) { y = rules::sinc(x) } [-rules::spherical_bessel(x, T::one())]
                    (at [0.7], from [-3.0], to [3.0]) {kernel: Plain, nan: Kept, source: Helper};
                /// The nearest integer, halves to the even one; derivative 0.
                round_ties_even(x -> y) { y = rules::round_ties_even(x) } [T::zero()]
                    (at [0.7], from [0.6], to [1.4]) {kernel: Plain, nan: Kept, source: Libm("rint")};
                /// `x tanh(softplus x)`; derivative `t + x (1 - t²) σ(x)` with `t = tanh(softplus x)`.
                mish(x -> y) { y = rules::scaled(x, rules::softplus(x).tanh()) } [rules::mish_slope(x)]
                    (at [0.7], from [-6.0], to [6.0]) {kernel: Parts, nan: Kept, source: Parts};
            }
            float_binary {
                /// The power `aᵇ`; partials `b aᵇ⁻¹` and `aᵇ ln a`, both 0 at `0⁰`.
                powf(a, b -> y) { y = a.powf(b) } [rules::powf_base(a, b, y), rules::powf_exponent(a, y, b)]
                    (at [0.7, 1.3], from [0.2, -2.0], to [3.0, 2.0]) {kernel: Elementary, nan: Hidden, source: Libm("pow")};
                /// The logarithm of `a` to base `b`; partials `1/(a ln b)` and `-y/(b ln b)`.
                log(a, b -> y) { y = a.log(b) } [b.ln().recip() / a.abs(), -(y / b.ln() / b)]
                    (at [0.7, 1.9], from [0.2, 1.5], to [4.0, 9.0]) {kernel: Plain, nan: Kept, source: Formula};
                /// The angle of the point `(b, a)`; partials `b/(a² + b²)` and `-a/(a² + b²)`, both 0 at the origin.
                atan2(a, b -> y) { y = a.atan2(b) } [rules::atan2(b, a), -rules::atan2(a, b)]
                    (at [0.7, 1.3], from [0.2, -3.0], to [3.0, 3.0]) {kernel: Elementary, nan: Kept, source: Libm("atan2")};
                /// `√(a² + b²)` without overflow; partials `a/y` and `b/y`, both 0 at the origin.
                hypot(a, b -> y) { y = a.hypot(b) } [rules::ratio(a, b, y), rules::ratio(b, a, y)]
                    (at [0.7, 1.3], from [0.2, -3.0], to [3.0, 3.0]) {kernel: Plain, nan: Hidden, source: Libm("hypot"), symmetric: true};
                /// The positive difference `max(a - b, 0)`; partials 1 and -1 where `a > b`, else 0.
                abs_sub(a, b -> y) { y = a.abs_sub(b) } [rules::above(a, b), -rules::above(a, b)]
                    (at [1.7, 0.3], from [2.0, -1.0], to [4.0, 1.0]) {kernel: Plain, nan: Kept, source: Helper};
                /// The magnitude of `a` with the sign of `b`; partials ±1 (0 at `a = 0`) and 0.
                copysign(a, b -> y) { y = a.copysign(b) } [rules::abs(a) * b.signum(), T::zero()]
                    (at [0.7, -1.3], from [0.2, -3.0], to [3.0, -0.2]) {kernel: Choice, nan: Hidden, source: Libm("copysign")};
            }
            float_choice {
                /// The larger number; partials 1 to the larger and 0 to the smaller, 1/2 each at a tie. A NaN is
                /// ignored.
                max(a, b -> y) { y = a.max(b) } [rules::greater(a, b), rules::greater(b, a)]
                    (at [0.7, 1.3], from [0.2, 2.0], to [1.8, 3.0]) {kernel: Choice, nan: Hidden, source: Core, symmetric: true};
                /// The smaller number; partials 1 to the smaller and 0 to the larger, 1/2 each at a tie. A NaN is
                /// ignored.
                min(a, b -> y) { y = a.min(b) } [rules::less(a, b), rules::less(b, a)]
                    (at [0.7, 1.3], from [0.2, 2.0], to [1.8, 3.0]) {kernel: Choice, nan: Hidden, source: Core, symmetric: true};
            }
            real_binary {
                /// The integer quotient for which the remainder [`rem_euclid`](Self::rem_euclid) is not negative;
                /// partials 0.
                div_euclid(a, b -> y) { y = rules::div_euclid(a, b) } [T::zero(), T::zero()]
                    (at [3.2, 1.3], from [2.8, 1.2], to [3.4, 1.3]) {kernel: Plain, nan: Kept, source: Std};
                /// The remainder of [`div_euclid`](Self::div_euclid), never negative; partials 1 and minus the
                /// quotient.
                rem_euclid(a, b -> y) { y = rules::rem_euclid(a, b) } [T::one(), rules::rem(a, b, y)]
                    (at [-3.2, 1.3], from [-3.4, 1.2], to [-2.8, 1.3]) {kernel: Plain, nan: Kept, source: Std};
                /// `ln(eᵃ + eᵇ)`, without overflow; partials the shares `eᵃ/(eᵃ + eᵇ)` and `eᵇ/(eᵃ + eᵇ)`.
                ln_add_exp(a, b -> y) { y = rules::ln_add_exp(a, b) } [rules::exp_share(a, b), rules::exp_share(b, a)]
                    (at [0.7, 1.3], from [-3.0, -3.0], to [3.0, 3.0]) {kernel: Plain, nan: Kept, source: Helper, symmetric: true};
            }
            operator {
                /// The sum; partials 1 and 1.
                add(a, b -> y: Add, AddAssign::add_assign) { y = a + b } [T::one(), T::one()]
                    (at [0.7, 1.3], from [-3.0, -3.0], to [3.0, 3.0]) {kernel: Broadcast, nan: Kept, source: Operator('+'), symmetric: true};
                /// The difference; partials 1 and -1.
                sub(a, b -> y: Sub, SubAssign::sub_assign) { y = a - b } [T::one(), -T::one()]
                    (at [0.7, 1.3], from [-3.0, -3.0], to [3.0, 3.0]) {kernel: Broadcast, nan: Kept, source: Operator('-')};
                /// The product; partials `b` and `a`.
                mul(a, b -> y: Mul, MulAssign::mul_assign) { y = a * b } [b, a]
                    (at [0.7, 1.3], from [-3.0, -3.0], to [3.0, 3.0]) {kernel: Broadcast, nan: Kept, source: Operator('*'), symmetric: true};
                /// The quotient; partials `1/b` and `-y/b`.
                div(a, b -> y: Div, DivAssign::div_assign) { y = a / b } [b.recip(), -rules::over(a, b, y)]
                    (at [0.7, 1.3], from [-3.0, 0.3], to [3.0, 3.0]) {kernel: Broadcast, nan: Kept, source: Operator('/')};
                /// The remainder of the truncated division; partials 1 and `-trunc(a/b)`.
                rem(a, b -> y: Rem, RemAssign::rem_assign) { y = a % b } [T::one(), rules::rem(a, b, y)]
                    (at [3.2, 1.3], from [2.8, 1.2], to [3.4, 1.3]) {kernel: Plain, nan: Kept, source: Operator('%')};
            }
            auxiliary {
                scale(a, b -> y) { y = rules::scaled(a, b) } [rules::kept(b, a, b), rules::kept(a, a, b)]
                    () {kernel: Broadcast, nan: Kept, source: Helper, symmetric: true};
                kept(x, a, b -> y) { y = rules::kept(x, a, b) } [rules::kept(T::one(), a, b), T::zero(), T::zero()]
                    () {kernel: Choice, nan: Hidden, source: Helper};
                exp_m1_slope(x, e -> y) { y = rules::exp_m1(x, e) } [y, T::zero()]
                    () {kernel: Exponential, nan: Kept, source: Helper};
                atan_slope(x -> y) { y = rules::atan(x) } [-rules::scaled(x + x, y) * y]
                    () {kernel: Choice, nan: Kept, source: Helper};
                tanh_slope(x, t -> y) { y = rules::tanh(x, t) } [-(t + t) * y, T::zero()]
                    () {kernel: Exponential, nan: Kept, source: Helper};
                sign(x -> y) { y = rules::abs(x) } [T::zero()] () {kernel: Choice, nan: Kept, source: Helper};
                step(x, below -> y) { y = rules::step(x, below) } [T::zero(), T::zero()]
                    () {kernel: Choice, nan: Hidden, source: Helper};
                above(a, b -> y) { y = rules::above(a, b) } [T::zero(), T::zero()]
                    () {kernel: Choice, nan: Hidden, source: Helper};
                greater(a, b -> y) { y = rules::greater(a, b) } [T::zero(), T::zero()]
                    () {kernel: Choice, nan: Hidden, source: Helper};
                over(a, b, q -> y) { y = rules::over(a, b, q) } [b.recip() * b.recip(), -(y + y) / b, T::zero()]
                    () {kernel: Choice, nan: Kept, source: Helper};
                powf_by_base(a, b, p -> y) { y = rules::powf_base(a, b, p) }
                    [rules::powf_base_twice(a, b), rules::powf_mixed(a, b, y), T::zero()]
                    () {kernel: Elementary, nan: Hidden, source: Helper};
                powf_by_exponent(a, p, b -> y) { y = rules::powf_exponent(a, p, b) }
                    [
                        rules::powf_mixed(a, b, rules::powf_base(a, b, p)),
                        T::zero(),
                        rules::scaled(rules::exponent_slope(a, b), rules::scaled(y, a.ln()))
                    ]
                    () {kernel: Elementary, nan: Hidden, source: Helper};
                exponent(a, b -> y) { y = rules::exponent(a, b) } [T::zero(), rules::exponent_slope(a, b)]
                    () {kernel: Plain, nan: Kept, source: Helper};
                exponent_slope(a, b -> y) { y = rules::exponent_slope(a, b) } [T::zero(), T::zero()]
                    () {kernel: Plain, nan: Hidden, source: Helper};
                atan2_slope(v, u -> y) { y = rules::atan2(v, u) }
                    [(rules::atan2(u, v) - y) * (rules::atan2(u, v) + y), -(y + y) * rules::atan2(u, v)]
                    () {kernel: Plain, nan: Hidden, source: Helper};
                hypot_slope(v, u, h -> y) { y = rules::ratio(v, u, h) }
                    [
                        rules::scaled(rules::ratio(u, v, h) * rules::ratio(u, v, h), h.recip()),
                        -rules::scaled(y * rules::ratio(u, v, h), h.recip()),
                        T::zero()
                    ]
                    () {kernel: Elementary, nan: Hidden, source: Helper};
                elu_slope(x, alpha -> y) { y = rules::elu_slope(x, alpha) }
                    [y * (T::one() - rules::step(x, T::zero())), T::zero()]
                    () {kernel: Exponential, nan: Kept, source: Helper};
                sigmoid_slope(x -> y) { y = rules::sigmoid_slope(x) } [y * (rules::sigmoid(-x) - rules::sigmoid(x))]
                    () {kernel: Exponential, nan: Kept, source: Helper};
                spherical_bessel(x, n -> y) { y = rules::spherical_bessel(x, n) }
                    [rules::spherical_bessel_slope(x, n), T::zero()]
                    () {kernel: Plain, nan: Kept, source: Helper};
                exp_share(a, b -> y) { y = rules::exp_share(a, b) }
                    [rules::exp_share_slope(a, b), -rules::exp_share_slope(a, b)]
                    () {kernel: Plain, nan: Kept, source: Helper};
                exp_share_slope(a, b -> y) { y = rules::exp_share_slope(a, b) }
                    [y * (rules::exp_share(b, a) - rules::exp_share(a, b)), y * (rules::exp_share(a, b) - rules::exp_share(b, a))]
                    () {kernel: Plain, nan: Kept, source: Helper};
                pivot(a, b -> y) { y = rules::pivot(a, b) } [T::zero(), T::zero()]
                    () {kernel: Choice, nan: Hidden, source: Helper, symmetric: true};
                erf_slope(x -> y) { y = rules::erf_slope(x) } [-rules::scaled(x + x, y)]
                    () {kernel: Exponential, nan: Kept, source: Helper};
            }
        }
    };
}

/// Passes only the operators of the table to the macro `$consumer`, after the tokens that follow its name.
macro_rules! operators {
    ($consumer:ident $($tokens:tt)*) => {
        $crate::operations! { operators @ $consumer [$($tokens)*] }
    };
    (
        @ $consumer:ident [$($tokens:tt)*]
        real_many $real_many:tt float_unary $float_unary:tt real_unary $real_unary:tt float_binary $float_binary:tt
        float_choice $float_choice:tt real_binary $real_binary:tt operator { $($operators:tt)* } $($rest:tt)*
    ) => {
        $consumer! { $($tokens)* $($operators)* }
    };
}

pub(crate) use operators;
