//! How good a network is on the test set.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::io::Write;

use gradtape::Real;
use gradtape::nn::{Dataset, Mlp, Scaling, Target};

use crate::run::{Result, brief, number};

/// A wider confusion table is no longer readable.
const MOST_CLASSES: usize = 30;

/// Writes the loss, and what fits the target: accuracy and confusion, or the share of variance explained.
pub(crate) fn write<T: Real<Scalar = T>>(
    network: &Mlp<T>,
    test: &Dataset,
    scaling: &Scaling,
    out: &mut dyn Write,
) -> Result<()> {
    let mut loss = T::zero();
    let mut outputs = Vec::new();
    for row in 0..test.len() {
        let x: Vec<T> = test.row(row).iter().map(|&x| number(x)).collect();
        outputs.push(network.forward(&x)?);
        loss += test.target().loss(row, &outputs[row]);
    }
    writeln!(out, "test loss {}", brief(loss / number(test.len() as f64)))?;
    match test.target() {
        Target::Classes { names, labels } => {
            let predictions: Vec<_> = outputs.iter().map(|scores| largest(scores)).collect();
            write_confusion(names, labels, &predictions, out)
        }
        Target::Numbers(targets) => {
            let numbers = |y: &mut dyn Iterator<Item = f64>| -> Vec<f64> { y.map(|y| scaling.restore(y)).collect() };
            let predictions = numbers(&mut outputs.iter().map(|y| y[0].to_f64().unwrap_or(f64::NAN)));
            write_fit(&numbers(&mut targets.iter().copied()), &predictions, out)
        }
    }
}

fn write_confusion(names: &[String], labels: &[usize], predictions: &[usize], out: &mut dyn Write) -> Result<()> {
    let right = labels.iter().zip(predictions).filter(|(label, prediction)| label == prediction).count();
    let share = 100.0 * right as f64 / labels.len() as f64;
    writeln!(out, "test accuracy {share:.2} % ({right} of {})", labels.len())?;
    if names.len() > MOST_CLASSES {
        return Ok(());
    }
    let mut confusion = vec![vec![0; names.len()]; names.len()];
    for (&label, &prediction) in labels.iter().zip(predictions) {
        confusion[label][prediction] += 1;
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(4);
    writeln!(out, "confusion: a row for each class, a column for each prediction")?;
    write!(out, "{:width$}", "")?;
    for name in names {
        write!(out, "  {name:>width$}")?;
    }
    for (name, counts) in names.iter().zip(confusion) {
        write!(out, "\n{name:width$}")?;
        for count in counts {
            write!(out, "  {count:>width$}")?;
        }
    }
    Ok(writeln!(out)?)
}

fn write_fit(targets: &[f64], predictions: &[f64], out: &mut dyn Write) -> Result<()> {
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let total: f64 = targets.iter().map(|y| (y - mean).powi(2)).sum();
    let residual: f64 = targets.iter().zip(predictions).map(|(y, p)| (y - p).powi(2)).sum();
    writeln!(out, "root mean square error {:.6}", (residual / targets.len() as f64).sqrt())?;
    if total == 0.0 {
        return Ok(writeln!(out, "R² is not defined: the targets of the test set are all equal")?);
    }
    Ok(writeln!(out, "R² {:.4}", 1.0 - residual / total)?)
}

fn largest<T: Real>(scores: &[T]) -> usize {
    (1..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}
