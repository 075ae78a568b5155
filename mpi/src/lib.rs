//! Training and gradients on several machines, by MPI.
//!
//! [`run`] calls a function on each rank of `mpirun`, and ends all of them with one message if one of them fails. What
//! it gives to the function is a [`Communicator`], which [`Trainer::with_communicator`] and
//! [`Program::objective_of_ranks`] take:
//!
//! - `src/bin/train.rs` is the program `train`, on several ranks.
//! - `src/bin/network.rs` trains a network in code of its own.
//! - `src/bin/curve.rs` fits a curve: each rank makes its share of the rows.
//! - `src/bin/exchange.rs` and `src/bin/scaling.rs` measure exchanges and epochs.
//!
//! [`Trainer::with_communicator`]: gradtape::nn::Trainer::with_communicator
//! [`Program::objective_of_ranks`]: gradtape::program::Program::objective_of_ranks

mod outcome;

use std::cell::RefCell;
use std::error::Error;
use std::ops::Range;
use std::process::ExitCode;
use std::rc::Rc;

use gradtape::program::Communicator;
use mpi::Count;
use mpi::collective::SystemOperation;
use mpi::datatype::{Partition, PartitionMut};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _};

use outcome::Step;

/// All ranks that `mpirun` started. Clones are the same ranks.
#[derive(Clone, Debug)]
pub struct Ranks {
    rank: usize,
    size: usize,
    /// The message that all ranks end with, once one of them failed.
    failure: Rc<RefCell<Option<String>>>,
}

/// Runs a function on each rank, with rank and number of ranks. A program calls this once, in its main thread.
///
/// If the function returns an error on a rank, or panics, all ranks end: those that wait for others get an error, too.
/// Rank 0 writes one line to the standard error, and the exit codes are those of a failure. Without `mpirun`, there is
/// one rank.
///
/// # Panics
///
/// If MPI was initialised before.
pub fn run(f: impl FnOnce(Ranks) -> Result<(), Box<dyn Error>>) -> ExitCode {
    let universe = mpi::initialize().expect("`run` initialises MPI; call it once, and nothing else that does");
    let world = universe.world();
    let size = |count: Count| usize::try_from(count).expect("MPI counts from 0");
    let ranks = Ranks { rank: size(world.rank()), size: size(world.size()), failure: Rc::default() };
    let guard = AbortOnPanic;
    let outcome = f(ranks.clone());
    let failure = ranks.end(outcome);
    drop(guard);
    match failure {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            if ranks.rank == 0 {
                eprintln!("error: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Other ranks would wait for ever for one that panicked.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            SimpleCommunicator::world().abort(1);
        }
    }
}

impl Ranks {
    /// Tells the other ranks how this one ended. Returns the message if one of them failed.
    fn end(&self, outcome: Result<(), Box<dyn Error>>) -> Option<String> {
        let (step, error) =
            outcome.map_or_else(|error| (Step::Failure, error.to_string()), |()| (Step::End, String::new()));
        self.agree(step, &error).err()
    }

    /// Makes a step together with the other ranks. If one of them failed, or makes another step, all have the same
    /// message, and make no more steps.
    fn agree(&self, step: Step, error: &str) -> Result<(), String> {
        let mut failure = self.failure.borrow_mut();
        if let Some(failure) = &*failure {
            return Err(failure.clone());
        }
        let mut bounds = [0; 2];
        SimpleCommunicator::world().all_reduce_into(&step.bounds(), &mut bounds, SystemOperation::max());
        if step.is_of_all(bounds) {
            return Ok(());
        }
        let mut steps = vec![0; self.size];
        SimpleCommunicator::world().all_gather_into(&step.number(), &mut steps);
        Err(failure.insert(outcome::message(&steps, &self.all_errors(error))).clone())
    }

    /// The errors of all ranks.
    fn all_errors(&self, own: &str) -> Vec<String> {
        let length = |length: Count| usize::try_from(length).expect("a length is not negative");
        let world = SimpleCommunicator::world();
        let mut lengths = vec![0; self.size];
        // Not empty, see `exchange`.
        let own = format!("{own}\n");
        world.all_gather_into(&Count::try_from(own.len()).expect("a message is short"), &mut lengths);
        let starts: Vec<Count> = (0..self.size).map(|rank| lengths[..rank].iter().sum()).collect();
        let mut texts = vec![0; length(lengths.iter().sum())];
        world.all_gather_varcount_into(
            own.as_bytes(),
            &mut PartitionMut::new(&mut texts[..], &lengths[..], &starts[..]),
        );
        let text = |(&start, &count)| {
            String::from_utf8_lossy(&texts[length(start)..][..length(count)]).trim_end_matches('\n').to_owned()
        };
        starts.iter().zip(&lengths).map(text).collect()
    }
}

impl Communicator for Ranks {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn exchange(
        &mut self,
        sent: &[u8],
        parts: &[Range<usize>],
        received: &mut [u8],
        places: &[Range<usize>],
    ) -> Result<(), gradtape::Error> {
        assert_eq!([parts.len(), places.len()], [self.size; 2], "an exchange has a part and a place for each rank");
        let [(lengths, starts), (into_lengths, into_starts)] = [counts(parts)?, counts(places)?];
        self.agree(Step::Exchange, "").map_err(gradtape::Error::other)?;
        // The pointer of an empty slice may be the one that means "in place" to MPI.
        let (sent, nowhere) = (if sent.is_empty() { &[0] } else { sent }, &mut [0][..]);
        let received = if received.is_empty() { nowhere } else { received };
        SimpleCommunicator::world().all_to_all_varcount_into(
            &Partition::new(sent, lengths, starts),
            &mut PartitionMut::new(received, into_lengths, into_starts),
        );
        Ok(())
    }
}

/// Lengths and starts, as MPI wants them.
fn counts(ranges: &[Range<usize>]) -> Result<(Vec<Count>, Vec<Count>), gradtape::Error> {
    let count = |n: usize| {
        let too_many = || gradtape::Error::other(format!("MPI: expected an exchange below 2 GiB, found {n} bytes"));
        Count::try_from(n).map_err(|_| too_many())
    };
    let lengths = ranges.iter().map(|range| count(range.len())).collect::<Result<_, _>>()?;
    let starts = ranges.iter().map(|range| count(range.start)).collect::<Result<_, _>>()?;
    ranges.iter().try_for_each(|range| count(range.end).map(drop))?;
    Ok((lengths, starts))
}
