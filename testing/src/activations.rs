//! The activations of layers.

use gradtape::nn::Activation;

/// All activations, with parameters that all floats represent exactly.
pub const ACTIVATIONS: [Activation; 12] = [
    Activation::Identity,
    Activation::Tanh,
    Activation::Relu,
    Activation::Sigmoid,
    Activation::Softplus,
    Activation::Softsign,
    Activation::Silu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Mish,
    Activation::LeakyRelu { slope: 0.125 },
    Activation::Elu { alpha: 1.5 },
];
