//! The engines that compute the gradients of a training.

use std::any::Any;
use std::fmt;
use std::str::FromStr;

use super::loss_program::LossProgram;
use super::{Dataset, Loss, Mlp};
use crate::error::Error;
use crate::program::{Precision, Rows};
use crate::scalar::Scalar;

/// How a [`Trainer`](super::Trainer) computes the gradients of its epochs.
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
    /// A tape: network and loss run as code, row by row. It takes any number, and is the reference.
    Tape,
    /// A program: network and loss are recorded once, and run on many rows at a time. It takes f32 and f64; networks of
    /// other numbers are trained on a tape.
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
    /// Returns the sum of the losses of some rows, divided by `count`, and adds its gradient to `gradient`.
    fn add_gradient(
        &mut self,
        network: &Mlp<T>,
        loss: &Loss,
        data: &Dataset,
        rows: &[usize],
        count: T,
        gradient: &mut [T],
    ) -> Result<T, Error>;
}

/// A runner that uses programs, for f64 and f32; `None` for other numbers.
pub(super) fn program_runner<T: Scalar>() -> Option<Box<dyn BatchRunner<T>>> {
    fn runner<T: Precision, U: 'static>() -> Option<Box<dyn BatchRunner<U>>> {
        let runner: Box<dyn BatchRunner<T>> = Box::new(ProgramRunner::<T>::default());
        let runner: Box<dyn Any> = Box::new(runner);
        // The cast succeeds if `T` and `U` are the same type.
        runner.downcast().ok().map(|runner| *runner)
    }
    runner::<f64, T>().or_else(runner::<f32, T>)
}

/// The largest number of numbers that are copied before a program runs on them, unless `MIN_ROWS` rows have more.
const COPIED_NUMBERS: usize = 1 << 20;
const MIN_ROWS: usize = 256;

/// The program of a loss, recorded when it is first used. A row of the program contains the features and the target of
/// a row of the data.
#[derive(Debug)]
struct ProgramRunner<T: Precision> {
    recorded: Option<(Loss, LossProgram<T>)>,
    rows: Vec<T>,
}

impl<T: Precision> Default for ProgramRunner<T> {
    fn default() -> Self {
        Self { recorded: None, rows: Vec::new() }
    }
}

impl<T: Precision> BatchRunner<T> for ProgramRunner<T> {
    fn add_gradient(
        &mut self,
        network: &Mlp<T>,
        loss: &Loss,
        data: &Dataset,
        rows: &[usize],
        count: T,
        gradient: &mut [T],
    ) -> Result<T, Error> {
        super::check_width("layer 1 of the network", network.inputs(), data.names().len())?;
        let width = data.width();
        let recorded = self.recorded.take().filter(|(recorded, _)| recorded == loss);
        let recorded = match recorded {
            Some(recorded) => recorded,
            None => (loss.clone(), LossProgram::of(network, loss, data)?),
        };
        let (_, program) = self.recorded.insert(recorded);
        let mut mean = T::zero();
        for rows in rows.chunks((COPIED_NUMBERS / width).max(MIN_ROWS)) {
            self.rows.clear();
            self.rows.resize(rows.len() * width, T::zero());
            for (copy, &row) in self.rows.chunks_exact_mut(width).zip(rows) {
                data.write(row, copy);
            }
            mean += program.add_gradient(network.parameters(), Rows::new(&self.rows, width)?, count, gradient)?;
        }
        Ok(mean)
    }
}
