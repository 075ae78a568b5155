//! Several trainings with different test sets, to tell how much their results vary.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::io;

use gradtape::nn::Target;
use rand::rngs::Xoshiro256PlusPlus;

use crate::console::Console;
use crate::evaluation::{Evaluation, most_common_class, told};
use crate::network::Network;
use crate::options::Options;
use crate::run::Result;
use crate::table::TrainingTable;
use crate::training::Training;

/// The name of a number, the number in each fold, and its unit.
type Measure = (&'static str, Vec<f64>, &'static str);

pub(crate) fn run(
    table: &TrainingTable,
    count: usize,
    options: &Options,
    rng: &mut Xoshiro256PlusPlus,
    console: &mut Console<'_>,
) -> Result<()> {
    let folds = table.data.folds(count, rng).map_err(|_| {
        let rows = table.data.len();
        format!("--cross-validate: expected a number of folds from 2 to {rows}, the number of rows, found {count}")
    })?;
    let mixture =
        if matches!(table.data.target(), Target::Classes { .. }) { ", with the same mixture of classes" } else { "" };
    writeln!(console.out, "{count} folds of random rows{mixture}, seed {}", options.seed)?;
    let mut measures: Vec<Measure> = Vec::new();
    let mut complete = 0;
    for (k, (mut training, mut test)) in folds.into_iter().enumerate() {
        let (_, scaling) = table.prepare(&mut training, &mut test);
        let of_rows = Training { name: &table.name, data: &training, test_rows: test.len(), options };
        let fold = k + 1;
        let network = Network::train(
            &of_rows,
            rng,
            &mut Console { out: &mut io::sink(), notes: &mut io::sink(), ranks: None, ..*console },
        );
        let (network, _) = network.map_err(|error| format!("fold {fold}: {error}"))?;
        if console.interrupt.is_set() {
            writeln!(console.out, "interrupted in fold {fold}, which does not count")?;
            if complete < 2 {
                return Err("--cross-validate: interrupted before two folds were complete".into());
            }
            break;
        }
        complete = fold;
        let found = Evaluation::after_training(&network, &test)
            .map_err(|error| format!("fold {fold}: {error}"))?
            .measures(&scaling, most_common_class(training.target()));
        measures.resize_with(found.len(), || ("", Vec::new(), ""));
        let mut texts = Vec::new();
        for ((name, numbers, unit), (of_fold, number, of_unit)) in measures.iter_mut().zip(found) {
            (*name, *unit) = (of_fold, of_unit);
            if number.is_nan() {
                texts.push(format!("{name} not defined"));
            } else {
                numbers.push(number);
                texts.push(format!("{name} {}", told(number, unit)));
            }
        }
        writeln!(console.out, "fold {fold}, {} rows for the test: {}", test.len(), texts.join(", "))?;
    }
    writeln!(console.out, "mean and standard deviation of {complete} folds:")?;
    for (name, numbers, unit) in measures {
        let folds = if numbers.len() < complete { format!(", in {} folds", numbers.len()) } else { String::new() };
        match mean_and_deviation(&numbers) {
            Some((mean, deviation)) => {
                writeln!(console.out, "{name} {} ± {}{folds}", told(mean, unit), told(deviation, unit))?;
            }
            None => writeln!(console.out, "{name} needs two folds in which it is defined")?,
        }
    }
    Ok(())
}

/// The mean and the standard deviation of a sample; none of fewer than two numbers.
fn mean_and_deviation(numbers: &[f64]) -> Option<(f64, f64)> {
    let count = numbers.len() as f64;
    let mean = numbers.iter().map(|x| x / count).sum::<f64>();
    let deviation = numbers.iter().fold(0.0, |norm: f64, x| norm.hypot(x - mean)) / (count - 1.0).sqrt();
    (numbers.len() > 1).then_some((mean, deviation))
}
