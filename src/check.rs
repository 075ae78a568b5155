//! Testing your own gradients.
//!
//! Derivatives from a tape are exact as long as the function is what you meant: no number was taken out with `data()`
//! and put back as a constant, no partial of a [custom](crate::Tape::custom) operation has the wrong sign. One line in
//! a test tells:
//!
//! ```
//! use gradtape::assert_gradient;
//!
//! assert_gradient!(|x| (x[0] * x[1]).sin() / x[1], &[1.5, 0.5]);
//! ```
//!
//! It evaluates the function at constants beside the point, extrapolates differences to the step 0, and compares them
//! with the gradient. Differences have errors of their own. They are estimated, so that a failure means that the
//! gradient is wrong, and not that the function is hard to differentiate.
//!
//! | you have | take |
//! |---|---|
//! | a function of several variables | [`assert_gradient!`](crate::assert_gradient), [`check::gradient`](crate::check::gradient) for the report |
//! | a function with several outputs | [`check::jacobian`](crate::check::jacobian) |
//! | an operation made with [`Tape::custom`](crate::Tape::custom) | [`check::custom`](crate::check::custom) |
//! | a plain function and a derivative from elsewhere | [`difference`] |
//!
//! # Reading a report
//!
//! ```
//! use gradtape::check::gradient;
//!
//! // `data()` takes the number out: the tape does not see the second factor.
//! let failure = check::gradient(|x| x[0] * x[0].data() + x[1], &[3.0, 2.0]).unwrap_err();
//! let message = failure.to_string();
//! assert!(message.starts_with("1 of 2 derivatives is not confirmed by differences\nx[0]: 3.0, differences say 6.0 ± "));
//! assert!(message.ends_with("; disagrees"));
//! ```
//!
//! There is a line, and an [`Entry`], for each coordinate: the derivative from the tape, that from differences with the
//! estimate of its error, and the [`Verdict`].
//!
//! | verdict | means | a check |
//! |---|---|---|
//! | agrees | the two are equal within the tolerance, and the differences are as exact as that | passes |
//! | disagrees | they differ by more than tolerance and error, at every step; or the gradient is NaN | fails |
//! | cannot tell: a kink | the slopes to the right and to the left differ, or the slope is vertical: `abs` at 0 | passes |
//! | cannot tell: noise | rounding or fast oscillation hides the derivative: `sin(10¹² x)` | passes |
//! | cannot tell: not finite beside the point | the domain ends here: `sqrt` at 0 | passes |
//!
//! A check with [`Check::strict`] fails also where it cannot tell. [`Report::worst`] is where to look first. A function
//! that is NaN or infinite at the point itself has no gradient there, and fails.
//!
//! # Tolerances
//!
//! The errors of differences come on top of the tolerance, so it seldom needs a change. By default derivatives may be
//! off by 10⁻⁷ of themselves, or of the chords that differences were taken of if these are steeper: at a minimum, the
//! derivative is next to nothing, and all of it rounding. How much the gradient changes between neighbouring floats is
//! allowed for, too.
//!
//! # f32
//!
//! Differences in f32 have three or four digits, so the default tolerance is 10⁻³ there. Is the function generic, let
//! differences be taken in f64, with a tolerance of 2.4 · 10⁻⁵:
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
//! Digits that f32 loses where large numbers cancel are missed then: such a gradient is not what it could be.
//!
//! # Many variables
//!
//! A coordinate takes 60 evaluations of the function, and 60 more if it is small. A function of very many variables is
//! checked along a few directions instead, see [`Check::directions`]: a wrong coordinate is found as long as it makes
//! more than the tolerance of the slope along a direction in which all coordinates move.
//!
//! # Property tests
//!
//! Wrong derivatives like to hide behind branches. Random points find them, here with the crate `quickcheck`:
//!
//! ```
//! use gradtape::{Real, check::gradient};
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
//! ```
//!
//! The floats of quickcheck itself are special or huge, and hardly ever between -1 and 1. With the feature `quickcheck`
//! there are points for all ranges, from the numbers of an interval to all magnitudes and what lies next to kinks, and
//! random programs over all operations for those who test a number type; the feature `arbitrary` makes the same from
//! the bytes of a fuzzer.

mod compare;
mod custom;
mod difference;
mod judge;
mod options;
#[cfg(any(feature = "quickcheck", feature = "arbitrary"))]
mod random;
mod report;

pub use difference::difference;
pub use options::{Check, custom, gradient, jacobian};
#[cfg(any(feature = "quickcheck", feature = "arbitrary"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "quickcheck", feature = "arbitrary"))))]
pub use random::{Any, Arithmetic, Expression, Magnitude, NearKink, Operation, Smooth, Special, Table, Unit};
pub use report::{Doubt, Entry, Failure, Report, Variation, Verdict};
