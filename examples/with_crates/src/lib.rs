//! What the lessons on sampling share: a log density in the form that `nuts-rs` takes, and the chain.

use std::collections::HashMap;

use gradtape::Objective;
use nuts_rs::rand::{Rng, SeedableRng, rngs::StdRng};
use nuts_rs::{Chain, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, LogpError, Settings};

/// A log density in the form that nuts-rs takes.
pub struct Density<O> {
    pub log: O,
    pub inputs: usize,
}

impl<O: Objective> CpuLogpFunc for Density<O> {
    type LogpError = NoDensity;
    type FlowParameters = ();
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.inputs
    }

    fn logp(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, NoDensity> {
        let value = self.log.value_and_gradient(x, gradient)?;
        if value.is_finite() { Ok(value) } else { Err(NoDensity::NotFinite) }
    }

    fn expand_vector<R: Rng + ?Sized>(&mut self, _: &mut R, x: &[f64]) -> Result<Vec<f64>, CpuMathError> {
        Ok(x.to_vec())
    }
}

impl<O> HasDims for Density<O> {
    fn dim_sizes(&self) -> HashMap<String, u64> {
        HashMap::from([("unconstrained_parameter".to_string(), self.inputs as u64)])
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NoDensity {
    #[error("the density is not finite")]
    NotFinite,
    #[error(transparent)]
    Failed(#[from] gradtape::Error),
}

impl LogpError for NoDensity {
    /// The sampler rejects a point where the density is not finite, and continues.
    fn is_recoverable(&self) -> bool {
        matches!(self, Self::NotFinite)
    }
}

/// `draws` from the density, by the No-U-Turn sampler from `start`. The first draws are dropped: the sampler adapts its
/// steps in them.
pub fn sample(density: Density<impl Objective>, start: &[f64], draws: usize) -> Vec<Vec<f64>> {
    let settings = DiagNutsSettings { num_tune: 500, ..DiagNutsSettings::default() };
    let mut random = StdRng::seed_from_u64(8);
    let mut chain = settings.new_chain(0, CpuMath::new(density), &mut random).expect("the settings are valid");
    chain.set_position(start).expect("the density is finite there");
    (0..500 + draws).map(|_| chain.draw().expect("no error is fatal").0.to_vec()).skip(500).collect()
}

/// The mean of the numbers of consecutive draws and its standard error. The error is estimated from the means of 20
/// batches, which are long enough to be independent.
pub fn mean_and_error(draws: &[f64]) -> (f64, f64) {
    let length = draws.len() / 20;
    let batches = draws.chunks(length).take(20).map(|batch| batch.iter().sum::<f64>() / length as f64);
    let mean = batches.clone().sum::<f64>() / 20.0;
    (mean, (batches.map(|batch| (batch - mean).powi(2)).sum::<f64>() / 19.0 / 20.0).sqrt())
}
