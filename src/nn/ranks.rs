//! Ranks that share the epochs of a training.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::{Dataset, Mlp, Target};
use crate::error::Error;
use crate::number::Plain;
use crate::program::communicator::hash;
use crate::program::sum_of_blocks::SumOfBlocks;
use crate::program::{Communicator, Precision};

/// A communicator, with the memory of its sums.
#[derive(Debug)]
pub(super) struct Ranks<T> {
    communicator: Box<dyn Communicator>,
    sum: SumOfBlocks<T>,
    /// The loss and its gradient.
    totals: Vec<T>,
}

impl<T: Precision> Ranks<T> {
    pub(super) fn new(communicator: Box<dyn Communicator>, network: &Mlp<T>) -> Self {
        Self { communicator, sum: SumOfBlocks::new(), totals: vec![T::zero(); 1 + network.parameters().len()] }
    }
}

impl<T: Plain> Ranks<T> {
    /// The sum over so many rows. `of_rows` writes the loss of some of them and its gradient.
    pub(super) fn sum(
        &mut self,
        rows: usize,
        of_rows: impl FnMut(Range<usize>, &mut [T]) -> Result<(), Error>,
    ) -> Result<&[T], Error> {
        self.sum.sum(&mut *self.communicator, rows, &mut self.totals, of_rows)?;
        Ok(&self.totals)
    }

    /// Checks that all ranks begin the same epoch.
    pub(super) fn check_start(
        &mut self,
        network: &Mlp<T>,
        options: &str,
        data: &Dataset,
        order: &[usize],
    ) -> Result<(), Error> {
        if self.communicator.size() == 1 {
            return Ok(());
        }
        self.communicator.check_same("number of rows", data.len() as u64)?;
        self.communicator.check_same("batch, loss and engine", hash(options))?;
        self.communicator.check_same("data", hash_of_data(data))?;
        self.communicator.check_same("random numbers", hash(order))?;
        self.check_network(network)
    }

    /// Checks that all ranks have the same network.
    pub(super) fn check_network(&mut self, network: &Mlp<T>) -> Result<(), Error> {
        if self.communicator.size() == 1 {
            return Ok(());
        }
        // Every f32 and f64 is a different f64.
        let bits: Vec<_> = network.parameters().iter().map(|w| w.to_f64().map(f64::to_bits)).collect();
        self.communicator.check_same("network", hash(&(network.to_string(), bits)))
    }
}

fn hash_of_data(data: &Dataset) -> u64 {
    let mut hasher = DefaultHasher::new();
    data.names().hash(&mut hasher);
    (0..data.len()).flat_map(|row| data.row(row)).for_each(|x| x.to_bits().hash(&mut hasher));
    match data.target() {
        Target::Classes { names, labels } => (names, labels).hash(&mut hasher),
        Target::Numbers(numbers) => numbers.iter().for_each(|y| y.to_bits().hash(&mut hasher)),
    }
    hasher.finish()
}
