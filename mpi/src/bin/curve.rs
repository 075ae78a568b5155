//! Fits a curve to points on several ranks: `mpirun -n 2 curve`. Each rank makes its share of the rows, as it would
//! read its share of a file, and computes their part of the gradient. Rank 0 prints the parameters, and their bits:
//! these are the same with any number of ranks.

use std::process::ExitCode;

use gradtape::nn::{Adam, Optimizer as _};
use gradtape::program::{Communicator as _, Program, Rows};

/// How many rows all ranks have together.
const ROWS: usize = 20_000;
const STEPS: usize = 300;

/// A place, and what was measured there: a wave that fades, and an error.
#[allow(clippy::cast_precision_loss, reason = "the numbers of rows are small")]
fn point(row: usize) -> [f64; 2] {
    let x = 5.0 * row as f64 / ROWS as f64;
    let error = ((row * 7919 % 1009) as f64 / 1008.0 - 0.5) / 10.0;
    [x, 2.0 * (-0.3 * x).exp() * (1.5 * x).sin() + error]
}

fn main() -> ExitCode {
    gradtape_mpi::run(|ranks| {
        let numbers: Vec<f64> = ranks.share(ROWS).flat_map(point).collect();
        let squared_error = Program::record_with(
            |p, row| (p[0] * (-p[1] * row[0]).exp() * (p[2] * row[0]).sin() - row[1]).powi(2),
            &[1.0; 3],
            &[1.0; 2],
        );
        let gradient = squared_error.gradient_of_sum();
        let sum = gradient.objective_of_ranks(Rows::new(&numbers, 2)?, ROWS, ranks.clone())?;

        let (mut adam, mut parameters, mut slope) = (Adam::new(0.05), [1.0; 3], [0.0; 3]);
        let mut value = f64::NAN;
        for _ in 0..STEPS {
            value = adam.descend(&sum, &mut parameters, &mut slope)?;
        }
        if ranks.rank() == 0 {
            println!("{ROWS} rows, sum of squared errors {value:.4}");
            for (name, p) in ["amplitude", "decay", "frequency"].iter().zip(parameters) {
                println!("{name} {p:.4}, bits {:016x}", p.to_bits());
            }
        }
        Ok(())
    })
}
