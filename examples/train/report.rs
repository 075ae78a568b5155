//! The report on the test set.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::io::Write;

use gradtape::nn::{Dataset, Mlp, Scaling, Target};
use gradtape::{Plain, Real};

use crate::run::{Result, brief, number, runaway};

/// The largest number of classes for which the confusion table is readable.
const MAX_CLASSES: usize = 30;

/// The number of letters of the name of a class that the table shows.
const NAME: usize = 20;

/// Writes the loss, and for classes accuracy and confusion table, for numbers the error and the share of explained
/// variance. A loss that is not finite is an error.
pub(crate) fn write<T: Plain>(network: &Mlp<T>, test: &Dataset, scaling: &Scaling, out: &mut dyn Write) -> Result<()> {
    let mut loss = T::zero();
    let mut outputs = Vec::new();
    for row in 0..test.len() {
        let x: Vec<T> = test.row(row).iter().map(|&x| number(x)).collect();
        outputs.push(network.forward(&x)?);
        loss += test.target().loss(row, &outputs[row]);
    }
    loss /= number(test.len() as f64);
    if !loss.is_finite() {
        return Err(runaway("test loss", loss));
    }
    writeln!(out, "test loss {}", brief(loss))?;
    match test.target() {
        Target::Classes { names, labels } => {
            let predictions: Vec<_> = outputs.iter().map(|scores| largest(scores)).collect();
            write_confusion(names, labels, &predictions, out)
        }
        Target::Numbers(targets) => {
            let predictions: Vec<_> = outputs.iter().map(|y| y[0].to_f64().unwrap_or(f64::NAN)).collect();
            write_fit(targets, &predictions, scaling, out)
        }
    }
}

fn write_confusion(names: &[String], labels: &[usize], predictions: &[usize], out: &mut dyn Write) -> Result<()> {
    let right = labels.iter().zip(predictions).filter(|(label, prediction)| label == prediction).count();
    let share = 100.0 * right as f64 / labels.len() as f64;
    writeln!(out, "test accuracy {share:.2} % ({right} of {})", labels.len())?;
    if names.len() > MAX_CLASSES {
        return Ok(());
    }
    let mut confusion = vec![vec![0; names.len()]; names.len()];
    for (&label, &prediction) in labels.iter().zip(predictions) {
        confusion[label][prediction] += 1;
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(4, NAME);
    writeln!(out, "confusion: a row for each class, a column for each prediction")?;
    write!(out, "{:width$}", "")?;
    for name in names {
        write!(out, "  {name:>width$.NAME$}")?;
    }
    for (name, counts) in names.iter().zip(confusion) {
        write!(out, "\n{name:width$.NAME$}")?;
        for count in counts {
            write!(out, "  {count:>width$}")?;
        }
    }
    Ok(writeln!(out)?)
}

/// Writes error and explained variance, computed from standardised numbers, whose squares neither overflow nor
/// underflow.
fn write_fit(targets: &[f64], predictions: &[f64], scaling: &Scaling, out: &mut dyn Write) -> Result<()> {
    let count = targets.len() as f64;
    // Relative to the first number, so that the mean of equal targets is exact.
    let mean = targets[0] + targets.iter().map(|y| y - targets[0]).sum::<f64>() / count;
    let residual = norm(targets.iter().zip(predictions).map(|(y, p)| y - p));
    let total = norm(targets.iter().map(|y| y - mean));
    writeln!(out, "root mean square error {}", brief(scaling.restore_difference(residual / count.sqrt())))?;
    if total == 0.0 {
        return Ok(writeln!(out, "R² is not defined: the targets of the test set are all equal")?);
    }
    Ok(writeln!(out, "R² {:.4}", 1.0 - (residual / total).powi(2))?)
}

fn norm(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, f64::hypot)
}

fn largest<T: Real>(scores: &[T]) -> usize {
    (1..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}
