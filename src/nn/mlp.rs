//! Multi-layer perceptrons.

use std::fmt;

use rand::Rng;

use super::{Activation, Dataset, Init, Layer};
use crate::error::Error;
use crate::number::Real;
use crate::ops::rules::constant;

/// A multi-layer perceptron over numbers `F`: each layer takes the outputs of the layer before.
///
/// All parameters are one slice: layer by layer, neuron by neuron, the weights, then the bias. So an optimiser updates
/// `parameters_mut()` of an `Mlp<f64>`, and [`map`](Self::map) makes the same network over [`Value`](crate::Value)s,
/// whose gradient has the same order.
///
/// # Examples
///
/// One step of gradient descent:
///
/// ```
/// use gradtape::nn::{Activation, Init, Mlp, Optimizer, Sgd, loss};
/// use gradtape::{Tape, Value};
/// use rand::SeedableRng;
///
/// let mut rng = rand::rngs::StdRng::seed_from_u64(1);
/// let mut network = Mlp::<f64>::new(2, &[(3, Activation::Tanh), (1, Activation::Tanh)], Init::Uniform, &mut rng)?;
/// assert_eq!(network.to_string(), "2 -> 3 tanh -> 1 tanh");
///
/// let tape = Tape::new();
/// let taped = network.map(|w| tape.var(w));
/// let output = taped.forward(&[Value::from(0.5), Value::from(-1.0)])?;
/// let error = loss::sum_of_squares(&output, &[1.0]);
/// let gradient = error.backward().wrt_all(taped.parameters());
/// Sgd::new(0.1).step(network.parameters_mut(), &gradient);
///
/// let output = network.forward(&[0.5, -1.0])?;
/// assert!(loss::sum_of_squares(&output, &[1.0]) < error.data());
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mlp<F> {
    inputs: usize,
    /// The width and the activation of each layer; at least one layer, no width is 0.
    layers: Vec<(usize, Activation)>,
    parameters: Vec<F>,
}

/// The memory of a forward pass, for [`Mlp::forward_into`].
#[derive(Clone, Debug)]
pub struct Workspace<F> {
    inputs: Vec<F>,
    outputs: Vec<F>,
}

impl<F> Workspace<F> {
    /// Memory for any network. It is allocated at the first use.
    pub const fn new() -> Self {
        Self { inputs: Vec::new(), outputs: Vec::new() }
    }
}

impl<F> Default for Workspace<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> Mlp<F> {
    /// A network with these parameters, and a width and an activation for each layer.
    ///
    /// # Errors
    ///
    /// If there is no layer, the input or a layer has width 0, or the number of parameters is not the sum of
    /// `outputs · (inputs + 1)` over the layers.
    pub fn from_parameters(inputs: usize, layers: &[(usize, Activation)], parameters: Vec<F>) -> Result<Self, Error> {
        let expected = count_parameters(inputs, layers)?;
        if parameters.len() != expected {
            let found = parameters.len();
            return Err(Error::unexpected("network", format!("{expected} parameters"), format!("{found}")));
        }
        Ok(Self { inputs, layers: layers.to_vec(), parameters })
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(self.inputs, |&(outputs, _)| outputs)
    }

    /// The layers, in order.
    pub fn layers(&self) -> impl Iterator<Item = Layer<'_, F>> {
        let mut inputs = self.inputs;
        let mut rest = &self.parameters[..];
        self.layers.iter().map(move |&(outputs, activation)| {
            let (parameters, tail) = rest.split_at(outputs * (inputs + 1));
            let layer = Layer::from_checked(parameters, inputs, activation);
            (inputs, rest) = (outputs, tail);
            layer
        })
    }

    /// Whether the number of inputs, the widths and the activations are those of another network.
    pub(super) fn has_shape_of<G>(&self, other: &Mlp<G>) -> bool {
        self.inputs == other.inputs && self.layers == other.layers
    }

    /// All parameters, in order.
    pub fn parameters(&self) -> &[F] {
        &self.parameters
    }

    /// All parameters, in order.
    pub fn parameters_mut(&mut self) -> &mut [F] {
        &mut self.parameters
    }
}

impl<F: Copy> Mlp<F> {
    /// The same network with `f` applied to each parameter, in order.
    ///
    /// ```
    /// use gradtape::nn::{Activation, Mlp};
    ///
    /// let plain = Mlp::from_parameters(1, &[(1, Activation::Identity)], vec![3.0, 0.5])?;
    /// let tape = gradtape::Tape::new();
    /// let taped = plain.map(|w| tape.var(w));
    /// assert_eq!(taped.map(|w| w.data()).parameters(), plain.parameters());
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn map<G>(&self, f: impl FnMut(F) -> G) -> Mlp<G> {
        let parameters = self.parameters.iter().copied().map(f).collect();
        Mlp { inputs: self.inputs, layers: self.layers.clone(), parameters }
    }

    /// The same as [`map`](Self::map), written to another network, whose shape and parameters are replaced.
    pub fn map_into<G>(&self, network: &mut Mlp<G>, f: impl FnMut(F) -> G) {
        network.inputs = self.inputs;
        network.layers.clone_from(&self.layers);
        network.parameters.clear();
        network.parameters.extend(self.parameters.iter().copied().map(f));
    }
}

impl<F: Real> Mlp<F> {
    /// A new network with a width and an activation for each layer, its weights drawn from `rng` and its biases zero.
    ///
    /// The weights are drawn in f64 in the order of the parameters, so a seed gives the same network in every
    /// precision.
    ///
    /// # Errors
    ///
    /// If there is no layer, the input or a layer has width 0, or there is not enough memory.
    pub fn new(inputs: usize, layers: &[(usize, Activation)], init: Init, rng: &mut impl Rng) -> Result<Self, Error> {
        let count = count_parameters(inputs, layers)?;
        let mut parameters = Vec::new();
        if parameters.try_reserve_exact(count).is_err() {
            return Err(Error::unexpected("network", "widths that memory has room for", format!("{count} parameters")));
        }
        let mut inputs_of_layer = inputs;
        for &(outputs, _) in layers {
            for _ in 0..outputs {
                let weights = (0..inputs_of_layer).map(|_| init.sample(inputs_of_layer, outputs, rng));
                parameters.extend(weights.map(|w| F::constant(constant(w))));
                parameters.push(F::zero());
            }
            inputs_of_layer = outputs;
        }
        Ok(Self { inputs, layers: layers.to_vec(), parameters })
    }

    /// The outputs for the inputs `x`.
    ///
    /// # Errors
    ///
    /// If the length of `x` is not the number of inputs.
    pub fn forward(&self, x: &[F]) -> Result<Vec<F>, Error> {
        let mut workspace = Workspace::new();
        self.forward_into(x, &mut workspace)?;
        Ok(workspace.outputs)
    }

    /// The outputs for all rows of a data set, row by row.
    ///
    /// # Errors
    ///
    /// If the data set has not as many features as the network has inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Activation, Dataset, Mlp, Target, metrics};
    ///
    /// let target = Target::Classes { names: vec!["small".into(), "large".into()], labels: vec![0, 1, 1] };
    /// let data = Dataset::new(vec!["size".into()], vec![1.0, 2.0, 5.0], target)?;
    /// let network = Mlp::from_parameters(1, &[(2, Activation::Identity)], vec![0.0, 3.0, 1.0, 0.0])?;
    /// let classes: Vec<usize> = network.predict(&data)?.iter().map(|scores| metrics::largest(scores)).collect();
    /// assert_eq!(classes, [0, 0, 1]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn predict(&self, data: &Dataset) -> Result<Vec<Vec<F>>, Error> {
        let mut workspace = Workspace::new();
        let predict = |row| {
            let x: Vec<F> = data.row(row).iter().map(|&x| F::constant(constant(x))).collect();
            self.forward_into(&x, &mut workspace).map(<[F]>::to_vec)
        };
        (0..data.len()).map(predict).collect()
    }

    /// The same as [`forward`](Self::forward), with the memory of `workspace`, which holds the outputs until its next
    /// use.
    ///
    /// # Errors
    ///
    /// If the length of `x` is not the number of inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Activation, Mlp, Workspace};
    ///
    /// let network = Mlp::from_parameters(1, &[(2, Activation::Identity)], vec![3.0, 0.5, 2.0, 0.0])?;
    /// let mut workspace = Workspace::new();
    /// for x in [1.0, 2.0, 3.0] {
    ///     assert_eq!(network.forward_into(&[x], &mut workspace)?, [3.0 * x + 0.5, 2.0 * x]);
    /// }
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn forward_into<'w>(&self, x: &[F], workspace: &'w mut Workspace<F>) -> Result<&'w [F], Error> {
        super::check_width("layer 1 of the network", self.inputs, x.len())?;
        let Workspace { inputs, outputs } = workspace;
        for (i, layer) in self.layers().enumerate() {
            std::mem::swap(inputs, outputs);
            let x = if i == 0 { x } else { inputs.as_slice() };
            outputs.clear();
            outputs.extend(layer.neurons().map(|neuron| neuron.activate(x)));
        }
        Ok(outputs)
    }
}

impl<F> fmt::Display for Mlp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inputs)?;
        self.layers.iter().try_for_each(|(outputs, activation)| write!(f, " -> {outputs} {activation}"))
    }
}

fn count_parameters(inputs: usize, layers: &[(usize, Activation)]) -> Result<usize, Error> {
    if inputs == 0 {
        return Err(Error::unexpected("network", "at least 1 input", "0"));
    }
    if layers.is_empty() {
        return Err(Error::unexpected("network", "at least 1 layer", "0"));
    }
    let mut inputs = inputs;
    let mut count = 0_usize;
    for (i, &(outputs, _)) in layers.iter().enumerate() {
        if outputs == 0 {
            return Err(Error::unexpected(format!("layer {} of the network", i + 1), "at least 1 neuron", "0"));
        }
        let more = inputs.checked_add(1).and_then(|row| row.checked_mul(outputs));
        count = more.and_then(|more| count.checked_add(more)).ok_or_else(|| {
            let place = format!("layer {} of the network", i + 1);
            Error::unexpected(place, "widths that memory has room for", format!("{outputs} neurons of {inputs} inputs"))
        })?;
        inputs = outputs;
    }
    Ok(count)
}
