//! A training, from a data set to a network.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use gradtape::nn::{
    Activation, Adam, Clipped, Dataset, EarlyStopping, Init, Loss, Mlp, Optimizer, Sgd, Target, Trainer,
};
use gradtape::program::Precision;
use rand::rngs::Xoshiro256PlusPlus;

use crate::all_rows::AllRows;
use crate::console::Console;
use crate::options::{Method, Options};
use crate::plot::Losses;
use crate::progress::Progress;
use crate::run::{Result, brief, number, plain, runaway};

/// The share of the training set that is kept for validation, if the training may stop early.
const VALIDATION_SHARE: f64 = 0.2;
/// Adam's weight decay, if no other is given. Numbers need more: without it, small tables are learnt by heart.
const DECAY_WITH_CLASSES: f64 = 0.01;
const DECAY_WITH_NUMBERS: f64 = 0.2;
const MOMENTUM: f64 = 0.9;
/// The largest allowed ratio of the last loss and the first loss, or 1 if that is less. For standardised targets, 1 is
/// the loss of predicting their mean.
const MAX_RATIO: f64 = 1e6;
/// The number of epochs that are reported.
const LINES: usize = 10;

/// What a network is trained on.
pub(crate) struct Training<'a> {
    /// The name of the file.
    pub(crate) name: &'a str,
    /// Standardised rows.
    pub(crate) data: &'a Dataset,
    /// The number of rows that are kept for the test, to be told.
    pub(crate) test_rows: usize,
    pub(crate) options: &'a Options,
}

/// Trains a network, and tells how its loss falls.
pub(crate) fn train<T: Precision>(
    training: &Training<'_>,
    rng: &mut Xoshiro256PlusPlus,
    console: &mut Console<'_>,
) -> Result<(Mlp<T>, Losses)> {
    let Training { name, data, test_rows, options } = *training;
    let mut layers: Vec<_> = options.hidden.iter().map(|&width| (width, options.activation)).collect();
    layers.push((data.target().width(), Activation::Identity));
    let network = Mlp::<T>::new(data.names().len(), &layers, init(options.activation), rng)?;
    write!(console.out, "training set {} rows, ", data.len())?;
    let loss = loss(data.target(), options.is_balanced)?;
    let (mut stopping, rest);
    let data = if let Some(patience) = options.patience {
        let (of_training, validation) = data
            .split(VALIDATION_SHARE, rng)
            .map_err(|_| format!("{name}: --patience needs at least 3 rows for training, found {}", data.len()))?;
        write!(console.out, "of which {} for validation, ", validation.len())?;
        stopping = Some(Stopping { validation, state: EarlyStopping::new(patience), epoch: 0 });
        rest = of_training;
        &rest
    } else {
        stopping = None;
        data
    };
    writeln!(console.out, "test set {test_rows} rows")?;
    let (parameters, seed) = (network.parameters().len(), options.seed);
    writeln!(console.out, "network {network}, {parameters} parameters, seed {seed}")?;

    let mut trainer =
        Trainer::new(network, optimizer(options, data.target())).with_engine(options.engine).with_loss(loss.clone());
    if let Some(ranks) = console.ranks.take() {
        trainer = trainer.with_communicator(ranks);
    }
    let mut run = Run { trainer, loss, options, losses: Losses::default() };
    run.train(data, &mut stopping, rng, console)?;
    let mut network = run.trainer.into_network();
    if let Some(Stopping { state, epoch, .. }) = stopping {
        let best = state.best_loss().ok_or("no loss of the validation set is a number")?;
        network.parameters_mut().copy_from_slice(state.best());
        writeln!(console.out, "best validation loss {}, of epoch {epoch}, whose weights are kept", brief(best))?;
    }
    Ok((network, run.losses))
}

/// The rows that tell when to stop.
struct Stopping<T> {
    validation: Dataset,
    state: EarlyStopping<T>,
    /// The epoch with the best loss.
    epoch: usize,
}

struct Run<'a, T: Precision> {
    trainer: Trainer<T, Box<dyn Optimizer<T>>>,
    loss: Loss,
    options: &'a Options,
    losses: Losses,
}

impl<T: Precision> Run<'_, T> {
    fn train(
        &mut self,
        training: &Dataset,
        stopping: &mut Option<Stopping<T>>,
        rng: &mut Xoshiro256PlusPlus,
        console: &mut Console<'_>,
    ) -> Result<()> {
        let Options { epochs, batch, rate, schedule, .. } = *self.options;
        let mut progress = Progress::new(epochs, console.is_terminal)?;
        let mut limit = T::infinity();
        let mut all_rows = match self.options.optimizer {
            Method::Lbfgs => Some(AllRows::new(self.trainer.network(), &self.loss, training)?),
            _ => None,
        };
        for epoch in 1..=epochs {
            self.trainer.optimizer_mut().set_rate(number(rate * schedule.factor(epoch - 1, epochs)));
            let (loss, is_done) = match &mut all_rows {
                Some(rows) => rows.step(&mut self.trainer)?,
                None => (self.trainer.epoch(training, batch, rng)?, false),
            };
            self.losses.training.push(plain(loss));
            if !loss.is_finite() {
                progress.finish();
                return Err(runaway(&format!("loss of epoch {epoch}"), loss));
            }
            let mut message = format!("loss {}", brief(loss));
            let is_interrupted = console.interrupt.is_set();
            let mut last = epoch == epochs || is_interrupted || is_done;
            if let Some(Stopping { validation, state, epoch: best }) = stopping {
                let network = self.trainer.network();
                let loss = self.loss.mean(network, validation)?;
                self.losses.validation.push(plain(loss));
                let before = state.best_loss();
                last |= state.observe(loss, network.parameters());
                if state.best_loss() != before {
                    *best = epoch;
                }
                message = format!("{message}, validation loss {}", brief(loss));
            }
            let rows = stopping.as_ref().map_or(training, |stopping| &stopping.validation);
            message += &progress.accuracy(self.trainer.network(), rows, last)?;
            progress.advance(&message);
            if last {
                progress.finish();
            }
            if epoch == 1 {
                limit = number::<T>(MAX_RATIO) * loss.min(T::one());
            }
            if last || !console.is_terminal && (epoch == 1 || epoch % epochs.div_ceil(LINES) == 0) {
                writeln!(console.out, "epoch {epoch}, {message}")?;
            }
            if is_done {
                writeln!(console.out, "lbfgs has converged: no step is better")?;
            }
            if is_interrupted {
                writeln!(console.out, "interrupted after epoch {epoch} of {epochs}")?;
            }
            if last {
                return if loss > limit { Err(runaway("last loss", loss)) } else { Ok(()) };
            }
        }
        Ok(())
    }
}

fn optimizer<T: Precision>(options: &Options, target: &Target) -> Box<dyn Optimizer<T>> {
    let rate = number(options.rate);
    let decay = match target {
        Target::Classes { .. } => DECAY_WITH_CLASSES,
        Target::Numbers(_) => DECAY_WITH_NUMBERS,
    };
    let optimizer: Box<dyn Optimizer<T>> = match options.optimizer {
        Method::Adam => Box::new(Adam::new(rate).with_decay(number(options.weight_decay.unwrap_or(decay)))),
        Method::Sgd => {
            let sgd = Sgd::new(rate).with_momentum(number(MOMENTUM));
            Box::new(sgd.with_decay(number(options.weight_decay.unwrap_or(0.0))))
        }
        #[cfg(feature = "lbfgs")]
        Method::Lbfgs => Box::new(gradtape::nn::Lbfgs::new().with_decay(options.weight_decay.unwrap_or(0.0))),
        #[cfg(not(feature = "lbfgs"))]
        Method::Lbfgs => unreachable!("the options were refused"),
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

fn init(activation: Activation) -> Init {
    match activation {
        Activation::Identity | Activation::Tanh | Activation::Sigmoid | Activation::Softsign => Init::Xavier,
        _ => Init::He,
    }
}
