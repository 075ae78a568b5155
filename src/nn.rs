//! Small neural networks over any number: plain floats, or [`Value`](crate::Value)s that have gradients.
//!
//! An [`Mlp`] holds all its parameters in one slice; [`Layer`] and [`Neuron`] are views of it. A training step maps
//! the plain network to values, computes a [`loss`], sweeps the tape, and lets an [`Optimizer`] change the plain
//! parameters. [`Trainer`] does that without allocating, for a [`Dataset`] or for a loss of your own.
//!
//! For a data set, the trainer records network and loss once as a [`program`](crate::program), and runs it on all rows
//! of a mini-batch at once; [`Engine::Tape`] computes the same row by row. For a loss of your own, record a
//! [`LossProgram`].
//!
//! The parts of a training can be combined in a loop of your own: a [`Loss`], an [`Optimizer`] whose rate follows a
//! [`Schedule`], [`Clipped`] gradients, and [`EarlyStopping`]. [`metrics`] tell how good the predictions are.
//!
//! Small networks on few rows learn faster by whole steps on all rows. With the feature `lbfgs`, `Lbfgs` makes them, on
//! a [`LossProgram`] and any other [`Objective`](crate::Objective).
//!
//! With the feature `csv`, a [`Table`] is read from a file, and an [`Encoding`] makes a [`Dataset`] of it.
//!
//! With the feature `serde`, an [`Mlp`] of f32 or f64, a [`Scaling`], a [`Dataset`] and an [`Encoding`] can be stored
//! and read again, bit for bit. The state of an optimiser cannot: training continues with a new one.
//!
//! # Examples
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["nn"] }
//! rand = "0.10"
//!
//! # Your crate compiles the generic code: without these two lines, debug builds are about 40 times slower.
//! [profile.dev]
//! opt-level = 1
//! ```
//!
//! ```
//! use gradtape::nn::{Activation, Init, Mlp, Sgd, Trainer, loss};
//! use gradtape::Value;
//! use rand::{SeedableRng, rngs::StdRng};
//!
//! let rows = [([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0), ([0.5, 1.0, 1.0], -1.0), ([1.0, 1.0, -1.0], 1.0)];
//! let shape = [(4, Activation::Tanh), (4, Activation::Tanh), (1, Activation::Tanh)];
//! let network = Mlp::<f64>::new(3, &shape, Init::Uniform, &mut StdRng::seed_from_u64(1))?;
//!
//! let mut trainer = Trainer::new(network, Sgd::new(0.05));
//! let mut losses = Vec::new();
//! for _ in 0..50 {
//!     losses.push(trainer.step(|network, workspace| {
//!         let mut sum = Value::from(0.0);
//!         for (x, target) in rows {
//!             sum += loss::sum_of_squares(network.forward_into(&x.map(Value::from), workspace)?, &[target]);
//!         }
//!         Ok(sum)
//!     })?);
//! }
//! assert!(losses[49] < 0.2 * losses[0]);
//! # Ok::<(), gradtape::Error>(())
//! ```
//!
//! A training as people know it, in a loop of ten lines; its last lines need L-BFGS:
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["nn", "lbfgs"] }
//! rand = "0.10"
//! ```
//!
//! ```
//! use gradtape::nn::*;
//! use rand::{SeedableRng, rngs::StdRng};
//!
//! # fn main() -> Result<(), gradtape::Error> {
//! let x: Vec<f64> = (0..80).map(|k| f64::from(k) / 20.0 - 2.0).collect();
//! let target = Target::Numbers(x.iter().map(|x| x.sin()).collect());
//! let mut rng = StdRng::seed_from_u64(1);
//! let (training, validation) = Dataset::new(vec!["x".into()], x, target)?.split(0.2, &mut rng)?;
//! let layers = [(16, Activation::Tanh), (1, Activation::Identity)];
//! let mut network = Mlp::<f64>::new(1, &layers, Init::Xavier, &mut rng)?;
//!
//! let (schedule, mut stopping) = (Schedule::Cosine { warmup: 0.1 }, EarlyStopping::new(40));
//! let optimizer = Clipped::new(Adam::new(0.0).with_decay(0.01), 1.0);
//! let mut trainer = Trainer::new(network.clone(), optimizer).with_loss(Loss::Huber(1.0));
//! for epoch in 0..200 {
//!     trainer.optimizer_mut().set_rate(0.02 * schedule.factor(epoch, 200));
//!     trainer.epoch(&training, 16, &mut rng)?;
//!     let loss = Loss::Huber(1.0).mean(trainer.network(), &validation)?;
//!     if stopping.observe(loss, trainer.network().parameters()) {
//!         break;
//!     }
//! }
//! network.parameters_mut().copy_from_slice(stopping.best());
//! assert!(stopping.best_loss().unwrap() < 0.001);
//!
//! // The rest of the way by L-BFGS, on all rows.
//! # #[cfg(feature = "lbfgs")] {
//! let mut rows = vec![0.0; 2 * training.len()];
//! rows.chunks_exact_mut(2).enumerate().for_each(|(k, row)| training.write(k, row));
//! let mut loss = LossProgram::of(&network, &Loss::Huber(1.0), &training)?.mean();
//! let mut trainer = Trainer::new(network, Lbfgs::new());
//! for _ in 0..100 {
//!     trainer.step_on(&mut loss, gradtape::program::Rows::new(&rows, 2)?)?;
//! }
//! assert!(Loss::Huber(1.0).mean(trainer.network(), &validation)? < 0.0002);
//! # }
//! # Ok(())
//! # }
//! ```

mod activation;
#[cfg(feature = "csv")]
mod column;
mod criterion;
#[cfg(feature = "csv")]
mod csv;
mod data;
#[cfg(feature = "csv")]
mod date;
#[cfg(feature = "csv")]
mod encoding;
#[cfg(all(feature = "csv", feature = "serde"))]
mod encoding_file;
mod engine;
#[cfg(feature = "serde")]
mod file;
#[cfg(feature = "csv")]
mod foreign_text;
mod init;
mod layer;
#[cfg(feature = "lbfgs")]
mod lbfgs;
pub mod loss;
mod loss_program;
#[cfg(feature = "csv")]
mod means;
pub mod metrics;
mod mlp;
mod neuron;
mod optim;
#[cfg(feature = "csv")]
mod quotes;
mod ranks;
#[cfg(feature = "csv")]
mod refusal;
mod schedule;
mod split;
mod stopping;
#[cfg(feature = "csv")]
mod table;
#[cfg(feature = "csv")]
mod table_text;
mod train;

pub use activation::Activation;
#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub use column::{InputColumn, InputKind, Labels};
pub use criterion::Loss;
pub use data::{Dataset, Scaling, Target};
#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub use encoding::{Columns, Encoding, Missing, Unknown};
pub use engine::Engine;
pub use init::Init;
pub use layer::Layer;
#[cfg(feature = "lbfgs")]
#[cfg_attr(docsrs, doc(cfg(feature = "lbfgs")))]
pub use lbfgs::Lbfgs;
pub use loss_program::LossProgram;
pub use mlp::{Mlp, Workspace};
pub use neuron::Neuron;
pub use optim::{Adam, Clipped, Optimizer, Sgd};
pub use schedule::Schedule;
pub use stopping::EarlyStopping;
#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub use table::{Table, TableFormat};
pub use train::Trainer;

/// The crate whose random generators the methods take, without its default features. For `StdRng`, depend on it.
pub use rand;

use crate::error::Error;
use crate::number::Real;
use crate::ops::rules::constant;

/// The user's text, quoted and shortened for an error.
fn quoted(text: &str) -> String {
    format!("{:?}", cut(text))
}

fn cut(text: &str) -> String {
    const SHOWN: usize = 40;
    text.char_indices().nth(SHOWN).map_or_else(|| text.to_owned(), |(end, _)| format!("{}…", &text[..end]))
}

fn check_width(place: &str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::unexpected(place, format!("{expected} inputs"), format!("{found}")))
}

#[allow(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
fn number<T: Real>(count: usize) -> T {
    constant(count as f64)
}
