//! Steps on all rows at once.

use gradtape::nn::{Dataset, Loss, LossProgram, Mlp, Optimizer, Trainer};
use gradtape::program::{Precision, Rows};

use crate::run::Result;

/// A data set as one batch.
pub(crate) struct AllRows<T: Precision> {
    loss: LossProgram<T>,
    numbers: Vec<T>,
    width: usize,
}

impl<T: Precision> AllRows<T> {
    pub(crate) fn new(network: &Mlp<T>, loss: &Loss, data: &Dataset) -> Result<Self> {
        let width = data.width();
        let mut numbers = vec![T::zero(); data.len() * width];
        numbers.chunks_exact_mut(width).enumerate().for_each(|(row, numbers)| data.write(row, numbers));
        Ok(Self { loss: LossProgram::of(network, loss, data)?.mean(), numbers, width })
    }

    /// Makes a step. Returns the loss before it, and whether there was none that is better.
    pub(crate) fn step(&mut self, trainer: &mut Trainer<T, Box<dyn Optimizer<T>>>) -> Result<(T, bool)> {
        let before = trainer.network().parameters().to_vec();
        let loss = trainer.step_on(&mut self.loss, Rows::new(&self.numbers, self.width)?)?;
        Ok((loss, trainer.network().parameters() == before))
    }
}
