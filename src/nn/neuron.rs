//! Single neurons.

use std::fmt;

use super::Activation;
use crate::error::Error;
use crate::number::Real;

/// A neuron: `activation(w · x + b)`, a view of its weights `w`.
///
/// A neuron is a view and has no `map`; to change the number type, use [`Mlp::map`](super::Mlp::map).
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Activation, Neuron};
/// use gradtape::{Tape, Value};
///
/// let tape = Tape::new();
/// let (weights, bias) = (tape.vars(&[0.5, -0.25]), tape.var(0.0));
/// let neuron = Neuron::new(&weights, bias, Activation::Tanh);
/// let y = neuron.forward(&[Value::from(2.0), Value::from(4.0)])?;
/// assert_eq!(y, 0.0);
/// assert_eq!(y.backward().wrt_all(&weights), [2.0, 4.0]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Neuron<'a, F> {
    weights: &'a [F],
    bias: F,
    activation: Activation,
}

impl<'a, F> Neuron<'a, F> {
    /// A neuron with one input for each weight.
    pub fn new(weights: &'a [F], bias: F, activation: Activation) -> Self {
        Self { weights, bias, activation }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.weights.len()
    }

    /// The activation.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The weights, one for each input.
    pub fn weights(&self) -> &'a [F] {
        self.weights
    }

    /// The bias.
    pub fn bias(&self) -> &F {
        &self.bias
    }
}

impl<F: Real> Neuron<'_, F> {
    /// The output for the inputs `x`.
    ///
    /// # Errors
    ///
    /// If the length of `x` is not the number of weights.
    pub fn forward(&self, x: &[F]) -> Result<F, Error> {
        super::check_width("neuron", self.weights.len(), x.len())?;
        Ok(self.activate(x))
    }

    /// The same as [`forward`](Self::forward), for inputs whose number was checked before.
    #[inline]
    pub(super) fn activate(&self, x: &[F]) -> F {
        self.activation.apply(F::dot(self.weights, x) + self.bias)
    }
}

impl<F> fmt::Display for Neuron<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> 1 {}", self.weights.len(), self.activation)
    }
}
