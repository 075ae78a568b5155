//! What several processes need to compute together.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::blocks::Blocks;
use crate::error::Error;

/// Several processes that compute together, each of which is a *rank*. All run the same code, and each computes a share
/// of every sum over rows.
///
/// The package `gradtape-mpi` of the repository implements it for MPI. [`Alone`] is one process.
///
/// # The order of sums
///
/// Rounding depends on the order of additions. So the order depends on the number of rows alone: rows are cut into
/// consecutive *blocks* of at least 64 rows, at most 96 blocks, and the sums of the blocks are added as a binary tree,
/// whose nodes divide their blocks into halves. Each rank computes consecutive blocks, and adds what it can. Any number
/// of ranks gives the same bits, and so does [`Alone`].
///
/// A sum over few rows has fewer blocks than there are ranks. It is right, but some ranks have nothing to do.
///
/// # Examples
///
/// ```
/// use gradtape::program::{Alone, Communicator};
///
/// let mut ranks = Alone;
/// assert_eq!((ranks.rank(), ranks.size(), ranks.share(1000)), (0, 1, 0..1000));
/// ranks.check_same("seed", 573)?;
/// # Ok::<(), gradtape::Error>(())
/// ```
pub trait Communicator: fmt::Debug {
    /// The number of this rank, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn size(&self) -> usize;

    /// Sends the bytes `sent[parts[r]]` to each rank `r`, and receives from it those for `received[places[r]]`. Parts
    /// may overlap; places do not. All ranks call it at the same time. The part that a rank sends is as long as the
    /// place that it has on the other side.
    ///
    /// # Errors
    ///
    /// If another rank failed or ended. Implementations make their error with [`Error::other`].
    ///
    /// # Panics
    ///
    /// If there is not a part and a place for each rank.
    fn exchange(
        &mut self,
        sent: &[u8],
        parts: &[Range<usize>],
        received: &mut [u8],
        places: &[Range<usize>],
    ) -> Result<(), Error>;

    /// The rows that this rank computes of a sum over so many rows.
    fn share(&self, rows: usize) -> Range<usize> {
        let blocks = Blocks::new(rows);
        blocks.rows(&blocks.of_rank(self.rank(), self.size()))
    }

    /// Checks that a number, perhaps a hash, is the same on all ranks. All ranks call it at the same time, and have the
    /// same result.
    ///
    /// # Errors
    ///
    /// If it differs; or those of [`exchange`](Self::exchange).
    fn check_same(&mut self, what: &str, number: u64) -> Result<(), Error> {
        let mut all = vec![[0; size_of::<u64>()]; self.size()];
        let width = size_of::<u64>();
        let places: Vec<_> = (0..all.len()).map(|rank| rank * width..(rank + 1) * width).collect();
        self.exchange(&number.to_le_bytes(), &vec![0..width; all.len()], all.as_flattened_mut(), &places)?;
        match all.iter().position(|other| *other != all[0]) {
            None => Ok(()),
            Some(rank) => {
                Err(Error::unexpected(format!("rank {rank}"), format!("the same {what} as rank 0 has"), "a difference"))
            }
        }
    }
}

/// A hash, to [compare](Communicator::check_same) things of ranks that run the same program.
pub(crate) fn hash(thing: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

/// One process: rank 0 of 1. Its sums have the bits of any number of ranks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Communicator for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn exchange(
        &mut self,
        sent: &[u8],
        parts: &[Range<usize>],
        received: &mut [u8],
        places: &[Range<usize>],
    ) -> Result<(), Error> {
        let ([part], [place]) = (parts, places) else { panic!("an exchange has a part and a place for each rank") };
        received[place.clone()].copy_from_slice(&sent[part.clone()]);
        Ok(())
    }
}

/// A communicator behind a pointer is one, too: each method calls that of the communicator. `forwarded! { Box<C> }`
/// becomes `impl<C: Communicator + ?Sized> Communicator for Box<C>`.
macro_rules! forwarded {
    ($($Pointer:ty),*) => { $(
        impl<C: Communicator + ?Sized> Communicator for $Pointer {
            fn rank(&self) -> usize {
                (**self).rank()
            }

            fn size(&self) -> usize {
                (**self).size()
            }

            fn exchange(
                &mut self,
                sent: &[u8],
                parts: &[Range<usize>],
                received: &mut [u8],
                places: &[Range<usize>],
            ) -> Result<(), Error> {
                (**self).exchange(sent, parts, received, places)
            }
        }
    )* };
}

forwarded! { Box<C>, &mut C }
