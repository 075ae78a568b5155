//! The kernels of operations: for each family of the table, an enumeration of its members.
//!
//! The table names the family of each operation; a member that is missing here, or that the table does not have in the
//! family, is a compile error.

use crate::ops::op::{Family, Nan, Op, Source};

/// Lists the members of each family. `Choice { max min }` becomes
///
/// ```ignore
/// enum Choice { max, min }
/// enum Kernel { Choice(Choice), … }
/// impl Choice {
///     const ALL: &[(Op, Self)] = &[(Op::max, Self::max), (Op::min, Self::min)];
/// }
/// const _: () = assert!(…every operation whose family is `Choice` is in the list, and no other…);
/// ```
macro_rules! kernels {
    ($($(#[$doc:meta])* $Family:ident ($($family:ident)|+) { $($op:ident)* })*) => {
        $(
            $(#[$doc])*
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub(crate) enum $Family {
                $($op),*
            }

            impl $Family {
                const ALL: &[(Op, Self)] = &[$((Op::$op, Self::$op)),*];
            }

            const _: () = {
                const fn is_member(op: Op) -> bool {
                    matches!(op.facts().kernel, $(Family::$family)|+)
                }
                let (mut expected, mut k) = (0, 0);
                while k < Op::ALL.len() {
                    expected += is_member(Op::ALL[k]) as usize;
                    k += 1;
                }
                assert!(expected == $Family::ALL.len(), "the table has other operations in this family");
                k = 0;
                while k < $Family::ALL.len() {
                    assert!(is_member($Family::ALL[k].0), "the table has an operation of this list in another family");
                    k += 1;
                }
            };
        )*

        /// A function that computes an operation for many rows at once. Each family is compiled as one function, since
        /// the compiler is slow with longer ones.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kernel {
            $($Family($Family)),*
        }

        impl Op {
            /// The kernel of the operation, if it has one.
            pub(crate) fn kernel(self) -> Option<Kernel> {
                match self.facts().kernel {
                    Family::Plain | Family::Parts => None,
                    $($(Family::$family)|+ => {
                        let member = $Family::ALL.iter().find(|(op, _)| *op == self);
                        member.map(|&(_, member)| Kernel::$Family(member))
                    })*
                }
            }
        }
    };
}

kernels! {
    /// Arithmetic. The results are those of the plain float, bit for bit.
    Arithmetic(Arithmetic | Broadcast) { add sub mul div scale neg recip sqrt abs detach powi }
    /// Choices, steps and roundings.
    Choice(Choice) {
        max min clamp mul_add relu leaky_relu step above greater sign signum copysign over atan_slope to_degrees to_radians
        floor ceil trunc fract
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Whether the kernel returns the plain float's result, bit for bit.
    pub(crate) fn kernel_is_exact(self) -> bool {
        matches!(self.facts().kernel, Family::Arithmetic | Family::Broadcast)
    }

    /// Whether the kernel takes uniforms as operands.
    pub(crate) fn takes_uniforms(self) -> bool {
        self.facts().kernel == Family::Broadcast
    }

    /// The pair that the operation belongs to, and whether it is the derivative in it.
    pub(crate) fn pair(self) -> Option<(Pair, bool)> {
        let pair = PAIRS.into_iter().find(|&(function, derivative, _)| self == function || self == derivative);
        pair.map(|(_, derivative, pair)| (pair, self == derivative))
    }

    /// Whether the result may be a number where an operand is NaN.
    pub(crate) fn hides_nan(self, exponent: i32) -> bool {
        match self.facts().nan {
            Nan::Kept => false,
            Nan::Hidden => true,
            Nan::HiddenByZero => exponent == 0,
        }
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
