//! The article's network and its four rows.

use std::io::Write;

use gradtape::nn::{Activation, Engine, Init, LossProgram, Mlp, Sgd, Trainer, loss};
use gradtape::program::{Precision, Rows};
use gradtape::{Error, Real, Value};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::options::Options;
use crate::run::{Result, number};

/// Three inputs, and the target.
const ROWS: [[f64; 4]; 4] =
    [[2.0, 3.0, -1.0, 1.0], [3.0, -1.0, 0.5, -1.0], [0.5, 1.0, 1.0, -1.0], [1.0, 1.0, -1.0, 1.0]];
const STEPS: usize = 50;
const RATE: f64 = 0.05;

/// The loss of one row: three inputs and the target.
fn squared_error<F: Real>(network: &Mlp<F>, row: &[F]) -> std::result::Result<F, Error> {
    Ok(loss::sum_of_squares(&network.forward(&row[..3])?, &row[3..]))
}

pub(crate) fn train<T: Precision>(options: &Options, out: &mut dyn Write) -> Result<()> {
    let numbers: Vec<T> = ROWS.iter().flatten().map(|&x| number(x)).collect();
    let rows = Rows::new(&numbers, 4)?;
    let predict = |network: &Mlp<T>| -> Result<Vec<T>> {
        (0..rows.len()).map(|row| Ok(network.forward(&rows.row(row)[..3])?[0])).collect()
    };
    let (seed, layers) = (options.seed, [4, 4, 1].map(|width| (width, Activation::Tanh)));
    let network = Mlp::new(3, &layers, Init::Uniform, &mut Xoshiro256PlusPlus::seed_from_u64(seed))?;
    writeln!(out, "network {network}, {} parameters, seed {seed}", network.parameters().len())?;
    for prediction in predict(&network)? {
        writeln!(out, "first prediction {prediction:.4}")?;
    }

    let mut program = LossProgram::record(&network, &rows.row(0), squared_error)?;
    let mut trainer = Trainer::new(network, Sgd::new(number(RATE)));
    for step in 1..=STEPS {
        let loss = match options.engine {
            Engine::Tape => trainer.step(|network, _| {
                let rows = numbers.chunks(4).map(|row| row.iter().copied().map(Value::constant).collect::<Vec<_>>());
                rows.map(|row| squared_error(network, &row)).sum()
            })?,
            _ => trainer.step_on(&mut program, rows)?,
        };
        writeln!(out, "step {step}, loss {loss:.6}")?;
    }

    let mut loss = T::zero();
    for row in numbers.chunks(4) {
        loss += squared_error(trainer.network(), row)?;
    }
    writeln!(out, "final loss {loss:.6}")?;
    for (row, prediction) in predict(trainer.network())?.into_iter().enumerate() {
        writeln!(out, "prediction {prediction:.4}, target {}", rows.row(row)[3])?;
    }
    Ok(())
}
