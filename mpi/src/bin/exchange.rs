//! Measures an exchange between ranks: `mpirun -n 2 exchange`. Rank 0 prints the time by the number of bytes that a
//! rank sends to each other one.

use std::process::ExitCode;
use std::time::Instant;

use gradtape::program::Communicator as _;

const LENGTHS: [usize; 5] = [8, 1 << 10, 1 << 14, 1 << 17, 1 << 20];
const ROUNDS: u32 = 20;
const REPETITIONS: usize = 10;

fn main() -> ExitCode {
    gradtape_mpi::run(|mut ranks| {
        for length in LENGTHS {
            let (sent, mut received) = (vec![1; length], vec![0; ranks.size() * length]);
            let parts = vec![0..length; ranks.size()];
            let places: Vec<_> = (0..ranks.size()).map(|rank| rank * length..(rank + 1) * length).collect();
            let mut best = f64::INFINITY;
            for _ in 0..REPETITIONS {
                let start = Instant::now();
                for _ in 0..ROUNDS {
                    ranks.exchange(&sent, &parts, &mut received, &places)?;
                }
                best = best.min(start.elapsed().as_secs_f64() / f64::from(ROUNDS));
            }
            if ranks.rank() == 0 {
                println!("{length} bytes: {:.1} µs", best * 1e6);
            }
        }
        Ok(())
    })
}
