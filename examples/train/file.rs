//! A network for a data set in a file.

use std::io::Write;
use std::path::Path;

use gradtape::Real;
use gradtape::nn::{Activation, Adam, Dataset, Init, Mlp, Optimizer, Sgd, Target, Trainer};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::options::{Method, Options};
use crate::report;
use crate::run::{Result, brief, number};

const TEST_SHARE: f64 = 0.2;
/// Adam's weight decay.
const DECAY: f64 = 0.01;
const MOMENTUM: f64 = 0.9;
/// The number of lines that tell of epochs.
const LINES: u64 = 10;

pub(crate) fn train<T: Real<Scalar = T>>(
    path: &Path,
    options: &Options,
    out: &mut dyn Write,
    terminal: bool,
) -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let data = Dataset::from_csv(path, options.labels)?;
    let (mut training, mut test) = data.split(TEST_SHARE, &mut rng).map_err(|_| {
        format!("{}: expected rows for a training set and a test set, found {}", path.display(), data.len())
    })?;
    let scaling = training.scaling();
    training.standardize(&scaling);
    test.standardize(&scaling);

    let mut layers: Vec<_> = options.hidden.iter().map(|&width| (width, options.activation)).collect();
    layers.push((data.target().width(), Activation::Identity));
    let network = Mlp::<T>::new(data.names().len(), &layers, init(options.activation), &mut rng)?;
    write!(out, "{}: {} rows of {} features, ", path.display(), data.len(), data.names().len())?;
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
    let mut trainer = Trainer::new(network, optimizer);
    let bar = if terminal { ProgressBar::new(options.epochs) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("epoch {pos}/{len} {wide_bar} {msg}, {eta} left")?);
    for epoch in 1..=options.epochs {
        let loss = trainer.epoch(&training, options.batch, &mut rng)?;
        let last = epoch == options.epochs;
        bar.set_message(format!("loss {}", brief(loss)));
        bar.inc(1);
        if last || !loss.is_finite() {
            bar.finish_and_clear();
        }
        if !loss.is_finite() {
            return Err(format!("epoch {epoch}: the loss is {loss}; a smaller --rate may help").into());
        }
        if last || !terminal && (epoch == 1 || epoch % options.epochs.div_ceil(LINES) == 0) {
            writeln!(out, "epoch {epoch}, loss {}", brief(loss))?;
        }
    }
    report::write(trainer.network(), &test, &scaling, out)
}

fn init(activation: Activation) -> Init {
    match activation {
        Activation::Identity | Activation::Tanh | Activation::Sigmoid | Activation::Softsign => Init::Xavier,
        _ => Init::He,
    }
}
