//! Lesson 13: two regressions with special functions, sampled from their posteriors.
//!
//! Counts have a negative binomial distribution, and shares a beta distribution; the means depend on `x`. The log
//! likelihood of a row is recorded once, and a program runs it on all rows. The prior is a program of the parameters
//! alone, which [`gradient_of_sum_plus`](Program::gradient_of_sum_plus) counts once. The lesson prints the posterior
//! means of the coefficients with their errors, beside the coefficients that the rows were drawn with.

use gradtape::program::{Expr, Program, Rows};
use gradtape::{Real, Special};
use nuts_rs::rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Beta, Distribution, Gamma, Poisson};
use with_crates::{Density, mean_and_error, sample};

/// The log probability of the count `y` with the mean `exp(p₀ + p₁ x)`. Its variance is `mean + mean²/size` with
/// `size = exp(p₂)`.
fn negative_binomial<F: Real<Plain = f64>>(p: &[F], x: F, y: F) -> F {
    let log_mean = p[0] + p[1] * x;
    let (size, log_size) = (p[2].exp(), p[2]);
    // ln(mean + size), without overflow.
    let log_sum = log_mean.ln_add_exp(log_size);
    let choices = (y + size).ln_gamma() - size.ln_gamma() - (y + 1.0).ln_gamma();
    choices + size * (log_size - log_sum) + y * (log_mean - log_sum)
}

/// The log density of the share `y` with the mean `σ(p₀ + p₁ x)`. The precision is `exp(p₂)`.
fn beta<F: Real<Plain = f64>>(p: &[F], x: F, y: F) -> F {
    let (mean, precision) = ((p[0] + p[1] * x).sigmoid(), p[2].exp());
    let (a, b) = (mean * precision, (-mean + 1.0) * precision);
    (a - 1.0) * y.ln() + (b - 1.0) * (-y).ln_1p() - a.ln_beta(b)
}

/// The log density of independent normal distributions with the deviation 3, but for a constant.
fn prior<F: Real<Plain = f64>>(p: &[F]) -> F {
    -F::dot(p, p) / 18.0
}

/// A regression: the log likelihood of a row `(x, y)`, and its rows.
type Likelihood = fn(&[Expr<f64>], Expr<f64>, Expr<f64>) -> Expr<f64>;

const COUNT: u32 = 400;

fn posterior_means(likelihood: Likelihood, rows: &[f64]) -> [(f64, f64); 3] {
    let start = [0.1, 0.1, 0.1];
    let of_row = Program::record_with(|p, row| likelihood(p, row[0], row[1]), &start, &[0.5, 0.5]);
    let posterior = of_row.gradient_of_sum_plus(&Program::record_with(|p, _| prior(p), &start, &[]));
    let rows = Rows::new(rows, 2).expect("two numbers for each row");
    let draws = sample(Density { log: posterior.objective(rows), inputs: 3 }, &start, 2000);
    [0, 1, 2].map(|k| mean_and_error(&draws.iter().map(|draw| draw[k]).collect::<Vec<_>>()))
}

fn main() {
    let mut random = StdRng::seed_from_u64(1);
    let x = |k: u32| f64::from(k) / f64::from(COUNT) * 4.0 - 2.0;
    let valid = "the parameters are in their ranges";
    let mut counts = Vec::new();
    let mut shares = Vec::new();
    for x in (0..COUNT).map(x) {
        // A Poisson distribution whose mean has a gamma distribution is a negative binomial one.
        let (mean, size) = ((1.0 + 0.5 * x).exp(), 2.0_f64.exp());
        let rate = Gamma::new(size, mean / size).expect(valid).sample(&mut random);
        counts.extend([x, Poisson::new(rate).expect(valid).sample(&mut random)]);
        let (mean, precision) = ((0.3 - 0.8 * x).sigmoid(), 3.0_f64.exp());
        let share: f64 = Beta::new(mean * precision, (1.0 - mean) * precision).expect(valid).sample(&mut random);
        shares.extend([x, share]);
    }
    let regressions: [(&str, Likelihood, &[f64], [f64; 3]); 2] =
        [("negative binomial", negative_binomial, &counts, [1.0, 0.5, 2.0]), ("beta", beta, &shares, [0.3, -0.8, 3.0])];
    for (name, likelihood, rows, truth) in regressions {
        for ((mean, error), truth) in posterior_means(likelihood, rows).into_iter().zip(truth) {
            println!("{name}: {mean:.3} ± {error:.3}, drawn with {truth}");
            // The posterior is some tenths wide.
            assert!((mean - truth).abs() < 0.8 && error < 0.05, "{name}");
        }
    }
}
