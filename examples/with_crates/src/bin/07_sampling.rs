//! Lesson 7: sampling from a posterior, by the No-U-Turn sampler of `nuts-rs` with gradients of this crate.
//!
//! [`Density`] makes a density of nuts-rs from any [`Objective`], here from a [`Driver`]. The model is that of the
//! eight schools: effects that differ a little from school to school. The lesson prints the posterior means of the
//! common effect and of the spread with their Monte Carlo errors, beside the known values.

use std::collections::HashMap;

use gradtape::{Driver, Function, Objective, Real};
use nuts_rs::rand::{Rng, SeedableRng, rngs::StdRng};
use nuts_rs::{Chain, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, LogpError, Settings};

/// The measured effect of each school and its standard error.
const SCHOOLS: [(f64, f64); 8] =
    [(28.0, 15.0), (8.0, 10.0), (-3.0, 16.0), (7.0, 11.0), (-1.0, 9.0), (1.0, 11.0), (18.0, 10.0), (12.0, 18.0)];

/// The true effects are `θⱼ = μ + τ zⱼ`, and the inputs `μ, ln τ, z₁, …, z₈`.
struct LogPosterior;

impl Function for LogPosterior {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let (mu, log_tau, z) = (x[0], x[1], &x[2..]);
        let tau = log_tau.exp();
        // μ is normal and τ half-Cauchy, both of width 5; the density is that of ln τ.
        let prior = -(mu / 5.0).powi(2) / 2.0 - (tau / 5.0).powi(2).ln_1p() + log_tau - F::dot(z, z) / 2.0;
        let errors = SCHOOLS.iter().zip(z).map(|(&(effect, error), &z)| ((mu + tau * z - effect) / error).powi(2));
        prior - errors.sum::<F>() / 2.0
    }
}

/// A log density in the form that nuts-rs takes.
struct Density<O> {
    log: O,
    inputs: usize,
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
enum NoDensity {
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

/// The posterior means. For fixed `τ` all distributions are normal, so the means are integrals over `τ` alone; they
/// were computed beforehand.
const MEANS: [(&str, f64); 2] = [("mu", 4.396_820_714), ("tau", 3.597_705_484)];

fn main() {
    let settings = DiagNutsSettings { num_tune: 500, ..DiagNutsSettings::default() };
    let density = Density { log: Driver::new(LogPosterior), inputs: 10 };
    let mut random = StdRng::seed_from_u64(8);
    let mut chain = settings.new_chain(0, CpuMath::new(density), &mut random).expect("the settings are valid");
    chain.set_position(&[0.1; 10]).expect("the density is finite there");
    // The first draws are dropped: the sampler adapts its steps in them.
    let draws = (0..4500).map(|_| chain.draw().expect("no error is fatal").0).skip(500);
    let draws: Vec<_> = draws.map(|x| [x[0], x[1].exp()]).collect();

    // The error of a mean is estimated from the means of batches, which are long enough to be independent.
    for (i, (name, known)) in MEANS.into_iter().enumerate() {
        let batches = draws.chunks(200).map(|batch| batch.iter().map(|x| x[i]).sum::<f64>() / 200.0);
        let mean = batches.clone().sum::<f64>() / 20.0;
        let error = (batches.map(|batch| (batch - mean).powi(2)).sum::<f64>() / 19.0 / 20.0).sqrt();
        println!("{name}: {mean:.3} ± {error:.3}, known {known:.3}");
        assert!((mean - known).abs() < 5.0 * error && error < 0.2, "{name}");
    }
}
