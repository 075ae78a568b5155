//! A network for a data set in a file.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::io::Write;
use std::path::Path;

use gradtape::Plain;
use gradtape::nn::{
    Activation, Adam, Clipped, Dataset, EarlyStopping, Encoding, Init, Loss, Mlp, Optimizer, Sgd, Table, Target,
    Trainer,
};
use gradtape::program::{Communicator, Precision};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::options::{Method, Options};
use crate::report;
use crate::run::{Result, brief, number, runaway};

const TEST_SHARE: f64 = 0.2;
/// The share of the training set that is kept for validation, if the training may stop early.
const VALIDATION_SHARE: f64 = 0.2;
/// Adam's weight decay, if no other is given.
const DECAY: f64 = 0.01;
const MOMENTUM: f64 = 0.9;
/// The largest allowed ratio of the last loss and the first loss, or 1 if that is less. For standardised targets, 1 is
/// the loss of predicting their mean.
const MAX_RATIO: f64 = 1e6;
/// The number of epochs that are reported.
const LINES: usize = 10;

pub(crate) fn train<T: Precision>(
    path: &Path,
    options: &Options,
    ranks: Option<Box<dyn Communicator>>,
    out: &mut dyn Write,
    terminal: bool,
) -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let data = read(path, options, out)?;
    let name = printable(&path.display().to_string());
    let (mut training, mut test) = data
        .split(TEST_SHARE, &mut rng)
        .map_err(|_| format!("{name}: expected at least 3 rows, found {}", data.len()))?;
    let scaling = training.scaling();
    training.standardize(&scaling);
    test.standardize(&scaling);

    let mut layers: Vec<_> = options.hidden.iter().map(|&width| (width, options.activation)).collect();
    layers.push((data.target().width(), Activation::Identity));
    let network = Mlp::<T>::new(data.names().len(), &layers, init(options.activation), &mut rng)?;
    write!(out, "training set {} rows, ", training.len())?;
    let baseline = report::Baseline::of(training.target());
    let loss = loss(training.target(), options.is_balanced)?;
    let mut stopping = None;
    if let Some(patience) = options.patience {
        let (rest, validation) = training
            .split(VALIDATION_SHARE, &mut rng)
            .map_err(|_| format!("{name}: --patience needs at least 3 rows for training, found {}", training.len()))?;
        write!(out, "of which {} for validation, ", validation.len())?;
        training = rest;
        stopping = Some(Stopping { validation, state: EarlyStopping::new(patience), epoch: 0 });
    }
    writeln!(out, "test set {} rows", test.len())?;
    writeln!(out, "network {network}, {} parameters, seed {}", network.parameters().len(), options.seed)?;

    let mut trainer = Trainer::new(network, optimizer(options)).with_engine(options.engine).with_loss(loss.clone());
    if let Some(ranks) = ranks {
        trainer = trainer.with_communicator(ranks);
    }
    let mut run = Run { trainer, loss, options, terminal };
    run.train(&training, &mut stopping, &mut rng, out)?;
    let mut network = run.trainer.into_network();
    if let Some(Stopping { state, epoch, .. }) = stopping {
        let best = state.best_loss().ok_or("no loss of the validation set is a number")?;
        network.parameters_mut().copy_from_slice(state.best());
        writeln!(out, "best validation loss {}, of epoch {epoch}, whose weights are kept", brief(best))?;
    }
    report::write(&network, &test, &scaling, &baseline, out)
}

/// The rows that tell when to stop.
struct Stopping<T> {
    validation: Dataset,
    state: EarlyStopping<T>,
    /// The epoch with the best loss.
    epoch: usize,
}

struct Run<'a, T: Plain> {
    trainer: Trainer<T, Box<dyn Optimizer<T>>>,
    loss: Loss,
    options: &'a Options,
    terminal: bool,
}

impl<T: Plain> Run<'_, T> {
    fn train(
        &mut self,
        training: &Dataset,
        stopping: &mut Option<Stopping<T>>,
        rng: &mut Xoshiro256PlusPlus,
        out: &mut dyn Write,
    ) -> Result<()> {
        let Options { epochs, batch, rate, schedule, .. } = *self.options;
        let bar = if self.terminal {
            ProgressBar::new(u64::try_from(epochs).unwrap_or(u64::MAX))
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(ProgressStyle::with_template("epoch {pos}/{len} {wide_bar} {msg}, {eta} left")?);
        let mut limit = T::infinity();
        for epoch in 1..=epochs {
            self.trainer.optimizer_mut().set_rate(number(rate * schedule.factor(epoch - 1, epochs)));
            let loss = self.trainer.epoch(training, batch, rng)?;
            if !loss.is_finite() {
                bar.finish_and_clear();
                return Err(runaway(&format!("loss of epoch {epoch}"), loss));
            }
            let mut message = format!("loss {}", brief(loss));
            let mut last = epoch == epochs;
            if let Some(Stopping { validation, state, epoch: best }) = stopping {
                let network = self.trainer.network();
                let loss = self.loss.mean(network, validation)?;
                let before = state.best_loss();
                last |= state.observe(loss, network.parameters());
                if state.best_loss() != before {
                    *best = epoch;
                }
                message = format!("{message}, validation loss {}", brief(loss));
            }
            bar.set_message(message.clone());
            bar.inc(1);
            if last {
                bar.finish_and_clear();
            }
            if epoch == 1 {
                limit = number::<T>(MAX_RATIO) * loss.min(T::one());
            }
            if last || !self.terminal && (epoch == 1 || epoch % epochs.div_ceil(LINES) == 0) {
                writeln!(out, "epoch {epoch}, {message}")?;
            }
            if last {
                return if loss > limit { Err(runaway("last loss", loss)) } else { Ok(()) };
            }
        }
        Ok(())
    }
}

fn optimizer<T: Plain>(options: &Options) -> Box<dyn Optimizer<T>> {
    let rate = number(options.rate);
    let optimizer: Box<dyn Optimizer<T>> = match options.optimizer {
        Method::Adam => Box::new(Adam::new(rate).with_decay(number(options.weight_decay.unwrap_or(DECAY)))),
        Method::Sgd => {
            let sgd = Sgd::new(rate).with_momentum(number(MOMENTUM));
            Box::new(sgd.with_decay(number(options.weight_decay.unwrap_or(0.0))))
        }
    };
    match options.clip {
        Some(length) => Box::new(Clipped::new(optimizer, number(length))),
        None => optimizer,
    }
}

/// The loss of the targets. If it is balanced, every class has the same weight altogether.
fn loss(target: &Target, is_balanced: bool) -> Result<Loss> {
    match (target, Loss::of_target(target)) {
        (_, loss) if !is_balanced => Ok(loss),
        (Target::Classes { names, labels }, _) => {
            let weight = |class| {
                let rows = labels.iter().filter(|&&label| label == class).count().max(1);
                labels.len() as f64 / (names.len() * rows) as f64
            };
            Ok(Loss::CrossEntropy { smoothing: 0.0, weights: (0..names.len()).map(weight).collect() })
        }
        (Target::Numbers(_), _) => {
            Err("--class-weights: there are no classes; --task classification makes some".into())
        }
    }
}

/// Reads the table, and tells what was recognised in it.
fn read(path: &Path, options: &Options, out: &mut dyn Write) -> Result<Dataset> {
    let table = Table::read(path, options.format)?;
    let encoding = Encoding::of(&table, &options.columns)?;
    let data = encoding.dataset(&table)?;
    let name = printable(table.source());
    let separator = match table.separator() {
        ',' => "commas",
        ';' => "semicolons",
        '\t' => "tabs",
        _ => "the given character",
    };
    let decimal = if table.decimal() == ',' { ", decimal commas" } else { "" };
    let header = match options.format.header {
        _ if table.has_header() => "a header",
        Some(_) => "no header",
        None => "no header, because the first row has a number",
    };
    writeln!(out, "{name}: fields separated by {separator}{decimal}, {header}")?;
    let kind = match data.target() {
        Target::Classes { names, .. } => format!("one of {} classes", names.len()),
        Target::Numbers(_) => "a number".to_owned(),
    };
    writeln!(out, "to predict: {}, {kind}", printable(encoding.target()))?;
    let ignored = table.names().len() - 1 - encoding.columns();
    write!(out, "{} rows of {} features from {} columns", data.len(), data.names().len(), encoding.columns())?;
    if ignored > 0 {
        write!(out, ", {ignored} columns ignored")?;
    }
    let dropped = table.len() - data.len();
    if dropped > 0 {
        write!(out, ", {dropped} rows of {} dropped, in which a value is missing", table.len())?;
    }
    writeln!(out)?;
    Ok(data)
}

/// A name in one line.
fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

fn init(activation: Activation) -> Init {
    match activation {
        Activation::Identity | Activation::Tanh | Activation::Sigmoid | Activation::Softsign => Init::Xavier,
        _ => Init::He,
    }
}
