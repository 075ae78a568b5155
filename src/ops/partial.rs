//! The partial derivatives of the operations of programs.

use super::op::Op;
use super::rules;
use crate::scalar::Scalar;

/// Binds the names of an entry to the operands `x`, the integer `n` and the result `y`, and expands to an expression in
/// them. For `powi(x, n: i32 = 3 -> y)` that is `{ let (x, n, y) = (x[0], n, y); expression }`.
macro_rules! bound {
    ($x:ident $n:ident $r:ident ($a:ident -> $y:ident) $e:expr) => {{ let ($a, $y) = ($x[0], $r); $e }};
    ($x:ident $n:ident $r:ident ($a:ident, $p:ident: T = $sample:literal -> $y:ident) $e:expr) => {{
        let ($a, $p, $y) = ($x[0], $x[1], $r);
        $e
    }};
    ($x:ident $n:ident $r:ident ($a:ident, $p:ident: i32 = $sample:literal -> $y:ident) $e:expr) => {{
        let ($a, $p, $y) = ($x[0], $n, $r);
        $e
    }};
    ($x:ident $n:ident $r:ident ($($a:ident),* -> $y:ident $($traits:tt)*) $e:expr) => {{
        let ([$($a,)* ..], $y) = ($x, $r);
        $e
    }};
}

/// Expands to partial `k`. If the pattern binds more than the result, the value is computed again to bind it.
macro_rules! partial {
    ($k:ident { $y:ident = $value:expr } [$p:expr $(, $($q:expr),*)?]) => {
        partial!(@choose $k [$p $(, $($q),*)?])
    };
    ($k:ident { $shared:pat_param = $value:expr } [$p:expr $(, $($q:expr),*)?]) => {{
        let $shared = $value;
        partial!(@choose $k [$p $(, $($q),*)?])
    }};
    (@choose $k:ident [$p:expr]) => { $p };
    (@choose $k:ident [$p:expr, $q:expr]) => { if $k == 0 { $p } else { $q } };
    (@choose $k:ident [$p:expr, $q:expr, $r:expr]) => { match $k { 0 => $p, 1 => $q, _ => $r } };
}

/// Expands to the value in simpler operations if the entry has `kernel: Parts`, else to `None`.
macro_rules! parts {
    ($x:ident ($a:ident -> $y:ident) { $shared:pat_param = $value:expr } {kernel: Parts, $($facts:tt)*}) => {{
        let $a = $x;
        Some($value)
    }};
    ($x:ident $arguments:tt $value:tt $facts:tt) => {
        None
    };
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
            /// The partial by operand `k`, from the operands `x`, the integer parameter `n` and the result `y`.
            #[allow(unused_variables)]
            pub(crate) fn partial<T: Scalar>(self, k: usize, x: [T; 3], n: i32, y: T) -> T {
                match self {
                    $($(Self::$name => bound!(x n y $arguments partial!(k $value $partials)),)*)*
                    Self::neg => -T::one(),
                    Self::mul_add => [x[1], x[0], T::one()][k],
                    Self::clamp => {
                        let (below, above) = (rules::above(x[1], x[0]), rules::above(x[0], x[2]));
                        [T::one() - below - above, below, above][k]
                    }
                    Self::detach | Self::constant | Self::parameter | Self::input => T::zero(),
                    Self::total | Self::sum => T::one(),
                    Self::product | Self::dot | Self::custom => {
                        unreachable!("the partials of a list depend on the whole list")
                    }
                }
            }

            /// The value in simpler operations, which the derivative may share, if the family is [`Family::Parts`].
            #[allow(unused_variables)]
            pub(crate) fn in_parts<T: Scalar>(self, x: T) -> Option<T> {
                match self {
                    $($(Self::$name => parts!(x $arguments $value $facts),)*)*
                    Self::constant | Self::parameter | Self::input | Self::neg | Self::mul_add | Self::clamp
                    | Self::detach | Self::sum | Self::product | Self::dot | Self::total | Self::custom => None,
                }
            }
        }
    };
}

crate::operations! { define }
