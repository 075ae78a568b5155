//! Measures an epoch of a training: `mpirun -n 1 scaling`, then `mpirun -n 2 scaling`. Rank 0 prints the shortest of
//! many.

use std::process::ExitCode;
use std::time::Instant;

use gradtape::nn::{Activation, Adam, Dataset, Init, Mlp, Target, Trainer};
use gradtape::program::Communicator as _;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

const ROWS: u32 = 8192;
const FEATURES: u32 = 20;
const EPOCHS: usize = 100;

fn main() -> ExitCode {
    gradtape_mpi::run(|ranks| {
        let x: Vec<f64> = (0..ROWS * FEATURES).map(|k| f64::from(k % 9973 * (k % 9973) % 1009) / 504.0 - 1.0).collect();
        let target = Target::Numbers(x.chunks(FEATURES as usize).map(|x| x.iter().map(|x| x.sin()).sum()).collect());
        let data = Dataset::new((0..FEATURES).map(|k| format!("x{k}")).collect(), x, target)?;
        let is_first = ranks.rank() == 0;
        for (hidden, batch) in [(64, 256), (64, 1024), (128, 1024)] {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
            let layers = [(hidden, Activation::Tanh), (hidden, Activation::Tanh), (1, Activation::Identity)];
            let network = Mlp::<f64>::new(FEATURES as usize, &layers, Init::Xavier, &mut rng)?;
            let parameters = network.parameters().len();
            let mut trainer = Trainer::new(network, Adam::new(0.001)).with_communicator(ranks.clone());
            let mut best = f64::INFINITY;
            for _ in 0..EPOCHS {
                let start = Instant::now();
                trainer.epoch(&data, batch, &mut rng)?;
                best = best.min(start.elapsed().as_secs_f64());
            }
            if is_first {
                println!("{parameters} parameters, batch {batch}, epoch of {ROWS} rows: {:.1} ms", best * 1e3);
            }
        }
        Ok(())
    })
}
