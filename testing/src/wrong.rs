//! Wrong gradients, and whether a check detects them.

use gradtape::check::{Failure, Report, Variation, Verdict};
use gradtape::{Scalar, Value};

/// `f` with wrong derivatives on the tape by `x[k]`: `x[k]` becomes the result of a custom operation.
pub fn with_slope<T: Scalar>(x: &[Value<T>], k: usize, slope: T) -> Vec<Value<T>> {
    let mut x = x.to_vec();
    // A chain with a wrong slope, made by public functions: the number of `x`, and `slope` times its change.
    let scaled = x[k] * slope;
    x[k] = scaled + Value::constant(x[k].data() - scaled.data());
    x
}

pub fn is_caught(result: Result<Report, Failure>, along: Variation) -> bool {
    let Err(failure) = result else { return false };
    let report = failure.report().expect("the function is finite");
    report.entries().iter().all(|entry| (entry.verdict == Verdict::Disagrees) == (entry.variation == along))
        && report.worst().is_some_and(|entry| entry.variation == along)
}
