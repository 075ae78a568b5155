//! How good predictions are.
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["nn"] }
//! ```
//!
//! ```
//! use gradtape::nn::metrics;
//!
//! let (labels, predictions) = ([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]);
//! assert_eq!(metrics::accuracy(&labels, &predictions), 0.6);
//! let table = metrics::confusion(&labels, &predictions, 2);
//! assert_eq!(table, [[1, 1], [1, 2]]);
//! assert_eq!(metrics::f1(&table), [0.5, 2.0 / 3.0]);
//! assert_eq!(metrics::auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
//!
//! let (targets, predictions) = ([1.0, 2.0, 3.0, 6.0], [1.0, 2.0, 4.0, 5.0]);
//! assert_eq!(metrics::mean_absolute_error(&targets, &predictions), 0.5);
//! assert_eq!(metrics::root_mean_square_error(&targets, &predictions), 0.5_f64.sqrt());
//! assert!((metrics::r_squared(&targets, &predictions) - 12.0 / 14.0).abs() < 1e-15);
//! ```

use super::number;

/// The index of the largest score: the class that is predicted. The first one, if several are the largest; a NaN is
/// never larger.
///
/// # Panics
///
/// If there are no scores.
#[track_caller]
pub fn largest<T: PartialOrd>(scores: &[T]) -> usize {
    assert!(!scores.is_empty(), "a prediction needs a score for each class");
    (1..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best })
}

/// The share of predictions that are the label. NaN without rows.
///
/// # Panics
///
/// If there is not a prediction for each label.
#[track_caller]
pub fn accuracy(labels: &[usize], predictions: &[usize]) -> f64 {
    let right = pairs(labels, predictions).filter(|(label, prediction)| label == prediction).count();
    number::<f64>(right) / number::<f64>(labels.len())
}

/// How often each class was predicted as each class: a row for each label, a column for each prediction.
///
/// # Panics
///
/// If there is not a prediction for each label, or one of them is not below the number of classes.
#[track_caller]
pub fn confusion(labels: &[usize], predictions: &[usize], classes: usize) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; classes]; classes];
    for (label, prediction) in pairs(labels, predictions) {
        assert!(label < classes && prediction < classes, "classes are numbers below {classes}");
        table[label][prediction] += 1;
    }
    table
}

/// The F1 score of each class of a [`confusion`] table: `2 r / (l + p)` for `r` right predictions, `l` labels and `p`
/// predictions of the class, which is the harmonic mean of precision and recall. NaN for a class that has neither
/// labels nor predictions.
pub fn f1(confusion: &[Vec<usize>]) -> Vec<f64> {
    let of_class = |k: usize| {
        let (labels, predictions): (usize, usize) =
            (confusion[k].iter().sum(), confusion.iter().map(|row| row[k]).sum());
        number::<f64>(2 * confusion[k][k]) / number::<f64>(labels + predictions)
    };
    (0..confusion.len()).map(of_class).collect()
}

/// The area under the curve of the receiver operating characteristic: the share of pairs of a positive and a negative
/// row in which the positive one has the larger score; an equal score counts one half. NaN without positive or negative
/// rows.
///
/// It takes `n log n` comparisons. A NaN among the scores is larger than all others.
///
/// # Panics
///
/// If there is not a score for each row.
#[track_caller]
pub fn auc(scores: &[f64], is_positive: &[bool]) -> f64 {
    let mut rows: Vec<(f64, bool)> = pairs(scores, is_positive).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = rows.iter().filter(|row| row.1).count();
    // Pairs count twice, so that those with equal scores count once.
    let (mut twice, mut negatives) = (0.0, 0);
    for equal in rows.chunk_by(|a, b| a.0 == b.0) {
        let positives = equal.iter().filter(|row| row.1).count();
        let others = equal.len() - positives;
        twice += number::<f64>(positives) * number::<f64>(2 * negatives + others);
        negatives += others;
    }
    twice / (2.0 * number::<f64>(positives) * number::<f64>(negatives))
}

/// The mean of the absolute errors. NaN without rows.
///
/// # Panics
///
/// If there is not a prediction for each target.
#[track_caller]
pub fn mean_absolute_error(targets: &[f64], predictions: &[f64]) -> f64 {
    let count = number::<f64>(targets.len());
    // Divided first, so that the sum does not overflow.
    let mean = pairs(targets, predictions).map(|(t, y)| (t - y).abs() / count).sum();
    if targets.is_empty() { f64::NAN } else { mean }
}

/// The square root of the mean of the squared errors; no square overflows. NaN without rows.
///
/// # Panics
///
/// If there is not a prediction for each target.
#[track_caller]
pub fn root_mean_square_error(targets: &[f64], predictions: &[f64]) -> f64 {
    norm(pairs(targets, predictions).map(|(t, y)| t - y)) / number::<f64>(targets.len()).sqrt()
}

/// The share of the variance of the targets that is explained: `1 - Σ (tᵢ - yᵢ)² / Σ (tᵢ - mean)²`. At most 1; 0 for
/// the mean of the targets as the prediction. Not finite, or NaN, if all targets are equal.
///
/// # Panics
///
/// If there is not a prediction for each target.
#[track_caller]
pub fn r_squared(targets: &[f64], predictions: &[f64]) -> f64 {
    let residual = norm(pairs(targets, predictions).map(|(t, y)| t - y));
    // Relative to the first number, so that the mean of equal targets is exact.
    let first = targets.first().copied().unwrap_or(0.0);
    let mean = first + targets.iter().map(|t| t - first).sum::<f64>() / number::<f64>(targets.len());
    1.0 - (residual / norm(targets.iter().map(|t| t - mean))).powi(2)
}

fn norm(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, f64::hypot)
}

#[track_caller]
fn pairs<A: Copy, B: Copy>(a: &[A], b: &[B]) -> impl Iterator<Item = (A, B)> {
    assert_eq!(a.len(), b.len(), "a metric needs as many predictions as targets");
    a.iter().copied().zip(b.iter().copied())
}
