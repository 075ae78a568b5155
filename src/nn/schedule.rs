//! How the rate of an optimiser changes during a training.

use std::f64::consts::PI;

/// How the rate of an optimiser changes during a training: a factor of the rate for each step.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Adam, Optimizer, Schedule};
///
/// let schedule = Schedule::Cosine { warmup: 0.1 };
/// let mut adam = Adam::new(0.0);
/// let mut rates = Vec::new();
/// for step in 0..100 {
///     let rate = 0.01 * schedule.factor(step, 100);
///     adam.set_rate(rate);
///     // One step of the training.
///     adam.step(&mut [1.0], &[0.5]);
///     rates.push(rate);
/// }
/// assert_eq!(rates[9], 0.01);
/// assert!(rates[0] < 0.002 && rates[99] < 0.0001);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// The factor is 1.
    Constant,
    /// The factor falls from 1 towards `to` in a straight line.
    Linear {
        /// The factor that the step after the last one would have.
        to: f64,
    },
    /// The factor rises to 1 in a straight line in a share `warmup` of the steps, and then falls to 0 as half a wave of
    /// a cosine: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    Cosine {
        /// The share of the steps, from 0 to 1, in which the factor rises.
        warmup: f64,
    },
    /// The training has equal parts, and the factor is multiplied by `decay` from one to the next.
    Step {
        /// How many parts the training has.
        parts: usize,
        /// The factor from part to part.
        decay: f64,
    },
}

impl Schedule {
    /// The factor of the rate in a step of so many, which are counted from 0.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[track_caller]
    pub fn factor(self, step: usize, steps: usize) -> f64 {
        assert!(step < steps, "there is no step {step} of {steps}; steps are counted from 0");
        let [at, all] = [step, steps].map(super::number::<f64>);
        match self {
            Self::Constant => 1.0,
            Self::Linear { to } => 1.0 - (1.0 - to) * at / all,
            Self::Cosine { warmup } => {
                let rise = warmup * all;
                if at + 1.0 <= rise { (at + 1.0) / rise } else { 0.5 + 0.5 * (PI * (at - rise) / (all - rise)).cos() }
            }
            Self::Step { parts, decay } => {
                let part = step.saturating_mul(parts) / steps;
                decay.powi(i32::try_from(part).unwrap_or(i32::MAX))
            }
        }
    }
}
