//! Lesson 7: sampling from a posterior, by the No-U-Turn sampler of `nuts-rs` with gradients of this crate.
//!
//! [`Density`] makes a density of nuts-rs from any `Objective`, here from a [`Driver`]. The model is that of the
//! eight schools: effects that differ a little from school to school. The lesson prints the posterior means of the
//! common effect and of the spread with their Monte Carlo errors, beside the known values.

use gradtape::{Driver, Function, Real};
use with_crates::{Density, mean_and_error, sample};

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

/// The posterior means. For fixed `τ` all distributions are normal, so the means are integrals over `τ` alone; they
/// were computed beforehand.
const MEANS: [(&str, f64); 2] = [("mu", 4.396_820_714), ("tau", 3.597_705_484)];

fn main() {
    let density = Density { log: Driver::new(LogPosterior), inputs: 10 };
    let draws = sample(density, &[0.1; 10], 4000);
    let numbers: [Vec<f64>; 2] = [draws.iter().map(|x| x[0]).collect(), draws.iter().map(|x| x[1].exp()).collect()];
    for ((name, known), numbers) in MEANS.into_iter().zip(numbers) {
        let (mean, error) = mean_and_error(&numbers);
        println!("{name}: {mean:.3} ± {error:.3}, known {known:.3}");
        assert!((mean - known).abs() < 5.0 * error && error < 0.2, "{name}");
    }
}
