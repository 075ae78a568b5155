//! Losses: how far outputs are from what they should be, as one number to be made small.
//!
//! Outputs are any [`Real`], targets are plain numbers.
//!
//! ```
//! use gradtape::nn::loss;
//!
//! assert_eq!(loss::sum_of_squares(&[1.0, 2.0], &[0.0, 4.0]), 5.0);
//! assert_eq!(loss::mean_squared(&[1.0, 2.0], &[0.0, 4.0]), 2.5);
//! assert_eq!(loss::hinge(&[2.0, 0.5, 0.5], &[1.0, 1.0, -1.0]), (0.0 + 0.5 + 1.5) / 3.0);
//! assert_eq!(loss::l2(&[3.0, 4.0]), 25.0);
//! assert_eq!(loss::cross_entropy(&[0.0, 0.0], 1), 2_f64.ln());
//! ```

use crate::Real;
use crate::ops::rules::constant;

/// The sum of squared errors `Σ (yᵢ - tᵢ)²`.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn sum_of_squares<F: Real>(outputs: &[F], targets: &[F::Scalar]) -> F {
    pairs(outputs, targets).map(|(y, t)| (y - t) * (y - t)).sum()
}

/// The mean squared error `Σ (yᵢ - tᵢ)² / n`.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn mean_squared<F: Real>(outputs: &[F], targets: &[F::Scalar]) -> F {
    mean(sum_of_squares(outputs, targets), outputs.len())
}

/// The max-margin loss `Σ max(0, 1 - tᵢ yᵢ) / n` of scores `yᵢ` for targets `tᵢ` of 1 or -1.
///
/// Micrograd's demonstration trains with `hinge(scores, targets) + l2(parameters) * 1e-4`.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn hinge<F: Real>(scores: &[F], targets: &[F::Scalar]) -> F {
    mean(pairs(scores, targets).map(|(y, t)| (F::one() - t * y).relu()).sum(), scores.len())
}

/// The penalty `Σ wᵢ²`, which keeps parameters small.
pub fn l2<F: Real>(parameters: &[F]) -> F {
    F::dot(parameters, parameters)
}

/// The cross-entropy of the softmax of the scores: `ln Σ exp(yᵢ) - y_class`, without overflow at any finite score and
/// exact where a score is far above the others.
///
/// # Panics
///
/// If there is no score for `class`.
#[track_caller]
pub fn cross_entropy<F: Real>(scores: &[F], class: usize) -> F {
    assert!(class < scores.len(), "cross-entropy needs a score for each class");
    let top = (1..scores.len()).fold(0, |top, i| if scores[i] > scores[top] { i } else { top });
    let largest = F::constant(scores[top].data());
    // Of the largest score all but the 1: beside it, the others' small terms would be rounded away.
    let term = |(i, &y): (usize, &F)| if i == top { (y - largest).exp_m1() } else { (y - largest).exp() };
    scores.iter().enumerate().map(term).sum::<F>().ln_1p() - (scores[class] - largest)
}

#[track_caller]
fn pairs<F: Real>(outputs: &[F], targets: &[F::Scalar]) -> impl Iterator<Item = (F, F)> {
    assert_eq!(outputs.len(), targets.len(), "a loss needs as many targets as outputs");
    outputs.iter().copied().zip(targets.iter().map(|&t| F::constant(t)))
}

fn mean<F: Real>(sum: F, count: usize) -> F {
    #[allow(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
    let count = constant(count as f64);
    sum / F::constant(count)
}
