//! The activations of neurons.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::number::Real;
use crate::ops::rules::constant;

/// The activation of a layer: the function that each of its neurons applies to its weighted sum.
///
/// It is written and read as the name of the method of [`Real`](crate::Real) that computes it, with a parameter in
/// parentheses.
///
/// # Examples
///
/// ```
/// use gradtape::nn::Activation;
///
/// let activation: Activation = "leaky_relu(0.1)".parse()?;
/// assert_eq!(activation, Activation::LeakyRelu { slope: 0.1 });
/// assert_eq!(activation.to_string(), "leaky_relu(0.1)");
/// assert_eq!(activation.apply(-2.0), -0.2);
/// assert_eq!("elu".parse::<Activation>()?, Activation::Elu { alpha: 1.0 });
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `x`
    Identity,
    /// `tanh x`
    Tanh,
    /// `max(0, x)`
    Relu,
    /// `1/(1 + e⁻ˣ)`
    Sigmoid,
    /// `ln(1 + eˣ)`
    Softplus,
    /// `x/(1 + |x|)`
    Softsign,
    /// `x σ(x)` with the sigmoid `σ`
    Silu,
    /// `x Φ(x)` with the normal distribution function `Φ`
    Gelu,
    /// The approximation of [`Gelu`](Self::Gelu) by tanh
    GeluTanh,
    /// `x tanh(ln(1 + eˣ))`
    Mish,
    /// `x` above 0, else `slope · x`
    LeakyRelu {
        /// The slope below 0; 0.01 if only the name is given.
        slope: f64,
    },
    /// `x` above 0, else `alpha (eˣ - 1)`
    Elu {
        /// The factor below 0; 1 if only the name is given.
        alpha: f64,
    },
}

impl Activation {
    /// All activations, with the parameters that they have by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::Activation;
    ///
    /// assert!(Activation::ALL.contains(&Activation::Elu { alpha: 1.0 }));
    /// ```
    pub const ALL: [Self; 12] = [
        Self::Identity,
        Self::Tanh,
        Self::Relu,
        Self::Sigmoid,
        Self::Softplus,
        Self::Softsign,
        Self::Silu,
        Self::Gelu,
        Self::GeluTanh,
        Self::Mish,
        Self::LeakyRelu { slope: 0.01 },
        Self::Elu { alpha: 1.0 },
    ];

    /// The activation of the number `x`.
    #[inline]
    pub fn apply<F: Real>(self, x: F) -> F {
        match self {
            Self::Identity => x,
            Self::Tanh => x.tanh(),
            Self::Relu => x.relu(),
            Self::Sigmoid => x.sigmoid(),
            Self::Softplus => x.softplus(),
            Self::Softsign => x.softsign(),
            Self::Silu => x.silu(),
            Self::Gelu => x.gelu(),
            Self::GeluTanh => x.gelu_tanh(),
            Self::Mish => x.mish(),
            Self::LeakyRelu { slope } => x.leaky_relu(constant(slope)),
            Self::Elu { alpha } => x.elu(constant(alpha)),
        }
    }

    /// The name of the method that computes it.
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
            Self::Softsign => "softsign",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
            Self::Mish => "mish",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Elu { .. } => "elu",
        }
    }

    /// The parameter, if it has one.
    fn parameter(&mut self) -> Option<&mut f64> {
        match self {
            Self::LeakyRelu { slope: parameter } | Self::Elu { alpha: parameter } => Some(parameter),
            Self::Identity
            | Self::Tanh
            | Self::Relu
            | Self::Sigmoid
            | Self::Softplus
            | Self::Softsign
            | Self::Silu
            | Self::Gelu
            | Self::GeluTanh
            | Self::Mish => None,
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut activation = *self;
        f.write_str(self.name())?;
        activation.parameter().map_or(Ok(()), |parameter| write!(f, "({parameter})"))
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// # Errors
    ///
    /// If the name is unknown, or the parameter is not a finite number in parentheses.
    fn from_str(s: &str) -> Result<Self, Error> {
        let (name, parameter) = match s.strip_suffix(')').and_then(|s| s.split_once('(')) {
            Some((name, parameter)) => (name, Some(parameter)),
            None => (s, None),
        };
        let with_parameter = |mut activation: Self| {
            if let Some(parameter) = parameter {
                *activation.parameter()? = parameter.parse().ok().filter(|parameter: &f64| parameter.is_finite())?;
            }
            Some(activation)
        };
        let known = Self::ALL.into_iter().find(|activation| activation.name() == name);
        known.and_then(with_parameter).ok_or_else(|| {
            let expected = format!("one of {}", Self::ALL.map(Self::name).join(", "));
            Error::unexpected("activation", expected, super::quoted(s))
        })
    }
}
