//! Functions with many terms of few shapes, as people write them: loops that add up terms or fill residuals.
//!
//! All are plain code over [`Real`](gradtape::Real), and nothing in it says where the terms are.

mod adbench;
pub mod agreement;
mod grids;
mod problems;
mod random;

pub use adbench::{BundleAdjustment, GaussianMixture, Hand, Lstm};
pub use grids::{MinimalSurface, Springs};
pub use problems::{Problem, Residuals};
pub use random::{Hidden, Outputs};

/// A count as a number.
fn real(count: usize) -> f64 {
    num_traits::cast(count).expect("a count is a number")
}
