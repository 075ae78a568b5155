//! The report on the test set.

use std::io::Write;

use gradtape::Plain;
use gradtape::nn::{Dataset, Loss, Mlp, Scaling, Target, metrics};

use crate::run::{Result, brief, runaway};

/// The largest number of classes for which the confusion table is readable.
const MAX_CLASSES: usize = 30;

/// The number of letters of the name of a class that the table shows.
const NAME: usize = 20;

/// Writes the loss, and for classes accuracy and confusion table, for numbers the error and the share of explained
/// variance. A loss that is not finite is an error.
pub(crate) fn write<T: Plain>(network: &Mlp<T>, test: &Dataset, scaling: &Scaling, out: &mut dyn Write) -> Result<()> {
    let loss = Loss::of_target(test.target()).mean(network, test)?;
    if !loss.is_finite() {
        return Err(runaway("test loss", loss));
    }
    writeln!(out, "test loss {}", brief(loss))?;
    let outputs = network.predict(test)?;
    match test.target() {
        Target::Classes { names, labels } => {
            let predictions: Vec<_> = outputs.iter().map(|scores| metrics::largest(scores)).collect();
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
    let share = 100.0 * metrics::accuracy(labels, predictions);
    writeln!(out, "test accuracy {share:.2} % ({right} of {})", labels.len())?;
    if names.len() > MAX_CLASSES {
        return Ok(());
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(4, NAME);
    writeln!(out, "confusion: a row for each class, a column for each prediction")?;
    write!(out, "{:width$}", "")?;
    for name in names {
        write!(out, "  {name:>width$.NAME$}")?;
    }
    for (name, counts) in names.iter().zip(metrics::confusion(labels, predictions, names.len())) {
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
    let error = metrics::root_mean_square_error(targets, predictions);
    writeln!(out, "root mean square error {}", brief(scaling.restore_difference(error)))?;
    let share = metrics::r_squared(targets, predictions);
    if targets.iter().all(|y| *y == targets[0]) {
        return Ok(writeln!(out, "R² is not defined: the targets of the test set are all equal")?);
    }
    Ok(writeln!(out, "R² {share:.4}")?)
}
