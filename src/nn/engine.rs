//! What computes the gradients of a training.

use std::any::Any;
use std::fmt;
use std::str::FromStr;

use super::loss_program::LossProgram;
use super::{Dataset, Mlp, Target, loss};
use crate::error::Error;
use crate::ops::rules::constant;
use crate::program::{Precision, Rows};
use crate::scalar::Scalar;

/// What a [`Trainer`](super::Trainer) computes the gradients of its epochs with.
///
/// # Examples
///
/// ```
/// use gradtape::nn::Engine;
///
/// assert_eq!("tape".parse::<Engine>()?, Engine::Tape);
/// assert_eq!(Engine::default().to_string(), "program");
/// assert_eq!("taps".parse::<Engine>().unwrap_err().to_string(), "engine: expected tape or program, found \"taps\"");
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Engine {
    /// A tape: network and loss run as code, row after row. It takes any number, and is the reference.
    Tape,
    /// A program: network and loss are recorded once, and run on many rows at a time. It takes f32 and f64; a network
    /// of other numbers is trained on a tape all the same.
    #[default]
    Program,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tape => "tape",
            Self::Program => "program",
        })
    }
}

impl FromStr for Engine {
    type Err = Error;

    /// # Errors
    ///
    /// If the name is unknown.
    fn from_str(s: &str) -> Result<Self, Error> {
        match s {
            "tape" => Ok(Self::Tape),
            "program" => Ok(Self::Program),
            _ => Err(Error::unexpected("engine", "tape or program", super::quoted(s))),
        }
    }
}

/// The gradients of a network for batches of a data set.
pub(super) trait BatchRunner<T>: fmt::Debug {
    /// The mean loss of some rows, whose gradient is left behind.
    fn gradient(&mut self, network: &Mlp<T>, data: &Dataset, rows: &[usize], gradient: &mut [T]) -> Result<T, Error>;
}

/// BatchRunner that are run as programs, for the types that have such.
pub(super) fn programs<T: Scalar>() -> Option<Box<dyn BatchRunner<T>>> {
    fn of<T: Precision, U: 'static>() -> Option<Box<dyn BatchRunner<U>>> {
        let batches: Box<dyn BatchRunner<T>> = Box::new(Programs::<T>::default());
        let batches: Box<dyn Any> = Box::new(batches);
        // It is one if the two types are one.
        batches.downcast().ok().map(|batches| *batches)
    }
    of::<f64, T>().or_else(of::<f32, T>)
}

/// The most numbers that are copied before a program runs on them, unless a few rows have more.
const NUMBERS: usize = 1 << 20;
const FEW: usize = 256;

/// A row of a program is the features and the target of a row of the data: a share for each class, or the number.
#[derive(Debug)]
struct Programs<T: Precision> {
    classes: Option<LossProgram<T>>,
    numbers: Option<LossProgram<T>>,
    rows: Vec<T>,
}

impl<T: Precision> Default for Programs<T> {
    fn default() -> Self {
        Self { classes: None, numbers: None, rows: Vec::new() }
    }
}

impl<T: Precision> BatchRunner<T> for Programs<T> {
    fn gradient(&mut self, network: &Mlp<T>, data: &Dataset, rows: &[usize], gradient: &mut [T]) -> Result<T, Error> {
        let features = data.names().len();
        super::check_width("layer 1 of the network", network.inputs(), features)?;
        let width = features + data.target().width();
        let recorded = match data.target() {
            Target::Classes { .. } => &mut self.classes,
            Target::Numbers(_) => &mut self.numbers,
        };
        let program = match recorded {
            Some(program) => program,
            None => recorded.insert(LossProgram::record(network, &vec![T::zero(); width], |network, row| {
                let (x, target) = row.split_at(features);
                let outputs = network.forward(x)?;
                Ok(match data.target() {
                    Target::Classes { .. } => loss::soft_cross_entropy(&outputs, target),
                    Target::Numbers(_) => loss::sum_of_squares(&outputs, target),
                })
            })?),
        };
        gradient.fill(T::zero());
        let (count, mut mean) = (super::number(rows.len()), T::zero());
        for rows in rows.chunks((NUMBERS / width).max(FEW)) {
            self.rows.clear();
            self.rows.resize(rows.len() * width, T::zero());
            for (copy, &row) in self.rows.chunks_exact_mut(width).zip(rows) {
                let (x, target) = copy.split_at_mut(features);
                x.iter_mut().zip(data.row(row)).for_each(|(copy, &x)| *copy = constant(x));
                match data.target() {
                    Target::Classes { labels, .. } => target[labels[row]] = T::one(),
                    Target::Numbers(numbers) => target[0] = constant(numbers[row]),
                }
            }
            mean += program.add_gradient(network.parameters(), Rows::new(&self.rows, width)?, count, gradient)?;
        }
        Ok(mean)
    }
}
