//! Exact gradients of ordinary Rust code.
//!
//! A [`Value`] is a number. Write a function over it as you would over `f64`, with any control flow, and ask its
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
//! | a function of which you need several derivatives | [`Function`], [`VectorFunction`], [`function!`] |
//! | a function of one number | [`derivative`], [`second_derivative`], [`third_derivative`] |
//! | few inputs and a long computation | [`Dual`], or [`Function::gradient`] |
//! | a loop that takes gradients again and again | one [`Tape`], [`Tape::clear`], [`Value::backward_into`] |
//! | generic code over [`num_traits::Float`] | call it with [`Value`]s as it is |
//! | code of your own, for plain floats and gradients alike | the bound [`Real`], or `Real<Plain = f64>` to write `x + 1.0` |
//! | an operation that the crate does not know | [`Tape::custom`] |
//! | a gradient to be tested | [`assert_gradient!`], [`check`] |
//! | a NaN in a gradient | feature `locations`, and `Tape::first_non_finite` |
//! | a computation too long for the memory | [`checkpoint`](fn@checkpoint), [`checkpoint_loop`] |
//! | second derivatives | [`Function::hessian`], [`Function::hvp`]; or nested numbers, as [below](#second-derivatives) |
//! | a large Jacobian or Hessian, mostly zero | [`VectorFunction::sparse_jacobian`], [`Function::sparse_hessian`] |
//! | a function to evaluate on many rows, or many times | [`program`], with feature `program` |
//! | a picture of a function, or its gradient as Rust source | [`program::Program::dot`], [`program::Program::to_rust`] |
//! | a small neural network | [`nn`], with feature `nn` |
//! | a property to test on random points or programs | [`check`], with feature `quickcheck` or `arbitrary` |
//!
//! # How it works
//!
//! A function of one variable needs no memory: its derivative is one more number beside its value, and the chain rule
//! is one multiplication. So a `Value` carries its number, a *slope*, and the *node* that the slope refers to. Only
//! where values of two different nodes meet is a *record* written on the tape: the two nodes, and how fast the result
//! changes with each. The result is a new node, with slope 1.
//!
//! [`Value::backward`] sweeps the records once, last to first. The derivative of the output by a node (its *adjoint*)
//! is complete when the sweep arrives at it, and is passed on to the two nodes below, times the partials.
//!
//! # Second derivatives
//!
//! A `Value` is a float as good as any, so a tape can compute with the values of another:
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
//! `Value` and [`Dual`] nest in each other: `Value<Dual<f64>>` is forward over reverse, which [`Function::hvp`] uses. The
//! plain numbers that mix with a nested one are the innermost, as in `v * 2.0`, and those of the next level.
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
//! | `signum`, `floor`, `ceil`, `round`, `trunc` | 0 everywhere |
//! | `x % y` | 1, `-trunc(x/y)` |
//! | `sqrt`, `cbrt`, `ln` at 0 | +∞ |
//! | outside the domain | the value is NaN; the partial is not promised |
//!
//! What has no influence contributes nothing: a zero wins even against an infinite derivative, so that an unused
//! `sqrt(0)` does not turn a gradient into NaN. The price: where `0 · ∞` has a finite limit, as in `cbrt(x³)` at 0, the
//! derivative is 0.
//!
//! # Accuracy
//!
//! The number is the plain float's own, bit for bit. But for a few exceptions, the derivative is off by at most 4 units
//! in the last place, at ordinary, tiny, huge and nearly singular points: [`accuracy`] lists the worst error of every
//! operation, and the exceptions.
//!
//! # Features
//!
//! None is on by default, and the crate then depends on `num-traits` alone.
//!
//! | feature | adds |
//! |---|---|
//! | `program` | [`program`]: functions recorded once, optimised, differentiated, and run on many rows |
//! | `simd` | `program`, with the vector instructions that the machine turns out to have (with `multiversion`) |
//! | `rayon` | `program`, on all threads (with `rayon`) |
//! | `serde` | `program`, with programs, networks of plain numbers, and sparse matrices as files (with `serde`) |
//! | `nn` | `program`, and [`nn`]: networks, losses, optimisers, training (with `rand` and `rand_distr`) |
//! | `csv` | `nn`, and data sets from CSV files |
//! | `locations` | tapes that tell where in the program a derivative stopped being finite |
//! | `approx` | `AbsDiffEq`, `RelativeEq` and `UlpsEq` for numbers |
//! | `nalgebra` | `approx`, and [`linalg`]: gradients through matrices, decompositions and rotations (with `nalgebra`, `nalgebra-sparse` and `simba`) |
//! | `ndarray` | numbers as elements and scalar operands of arrays, and as `NdFloat` (with `ndarray`) |
//! | `half` | the floats of 16 bits, `f16` and `bf16`: [`Real`] as f64 is, for tapes and as plain numbers of a [`Function`] (with `half`) |
//! | `twofloat` | `TwoFloat`, of about 32 digits, inside [`Value`] and [`Dual`] (with `twofloat`), see [below](#double-double-numbers) |
//! | `quickcheck` | [`check`]: random expressions and points for property tests, which shrink |
//! | `arbitrary` | [`check`]: the same from the bytes of a fuzzer |
//!
//! # Double-double numbers
//!
//! A `TwoFloat` has no `Sum` and no `Product` (in version 0.8 of its crate), so it is [`Number`], but not [`Real`]; a
//! `Value<TwoFloat>` and a `Dual<TwoFloat>` are both. So [`gradient`], [`derivative`] and a [`Tape`] take functions over
//! [`Real`], but a `TwoFloat` cannot be the plain number of a [`Function`], which is evaluated with plain numbers, too.
//! The derivatives of sums, differences and products have about 30 digits; quotients and elementary functions have those of
//! f64, as the numbers of that crate do.
//!
//! ```
//! use gradtape::derivative;
//! use twofloat::TwoFloat;
//!
//! let x = TwoFloat::new_add(1.0, 1e-25);
//! let [_, slope] = derivative(|x| x * x, x);
//! assert_eq!(slope - TwoFloat::from(2.0), TwoFloat::from(2e-25));
//! ```
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
//! The distributions of `rand` and `rand_distr` draw plain numbers only. What is drawn is data; it becomes a variable when
//! you make it one, and its mean and deviation may be variables:
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
//! A value cannot be drawn, for it would have to know its tape:
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
// The pages of a feature that is off cannot be linked to.
#![cfg_attr(
    not(all(feature = "nalgebra", feature = "nn", feature = "quickcheck")),
    allow(rustdoc::broken_intra_doc_links)
)]

#[doc = include_str!("../docs/accuracy.md")]
pub mod accuracy {}
pub mod check;
mod dependence;
mod dual;
mod error;
#[cfg(feature = "serde")]
mod file;
mod function;
mod interop;
mod nested;
#[cfg(feature = "nn")]
#[cfg_attr(docsrs, doc(cfg(feature = "nn")))]
pub mod nn;
mod number;
mod ops;
#[cfg(feature = "program")]
#[cfg_attr(docsrs, doc(cfg(feature = "program")))]
pub mod program;
mod scalar;
pub mod sparse;
mod tape;

pub use dual::Dual;
pub use error::Error;
pub use function::{
    Function, Mode, VectorFunction, Workspace, derivative, preaccumulate, preaccumulate_into, second_derivative,
    third_derivative,
};
#[cfg(feature = "nalgebra")]
#[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
pub use interop::linalg;
pub use number::{Number, Plain, Real};
pub use scalar::Scalar;
#[cfg(feature = "locations")]
pub use tape::NonFinite;
pub use tape::{Gradients, Tape, Value, checkpoint, checkpoint_loop, gradient};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
