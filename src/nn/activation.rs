//! What a neuron does to its sum.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::number::Real;
use crate::ops::rules::constant;

/// States the enumeration, its names and what each activation computes, from one list.
macro_rules! activations {
    (
        plain { $($(#[$doc:meta])* $Plain:ident, $name:literal = $method:ident;)* }
        parametric { $($(#[$pdoc:meta])* $Parametric:ident($p:ident = $default:literal), $pname:literal = $pmethod:ident;)* }
    ) => {
        /// The activation of a layer: what each of its neurons does to its sum.
        ///
        /// It is written and read as the name of the method of [`Real`](crate::Real) that computes it, with a
        /// parameter in parentheses.
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
            $($(#[$doc])* $Plain,)*
            $(
                $(#[$pdoc])*
                $Parametric {
                    #[doc = concat!("The parameter; ", stringify!($default), " where only the name is given.")]
                    $p: f64,
                },
            )*
        }

        impl Activation {
            /// The activation of the number `x`.
            #[inline]
            pub fn apply<F: Real>(self, x: F) -> F {
                match self {
                    $(Self::$Plain => x.$method(),)*
                    $(Self::$Parametric { $p } => x.$pmethod(constant($p)),)*
                }
            }
        }

        impl fmt::Display for Activation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$Plain => f.write_str($name),)*
                    $(Self::$Parametric { $p } => write!(f, concat!($pname, "({})"), $p),)*
                }
            }
        }

        impl FromStr for Activation {
            type Err = Error;

            /// # Errors
            ///
            /// If the name is unknown, or the parameter is not a finite number in parentheses.
            fn from_str(s: &str) -> Result<Self, Error> {
                let (name, parameter) = match s.strip_suffix(')').and_then(|s| s.split_once('(')) {
                    Some((name, parameter)) => (name, parameter.parse().ok().filter(|p: &f64| p.is_finite())),
                    None => (s, None),
                };
                match name {
                    $($name if name == s => Ok(Self::$Plain),)*
                    $($pname if name == s => Ok(Self::$Parametric { $p: $default }),)*
                    $($pname if parameter.is_some() => Ok(Self::$Parametric { $p: parameter.unwrap_or($default) }),)*
                    _ => Err(Error::unexpected("activation", concat!("one of ", activations!(@list $($name)* $($pname)*)), super::quoted(s))),
                }
            }
        }
    };
    (@list $first:literal $($name:literal)*) => { concat!($first $(, ", ", $name)*) };
}

activations! {
    plain {
        /// `x`
        Identity, "identity" = into;
        /// `tanh x`
        Tanh, "tanh" = tanh;
        /// `max(0, x)`
        Relu, "relu" = relu;
        /// `1/(1 + e⁻ˣ)`
        Sigmoid, "sigmoid" = sigmoid;
        /// `ln(1 + eˣ)`
        Softplus, "softplus" = softplus;
        /// `x/(1 + |x|)`
        Softsign, "softsign" = softsign;
        /// `x σ(x)` with the sigmoid `σ`
        Silu, "silu" = silu;
        /// `x Φ(x)` with the normal distribution function `Φ`
        Gelu, "gelu" = gelu;
        /// The approximation of [`Gelu`](Self::Gelu) by tanh
        GeluTanh, "gelu_tanh" = gelu_tanh;
        /// `x tanh(ln(1 + eˣ))`
        Mish, "mish" = mish;
    }
    parametric {
        /// `x` above 0, else `slope · x`
        LeakyRelu(slope = 0.01), "leaky_relu" = leaky_relu;
        /// `x` above 0, else `alpha (eˣ - 1)`
        Elu(alpha = 1.0), "elu" = elu;
    }
}
