//! The activations of layers.

use gradtape::nn::Activation;

/// All activations, with parameters that all floats represent exactly.
pub fn activations() -> [Activation; 12] {
    Activation::ALL.map(|activation| match activation {
        Activation::LeakyRelu { .. } => Activation::LeakyRelu { slope: 0.125 },
        Activation::Elu { .. } => Activation::Elu { alpha: 1.5 },
        other => other,
    })
}
