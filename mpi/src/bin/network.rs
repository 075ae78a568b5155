//! Trains a network in code of its own, on several ranks: `mpirun -n 2 network program f64`, or with the other engine
//! or precision. Rank 0 prints the loss of the last epoch, and the bits of all weights: they are the same with any
//! number of ranks.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use gradtape::nn::{Activation, Adam, Dataset, Engine, Init, Mlp, Target, Trainer};
use gradtape::program::{Communicator as _, Precision};
use gradtape_mpi::Ranks;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

const ROWS: u32 = 1000;
const BATCH: usize = 300;
const EPOCHS: usize = 20;

fn main() -> ExitCode {
    gradtape_mpi::run(|ranks| {
        let args: Vec<String> = env::args().skip(1).collect();
        let [engine, precision] = &args[..] else { return Err("expected an engine and a precision".into()) };
        match &precision[..] {
            "f32" => train::<f32>(engine.parse()?, ranks, |w| w.to_bits().into()),
            "f64" => train::<f64>(engine.parse()?, ranks, f64::to_bits),
            _ => Err(format!("precision: expected f32 or f64, found {precision}").into()),
        }
    })
}

fn train<T: Precision>(engine: Engine, ranks: Ranks, bits: fn(T) -> u64) -> Result<(), Box<dyn Error>> {
    // A product, to be learnt from numbers in a plane.
    let x: Vec<f64> = (0..2 * ROWS).map(|k| f64::from(k * k % 199) / 100.0 - 1.0).collect();
    let target = Target::Numbers(x.chunks(2).map(|x| x[0] * x[1]).collect());
    let data = Dataset::new(vec!["a".into(), "b".into()], x, target)?;

    // The random numbers are the same on all ranks.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let layers = [(8, Activation::Tanh), (1, Activation::Identity)];
    let network = Mlp::<T>::new(2, &layers, Init::Xavier, &mut rng)?;
    let rate = T::from(0.05).expect("a float takes any f64, rounded");
    let is_first = ranks.rank() == 0;
    let mut trainer = Trainer::new(network, Adam::new(rate)).with_engine(engine).with_communicator(ranks);
    let mut loss = T::zero();
    for _ in 0..EPOCHS {
        loss = trainer.epoch(&data, BATCH, &mut rng)?;
    }
    if is_first {
        println!("loss {loss:.6}");
        trainer.network().parameters().iter().for_each(|&w| println!("{:016x}", bits(w)));
    }
    Ok(())
}
