//! The report on the test set.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::io::Write;

use gradtape::Plain;
use gradtape::nn::{Dataset, Loss, Mlp, Scaling, Target, metrics};

use crate::run::{Result, brief, runaway};

/// The largest number of classes for which the confusion table is readable.
const MAX_CLASSES: usize = 30;

/// The number of letters of the name of a class that the table shows.
const NAME: usize = 20;

/// What is predicted without a network: the class with the most rows of the training set, or the mean of its numbers.
pub(crate) enum Baseline {
    Class(usize),
    Number(f64),
}

impl Baseline {
    pub(crate) fn of(training: &Target) -> Self {
        match training {
            Target::Classes { names, labels } => {
                let rows = |class: &usize| labels.iter().filter(|&label| label == class).count();
                let counts: Vec<usize> = (0..names.len()).map(|class| rows(&class)).collect();
                Self::Class(metrics::largest(&counts))
            }
            Target::Numbers(numbers) => {
                // Each is divided, so that the sum does not overflow.
                Self::Number(numbers.iter().map(|y| y / numbers.len() as f64).sum())
            }
        }
    }
}

/// Writes the loss; for classes accuracy, confusion table and F1, for numbers the errors and the share of explained
/// variance; and the same of the baseline. A loss that is not finite is an error.
pub(crate) fn write<T: Plain>(
    network: &Mlp<T>,
    test: &Dataset,
    scaling: &Scaling,
    baseline: &Baseline,
    out: &mut dyn Write,
) -> Result<()> {
    let loss = Loss::of_target(test.target()).mean(network, test)?;
    if !loss.is_finite() {
        return Err(runaway("test loss", loss));
    }
    writeln!(out, "test loss {}", brief(loss))?;
    let outputs = network.predict(test)?;
    let plain = |y: T| y.to_f64().unwrap_or(f64::NAN);
    match (test.target(), baseline) {
        (Target::Classes { names, labels }, Baseline::Class(class)) => {
            let predictions: Vec<_> = outputs.iter().map(|scores| metrics::largest(scores)).collect();
            let right = labels.iter().zip(&predictions).filter(|(label, prediction)| label == prediction).count();
            let share = 100.0 * metrics::accuracy(labels, &predictions);
            let always = 100.0 * metrics::accuracy(labels, &vec![*class; labels.len()]);
            writeln!(
                out,
                "test accuracy {share:.2} % ({right} of {}), always {} {always:.2} %",
                labels.len(),
                short(&names[*class])
            )?;
            if let [_, positive] = &names[..] {
                let scores: Vec<f64> = outputs.iter().map(|y| plain(y[1]) - plain(y[0])).collect();
                let is_positive: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
                writeln!(out, "AUC {:.4} for {}", metrics::auc(&scores, &is_positive), short(positive))?;
            }
            write_confusion(names, &metrics::confusion(labels, &predictions, names.len()), out)
        }
        (Target::Numbers(targets), Baseline::Number(mean)) => {
            let predictions: Vec<_> = outputs.iter().map(|y| plain(y[0])).collect();
            write_fit(targets, &predictions, scaling, *mean, out)
        }
        _ => unreachable!("training set and test set have one kind of target"),
    }
}

/// The beginning of the name of a class.
fn short(name: &str) -> String {
    name.chars().take(NAME).collect()
}

fn write_confusion(names: &[String], confusion: &[Vec<usize>], out: &mut dyn Write) -> Result<()> {
    if names.len() > MAX_CLASSES {
        return Ok(());
    }
    let scores = names.iter().zip(metrics::f1(confusion)).map(|(name, f1)| format!("{} {f1:.4}", short(name)));
    writeln!(out, "F1 {}", scores.collect::<Vec<_>>().join(", "))?;
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

/// Writes errors and explained variance, computed from standardised numbers, whose squares neither overflow nor
/// underflow.
fn write_fit(targets: &[f64], predictions: &[f64], scaling: &Scaling, mean: f64, out: &mut dyn Write) -> Result<()> {
    for (name, metric) in [
        ("root mean square error", metrics::root_mean_square_error as fn(&[f64], &[f64]) -> f64),
        ("mean absolute error", metrics::mean_absolute_error),
    ] {
        let [ours, of_mean] = [predictions, &vec![mean; targets.len()]]
            .map(|predictions| brief(scaling.restore_difference(metric(targets, predictions))));
        writeln!(out, "{name} {ours}, of the mean {of_mean}")?;
    }
    if targets.iter().all(|y| *y == targets[0]) {
        return Ok(writeln!(out, "R² is not defined: the targets of the test set are all equal")?);
    }
    Ok(writeln!(out, "R² {:.4}", metrics::r_squared(targets, predictions))?)
}
