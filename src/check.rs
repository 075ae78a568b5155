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
//! | an operation made with [`Tape::custom`](crate::Tape::custom) | [`check::custom`](crate::check::custom) |
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
//! | cannot tell: a kink | the slopes to the right and to the left differ, or the slope is vertical: `abs` at 0 | passes |
//! | cannot tell: noise | rounding or fast oscillation hides the derivative: `sin(10¹² x)` | passes |
//! | cannot tell: not finite beside the point | the domain ends here: `sqrt` at 0 | passes |
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
pub use options::{Check, custom, gradient, jacobian};
pub use report::{Doubt, Entry, Failure, Report, Variation, Verdict};
