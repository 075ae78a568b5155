//! The value of one operation, over any number.

use num_traits::Float;

use crate::number::Real;
use crate::ops::op::Op;
use crate::ops::rules;

/// Expands to the call of a method by name: of [`Float`], of [`Real`], of an operator's trait, or the rule itself.
/// For example, `elu(x, alpha: T = 1.5 -> y)` is `Real::elu(x[0], x[1].data())`.
macro_rules! value {
    ($x:ident $n:ident float_unary $name:ident ($a:ident -> $y:ident) $value:tt) => { Float::$name($x[0]) };
    ($x:ident $n:ident float_unary $name:ident ($a:ident, $p:ident: i32 = $sample:literal -> $y:ident) $value:tt) => {
        Float::$name($x[0], $n)
    };
    ($x:ident $n:ident real_unary $name:ident ($a:ident -> $y:ident) $value:tt) => { Real::$name($x[0]) };
    ($x:ident $n:ident real_unary $name:ident ($a:ident, $p:ident: T = $sample:literal -> $y:ident) $value:tt) => {
        Real::$name($x[0], $x[1].data())
    };
    ($x:ident $n:ident real_binary $name:ident $arguments:tt $value:tt) => { Real::$name($x[0], $x[1]) };
    ($x:ident $n:ident operator $name:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $($assign:tt)*) $value:tt) => {
        std::ops::$Op::$name($x[0], $x[1])
    };
    ($x:ident $n:ident auxiliary $name:ident ($($a:ident),* -> $y:ident) { $r:ident = $value:expr }) => {{
        let [$($a,)* ..] = $x;
        $value
    }};
    // `float_binary` and `float_choice`
    ($x:ident $n:ident $section:ident $name:ident $arguments:tt $value:tt) => { Float::$name($x[0], $x[1]) };
}

macro_rules! define {
    (
        real_many { $($many:tt)* }
        $($section:ident { $(
            $(#[$doc:meta])*
            $name:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;
        )* })*
    ) => {
        impl Op {
            /// The value at the operands `x`, of which there are [`arity`](Self::arity); `n` is the integer parameter.
            /// A total has that of one row.
            #[allow(unused_variables)]
            pub(crate) fn value<F: Real>(self, x: [F; 3], n: i32) -> F {
                match self {
                    $($(Self::$name => value!(x n $section $name $arguments $value),)*)*
                    Self::neg => -x[0],
                    Self::mul_add => Float::mul_add(x[0], x[1], x[2]),
                    // Where the bounds are the wrong way round, a guard says so.
                    Self::clamp if x[1] <= x[2] => Float::clamp(x[0], x[1], x[2]),
                    Self::clamp => x[0],
                    Self::detach => x[0].detach(),
                    Self::total => x[0],
                    Self::constant | Self::parameter | Self::input | Self::sum | Self::product | Self::dot
                    | Self::custom => {
                        unreachable!("{self:?} is computed from more than three operands, or from none")
                    }
                }
            }
        }
    };
}

crate::operations! { define }
