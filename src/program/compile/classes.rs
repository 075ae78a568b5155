//! Facts of operations that compilation and export need.
//!
//! This is the one file that lists operations by name for them. An operation that is missing here is computed lane by
//! lane as the plain float computes it, and written as a call.

use crate::program::op::Op;

/// Enters the operations that have a kernel, family by family. `Choice { max min }` becomes
///
/// ```ignore
/// enum Choice { max, min }
/// enum Kernel { Choice(Choice) }
/// impl Op {
///     fn kernel(self) -> Option<Kernel> {
///         Some(match self {
///             Self::max => Kernel::Choice(Choice::max),
///             Self::min => Kernel::Choice(Choice::min),
///             _ => return None,
///         })
///     }
/// }
/// ```
macro_rules! kernels {
    ($($(#[$doc:meta])* $Family:ident { $($op:ident)* })*) => {
        $($(#[$doc])*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $Family {
            $($op),*
        })*

        /// A function that computes an operation for many rows at once. Each family is compiled as one function, since
        /// the compiler is slow with longer ones.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kernel {
            $($Family($Family)),*
        }

        impl Op {
            /// The kernel of the operation, if it has one.
            #[inline]
    pub(crate) fn kernel(self) -> Option<Kernel> {
                Some(match self {
                    $($(Self::$op => Kernel::$Family($Family::$op),)*)*
                    _ => return None,
                })
            }
        }
    };
}

kernels! {
    /// Arithmetic. The results are those of the plain float, bit for bit.
    Arithmetic { add sub mul div scale neg recip sqrt abs detach powi }
    /// Choices, steps and roundings.
    Choice {
        max min clamp mul_add relu leaky_relu step above greater sign signum copysign over atan_slope to_degrees
        to_radians floor ceil trunc fract
    }
    /// Functions made of one exponential.
    Exponential {
        sinh cosh exp exp2 exp_m1 exp_m1_slope tanh tanh_slope sigmoid sigmoid_slope softplus erf erf_slope normal_cdf
        normal_pdf elu elu_slope
    }
    /// Other elementary functions.
    Elementary {
        asin acos atan atan2 ln log2 log10 ln_1p sin cos tan cbrt powf powf_by_base powf_by_exponent hypot_slope
    }
}

/// A function and its derivative that are computed together, from the same intermediate results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    SinCos,
    Tanh,
    Sigmoid,
}

impl Op {
    /// Whether the kernel returns the plain float's result, bit for bit.
    #[inline]
    pub(crate) fn kernel_is_exact(self) -> bool {
        matches!(self.kernel(), Some(Kernel::Arithmetic(_)))
    }

    /// Whether the kernel takes uniforms as operands.
    #[inline]
    pub(crate) fn takes_uniforms(self) -> bool {
        matches!(self, Self::add | Self::sub | Self::mul | Self::scale | Self::div)
    }

    /// The pair that the operation belongs to, and whether it is the derivative in it.
    #[inline]
    pub(crate) fn pair(self) -> Option<(Pair, bool)> {
        Some(match self {
            Self::sin => (Pair::SinCos, false),
            Self::cos => (Pair::SinCos, true),
            Self::tanh => (Pair::Tanh, false),
            Self::tanh_slope => (Pair::Tanh, true),
            Self::sigmoid => (Pair::Sigmoid, false),
            Self::sigmoid_slope => (Pair::Sigmoid, true),
            _ => return None,
        })
    }

    /// Whether the result may be a number where an operand is NaN.
    #[inline]
    pub(crate) fn hides_nan(self, exponent: i32) -> bool {
        match self {
            Self::max
            | Self::min
            | Self::clamp
            | Self::greater
            | Self::above
            | Self::step
            | Self::copysign
            | Self::powf
            | Self::powf_by_base
            | Self::powf_by_exponent
            | Self::hypot
            | Self::hypot_slope
            | Self::atan2_slope => true,
            Self::powi => exponent == 0,
            _ => false,
        }
    }

    /// Whether the operands may change places.
    pub(crate) fn is_symmetric(self) -> bool {
        matches!(
            self,
            Self::add
                | Self::mul
                | Self::scale
                | Self::max
                | Self::min
                | Self::hypot
                | Self::sum
                | Self::product
                | Self::dot
        )
    }

    /// The operator of an operation that is written between its operands.
    pub(crate) fn infix(self) -> Option<char> {
        Some(match self {
            Self::add => '+',
            Self::sub => '-',
            Self::mul => '*',
            Self::div => '/',
            Self::rem => '%',
            _ => return None,
        })
    }
}
