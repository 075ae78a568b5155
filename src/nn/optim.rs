//! Optimisers: rules that change parameters with the gradient of a loss.

use num_traits::Float;

use crate::error::Error;
use crate::function::Objective;
use crate::ops::rules::constant;

/// A rule that decreases a loss by changing parameters against its gradient.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Adam, Optimizer};
///
/// let mut adam = Adam::new(0.1);
/// let mut x = [5.0_f64];
/// for _ in 0..500 {
///     let gradient = [2.0 * (x[0] - 3.0)];
///     adam.step(&mut x, &gradient);
/// }
/// assert!((x[0] - 3.0).abs() < 1e-3);
/// ```
pub trait Optimizer<T> {
    /// Changes the parameters by one step, given the gradient of the loss.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or the number of parameters differs from that of an earlier step.
    fn step(&mut self, parameters: &mut [T], gradient: &[T]);

    /// Sets the rate of the following steps, as a [`Schedule`](super::Schedule) wants it; all else is kept. An
    /// optimiser without a rate, which finds the length of its steps, ignores it.
    fn set_rate(&mut self, rate: T);

    /// Changes the parameters by one step towards smaller values of the objective. Returns the value, and leaves the
    /// gradient in `gradient`, both before the step. If the value is not finite, nothing changes.
    ///
    /// By default it asks once, and makes a [`step`](Self::step). An optimiser that searches along a line asks again.
    ///
    /// # Errors
    ///
    /// Those of the objective; then nothing changes.
    ///
    /// # Panics
    ///
    /// Those of [`step`](Self::step).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Optimizer, Sgd};
    /// use gradtape::{Driver, function};
    ///
    /// let bowl = Driver::new(function!(|x| (x[0] - 3.0).powi(2)));
    /// let (mut sgd, mut x, mut slope) = (Sgd::new(0.25), [1.0], [0.0]);
    /// assert_eq!(sgd.descend(&bowl, &mut x, &mut slope)?, 4.0);
    /// assert_eq!((x, slope), ([2.0], [-4.0]));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    fn descend(&mut self, objective: &dyn Objective<T>, parameters: &mut [T], gradient: &mut [T]) -> Result<T, Error>
    where
        T: Float,
    {
        let value = objective.value_and_gradient(parameters, gradient)?;
        if value.is_finite() {
            self.step(parameters, gradient);
        }
        Ok(value)
    }
}

impl<T, O: Optimizer<T> + ?Sized> Optimizer<T> for Box<O> {
    #[track_caller]
    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        (**self).step(parameters, gradient);
    }

    fn set_rate(&mut self, rate: T) {
        (**self).set_rate(rate);
    }

    #[track_caller]
    fn descend(&mut self, objective: &dyn Objective<T>, parameters: &mut [T], gradient: &mut [T]) -> Result<T, Error>
    where
        T: Float,
    {
        (**self).descend(objective, parameters, gradient)
    }
}

/// Gradient descent with momentum and decoupled weight decay: `v ← momentum · v + g`, `w ← w - rate · (v + decay · w)`.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Optimizer, Sgd};
///
/// let mut w = [1.0, 2.0];
/// let mut sgd = Sgd::new(0.5).with_momentum(0.5);
/// sgd.step(&mut w, &[1.0, 0.0]);
/// sgd.step(&mut w, &[1.0, 2.0]);
/// assert_eq!(w, [1.0 - 0.5 * 1.0 - 0.5 * 1.5, 2.0 - 0.5 * 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Sgd<T> {
    rate: T,
    momentum: T,
    decay: T,
    velocity: Vec<T>,
}

impl<T: Float> Sgd<T> {
    /// Gradient descent with this rate, without momentum.
    pub fn new(rate: T) -> Self {
        Self { rate, momentum: T::zero(), decay: T::zero(), velocity: Vec::new() }
    }

    /// Sets the momentum: the share in `[0, 1)` of the last velocity that each step keeps.
    #[must_use]
    pub fn with_momentum(self, momentum: T) -> Self {
        Self { momentum, ..self }
    }

    /// Sets the weight decay.
    #[must_use]
    pub fn with_decay(self, decay: T) -> Self {
        Self { decay, ..self }
    }
}

impl<T: Float> Optimizer<T> for Sgd<T> {
    #[track_caller]
    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        prepare(&mut self.velocity, T::zero(), parameters, gradient);
        for ((w, &g), v) in parameters.iter_mut().zip(gradient).zip(&mut self.velocity) {
            *v = self.momentum * *v + g;
            *w = *w - self.rate * (*v + self.decay * *w);
        }
    }

    fn set_rate(&mut self, rate: T) {
        self.rate = rate;
    }
}

/// Adam with bias correction and decoupled weight decay: Kingma and Ba, "Adam: a method for stochastic optimization",
/// 2015; Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
///
/// Step `k` computes `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²` and
/// `w ← w - rate · ((m / (1 - β₁ᵏ)) / (√(v / (1 - β₂ᵏ)) + ε) + decay · w)` with `ε = 1e-8`, or the smallest
/// normal number if that is larger; `β₁ = 0.9` and `β₂ = 0.999` if nothing else is said.
///
/// # Examples
///
/// The length of the first step is the rate, whatever the gradient is:
///
/// ```
/// use gradtape::nn::{Adam, Optimizer};
///
/// let mut w = [1.0_f64, 1.0];
/// Adam::new(0.25).step(&mut w, &[1e-3, -40.0]);
/// assert!((w[0] - 0.75).abs() < 1e-5 && (w[1] - 1.25).abs() < 1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T> {
    rate: T,
    decay: T,
    /// `β₁` and `β₂`.
    betas: [T; 2],
    /// `β₁ᵏ` and `β₂ᵏ` after `k` steps.
    powers: [T; 2],
    /// `m` and `v` of each parameter.
    moments: Vec<[T; 2]>,
}

impl<T: Float> Adam<T> {
    /// Adam with this rate, without weight decay.
    pub fn new(rate: T) -> Self {
        let betas = [constant(0.9), constant(0.999)];
        Self { rate, decay: T::zero(), betas, powers: [T::one(); 2], moments: Vec::new() }
    }

    /// Sets the weight decay.
    #[must_use]
    pub fn with_decay(self, decay: T) -> Self {
        Self { decay, ..self }
    }

    /// Sets `β₁` and `β₂`, the shares in `[0, 1)` of the moments that each step keeps.
    #[must_use]
    pub fn with_betas(self, betas: [T; 2]) -> Self {
        Self { betas, ..self }
    }
}

impl<T: Float> Optimizer<T> for Adam<T> {
    #[track_caller]
    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        prepare(&mut self.moments, [T::zero(); 2], parameters, gradient);
        let [beta_m, beta_v] = self.betas;
        // 1e-8 is 0 in a float of 16 bits.
        let epsilon = constant::<T>(1e-8).max(T::min_positive_value());
        let one = T::one();
        self.powers = [self.powers[0] * beta_m, self.powers[1] * beta_v];
        let [unbiased_m, unbiased_v] = self.powers.map(|power| (one - power).recip());
        for ((w, &g), [m, v]) in parameters.iter_mut().zip(gradient).zip(&mut self.moments) {
            *m = beta_m * *m + (one - beta_m) * g;
            *v = beta_v * *v + (one - beta_v) * g * g;
            let step = *m * unbiased_m / ((*v * unbiased_v).sqrt() + epsilon);
            *w = *w - self.rate * (step + self.decay * *w);
        }
    }

    fn set_rate(&mut self, rate: T) {
        self.rate = rate;
    }
}

/// Another optimiser with shorter gradients: a gradient longer than `length` is divided so that it has this length.
/// Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Clipped, Optimizer, Sgd};
///
/// let (mut clipped, mut w) = (Clipped::new(Sgd::new(1.0), 5.0), [0.0, 0.0]);
/// clipped.step(&mut w, &[30.0, 40.0]);
/// assert_eq!(w, [-3.0, -4.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Clipped<O, T> {
    optimizer: O,
    length: T,
    gradient: Vec<T>,
}

impl<O, T: Float> Clipped<O, T> {
    /// The optimiser with gradients of at most this length.
    pub fn new(optimizer: O, length: T) -> Self {
        Self { optimizer, length, gradient: Vec::new() }
    }
}

impl<T: Float, O: Optimizer<T>> Optimizer<T> for Clipped<O, T> {
    #[track_caller]
    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        // The square of a large number would overflow.
        let length = gradient.iter().fold(T::zero(), |length, &g| length.hypot(g));
        self.gradient.clear();
        if length > self.length {
            self.gradient.extend(gradient.iter().map(|&g| g / length * self.length));
        } else {
            self.gradient.extend_from_slice(gradient);
        }
        self.optimizer.step(parameters, &self.gradient);
    }

    fn set_rate(&mut self, rate: T) {
        self.optimizer.set_rate(rate);
    }
}

/// Allocates the state at the first step, and checks the lengths at every step.
#[track_caller]
fn prepare<S: Clone, T>(state: &mut Vec<S>, zero: S, parameters: &[T], gradient: &[T]) {
    assert_eq!(parameters.len(), gradient.len(), "a step needs as many derivatives as parameters");
    if state.is_empty() {
        state.resize(parameters.len(), zero);
    }
    assert_eq!(state.len(), parameters.len(), "an optimiser keeps to the parameters of its first step");
}
