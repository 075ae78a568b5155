//! Exact gradients of ordinary Rust code.
//!
//! A [`Value`] is a number. Write a function over it as you would over `f64`, with any control flow. Then ask the
//! result how it depends on every input:
//!
//! ```
//! use gradtape::Tape;
//!
//! let tape = Tape::<f64>::new();
//! let (a, b) = (tape.var(-4.0), tape.var(2.0));
//! let mut c = a + b;
//! let mut d = a * b + b.powi(3);
//! c += c + 1.0;
//! c += 1.0 + c - a;
//! d += d * 2.0 + (b + a).relu();
//! d += 3.0 * d + (b - a).relu();
//! let f = (c - d).powi(2);
//! let g = f / 2.0 + 10.0 / f;
//!
//! let gradients = g.backward();
//! assert_eq!(format!("{g:.4}"), "24.7041");
//! assert_eq!(format!("{:.4}", gradients.wrt(a)), "138.8338");
//! assert_eq!(format!("{:.4}", gradients.wrt(b)), "645.5773");
//! ```
//!
//! # Which way in
//!
//! | you have | take |
//! |---|---|
//! | a function and a point | [`gradient`] |
//! | a function, with or without data, of which you need several derivatives | [`function!`], [`Function`], [`VectorFunction`] |
//! | a function of one number | [`derivative`], [`second_derivative`], [`third_derivative`], [`derivatives`] of any order |
//! | Taylor coefficients, or a differential equation to expand | [`Jet`] |
//! | few inputs and a long computation | [`Dual`], or [`Function::gradient`] |
//! | a closure over an array: gradient, Jacobian, Hessian without allocation | [`forward::gradient`], [`forward::jacobian`], [`forward::hessian`] |
//! | value, gradient and Hessian by few inputs, in one pass | [`Dual2`] |
//! | a loop that takes derivatives again and again | one [`Driver`]; or one [`Tape`], [`Tape::clear`], [`Value::backward_into`] |
//! | generic code over [`num_traits::Float`] | call it with [`Value`]s, unchanged; if it asks for zeros, see [below](#where-there-is-no-derivative) |
//! | code of your own, for plain floats and gradients alike | the bound [`Real`], or `Real<Plain = f64>` to write `x + 1.0` |
//! | an operation that the crate does not know | [`CustomOperation`]; on one tape, [`Tape::custom`] |
//! | an optimiser, of this crate or another | [`Objective`] |
//! | a message of the compiler that is not clear | the table on the page of [`Real`](Real#the-compiler-says) |
//! | a gradient to be tested | [`assert_gradient!`], [`check`] |
//! | a NaN in a gradient | feature `locations`, and `Tape::first_non_finite` |
//! | a computation too long for the memory | [`checkpoint`](fn@checkpoint), [`checkpoint_loop`] |
//! | second derivatives | [`Function::hessian`], [`Function::hvp`]; or nested numbers, see [below](#second-derivatives) |
//! | a large Jacobian or Hessian, mostly zero | [`VectorFunction::sparse_jacobian`], [`Function::sparse_hessian`] |
//! | a function of many inputs to evaluate many times | [`Compiled`], with feature `compiled`; `simd` and `rayon` make it faster |
//! | a loss over samples that change from call to call | [`Compiled::wrt`] |
//! | a function to evaluate on many rows | [`program`], with feature `program`; `simd` and `rayon` make it faster |
//! | a picture of a function, or its gradient as Rust source | [`program::Program::dot`], [`program::Program::to_rust`] |
//! | a sparse Jacobian or Hessian as Rust source | [`Compiled::sparse_jacobian_to_rust`], [`Compiled::sparse_hessian_to_rust`] |
//! | a small neural network | [`nn`], with feature `nn` |
//! | a program, a network or a sparse matrix to be stored | feature `serde` |
//! | a property to test on random points or programs | [`check::random`], with feature `quickcheck` or `arbitrary` |
//! | matrices, decompositions and rotations of `nalgebra` | [`linalg`], with feature `nalgebra` |
//! | a closure over vectors, rotations or poses of `nalgebra`: matrices of derivatives | [`linalg::jacobian`], [`linalg::hessian`] |
//! | complex numbers of `num-complex` | [`complex`], with feature `complex` |
//! | gamma, error and Bessel functions, the normal distribution | [`Special`], with feature `special` |
//! | arrays of `ndarray` | [`Value`] and [`Dual`] as elements, with feature `ndarray` |
//! | floats of 16 bits, or of about 32 digits | features `half` and `twofloat`, see [below](#other-floats) |
//!
//! Without features, the crate depends on `num-traits` alone. The
//! [README](https://github.com/gradtape/gradtape#features) has a table of all features.
//!
//! # How it works
//!
//! A function of one variable needs no memory: its derivative is one more number beside its value, and the chain rule
//! is one multiplication. So a `Value` carries its number, a *slope*, and the *node* that the slope refers to: "my
//! number is 0.48, and I change 0.87 times as fast as node 3". A *join* is an operation on two values of different
//! nodes. Only a join writes a *record* on the tape: the two nodes, and the *partials*, how fast the result changes
//! with each. The result is a new node, with slope 1.
//!
//! [`Value::backward`] sweeps the records once, last to first. When the sweep arrives at a node, the derivative of the
//! output by it (its *adjoint*) is complete. The sweep adds it to the adjoints of the two nodes below, times the
//! partials.
//!
//! A number of a node is never given twice. A value whose tape was cleared or dropped, or lives on another thread,
//! panics when it reaches for the tape, in release builds, too; the message names the remedy. An intermediate result
//! that is no node has no adjoint: [`Gradients::wrt`] panics, unless [`Value::retain`] recorded it.
//!
//! # Second derivatives
//!
//! A `Value` is a float like any other, so a tape can compute with the values of another tape:
//!
//! ```
//! use gradtape::{Tape, Value};
//!
//! let (inner, outer) = (Tape::<f64>::new(), Tape::<Value<f64>>::new());
//! let x = inner.var(2.0);
//! let v = outer.var(x);
//! let slope = v.powi(4).backward().wrt(v); // 4x³, a value of the inner tape
//! assert_eq!(slope, 32.0);
//! assert_eq!(slope.backward().wrt(x), 48.0); // 12x²
//! ```
//!
//! `Value`, [`Dual`], [`Dual2`] and [`Jet`] nest in each other: `Value<Dual<f64>>` is forward over reverse, which
//! [`Function::hvp`] uses. A nested number mixes with the innermost plain numbers, as in `v * 2.0`, and with the
//! numbers of the next level.
//!
//! # Where there is no derivative
//!
//! | case | partials |
//! |---|---|
//! | `abs` at 0 | 0 |
//! | `relu` at 0; `leaky_relu` at 0 | 0; its slope |
//! | `max`, `min` at a tie | 1/2, 1/2 |
//! | `max`, `min` with a NaN argument | 1 to the number, 0 to the NaN |
//! | `clamp` at a bound | 1 to the clamped number |
//! | `hypot(0, 0)`, `atan2(0, 0)` | 0, 0 |
//! | `powf(0, 0)` | 0, 0 |
//! | `powf(0, p)` by the exponent | 0 for `p > 0`, -∞ for `p < 0` |
//! | `powf(0, p)`, `p ≥ 0`, twice or more, once by the exponent at least | 0: no such power changes with its exponent |
//! | `signum`, `floor`, `ceil`, `round`, `trunc` | 0 everywhere |
//! | `x % y` | 1, `-trunc(x/y)` |
//! | `sqrt`, `cbrt`, `ln` at 0 | +∞ |
//! | outside the domain | the value is NaN; the partial is not promised |
//!
//! A number without influence contributes nothing. In a product of derivatives, a zero wins against an infinity, so an
//! unused `sqrt(0)` does not turn a gradient into NaN. ([`Dual`]s that you use yourself have [an
//! exception](Dual#zero-times-infinity).) The price: where `0 · ∞` has a finite limit, the derivative is 0, without a
//! warning. That is so in `cbrt(x³)` at 0, and where an intermediate result is too large for the float:
//!
//! ```
//! use gradtape::{Real, derivative};
//!
//! // The exponential is ∞, and 1/(1 + ∞) · ∞ counts as 0. The derivative is 1.
//! assert_eq!(derivative(|x| (x.exp() + 1.0).ln(), 800.0), [f64::INFINITY, 0.0]);
//! assert_eq!(derivative(|x| x.softplus(), 800.0), [800.0, 1.0]);
//! ```
//!
//! Write [`softplus`](Real::softplus), [`ln_add_exp`](Real::ln_add_exp), [`logsumexp`](Real::logsumexp) or
//! [`log_sigmoid`](Real::log_sigmoid), which stay in range. The feature `locations` finds the line where a number or a
//! partial became infinite.
//!
//! # Second derivatives where there is no first
//!
//! A partial that is a convention is a constant for the second derivative. So the second derivative of a function is
//! wrong where a part of it has a kink that the rest cancels. It is finite, and the same in every mode.
//! [`check::hessian`] finds it:
//!
//! | function | at | second derivative | write |
//! |---|---|---|---|
//! | `x.hypot(y).powi(2)` | 0, 0 | 0, should be 2 | `x * x + y * y` |
//! | `(x * x).relu()`, `(x * x).max(0.0)` | 0 | 0 and 1, should be 2 | `x * x` |
//! | `x.max(y) + (-(x - y).abs()).exp().ln_1p()` | `x = y` | 0, should be 1/4 | `x.ln_add_exp(y)` |
//! | `k(r)` with `r = x.hypot(y)`, `k` smooth and even, such as `(1 + r) e⁻ʳ` | 0, 0 | 0, should be `k''(0)` | a polynomial in `r²` near 0, here `1 - r²/2` |
//!
//! ```
//! use gradtape::{Real, check, function};
//!
//! let kernel = function!(|x| {
//!     let square = x[0] * x[0] + x[1] * x[1];
//!     if square < 1e-12 { -square / 2.0 + 1.0 } else { (square.sqrt() + 1.0) * (-square.sqrt()).exp() }
//! });
//! let report = check::hessian(&kernel, &[0.0, 0.0])?;
//! assert_eq!(report.entries()[0].analytic, -1.0);
//! # Ok::<(), gradtape::check::Failure>(())
//! ```
//!
//! Generic code of other crates may ask whether a number is 0, and leave it out if it is. Then its derivatives are
//! lost. Roots, powers and inverse functions of `num-complex` do so: call those of [`complex`]. Some decompositions and
//! rotations of `nalgebra` do so: see [`linalg`].
//!
//! # Accuracy
//!
//! The number is the plain float's own, bit for bit. The derivative is off by at most 4 units in the last place, at
//! ordinary, tiny, huge and nearly singular points, with a few exceptions. [`accuracy`] lists the worst error of every
//! operation, and the exceptions.
//!
//! # Other floats
//!
//! A float of your own, or of another crate, goes on a tape if it implements [`num_traits::Float`]. With the feature
//! `half`, `f16` and `bf16` are [`Plain`]: they also serve as the plain numbers of a [`Function`].
//!
//! With the feature `twofloat`, a `TwoFloat` (a double-double number of about 32 digits) is a [`Number`], and
//! `Value<TwoFloat>` and `Dual<TwoFloat>` are [`Real`]. So [`gradient`], [`derivative`] and a [`Tape`] take functions
//! over [`Real`]. Derivatives of sums, differences and products have about 30 digits; those of quotients and elementary
//! functions have the digits of f64, as in that crate:
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["twofloat"] }
//! twofloat = "0.8"
//! ```
//!
//! ```
//! # #[cfg(feature = "twofloat")] {
//! use gradtape::derivative;
//! use twofloat::TwoFloat;
//!
//! let x = TwoFloat::new_add(1.0, 1e-25);
//! let [_, slope] = derivative(|x| x * x, x);
//! assert_eq!(slope - TwoFloat::from(2.0), TwoFloat::from(2e-25));
//! # }
//! ```
//!
//! `TwoFloat` itself is not [`Real`], because it has no `Sum` and no `Product`. So it cannot be the plain number of a
//! [`Function`]:
//!
//! ```compile_fail,E0277
//! use gradtape::function;
//! use twofloat::TwoFloat;
//!
//! let square = function!(TwoFloat, |x| x[0] * x[0]);
//! ```
//!
//! # Random numbers
//!
//! The distributions of `rand` and `rand_distr` draw plain numbers, which are data. Make a variable of what you drew,
//! or compute with it; the mean and the deviation may be variables:
//!
//! ```toml
//! [dependencies]
//! gradtape = "0.1"
//! rand = "0.10"
//! rand_distr = "0.6"
//! ```
//!
//! ```
//! use gradtape::Tape;
//! use rand::{RngExt, SeedableRng, rngs::StdRng};
//! use rand_distr::StandardNormal;
//!
//! let mut rng = StdRng::seed_from_u64(1);
//! let tape = Tape::<f64>::new();
//! let start = tape.var(rng.sample(StandardNormal));
//! let (mean, deviation) = (tape.var(0.5), tape.var(2.0));
//! let z: f64 = rng.sample(StandardNormal);
//! let x = mean + deviation * z;
//! let gradients = (x * start).backward();
//! assert_eq!(gradients.wrt(start), x.data());
//! assert_eq!(gradients.wrt(deviation), start.data() * z);
//! ```
//!
//! A `Value` cannot be drawn, because it would have to know its tape:
//!
//! ```compile_fail,E0277
//! use gradtape::Value;
//! use rand::{SeedableRng, rngs::StdRng};
//! use rand_distr::{Distribution, StandardNormal};
//!
//! let mut rng = StdRng::seed_from_u64(1);
//! let x: Value<f64> = StandardNormal.sample(&mut rng);
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
// Links to the pages of disabled features do not work.
#![cfg_attr(
    not(all(feature = "complex", feature = "nalgebra", feature = "nn", feature = "quickcheck", feature = "special")),
    allow(rustdoc::broken_intra_doc_links)
)]

#[doc = include_str!("../docs/accuracy.md")]
pub mod accuracy {}
pub mod check;
mod dependence;
mod dual;
mod dual2;
mod error;
#[cfg(feature = "serde")]
mod file;
mod function;
mod interop;
mod jet;
mod nested;
#[cfg(feature = "nn")]
#[cfg_attr(docsrs, doc(cfg(feature = "nn")))]
pub mod nn;
mod number;
mod ops;
#[cfg(feature = "program")]
#[cfg_attr(docsrs, doc(cfg(feature = "program")))]
#[cfg_attr(not(feature = "compiled"), allow(dead_code, reason = "the elements of `Compiled` functions use it"))]
pub mod program;
mod scalar;
pub mod sparse;
mod tape;

pub use dual::Dual;
pub use dual2::Dual2;
pub use error::Error;
#[cfg(feature = "program")]
#[cfg_attr(docsrs, doc(cfg(feature = "program")))]
pub use function::RecordedFunction;
#[cfg(feature = "compiled")]
#[doc(hidden)]
pub use function::Stage;
#[cfg(feature = "compiled")]
#[cfg_attr(docsrs, doc(cfg(feature = "compiled")))]
pub use function::{Compiled, CompiledSource, Recordings};
pub use function::{
    Driver, Function, Mode, Objective, VectorFunction, derivative, derivatives, forward, preaccumulate,
    second_derivative, third_derivative,
};
#[cfg(feature = "complex")]
#[cfg_attr(docsrs, doc(cfg(feature = "complex")))]
pub use interop::complex;
#[cfg(feature = "nalgebra")]
#[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
pub use interop::linalg;
pub use jet::Jet;
/// The crate of the trait `Float`, in the version that the numbers implement.
#[doc(no_inline)]
pub use num_traits;
pub use number::custom::CustomOperation;
#[cfg(feature = "special")]
#[cfg_attr(docsrs, doc(cfg(feature = "special")))]
pub use number::special::Special;
pub use number::{Number, Plain, Real};
pub use scalar::Scalar;
#[cfg(feature = "locations")]
pub use tape::NonFinite;
pub use tape::{Gradients, Tape, Value, checkpoint, checkpoint_loop, gradient};

/// The examples of the README are tests.
#[cfg(all(doctest, feature = "compiled"))]
#[doc = include_str!("../README.md")]
struct Readme;
