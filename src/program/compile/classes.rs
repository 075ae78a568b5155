//! The kernels of operations: for each family of the table, an enumeration of its members.
//!
//! The table names the family of each operation; a member that is missing here, or that the table does not have in the
//! family, is a compile error.

use crate::ops::op::{Family, Nan, Op, Source};

/// Lists the members of each family. `Choice(Choice) { max min }` becomes
///
/// ```ignore
/// enum Choice { max, min }
/// enum Kernel { Choice(Choice), … }
/// const KERNELS: … = [… Some(Kernel::Choice(Choice::max)) …];
/// const _: () = assert!(…the table says of every operation that its family is that of its kernel…);
/// ```
macro_rules! kernels {
    ($($(#[$doc:meta])* $Family:ident ($($family:ident)|+) { $($op:ident)* })*) => {
        $(
            $(#[$doc])*
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub(crate) enum $Family {
                $($op),*
            }
        )*

        /// A function that computes an operation for many rows at once. Each family is compiled as one function, since
        /// the compiler is slow with longer ones.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Kernel {
            $($Family($Family)),*
        }

        const KERNELS: [Option<Kernel>; Op::ALL.len()] = {
            let mut kernels = [None; Op::ALL.len()];
            $($(kernels[Op::$op as usize] = Some(Kernel::$Family($Family::$op));)*)*
            kernels
        };

        const _: () = {
            let mut k = 0;
            while k < Op::ALL.len() {
                let op = Op::ALL[k];
                let agrees = match op.facts().kernel {
                    Family::Plain | Family::Parts => KERNELS[op as usize].is_none(),
                    $($(Family::$family)|+ => matches!(KERNELS[op as usize], Some(Kernel::$Family(_))),)*
                };
                assert!(agrees, "the table has an operation in another family than the lists below");
                k += 1;
            }
        };
    };
}

kernels! {
    /// Arithmetic. The results are those of the plain float, bit for bit.
    Arithmetic(Arithmetic | Broadcast) { add sub mul div scale neg recip sqrt abs detach powi }
    /// Choices, steps and roundings.
    Choice(Choice) {
        max min clamp mul_add relu leaky_relu step above greater sign signum copysign over atan_slope to_degrees to_radians
        floor ceil trunc fract kept softsign pivot
    }
    /// Functions made of one exponential.
    Exponential(Exponential) {
        sinh cosh exp exp2 exp_m1 exp_m1_slope tanh tanh_slope sigmoid sigmoid_slope softplus erf erf_slope normal_cdf
        normal_pdf elu elu_slope
    }
    /// Other elementary functions.
    Elementary(Elementary) {
        asin acos atan atan2 ln log2 log10 ln_1p sin cos tan cbrt powf powf_by_base powf_by_exponent hypot_slope
    }
}

/// A function and its derivative that are computed together, from the same intermediate results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pair {
    SinCos,
    Tanh,
    Sigmoid,
}

/// The function, its derivative, and their pair.
const PAIRS: [(Op, Op, Pair); 3] = [
    (Op::sin, Op::cos, Pair::SinCos),
    (Op::tanh, Op::tanh_slope, Pair::Tanh),
    (Op::sigmoid, Op::sigmoid_slope, Pair::Sigmoid),
];

impl Op {
    /// The kernel of the operation, if it has one.
    #[inline]
    pub(crate) fn kernel(self) -> Option<Kernel> {
        KERNELS[self as usize]
    }

    /// Whether the kernel returns the plain float's result, bit for bit.
    #[inline]
    pub(crate) fn kernel_is_exact(self) -> bool {
        matches!(self.facts().kernel, Family::Arithmetic | Family::Broadcast)
    }

    /// Whether the kernel takes uniforms as operands.
    #[inline]
    pub(crate) fn takes_uniforms(self) -> bool {
        self.facts().kernel == Family::Broadcast
    }

    /// The pair that the operation belongs to, and whether it is the derivative in it.
    #[inline]
    pub(crate) fn pair(self) -> Option<(Pair, bool)> {
        let pair = PAIRS.into_iter().find(|&(function, derivative, _)| self == function || self == derivative);
        pair.map(|(_, derivative, pair)| (pair, self == derivative))
    }

    /// Whether the result may be a number where an operand is NaN.
    #[inline]
    pub(crate) fn hides_nan(self, exponent: i32) -> bool {
        match self.facts().nan {
            Nan::Kept => false,
            Nan::Hidden => true,
            Nan::HiddenByZero => exponent == 0,
        }
    }

    /// Whether the result is infinite or NaN wherever an operand is, if no zero wins.
    #[inline]
    pub(crate) fn is_linear(self) -> bool {
        matches!(
            self,
            Self::neg
                | Self::add
                | Self::sub
                | Self::sum
                | Self::total
                | Self::detach
                | Self::mul
                | Self::scale
                | Self::mul_add
                | Self::product
                | Self::dot
        )
    }

    /// Whether the operands may change places.
    pub(crate) fn is_symmetric(self) -> bool {
        self.facts().symmetric
    }

    /// The operator of an operation that is written between its operands.
    pub(crate) fn infix(self) -> Option<char> {
        match self.facts().source {
            Source::Operator(symbol) => Some(symbol),
            Source::Core | Source::Libm(_) | Source::Std | Source::Helper | Source::Formula | Source::Parts => None,
        }
    }
}
