//! How good a network is on rows with labels.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::io::Write;

use gradtape::nn::{Dataset, Scaling, Target, metrics};

use crate::network::Network;
use crate::run::{Result, brief, runaway};

/// The largest number of classes for which the confusion table is readable.
const MAX_CLASSES: usize = 30;

/// The number of letters of the name of a class that the table shows.
const NAME: usize = 20;

/// The outputs of a network for the rows of a data set, whose features and numbers are standardised.
pub(crate) struct Evaluation<'a> {
    test: &'a Dataset,
    outputs: Vec<Vec<f64>>,
    loss: f64,
}

/// The class that is predicted without a network: the one with the most rows of the training set. None if numbers are
/// predicted; then it is their mean, which standardised is 0.
pub(crate) fn most_common_class(training: &Target) -> Option<usize> {
    let Target::Classes { names, labels } = training else { return None };
    let mut counts = vec![0; names.len()];
    for &label in labels {
        counts[label] += 1;
    }
    Some(metrics::largest(&counts))
}

impl<'a> Evaluation<'a> {
    /// Computes the outputs.
    pub(crate) fn new(network: &Network, test: &'a Dataset) -> Result<Self> {
        let outputs = network.outputs((0..test.len()).map(|row| test.row(row)))?;
        let losses = outputs.iter().enumerate().map(|(row, outputs)| test.target().loss(row, outputs));
        let loss = losses.sum::<f64>() / test.len() as f64;
        Ok(Self { test, outputs, loss })
    }

    /// The same after a training, in which a loss that is not finite is an error.
    pub(crate) fn after_training(network: &Network, test: &'a Dataset) -> Result<Self> {
        let evaluation = Self::new(network, test)?;
        let loss = evaluation.loss;
        if loss.is_finite() { Ok(evaluation) } else { Err(runaway("test loss", loss)) }
    }

    pub(crate) fn rows(&self) -> &'a Dataset {
        self.test
    }

    /// The predicted classes; or the numbers.
    pub(crate) fn classes(&self) -> Vec<usize> {
        self.outputs.iter().map(|scores| metrics::largest(scores)).collect()
    }

    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.outputs.iter().map(|y| y[0]).collect()
    }

    /// The area under the curve of two classes; NaN if all rows have one class. None of other numbers of classes.
    fn auc(&self, labels: &[usize]) -> Option<f64> {
        (self.test.target().width() == 2).then(|| {
            let scores: Vec<f64> = self.outputs.iter().map(|y| y[1] - y[0]).collect();
            let is_positive: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
            metrics::auc(&scores, &is_positive)
        })
    }

    /// What is measured, with the same of the baseline: the name of each number, the number, and its unit. One that is
    /// not defined is NaN.
    pub(crate) fn measures(
        &self,
        scaling: &Scaling,
        baseline: Option<usize>,
    ) -> Vec<(&'static str, f64, &'static str)> {
        let mut measures = vec![("loss", self.loss, "")];
        match (self.test.target(), baseline) {
            (Target::Classes { names, labels }, Some(class)) => {
                let predictions = self.classes();
                let accuracy = |predictions: &[usize]| 100.0 * metrics::accuracy(labels, predictions);
                measures.push(("accuracy", accuracy(&predictions), " %"));
                measures.push(("always the most common class", accuracy(&vec![class; labels.len()]), " %"));
                let confusion = metrics::confusion(labels, &predictions, names.len());
                measures.push(("macro F1", mean_of_defined(&metrics::f1(&confusion)), ""));
                measures.extend(self.auc(labels).map(|auc| ("AUC", auc, "")));
            }
            (Target::Numbers(targets), None) => {
                let predictions = self.numbers();
                let mean = vec![0.0; targets.len()];
                for (name, of_mean, metric) in ERRORS {
                    for (name, predictions) in [(name, &predictions), (of_mean, &mean)] {
                        measures.push((name, scaling.restore_difference(metric(targets, predictions)), ""));
                    }
                }
                let r_squared = if are_equal(targets) { f64::NAN } else { metrics::r_squared(targets, &predictions) };
                measures.push(("R²", r_squared, ""));
            }
            _ => unreachable!("the baseline is of the kind of the target"),
        }
        measures
    }

    /// Writes the loss; for classes accuracy, confusion table and F1, for numbers the errors and the share of explained
    /// variance; and the same of the baseline. `set` is the name of the rows.
    pub(crate) fn write(
        &self,
        set: &str,
        scaling: &Scaling,
        baseline: Option<usize>,
        out: &mut dyn Write,
    ) -> Result<()> {
        writeln!(out, "{set} loss {}", brief(self.loss))?;
        match (self.test.target(), baseline) {
            (Target::Classes { names, labels }, Some(class)) => {
                let predictions = self.classes();
                let right = labels.iter().zip(&predictions).filter(|(label, prediction)| label == prediction).count();
                let share = 100.0 * metrics::accuracy(labels, &predictions);
                let always = 100.0 * metrics::accuracy(labels, &vec![class; labels.len()]);
                let (rows, class) = (labels.len(), short(&names[class]));
                writeln!(out, "{set} accuracy {share:.2} % ({right} of {rows}), always {class} {always:.2} %")?;
                match self.auc(labels) {
                    Some(auc) if auc.is_nan() => {
                        writeln!(out, "AUC is not defined: the rows of the {set} set have one class")?;
                    }
                    Some(auc) => writeln!(out, "AUC {auc:.4} for {}", short(&names[1]))?,
                    None => {}
                }
                write_confusion(names, &metrics::confusion(labels, &predictions, names.len()), out)
            }
            (Target::Numbers(targets), None) => write_fit(set, targets, &self.numbers(), scaling, out),
            _ => unreachable!("the baseline is of the kind of the target"),
        }
    }
}

/// A measure as it is told: a percentage with two digits.
pub(crate) fn told(number: f64, unit: &str) -> String {
    if unit.is_empty() { brief(number) } else { format!("{number:.2}{unit}") }
}

/// Compares targets with predictions.
type Metric = fn(&[f64], &[f64]) -> f64;

/// The errors of numbers: the name, that of the same error of the mean, and the metric.
const ERRORS: [(&str, &str, Metric); 2] = [
    ("root mean square error", "root mean square error of the mean", metrics::root_mean_square_error),
    ("mean absolute error", "mean absolute error of the mean", metrics::mean_absolute_error),
];

/// The mean of the numbers that are not NaN.
fn mean_of_defined(numbers: &[f64]) -> f64 {
    let defined: Vec<f64> = numbers.iter().copied().filter(|x| !x.is_nan()).collect();
    defined.iter().sum::<f64>() / defined.len() as f64
}

fn are_equal(targets: &[f64]) -> bool {
    targets.iter().all(|y| *y == targets[0])
}

/// The beginning of the name of a class.
fn short(name: &str) -> String {
    name.chars().take(NAME).collect()
}

fn write_confusion(names: &[String], confusion: &[Vec<usize>], out: &mut dyn Write) -> Result<()> {
    if names.len() > MAX_CLASSES {
        return Ok(());
    }
    let f1 = |(name, f1): (&String, f64)| {
        let f1 = if f1.is_nan() { "not defined".to_owned() } else { format!("{f1:.4}") };
        format!("{} {f1}", short(name))
    };
    let scores = names.iter().zip(metrics::f1(confusion)).map(f1);
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
fn write_fit(set: &str, targets: &[f64], predictions: &[f64], scaling: &Scaling, out: &mut dyn Write) -> Result<()> {
    for (name, _, metric) in ERRORS {
        let [ours, of_mean] = [predictions, &vec![0.0; targets.len()]]
            .map(|predictions| brief(scaling.restore_difference(metric(targets, predictions))));
        writeln!(out, "{name} {ours}, of the mean {of_mean}")?;
    }
    if are_equal(targets) {
        return Ok(writeln!(out, "R² is not defined: the targets of the {set} set are all equal")?);
    }
    Ok(writeln!(out, "R² {:.4}", metrics::r_squared(targets, predictions))?)
}
