//! The use of gradtape in a dependent crate: a model in f32, a calibration in f64, and functions for both.

pub mod calibration;
pub mod model;

use gradtape::Real;

/// The mean of the squares of some residuals, 0 if there are none.
pub fn mean_square<F: Real>(residuals: &[F]) -> F {
    let squares: F = residuals.iter().map(|&r| r * r).sum();
    squares / F::from(residuals.len().max(1)).expect("a float counts")
}
