//! Code shared by tests, benchmarks and fuzz targets: comparison of numbers, functions to test with, and references
//! that are independent of the crate's method.
//!
//! Points are drawn from [`gradtape::check`]: the float generator of `quickcheck` makes no magnitudes between 0 and 1.

// These pages are not public, and a panic is a test result.
#![allow(missing_docs, missing_debug_implementations)]
#![allow(clippy::missing_panics_doc, clippy::missing_errors_doc, clippy::module_name_repetitions)]

pub mod activations;
pub mod allocations;
pub mod bounded;
pub mod derivatives;
pub mod differentiable;
pub mod functions;
pub mod minima;
pub mod naive;
pub mod orders;
pub mod panics;
pub mod programs;
pub mod references;
pub mod rustc;
pub mod structured;
pub mod table;
pub mod tapes;
pub mod tracking;
pub mod workloads;
pub mod wrong;

use gradtape::Plain;
use std::fmt::Debug;

pub use differentiable::partials;
use gradtape::Real;
use gradtape::check::random::{Operation, Table, Unit};
use num_traits::Float;
use quickcheck::{Arbitrary, QuickCheck, Testable};

/// A plain float: f32 or f64.
pub trait TestFloat: Real<Plain = Self> + Into<f64> + Arbitrary {}

impl<T: Plain + Into<f64> + Arbitrary> TestFloat for T {}

/// `x`, rounded to the float `T`.
pub fn number<T: num_traits::NumCast>(x: f64) -> T {
    num_traits::cast(x).expect("a float converts from f64")
}

/// All bits of a float, with one pattern for all NaN.
pub fn bits(x: impl Into<f64>) -> u64 {
    let x = x.into();
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

#[track_caller]
pub fn assert_same_bits<T: Into<f64> + Debug + Copy>(ours: T, expected: T, what: impl Debug) {
    assert_eq!(bits(ours), bits(expected), "{what:?}: {ours:?} instead of {expected:?}");
}

#[track_caller]
pub fn assert_near<T: Float + Debug>(ours: T, expected: T, tolerance: T, what: impl Debug) {
    assert!((ours - expected).abs() <= tolerance, "{what:?}: {ours:?} instead of {expected:?} ± {tolerance:?}");
}

/// The distance to the next float.
fn ulp<T: TestFloat>(x: T) -> T {
    let tiniest = T::min_positive_value() * T::epsilon();
    if x.abs() < T::min_positive_value() { tiniest } else { x.abs().log2().floor().exp2() * T::epsilon() }
}

/// A message with the error of a result, if it is larger than allowed.
pub fn complaint<T: TestFloat>(ours: T, expected: f64, ulps: f64, what: impl Debug) -> Option<String> {
    let expected = number::<T>(expected);
    let off = ((ours - expected) / ulp(expected)).abs();
    let good = ours == expected || off <= number(ulps);
    (!good).then(|| format!("{what:?}: {ours:?} is {off} units off {expected:?}\n"))
}

pub fn quickcheck(tests: u64, property: impl Testable) {
    QuickCheck::new().tests(tests).min_tests_passed(tests).quickcheck(property);
}

/// The operations of one argument, and the functions of [`gradtape::Special`].
pub fn unary<F: Real>() -> Vec<Operation<F, 1>> {
    [Table::UNARY, Table::SPECIAL].concat()
}

/// The same for two arguments. The first ones are those of [`Table::BINARY`].
pub fn binary<F: Real>() -> Vec<Operation<F, 2>> {
    [Table::BINARY, Table::SPECIAL_PAIRS].concat()
}

/// Uses of a table entry in tests.
pub trait InBox<const N: usize> {
    /// A point of the box.
    fn point(&self, units: [Unit; N]) -> [f64; N];
}

impl<F, const N: usize> InBox<N> for Operation<F, N> {
    fn point(&self, units: [Unit; N]) -> [f64; N] {
        std::array::from_fn(|k| units[k].between(self.low[k], self.high[k]))
    }
}
