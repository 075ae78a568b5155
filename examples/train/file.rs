//! A network for a data set in a file.

use std::io::Write;
use std::path::Path;

use gradtape::Plain;
use gradtape::nn::{Activation, Adam, Dataset, Init, Labels, Mlp, Optimizer, Sgd, Target, Trainer};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::options::{Method, Options};
use crate::report;
use crate::run::{Result, brief, number, runaway};

const TEST_SHARE: f64 = 0.2;
/// Adam's weight decay.
const DECAY: f64 = 0.01;
const MOMENTUM: f64 = 0.9;
/// The largest allowed ratio of the last loss and the first loss, or 1 if that is less. For standardised targets, 1 is
/// the loss of predicting their mean.
const MAX_RATIO: f64 = 1e6;
/// The number of epochs that are reported.
const LINES: u64 = 10;

pub(crate) fn train<T: Plain>(path: &Path, options: &Options, out: &mut dyn Write, terminal: bool) -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let data = read(path, options.labels)?;
    let name = path.display().to_string().replace(char::is_control, "\u{fffd}");
    let (mut training, mut test) = data
        .split(TEST_SHARE, &mut rng)
        .map_err(|_| format!("{name}: expected at least 3 rows, found {}", data.len()))?;
    let scaling = training.scaling();
    training.standardize(&scaling);
    test.standardize(&scaling);

    let mut layers: Vec<_> = options.hidden.iter().map(|&width| (width, options.activation)).collect();
    layers.push((data.target().width(), Activation::Identity));
    let network = Mlp::<T>::new(data.names().len(), &layers, init(options.activation), &mut rng)?;
    write!(out, "{name}: {} rows of {} features, ", data.len(), data.names().len())?;
    match data.target() {
        Target::Classes { names, .. } => writeln!(out, "{} classes", names.len())?,
        Target::Numbers(_) => writeln!(out, "a number to predict")?,
    }
    writeln!(out, "training set {} rows, test set {} rows", training.len(), test.len())?;
    writeln!(out, "network {network}, {} parameters, seed {}", network.parameters().len(), options.seed)?;

    let rate = number(options.rate);
    let optimizer: Box<dyn Optimizer<T>> = match options.optimizer {
        Method::Adam => Box::new(Adam::new(rate).with_decay(number(DECAY))),
        Method::Sgd => Box::new(Sgd::new(rate).with_momentum(number(MOMENTUM))),
    };
    let mut trainer = Trainer::new(network, optimizer).with_engine(options.engine);
    let bar = if terminal { ProgressBar::new(options.epochs) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("epoch {pos}/{len} {wide_bar} {msg}, {eta} left")?);
    let mut limit = T::infinity();
    for epoch in 1..=options.epochs {
        let loss = trainer.epoch(&training, options.batch, &mut rng)?;
        let last = epoch == options.epochs;
        bar.set_message(format!("loss {}", brief(loss)));
        bar.inc(1);
        if last || !loss.is_finite() {
            bar.finish_and_clear();
        }
        if !loss.is_finite() {
            return Err(runaway(&format!("loss of epoch {epoch}"), loss));
        }
        if epoch == 1 {
            limit = number::<T>(MAX_RATIO) * loss.min(T::one());
        }
        if last || !terminal && (epoch == 1 || epoch % options.epochs.div_ceil(LINES) == 0) {
            writeln!(out, "epoch {epoch}, loss {}", brief(loss))?;
        }
        if last && loss > limit {
            return Err(runaway("last loss", loss));
        }
    }
    report::write(trainer.network(), &test, &scaling, out)
}

fn read(path: &Path, labels: Option<Labels>) -> Result<Dataset> {
    Dataset::from_csv(path, labels).map_err(|error| {
        let only_as_classes = labels.is_none() && Dataset::from_csv(path, Some(Labels::Classes)).is_ok();
        let hint = if only_as_classes { "; --task classification takes all labels as names" } else { "" };
        format!("{error}{hint}").into()
    })
}

fn init(activation: Activation) -> Init {
    match activation {
        Activation::Identity | Activation::Tanh | Activation::Sigmoid | Activation::Softsign => Init::Xavier,
        _ => Init::He,
    }
}
