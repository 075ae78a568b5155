//! The program `train` on several ranks: `mpirun -n 2 train --data FILE.csv`. Every rank reads the file, computes its
//! part of each batch, and has the same network. Rank 0 alone writes.

use std::io::{self, Write};
use std::process::ExitCode;

use gradtape::program::Communicator as _;

fn main() -> ExitCode {
    gradtape_mpi::run(|ranks| {
        let args = std::env::args_os().skip(1);
        let mut out: Box<dyn Write> =
            if ranks.rank() == 0 { Box::new(io::stdout().lock()) } else { Box::new(io::sink()) };
        train::run_with(args, Some(Box::new(ranks)), &mut out, false)
    })
}
