//! The loss of a row of a data set.

use super::{Dataset, Mlp, Target, loss};
use crate::error::Error;
use crate::number::Real;
use crate::ops::rules::constant;

/// The loss of a row of a [`Dataset`](super::Dataset), by which a [`Trainer`](super::Trainer) trains: one definition
/// for every engine.
///
/// The *target* of a row is its number; or for classes a share for each class, 1 for the class of the row and 0 for the
/// others.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Loss, Target};
///
/// let target = Target::Classes { names: vec!["cat".into(), "dog".into()], labels: vec![1] };
/// assert_eq!(Loss::of_target(&target), Loss::CrossEntropy { smoothing: 0.0, weights: vec![] });
/// let weighted = Loss::CrossEntropy { smoothing: 0.0, weights: vec![1.0, 3.0] };
/// assert_eq!(weighted.value(&[0.5, 0.5], &[0.0, 1.0]), 3.0 * 2_f64.ln());
/// assert!(Loss::Poisson.check(&target).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// [`loss::sum_of_squares`], for numbers.
    Squared,
    /// [`loss::absolute`], for numbers.
    Absolute,
    /// [`loss::huber`] of this width, for numbers.
    Huber(f64),
    /// [`loss::quantile`] of this share, for numbers.
    Quantile(f64),
    /// [`loss::poisson`], for numbers that are counts, which must not be standardised.
    Poisson,
    /// [`loss::soft_cross_entropy`], for classes.
    CrossEntropy {
        /// The share from 0 to 1 that is taken from the class of the row and divided among all classes. So scores stay
        /// small.
        smoothing: f64,
        /// The weight of each class; 1 for all if there are none.
        weights: Vec<f64>,
    },
    /// [`loss::binary_cross_entropy`] of each class against the others.
    Binary,
    /// [`loss::hinge`] of each class against the others.
    Hinge,
}

impl Loss {
    /// The loss that a trainer uses if nothing else is said: the cross-entropy of classes, the squared error of
    /// numbers.
    pub fn of_target(target: &Target) -> Self {
        match target {
            Target::Classes { .. } => Self::CrossEntropy { smoothing: 0.0, weights: Vec::new() },
            Target::Numbers(_) => Self::Squared,
        }
    }

    /// Whether a data set with these targets can be trained by this loss.
    ///
    /// # Errors
    ///
    /// If the loss is for numbers and the targets are classes, or the other way round; if a share is not from 0 to 1, a
    /// width or a weight is not a finite number above 0, there is not a weight for each class, or a count is below 0.
    pub fn check(&self, target: &Target) -> Result<(), Error> {
        let fail = |expected: &str, found: String| Err(Error::unexpected("loss", expected, found));
        let is_positive = |x: f64| x > 0.0 && x.is_finite();
        let is_share = |x: f64| (0.0..=1.0).contains(&x);
        match (self, target) {
            (
                Self::Squared | Self::Absolute | Self::Huber(_) | Self::Quantile(_) | Self::Poisson,
                Target::Classes { .. },
            ) => fail("a loss for classes: cross-entropy, binary or hinge", format!("{self:?}")),
            (Self::CrossEntropy { .. } | Self::Binary | Self::Hinge, Target::Numbers(_)) => {
                fail("a loss for numbers: squared, absolute, Huber, quantile or Poisson", format!("{self:?}"))
            }
            (Self::Huber(width), _) if !is_positive(*width) => fail("a width above 0", width.to_string()),
            (Self::Quantile(q), _) if !is_share(*q) => fail("a quantile from 0 to 1", q.to_string()),
            (Self::Poisson, Target::Numbers(counts)) => match counts.iter().find(|&&count| count < 0.0) {
                Some(count) => fail("counts, which are not negative", count.to_string()),
                None => Ok(()),
            },
            (Self::CrossEntropy { smoothing, weights }, Target::Classes { names, .. }) => {
                if !is_share(*smoothing) {
                    return fail("a smoothing from 0 to 1", smoothing.to_string());
                }
                if let Some(weight) = weights.iter().find(|&&weight| !is_positive(weight)) {
                    return fail("weights above 0", weight.to_string());
                }
                if !weights.is_empty() && weights.len() != names.len() {
                    return fail(&format!("a weight for each of {} classes", names.len()), weights.len().to_string());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The mean loss of a network over the rows of a data set: that of a validation set, or of a test.
    ///
    /// # Errors
    ///
    /// If the number of inputs or outputs of the network does not fit the data, or the loss is not one for these
    /// targets.
    pub fn mean<T: Real>(&self, network: &Mlp<T>, data: &Dataset) -> Result<T, Error> {
        data.target().check_outputs(network.outputs())?;
        self.check(data.target())?;
        let mut target = vec![T::zero(); data.target().width()];
        let mut sum = T::zero();
        for (row, outputs) in network.predict(data)?.iter().enumerate() {
            data.target().write(row, &mut target);
            sum += self.value(outputs, &target);
        }
        Ok(sum / super::number::<T>(data.len()))
    }

    /// The loss of outputs for the target of a row, in any number.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or there is not a weight for each class.
    #[track_caller]
    pub fn value<F: Real>(&self, outputs: &[F], target: &[F]) -> F {
        let plain = |x: f64| constant::<F::Plain>(x);
        match self {
            Self::Squared => loss::sum_of_squares(outputs, target),
            Self::Absolute => loss::absolute(outputs, target),
            Self::Huber(width) => loss::huber(outputs, target, plain(*width)),
            Self::Quantile(q) => loss::quantile(outputs, target, plain(*q)),
            Self::Poisson => loss::poisson(outputs, target),
            Self::Binary => loss::binary_cross_entropy(outputs, target),
            Self::Hinge => {
                let signs: Vec<F> = target.iter().map(|&t| t + t - F::one()).collect();
                loss::hinge(outputs, &signs)
            }
            Self::CrossEntropy { smoothing, weights } => {
                let number = |x: f64| F::constant(plain(x));
                let smoothed: Vec<F>;
                let shares = if *smoothing == 0.0 {
                    target
                } else {
                    let each = number(*smoothing) / super::number::<F>(target.len());
                    smoothed = target.iter().map(|&t| t * number(1.0 - smoothing) + each).collect();
                    &smoothed
                };
                let loss = loss::soft_cross_entropy(outputs, shares);
                if weights.is_empty() {
                    return loss;
                }
                let weights: Vec<F> = weights.iter().map(|&weight| number(weight)).collect();
                assert_eq!(weights.len(), target.len(), "cross-entropy needs a weight for each class");
                loss * F::dot(&weights, target)
            }
        }
    }
}

impl Target {
    /// The loss of the outputs for a row, by the loss [of the target](Loss::of_target).
    ///
    /// # Panics
    ///
    /// If there is no such row, or the number of outputs is not [`width`](Self::width).
    #[track_caller]
    pub fn loss<F: Real>(&self, row: usize, outputs: &[F]) -> F {
        assert_eq!(outputs.len(), self.width(), "the loss needs an output for each class, or one number");
        let mut target = vec![F::zero(); self.width()];
        self.write(row, &mut target);
        Loss::of_target(self).value(outputs, &target)
    }
}
