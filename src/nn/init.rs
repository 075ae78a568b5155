//! The distributions of the first weights.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// The distribution of the first weights of a layer. The first biases are zero.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Activation, Init, Mlp};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let network = |seed| {
///     let mut rng = StdRng::seed_from_u64(seed);
///     Mlp::<f64>::new(8, &[(4, Activation::Relu)], Init::He, &mut rng)
/// };
/// assert_eq!(network(3)?.parameters(), network(3)?.parameters());
/// assert_ne!(network(3)?.parameters(), network(4)?.parameters());
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Init {
    /// Uniform in `[-1, 1)`.
    Uniform,
    /// Normal with variance `2/(inputs + outputs)`, for tanh and its like: Glorot and Bengio, "Understanding the
    /// difficulty of training deep feedforward neural networks", 2010.
    Xavier,
    /// Normal with variance `2/inputs`, for relu and its like: He, Zhang, Ren and Sun, "Delving deep into rectifiers",
    /// 2015.
    He,
}

impl Init {
    /// One weight of a layer of the given widths.
    #[allow(clippy::cast_precision_loss, reason = "a width is far below 2^53")]
    pub fn sample(self, inputs: usize, outputs: usize, rng: &mut impl Rng) -> f64 {
        let variance = match self {
            Self::Uniform => return rng.random_range(-1.0..1.0),
            Self::Xavier => 2.0 / (inputs as f64 + outputs as f64),
            Self::He => 2.0 / inputs as f64,
        };
        variance.sqrt() * rng.sample::<f64, _>(StandardNormal)
    }
}
