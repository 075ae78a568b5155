//! The article's network and its four rows.

use std::io::Write;

use gradtape::nn::{Activation, Init, Mlp, Sgd, Trainer, loss};
use gradtape::{Real, Value};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::run::{Result, number};

const ROWS: [([f64; 3], f64); 4] =
    [([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0), ([0.5, 1.0, 1.0], -1.0), ([1.0, 1.0, -1.0], 1.0)];
const STEPS: usize = 50;
const RATE: f64 = 0.05;

pub(crate) fn train<T: Real<Scalar = T>>(seed: u64, out: &mut dyn Write) -> Result<()> {
    let rows = ROWS.map(|(x, target)| (x.map(number::<T>), number::<T>(target)));
    let predict =
        |network: &Mlp<T>| -> Result<Vec<T>> { rows.iter().map(|(x, _)| Ok(network.forward(x)?[0])).collect() };
    let layers = [4, 4, 1].map(|width| (width, Activation::Tanh));
    let network = Mlp::new(3, &layers, Init::Uniform, &mut Xoshiro256PlusPlus::seed_from_u64(seed))?;
    writeln!(out, "network {network}, {} parameters, seed {seed}", network.parameters().len())?;
    for prediction in predict(&network)? {
        writeln!(out, "first prediction {prediction:.4}")?;
    }

    let mut trainer = Trainer::new(network, Sgd::new(number(RATE)));
    for step in 1..=STEPS {
        let loss = trainer.step(|network, workspace| {
            let mut sum = Value::constant(T::zero());
            for (x, target) in rows {
                sum += loss::sum_of_squares(network.forward_into(&x.map(Value::constant), workspace)?, &[target]);
            }
            Ok(sum)
        })?;
        writeln!(out, "step {step}, loss {loss:.6}")?;
    }

    let predictions = predict(trainer.network())?;
    writeln!(out, "final loss {:.6}", loss::sum_of_squares(&predictions, &rows.map(|(_, target)| target)))?;
    for (prediction, (_, target)) in predictions.iter().zip(rows) {
        writeln!(out, "prediction {prediction:.4}, target {target}")?;
    }
    Ok(())
}
