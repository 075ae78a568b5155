//! How important each column is: how much worse a network is if the cells of the column are permuted.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use gradtape::nn::{Dataset, Encoding, Scaling, Target, metrics};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

use crate::network::Network;
use crate::run::Result;

/// More rows would take long.
const MAX_ROWS: usize = 1000;
/// The number of permutations, whose mean is taken.
const PERMUTATIONS: usize = 5;

/// For each column of the table how much the error of the network rises: for classes the percentage of wrong
/// predictions, for numbers the root mean square error in the units of the file. None is a number that is not finite.
pub(crate) fn of_columns(
    network: &Network,
    encoding: &Encoding,
    test: &Dataset,
    scaling: &Scaling,
    seed: u64,
) -> Result<Vec<Option<f64>>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rows: Vec<usize> = (0..test.len()).collect();
    rows.shuffle(&mut rng);
    rows.truncate(MAX_ROWS);
    let error = |features: &[Vec<f64>]| -> Result<f64> {
        let outputs = network.outputs(features.iter().map(Vec::as_slice))?;
        Ok(match test.target() {
            Target::Classes { labels, .. } => {
                let right = |(row, scores): &(&usize, &Vec<f64>)| labels[**row] == metrics::largest(scores);
                let wrong = rows.len() - rows.iter().zip(&outputs).filter(right).count();
                100.0 * wrong as f64 / rows.len() as f64
            }
            Target::Numbers(numbers) => {
                let targets: Vec<f64> = rows.iter().map(|&row| numbers[row]).collect();
                let predictions: Vec<f64> = outputs.iter().map(|y| y[0]).collect();
                scaling.restore_difference(metrics::root_mean_square_error(&targets, &predictions))
            }
        })
    };
    let whole: Vec<Vec<f64>> = rows.iter().map(|&row| test.row(row).to_vec()).collect();
    let usual = error(&whole)?;
    let (mut importance, mut first) = (Vec::new(), 0);
    for input in encoding.inputs() {
        let features = first..first + input.width();
        first = features.end;
        let mut rise = 0.0;
        for _ in 0..PERMUTATIONS {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.shuffle(&mut rng);
            let mut permuted = whole.clone();
            for (row, other) in permuted.iter_mut().zip(order) {
                row[features.clone()].copy_from_slice(&whole[other][features.clone()]);
            }
            rise += (error(&permuted)? - usual) / PERMUTATIONS as f64;
        }
        importance.push(Some(rise).filter(|rise| rise.is_finite()));
    }
    Ok(importance)
}
