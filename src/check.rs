//! Tests of your own gradients.
//!
//! Derivatives from a tape are exact, but the function may be wrong: a number was taken out with `data()` and put back
//! as a constant, or a partial of a [custom](crate::Tape::custom) operation has the wrong sign. One line in a test
//! finds such errors:
//!
//! ```
//! use gradtape::assert_gradient;
//!
//! assert_gradient!(|x| (x[0] * x[1]).sin() / x[1], &[1.5, 0.5]);
//! ```
//!
//! It evaluates the function at constants near the point, extrapolates differences to the step 0, and compares them
//! with the gradient. It estimates the errors of the differences, so that a failure means that the gradient is wrong,
//! not that the function is hard to differentiate.
//!
//! | you have | use |
//! |---|---|
//! | a function of several variables | [`assert_gradient!`](crate::assert_gradient), [`check::gradient`](crate::check::gradient) for the report |
//! | a function with several outputs | [`check::jacobian`](crate::check::jacobian) |
//! | a [`Function`] or a [`VectorFunction`] | [`check::function`](crate::check::function), [`check::vector_function`](crate::check::vector_function) |
//! | a Hessian | [`check::hessian`](crate::check::hessian) |
//! | a [`CustomOperation`] | [`check::custom`](crate::check::custom) |
//! | an operation made with [`Tape::custom`](crate::Tape::custom) | [`check::tape_custom`](crate::check::tape_custom) |
//! | a plain function and a derivative from another source | [`difference`] |
//! | a number type, or a property of random points | [`check::random`](crate::check::random), with feature `quickcheck` or `arbitrary` |
//!
//! # Reading a report
//!
//! ```
//! use gradtape::check;
//!
//! // `data()` takes the number out: the tape does not see the second factor.
//! let failure = check::gradient(|x| x[0] * x[0].data() + x[1], &[3.0, 2.0]).unwrap_err();
//! let message = failure.to_string();
//! assert!(message.starts_with("1 of 2 derivatives is not confirmed by differences\nx[0]: 3.0, differences say 6.0 ± "));
//! assert!(message.ends_with("; disagrees"));
//! ```
//!
//! The report has a line, and an [`Entry`], for each coordinate: the derivative from the tape, the derivative from
//! differences with its estimated error, and the [`Verdict`].
//!
//! | verdict | meaning | a check |
//! |---|---|---|
//! | agrees | the two are equal within the tolerance, and the differences are accurate to the tolerance | passes |
//! | disagrees | they differ by more than tolerance and error, at every step; or the gradient is NaN | fails |
//! | cannot tell: a kink | the slopes to the right and to the left differ, the slope is vertical, or the derivative is another one at this point than beside it: `abs` at 0 | passes |
//! | cannot tell: noise | rounding or fast oscillation hides the derivative: `sin(10¹² x)` | passes |
//! | cannot tell: not finite beside the point | the domain ends here: `sqrt` at 0 | passes |
//!
//! Differences cannot tell a fine staircase from a slope: of `(10⁹ x).floor()`, they say 10⁹ where the derivative is 0.
//!
//! A check with [`Check::strict`] fails if it cannot tell, too. Look at [`Report::worst`] first. A function that is NaN
//! or infinite at the point itself has no gradient there, and fails.
//!
//! # Tolerances
//!
//! The tolerance seldom needs a change, because the estimated errors of the differences are added to it. By default a
//! derivative may be wrong by 10⁻⁷ of itself, or of the slopes of the chords if these are larger: at a minimum, the
//! derivative is almost 0 and consists of rounding errors. The change of the gradient between neighbouring floats is
//! added, too.
//!
//! # f32
//!
//! Differences in f32 have three or four digits, so the default tolerance is 10⁻³ there. If the function is generic,
//! take differences in f64, with a tolerance of 2.4 · 10⁻⁵:
//!
//! ```
//! use gradtape::Real;
//! use gradtape::check::Check;
//!
//! fn energy<F: Real>(x: &[F]) -> F {
//!     x[0] * (-x[1]).exp() + x[1].ln_1p()
//! }
//!
//! Check::new().gradient_against(energy, energy, &[1.5_f32, 0.25]).unwrap();
//! ```
//!
//! This check also fails where f32 loses digits because large numbers cancel.
//!
//! # Many variables
//!
//! Each coordinate takes 60 evaluations of the function, and 60 more if it is small. For very many variables, check a
//! few directions instead, see [`Check::directions`]. All coordinates move along a direction; a wrong derivative is
//! found if its share of the slope is larger than the tolerance.
//!
//! # Property tests
//!
//! Wrong derivatives often hide behind branches. Random points find them, here with the crate `quickcheck`:
//!
//! ```toml
//! [dev-dependencies]
//! gradtape = { version = "0.1", features = ["quickcheck"] }
//! quickcheck = { version = "1.1", default-features = false }
//! ```
//!
//! ```
//! # #[cfg(feature = "quickcheck")] {
//! use gradtape::{Real, check};
//! use quickcheck::{TestResult, quickcheck};
//!
//! fn huber<F: Real<Plain = f64>>(x: &[F]) -> F {
//!     if x[0].abs() < F::constant(x[1].data().abs()) { x[0] * x[0] / 2.0 } else { x[0].abs() - 0.5 }
//! }
//!
//! fn huber_has_its_gradient(residual: i8) -> TestResult {
//!     TestResult::from_bool(check::gradient(huber, &[f64::from(residual) / 8.0, 1.0]).is_ok())
//! }
//!
//! quickcheck(huber_has_its_gradient as fn(i8) -> TestResult);
//! # }
//! ```
//!
//! The floats of quickcheck itself are special or huge, and hardly ever between -1 and 1. The module
//! [`check::random`](crate::check::random) has points for all ranges, and random programs over all operations. The
//! feature `quickcheck` draws them from its generator, the feature `arbitrary` from the bytes of a fuzzer.

mod compare;
mod custom;
mod difference;
mod options;
#[cfg(any(feature = "quickcheck", feature = "arbitrary"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "quickcheck", feature = "arbitrary"))))]
pub mod random;
mod report;
mod verdict;

pub use difference::difference;
pub use options::Check;
pub use report::{Doubt, Entry, Failure, Report, Variation, Verdict};

use crate::function::{Function, VectorFunction};
use crate::number::Plain;
use crate::number::custom::CustomOperation;
use crate::scalar::Scalar;
use crate::tape::{Tape, Value};

/// Compares the gradient of `f` at `x` from the tape with differences of `f` at constants.
///
/// See [the page of this module](crate::check) for how to read the report, and [`Check`] for options. Each coordinate
/// takes up to 120 evaluations of `f`.
///
/// # Errors
///
/// If a derivative disagrees with differences, or the function is not finite at `x`. If differences cannot tell, that
/// is not an error, see [`Check::strict`].
///
/// # Panics
///
/// If `f` does.
///
/// # Examples
///
/// ```
/// use gradtape::check;
///
/// let report = check::gradient(|x| (x[0] * x[1]).sin() / x[1], &[1.5, 0.5])?;
/// assert!(report.all_agree());
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
pub fn gradient<T: Scalar>(f: impl FnMut(&[Value<T>]) -> Value<T>, x: &[T]) -> Result<Report, Failure> {
    Check::new().gradient(f, x)
}

/// [`check::gradient`](crate::check::gradient) of a [`Function`].
///
/// # Errors
///
/// If a derivative disagrees with differences, or the function is not finite at `x`.
///
/// # Examples
///
/// ```
/// use gradtape::{check, function};
///
/// check::function(&function!(|x| x[0].sin() * x[1]), &[1.5, 0.5])?;
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
pub fn function<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T]) -> Result<Report, Failure> {
    Check::new().function(f, x)
}

/// [`check::jacobian`](crate::check::jacobian) of a [`VectorFunction`]: from the tape, and its sparse Jacobian.
///
/// # Errors
///
/// If a derivative disagrees with differences, or an output is not finite at `x`.
///
/// # Examples
///
/// ```
/// use gradtape::{check, function};
///
/// check::vector_function(&function!(|x| [x[0].sin(), x[0] * x[1]]), &[1.5, 0.5])?;
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
pub fn vector_function<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T]) -> Result<Report, Failure> {
    Check::new().vector_function(f, x)
}

/// Compares the Hessian of a [`Function`], dense and sparse, with differences of its gradient. The entry of output `i`
/// and coordinate `j` is the second derivative by `x[i]` and `x[j]`.
///
/// It finds Hessians that are a convention only, because a part of the function has no derivative at `x`, see
/// [the page of the crate](crate#second-derivatives-where-there-is-no-first):
///
/// ```
/// use gradtape::{check, function};
///
/// check::hessian(&function!(|x| x[0].sin() * x[1]), &[1.5, 0.5])?;
///
/// let square = function!(|x| x[0].hypot(x[1]).powi(2));
/// let failure = check::hessian(&square, &[0.0, 0.0]).unwrap_err().to_string();
/// assert!(failure.contains("0.0, differences say 2.0"), "{failure}");
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
///
/// # Errors
///
/// If a second derivative disagrees with differences, or the gradient is not finite at `x`.
pub fn hessian<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T]) -> Result<Report, Failure> {
    Check::new().hessian(f, x)
}

/// Compares the Jacobian of `f` at `x` with differences, as [`check::gradient`](crate::check::gradient) does for one
/// output.
///
/// # Errors
///
/// If a derivative disagrees with differences, or an output is not finite at `x`.
///
/// # Panics
///
/// If `f` does, or if its number of outputs changes.
///
/// # Examples
///
/// ```
/// use gradtape::check;
///
/// // polar to Cartesian coordinates
/// let report = check::jacobian(|x| vec![x[0] * x[1].cos(), x[0] * x[1].sin()], &[2.0, 0.5])?;
/// assert!(report.all_agree());
/// let last = report.entries().last().unwrap(); // d(r sin φ)/dφ
/// assert_eq!((last.output, last.analytic), (Some(1), 2.0 * 0.5_f64.cos()));
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
pub fn jacobian<T: Scalar>(f: impl FnMut(&[Value<T>]) -> Vec<Value<T>>, x: &[T]) -> Result<Report, Failure> {
    Check::new().jacobian(f, x)
}

/// Checks an operation that is made with [`Tape::custom`], at operands with the numbers `x`.
///
/// `f` gets a tape and operands, and applies the operation. Its partials are compared with differences of its values,
/// in all uses of the operation:
///
/// - all operands are variables;
/// - one operand is a variable and the others are constants, for each operand in turn;
/// - all operands are computed from one variable, as `v xᵢ` at `v = 1`, so that they share a node;
/// - all operands are constants: the number must be the same, and the result must be a constant.
///
/// # Errors
///
/// If a derivative disagrees with differences, or the operation is not finite at `x`, or its value for variables
/// differs from that for constants.
///
/// # Panics
///
/// If `f` does.
///
/// # Examples
///
/// ```
/// use gradtape::check;
/// use gradtape::{Tape, Value};
///
/// /// The relative difference `(a - b)/b`.
/// fn excess(tape: &Tape<f64>, a: Value<f64>, b: Value<f64>) -> Value<f64> {
///     let ratio = a.data() / b.data();
///     tape.custom(ratio - 1.0, &[(a, 1.0 / b.data()), (b, -ratio / b.data())])
/// }
///
/// let report = check::tape_custom(|tape, x| excess(tape, x[0], x[1]), &[3.0, 2.0])?;
/// assert!(report.all_agree());
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
pub fn tape_custom<T: Scalar>(f: impl FnMut(&Tape<T>, &[Value<T>]) -> Value<T>, x: &[T]) -> Result<Report, Failure> {
    Check::new().tape_custom(f, x)
}

/// Checks a [`CustomOperation`] at `x`: its partials against differences of its value, in all uses that
/// [`check::tape_custom`](crate::check::tape_custom) lists, and the derivatives of its partials against differences of
/// them. All numbers and programs compute with the same partials. An [expression](CustomOperation::expression) is
/// compared with the value. Where the report has derivatives of partials, output `k` is the partial by operand `k`.
///
/// # Errors
///
/// If a derivative disagrees with differences, or the value or a partial is not finite at `x`, or the value for
/// variables differs from that for constants, or the expression from the value.
///
/// # Panics
///
/// If the operation does.
///
/// # Examples
///
/// ```
/// use gradtape::{CustomOperation, Number, check};
///
/// #[derive(Clone)]
/// struct Cube;
///
/// impl CustomOperation<1> for Cube {
///     fn value(&self, [x]: [f64; 1]) -> f64 {
///         x * x * x
///     }
///
///     fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
///         [F::constant(3.0) * x * x]
///     }
/// }
///
/// assert!(check::custom(&Cube, [2.0])?.all_agree());
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
pub fn custom<T: Plain, const N: usize>(operation: &impl CustomOperation<N, T>, x: [T; N]) -> Result<Report, Failure> {
    Check::new().custom(operation, x)
}

/// Asserts that the gradient of a function is correct: [`check::gradient`](crate::check::gradient) for tests. It panics
/// with a line for each wrong derivative. The last argument, a [`Check`](crate::check::Check) with options, is
/// optional.
///
/// # Examples
///
/// ```
/// use gradtape::assert_gradient;
/// use gradtape::check::Check;
///
/// assert_gradient!(|x| x[0].powi(3) * x[1], &[0.3, 2.0]);
/// assert_gradient!(|x| x[0].powi(3) * x[1], &[0.3, 2.0], Check::new().relative(1e-9).strict());
/// ```
// `assert_gradient!(f, &x, check)` is
//
// if let Err(failure) = check.gradient(f, &x) {
//     panic!("the gradient is wrong: {failure}");
// }
#[macro_export]
macro_rules! assert_gradient {
    ($f:expr, $x:expr $(,)?) => {
        $crate::assert_gradient!($f, $x, $crate::check::Check::new())
    };
    ($f:expr, $x:expr, $check:expr $(,)?) => {
        if let ::core::result::Result::Err(failure) = $check.gradient($f, $x) {
            ::core::panic!("the gradient is wrong: {failure}");
        }
    };
}
