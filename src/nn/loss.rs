//! Losses: the distance of outputs from their targets, as one number to minimise.
//!
//! Outputs are any [`Real`]. Targets are plain numbers, or numbers of the same type as the outputs, as in a program,
//! which reads its targets from its rows.
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["nn"] }
//! ```
//!
//! ```
//! use gradtape::nn::loss;
//!
//! assert_eq!(loss::sum_of_squares(&[1.0, 2.0], &[0.0, 4.0]), 5.0);
//! assert_eq!(loss::mean_squared(&[1.0, 2.0], &[0.0, 4.0]), 2.5);
//! assert_eq!(loss::hinge(&[2.0, 0.5, 0.5], &[1.0, 1.0, -1.0]), (0.0 + 0.5 + 1.5) / 3.0);
//! assert_eq!(loss::absolute(&[1.0, 2.0], &[0.0, 4.0]), 3.0);
//! assert_eq!(loss::huber(&[0.5, 3.0], &[0.0, 0.0], 1.0), 0.125 + 2.5);
//! assert_eq!(loss::quantile(&[1.0, 1.0], &[0.0, 2.0], 0.75), 0.25 + 0.75);
//! assert_eq!(loss::poisson(&[0.0], &[3.0]), 1.0);
//! assert_eq!(loss::binary_cross_entropy(&[0.0, 0.0], &[1.0, 0.0]), 2.0 * 2_f64.ln());
//! assert_eq!(loss::l2(&[3.0, 4.0]), 25.0);
//! assert_eq!(loss::cross_entropy(&[0.0, 0.0], 1), 2_f64.ln());
//! ```

use std::ops::{Mul, Sub};

use crate::number::Real;
use crate::ops::rules::constant;

/// The sum of squared errors `Σ (yᵢ - tᵢ)²`.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn sum_of_squares<F: Real + Sub<X, Output = F>, X: Copy>(outputs: &[F], targets: &[X]) -> F {
    pairs(outputs, targets).map(|(y, t)| (y - t) * (y - t)).sum()
}

/// The mean squared error `Σ (yᵢ - tᵢ)² / n`.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn mean_squared<F: Real + Sub<X, Output = F>, X: Copy>(outputs: &[F], targets: &[X]) -> F {
    mean(sum_of_squares(outputs, targets), outputs.len())
}

/// The sum of absolute errors `Σ |yᵢ - tᵢ|`, which is least at the median of the targets.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn absolute<F: Real + Sub<X, Output = F>, X: Copy>(outputs: &[F], targets: &[X]) -> F {
    pairs(outputs, targets).map(|(y, t)| (y - t).abs()).sum()
}

/// Huber's loss: the sum of `e²/2` for errors `|e| ≤ width`, and of `width (|e| - width/2)` for larger ones, which so
/// have less weight than in the squared error. Huber, "Robust estimation of a location parameter", 1964.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn huber<F: Real + Sub<X, Output = F>, X: Copy>(outputs: &[F], targets: &[X], width: F::Plain) -> F {
    let half = F::constant(constant(0.5));
    let of_error = |e: F| {
        let inside = e.abs().min(F::constant(width));
        inside * (e.abs() - inside * half)
    };
    pairs(outputs, targets).map(|(y, t)| of_error(y - t)).sum()
}

/// The quantile loss: the sum of `q e` for targets that are `e` above the output, and of `(1 - q) e` for those
/// below. It is least at the quantile `q` of the targets, a share from 0 to 1. Koenker and Bassett, "Regression
/// quantiles", 1978.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn quantile<F: Real + Sub<X, Output = F>, X: Copy>(outputs: &[F], targets: &[X], q: F::Plain) -> F {
    pairs(outputs, targets).map(|(y, t)| y - t).map(|above| above.relu() - above * F::constant(q)).sum()
}

/// The Poisson loss of counts `tᵢ` whose rates have the logarithms `yᵢ`: `Σ (exp(yᵢ) - tᵢ yᵢ)`, the negative logarithm
/// of the likelihood without the terms `ln tᵢ!`, which do not depend on the outputs.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn poisson<F: Real + Mul<X, Output = F>, X: Copy>(outputs: &[F], targets: &[X]) -> F {
    pairs(outputs, targets).map(|(y, t)| y.exp() - y * t).sum()
}

/// The cross-entropy of yes or no: `-Σ (tᵢ ln p(yᵢ) + (1 - tᵢ) ln(1 - p(yᵢ)))` of scores `yᵢ` whose probability is
/// `p(y) = 1/(1 + exp(-y))`, for shares `tᵢ` from 0 to 1. It neither overflows nor loses small terms at any finite
/// score.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn binary_cross_entropy<F: Real + Mul<X, Output = F>, X: Copy>(scores: &[F], shares: &[X]) -> F {
    let one = F::one();
    pairs(scores, shares).map(|(y, t)| (-y).softplus() * t + y.softplus() * (one - one * t)).sum()
}

/// The max-margin loss `Σ max(0, 1 - tᵢ yᵢ) / n` of scores `yᵢ` for targets `tᵢ` of 1 or -1.
///
/// Micrograd's demonstration trains with `hinge(scores, targets) + l2(parameters) * 1e-4`.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn hinge<F: Real + Mul<X, Output = F>, X: Copy>(scores: &[F], targets: &[X]) -> F {
    mean(pairs(scores, targets).map(|(y, t)| (F::one() - y * t).relu()).sum(), scores.len())
}

/// The penalty `Σ wᵢ²` for large parameters.
pub fn l2<F: Real>(parameters: &[F]) -> F {
    F::dot(parameters, parameters)
}

/// The cross-entropy of the softmax of the scores: `ln Σ exp(yᵢ) - y_class`. It does not overflow at any finite score,
/// and is accurate where one score is far above the others.
///
/// It branches at the largest score. For a program, use [`soft_cross_entropy`], which has no branch.
///
/// # Panics
///
/// If there is no score for `class`.
#[track_caller]
pub fn cross_entropy<F: Real>(scores: &[F], class: usize) -> F {
    assert!(class < scores.len(), "cross-entropy needs a score for each class");
    let top = (1..scores.len()).fold(0, |top, i| if scores[i] > scores[top] { i } else { top });
    let largest = scores[top].detach();
    // The term of the largest score is 1. It is left out, for the small terms of the others would be rounded away
    // beside it.
    let term = |(i, &y): (usize, &F)| if i == top { (y - largest).exp_m1() } else { (y - largest).exp() };
    scores.iter().enumerate().map(term).sum::<F>().ln_1p() - (scores[class] - largest)
}

/// The cross-entropy of the softmax of the scores for *shares* of the classes, which add up to 1:
/// `ln Σ exp(yᵢ) - Σ tᵢ yᵢ`. It does not overflow at any finite score, and has no branch.
///
/// A share of 1 and otherwise zeros give the loss of one class, that of [`cross_entropy`]. Other shares are smoothed
/// labels, or the probabilities of another model.
///
/// With the largest score `m` it is computed as `ln(1 + Σ (exp(yᵢ - m) - tᵢ)) - (Σ tᵢ yᵢ - m)`. This is the same if the
/// shares add up to 1, which is not checked. If a class with share 1 has the largest score by far, its term is exactly
/// 0, and the loss is as accurate as the small terms of the others.
///
/// # Panics
///
/// If the lengths differ, or there are no scores.
///
/// # Examples
///
/// ```
/// use gradtape::nn::loss;
///
/// let scores = [1.0, 30.0, -2.0];
/// assert_eq!(loss::soft_cross_entropy(&scores, &[0.0, 1.0, 0.0]), loss::cross_entropy(&scores, 1));
/// let smoothed: f64 = loss::soft_cross_entropy(&scores, &[0.25, 0.5, 0.25]);
/// assert!((smoothed - 0.25 * 29.0 - 0.25 * 32.0).abs() < 1e-12);
/// ```
#[track_caller]
pub fn soft_cross_entropy<F: Real>(scores: &[F], shares: &[F]) -> F {
    assert!(!scores.is_empty(), "cross-entropy needs a score for each class");
    // The loss does not depend on `m`, so `m` needs no derivative.
    let m = scores[1..].iter().fold(scores[0].detach(), |m, y| m.max(y.detach()));
    let terms = pairs(scores, shares).map(|(y, t)| (y - m).exp() - t);
    terms.sum::<F>().ln_1p() - (F::dot(scores, shares) - m)
}

#[track_caller]
fn pairs<F: Copy, X: Copy>(outputs: &[F], targets: &[X]) -> impl Iterator<Item = (F, X)> {
    assert_eq!(outputs.len(), targets.len(), "a loss needs as many targets as outputs");
    outputs.iter().copied().zip(targets.iter().copied())
}

fn mean<F: Real>(sum: F, count: usize) -> F {
    #[allow(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
    let count = constant(count as f64);
    sum / F::constant(count)
}
