//! Layers: neurons with the same inputs.

use std::fmt;

use super::{Activation, Neuron};
use crate::error::Error;
use crate::number::Real;

/// A layer: neurons with the same inputs and the same activation, a view of their parameters.
///
/// The parameters are stored neuron by neuron: the weights, then the bias. A layer is a view and has no `map`; to
/// change the number type, use [`Mlp::map`](super::Mlp::map), for a network of one layer, too.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Activation, Layer};
///
/// let parameters = [1.0, 2.0, 0.5, -3.0, 0.0, 0.25];
/// let layer = Layer::new(&parameters, 2, Activation::Relu)?;
/// assert_eq!(layer.to_string(), "2 -> 2 relu");
/// assert_eq!(layer.forward(&[1.0, 1.0])?, [3.5, 0.0]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a, F> {
    parameters: &'a [F],
    inputs: usize,
    activation: Activation,
}

impl<'a, F> Layer<'a, F> {
    /// A layer with `inputs` inputs. The number of neurons follows from the number of parameters.
    ///
    /// # Errors
    ///
    /// If the number of parameters is not a multiple of `inputs + 1`.
    pub fn new(parameters: &'a [F], inputs: usize, activation: Activation) -> Result<Self, Error> {
        if inputs == usize::MAX || !parameters.len().is_multiple_of(inputs + 1) {
            let expected = format!("parameters for neurons of {inputs} weights and a bias");
            return Err(Error::unexpected("layer", expected, format!("{} parameters", parameters.len())));
        }
        Ok(Self::from_checked(parameters, inputs, activation))
    }

    /// A layer whose number of parameters was checked before.
    pub(super) fn from_checked(parameters: &'a [F], inputs: usize, activation: Activation) -> Self {
        Self { parameters, inputs, activation }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The number of neurons.
    pub fn outputs(&self) -> usize {
        self.parameters.len() / (self.inputs + 1)
    }

    /// The activation of all its neurons.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// All parameters: for each neuron its weights, then its bias.
    pub fn parameters(&self) -> &'a [F] {
        self.parameters
    }
}

impl<'a, F: Copy> Layer<'a, F> {
    /// The neurons, in order.
    pub fn neurons(&self) -> impl ExactSizeIterator<Item = Neuron<'a, F>> + use<'a, F> {
        let Self { parameters, inputs, activation } = *self;
        parameters
            .chunks_exact(inputs + 1)
            .map(move |neuron| Neuron::new(&neuron[..inputs], neuron[inputs], activation))
    }
}

impl<F: Real> Layer<'_, F> {
    /// The outputs of all neurons for the inputs `x`.
    ///
    /// # Errors
    ///
    /// If the length of `x` is not the number of inputs of the layer.
    pub fn forward(&self, x: &[F]) -> Result<Vec<F>, Error> {
        super::check_width("layer", self.inputs, x.len())?;
        Ok(self.neurons().map(|neuron| neuron.activate(x)).collect())
    }
}

impl<F> fmt::Display for Layer<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} {}", self.inputs, self.outputs(), self.activation)
    }
}
