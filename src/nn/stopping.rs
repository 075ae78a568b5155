//! Early stopping.

use num_traits::Float;

/// Keeps the best parameters of a training, and tells when there were no better ones for a while.
///
/// # Examples
///
/// ```
/// use gradtape::nn::EarlyStopping;
///
/// let mut stopping = EarlyStopping::new(2);
/// let mut parameters = vec![0.0];
/// for loss in [3.0, 1.0, 2.0, 1.5, 0.5] {
///     parameters[0] += 1.0;
///     // The loss of the validation set with these parameters.
///     if stopping.observe(loss, &parameters) {
///         break;
///     }
/// }
/// assert_eq!((stopping.best_loss(), stopping.best()), (Some(1.0), &[2.0][..]));
/// assert_eq!(parameters, [4.0]);
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping<T> {
    patience: usize,
    best_loss: Option<T>,
    best: Vec<T>,
    /// How many losses since the best one were not better.
    waited: usize,
}

impl<T: Float> EarlyStopping<T> {
    /// Stops after so many losses in a row that are not better than the best one.
    pub const fn new(patience: usize) -> Self {
        Self { patience, best_loss: None, best: Vec::new(), waited: 0 }
    }

    /// Takes a loss and the parameters that have it. Returns whether the training should stop. A loss that is NaN is
    /// not better than any other.
    pub fn observe(&mut self, loss: T, parameters: &[T]) -> bool {
        if !loss.is_nan() && self.best_loss.is_none_or(|best| loss < best) {
            self.best_loss = Some(loss);
            self.best.clear();
            self.best.extend_from_slice(parameters);
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        self.waited >= self.patience.max(1)
    }

    /// The smallest loss so far.
    pub fn best_loss(&self) -> Option<T> {
        self.best_loss
    }

    /// The parameters with the smallest loss so far; none before the first loss that is a number.
    pub fn best(&self) -> &[T] {
        &self.best
    }
}
