//! Shared by the tests: comparison of numbers, and differences that know their error.

#![allow(dead_code, reason = "each test binary takes what it needs")]

pub(crate) mod naive;
pub(crate) mod panics;

use std::fmt::Debug;

use gradtape::check::{Operation, Unit};
use gradtape::{Real, Tape, Value};
use num_traits::Float;
use quickcheck::{Arbitrary, QuickCheck, Testable};

/// A plain float: f32 or f64.
pub(crate) trait Plain: Real<Scalar = Self> + Into<f64> + Arbitrary {}

impl<T: Real<Scalar = T> + Into<f64> + Arbitrary> Plain for T {}

/// `x`, rounded to the float `T`.
pub(crate) fn number<T: num_traits::NumCast>(x: f64) -> T {
    num_traits::cast(x).expect("a float converts from f64")
}

/// All that tells two floats apart, except which NaN they are.
pub(crate) fn bits(x: impl Into<f64>) -> u64 {
    let x = x.into();
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

#[track_caller]
pub(crate) fn assert_same_bits<T: Into<f64> + Debug + Copy>(ours: T, expected: T, what: impl Debug) {
    assert_eq!(bits(ours), bits(expected), "{what:?}: {ours:?} instead of {expected:?}");
}

#[track_caller]
pub(crate) fn assert_near<T: Float + Debug>(ours: T, expected: T, tolerance: T, what: impl Debug) {
    assert!((ours - expected).abs() <= tolerance, "{what:?}: {ours:?} instead of {expected:?} ± {tolerance:?}");
}

/// The distance to the next float.
fn ulp<T: Plain>(x: T) -> T {
    let tiniest = T::min_positive_value() * T::epsilon();
    if x.abs() < T::min_positive_value() { tiniest } else { x.abs().log2().floor().exp2() * T::epsilon() }
}

/// Says by how much a result is off, if by more than it may.
pub(crate) fn complaint<T: Plain>(ours: T, expected: f64, ulps: f64, what: impl Debug) -> Option<String> {
    let expected = number::<T>(expected);
    let off = ((ours - expected) / ulp(expected)).abs();
    let good = ours == expected || off <= number(ulps);
    (!good).then(|| format!("{what:?}: {ours:?} is {off} units off {expected:?}\n"))
}

pub(crate) fn quickcheck(tests: u64, property: impl Testable) {
    QuickCheck::new().tests(tests).min_tests_passed(tests).quickcheck(property);
}

/// What tests do with an entry of the table.
pub(crate) trait InBox<const N: usize> {
    /// A point of the box.
    fn point(&self, units: [Unit; N]) -> [f64; N];

    /// A step that differences may start with.
    fn step(&self, k: usize) -> f64;
}

impl<F, const N: usize> InBox<N> for Operation<F, N> {
    fn point(&self, units: [Unit; N]) -> [f64; N] {
        std::array::from_fn(|k| units[k].between(self.low[k], self.high[k]))
    }

    fn step(&self, k: usize) -> f64 {
        (0.05 * (self.high[k] - self.low[k])).min(0.04)
    }
}

/// The partial derivatives of `f` at `x`, on a tape of their own.
pub(crate) fn partials<T: Float + 'static, const N: usize>(f: fn([Value<T>; N]) -> Value<T>, x: [T; N]) -> [T; N] {
    let tape = Tape::new();
    let x = x.map(|x| tape.var(x));
    let gradients = f(x).backward();
    x.map(|x| gradients.wrt(x))
}

/// The derivative of `f` at `x` from central differences, and a bound of its error.
///
/// Ridders' tableau: each column removes one power of `step²`; the error is how much the best entry differs from its
/// neighbours, and what rounding contributes at its step. `noise` is the error of `f` beyond that of its last
/// operation. The step is halved until `f` is finite on both sides.
///
/// Source: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4
/// (1982); `dfridr` of Numerical Recipes.
pub(crate) fn difference<T: Float>(f: impl Fn(T) -> T, x: T, step: T, noise: T) -> (T, T) {
    let two = T::one() + T::one();
    let central = |step: T| {
        let (above, below) = (x + step, x - step);
        (f(above) - f(below)) / (above - below)
    };
    let mut step = step;
    while !central(step).is_finite() && step > T::epsilon() {
        step = step / two;
    }
    let rounding = noise + (f(x + step).abs() + f(x - step).abs()) * T::epsilon();
    let mut previous = vec![central(step)];
    let mut best = (previous[0], T::infinity());
    for _ in 0..8 {
        step = step / two;
        let mut row = vec![central(step)];
        let mut power = T::one();
        for j in 0..previous.len() {
            power = power * two * two;
            let next = row[j] + (row[j] - previous[j]) / (power - T::one());
            let error = (next - row[j]).abs().max((next - previous[j]).abs()) + rounding / step;
            if error < best.1 {
                best = (next, error);
            }
            row.push(next);
        }
        previous = row;
    }
    (best.0, two * best.1)
}
