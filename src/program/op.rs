//! What a node of a program can compute: the table of operations, and the auxiliary ones that derivatives are made of.

use num_traits::Float;

use crate::number::Real;
use crate::ops::rules;
use crate::scalar::Scalar;

/// Hands the auxiliary operations to the macro `$consumer`: the rules whose branches would otherwise be taken once, when
/// a program is recorded. Each has its value and its partials, for second derivatives.
///
/// One entry: `name(a, b; y) = value, [partials by a and b];` with the result `y`.
macro_rules! auxiliary {
    ($consumer:ident $($tokens:tt)*) => {
        $consumer! { $($tokens)*
            auxiliary {
                scale(a, b; y) = rules::scaled(a, b), [b, a];
                exp_m1_slope(x, e; y) = rules::exp_m1(x, e), [y, T::zero()];
                atan_slope(x; y) = rules::atan(x), [-rules::scaled(x + x, y) * y];
                tanh_slope(x, t; y) = rules::tanh(x, t), [-(t + t) * y, T::zero()];
                sign(x; y) = rules::abs(x), [T::zero()];
                step(x, below; y) = rules::step(x, below), [T::zero(), T::zero()];
                above(a, b; y) = rules::above(a, b), [T::zero(), T::zero()];
                greater(a, b; y) = rules::greater(a, b), [T::zero(), T::zero()];
                over(a, b, q; y) = rules::over(a, b, q), [b.recip() * b.recip(), -(y + y) / b, T::zero()];
                powf_by_base(a, b, p; y) = rules::powf_base(a, b, p), [
                    b * rules::powf_base(a, b - T::one(), a.powf(b - T::one())),
                    a.powf(b - T::one()) + b * rules::powf_exponent(a, a.powf(b - T::one()), b - T::one()),
                    T::zero()
                ];
                powf_by_exponent(a, p, b; y) = rules::powf_exponent(a, p, b), [
                    rules::scaled(rules::powf_base(a, b, p), a.ln()) + a.powf(b - T::one()),
                    T::zero(),
                    rules::scaled(y, a.ln())
                ];
                atan2_slope(v, u; y) = rules::atan2(v, u), [
                    (rules::atan2(u, v) - y) * (rules::atan2(u, v) + y),
                    -(y + y) * rules::atan2(u, v)
                ];
                hypot_slope(v, u, h; y) = rules::ratio(v, u, h), [
                    rules::ratio(u, v, h) * rules::ratio(u, v, h) / h,
                    -(y * rules::ratio(u, v, h)) / h,
                    T::zero()
                ];
                elu_slope(x, alpha; y) = rules::elu_slope(x, alpha), [
                    y * (T::one() - rules::step(x, T::zero())),
                    T::zero()
                ];
                sigmoid_slope(x; y) = rules::sigmoid_slope(x), [y * (rules::sigmoid(-x) - rules::sigmoid(x))];
                normal_cdf(x; y) = rules::normal_cdf(x), [rules::normal_pdf(x)];
                normal_pdf(x; y) = rules::normal_pdf(x), [-rules::scaled(x, y)];
                erf_slope(x; y) = rules::erf_slope(x), [-rules::scaled(x + x, y)];
            }
        }
    };
}

macro_rules! define {
    (
        unary { $($(#[$ud:meta])*
            $u:ident($ux:ident, $uy:ident $(; $up:ident: $upt:ident = $upv:literal)?)
            $(let $us:ident = $ub:expr =>)? $(=)? $uv:expr, $upartial:expr; at $uat:literal, $ul:literal, $uh:literal;)* }
        activation { $($(#[$vd:meta])*
            $v:ident($vx:ident, $vy:ident $(; $vp:ident: $vpt:ident = $vpv:literal)?)
            $(let $vs:ident = $vb:expr =>)? $(=)? $vv:expr, $vpartial:expr; at $vat:literal, $vl:literal, $vh:literal;)* }
        binary { $($(#[$bd:meta])* $b:ident($ba:ident, $bb:ident, $by:ident) = $bv:expr, $bp:expr, $bq:expr;
            at $bat:tt, $bl:tt, $bh:tt;)* }
        choice { $($(#[$cd:meta])* $c:ident($ca:ident, $cb:ident, $cy:ident) = $cv:expr, $cp:expr, $cq:expr;
            at $cat:tt, $cl:tt, $ch:tt;)* }
        operator { $($(#[$od:meta])* $O:ident::$o:ident, $OA:ident::$oa:ident
            ($ol:ident, $or:ident, $oy:ident) = $ov:expr, $op:expr, $oq:expr;
            at $oat:tt, $olow:tt, $ohigh:tt;)* }
        auxiliary { $($x:ident($($xa:ident),*; $xy:ident) = $xv:expr, [$($xp:expr),*];)* }
    ) => {
        /// An operation of a program, named as in the table.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub(crate) enum Op {
            /// A number of the program.
            constant,
            /// A number shared by all rows.
            parameter,
            /// A number of each row.
            input,
            $($u,)* $($v,)* $($b,)* $($c,)* $($o,)* $($x,)*
            neg,
            mul_add,
            clamp,
            /// The same number, without a derivative.
            detach,
            /// The sum of a list.
            sum,
            /// The product of a list.
            product,
            /// The sum of products of the pairs of a list, rounded twice a pair.
            dot,
            /// The sum over all rows.
            total,
        }

        impl Op {
            /// As it is written in listings and pictures.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$u => stringify!($u),)* $(Self::$v => stringify!($v),)* $(Self::$b => stringify!($b),)*
                    $(Self::$c => stringify!($c),)* $(Self::$o => stringify!($o),)* $(Self::$x => stringify!($x),)*
                    Self::constant => "constant",
                    Self::parameter => "parameter",
                    Self::input => "input",
                    Self::neg => "neg",
                    Self::mul_add => "mul_add",
                    Self::clamp => "clamp",
                    Self::detach => "detach",
                    Self::sum => "sum",
                    Self::product => "product",
                    Self::dot => "dot",
                    Self::total => "total",
                }
            }

            /// How many operands it has; none for a leaf, and none that can be told for a list.
            pub(crate) fn arity(self) -> Option<usize> {
                Some(match self {
                    Self::constant | Self::parameter | Self::input => 0,
                    $(Self::$u => 1 $(+ one_if_float!($upt))?,)*
                    $(Self::$v => 1 $(+ one_if_float!($vpt))?,)*
                    $(Self::$b)|* $(| Self::$c)* $(| Self::$o)* => 2,
                    $(Self::$x => [$(stringify!($xa)),*].len(),)*
                    Self::neg | Self::detach | Self::total => 1,
                    Self::mul_add | Self::clamp => 3,
                    Self::sum | Self::product | Self::dot => return None,
                })
            }

            /// The number of the operands `x`, of which there are [`arity`](Self::arity); `n` is the exponent of `powi`.
            /// A total has that of one row.
            #[allow(unused_variables)]
            pub(crate) fn value<F: Real>(self, x: [F; 3], n: i32) -> F {
                match self {
                    $(Self::$u => Float::$u(x[0] $(, parameter!($upt x n))?),)*
                    $(Self::$v => Real::$v(x[0] $(, parameter!($vpt x n))?),)*
                    $(Self::$b => Float::$b(x[0], x[1]),)*
                    $(Self::$c => Float::$c(x[0], x[1]),)*
                    $(Self::$o => std::ops::$O::$o(x[0], x[1]),)*
                    $(Self::$x => {
                        let [$($xa,)* ..] = x;
                        $xv
                    })*
                    Self::neg => -x[0],
                    Self::mul_add => Float::mul_add(x[0], x[1], x[2]),
                    // Where the bounds are the wrong way round, a guard says so.
                    Self::clamp if x[1] <= x[2] => Float::clamp(x[0], x[1], x[2]),
                    Self::clamp => x[0],
                    Self::detach => x[0].detach(),
                    Self::total => x[0],
                    Self::constant | Self::parameter | Self::input | Self::sum | Self::product | Self::dot => {
                        unreachable!("{self:?} is computed from more than three operands, or from none")
                    }
                }
            }

            /// The partial by operand `k`, from the operands `x` and the result `y`.
            #[allow(unused_variables)]
            pub(crate) fn partial<T: Scalar>(self, k: usize, x: [T; 3], n: i32, y: T) -> T {
                match self {
                    $(Self::$u => {
                        let ($ux, $uy) = (x[0], y);
                        $(let $up = parameter!(@plain $upt x n);)?
                        $(let $us = $ub;)?
                        $upartial
                    })*
                    $(Self::$v => {
                        let ($vx, $vy) = (x[0], y);
                        $(let $vp = parameter!(@plain $vpt x n);)?
                        $vpartial
                    })*
                    $(Self::$b => {
                        let ($ba, $bb, $by) = (x[0], x[1], y);
                        if k == 0 { $bp } else { $bq }
                    })*
                    $(Self::$c => {
                        let ($ca, $cb, $cy) = (x[0], x[1], y);
                        if k == 0 { $cp } else { $cq }
                    })*
                    $(Self::$o => {
                        let ($ol, $or, $oy) = (x[0], x[1], y);
                        if k == 0 { $op } else { $oq }
                    })*
                    $(Self::$x => {
                        let ([$($xa,)* ..], $xy) = (x, y);
                        let partials: &[&dyn Fn() -> T] = &[$(&|| $xp),*];
                        partials[k]()
                    })*
                    Self::neg => -T::one(),
                    Self::mul_add => [x[1], x[0], T::one()][k],
                    Self::clamp => {
                        let (below, beyond) = (rules::above(x[1], x[0]), rules::above(x[0], x[2]));
                        [T::one() - below - beyond, below, beyond][k]
                    }
                    Self::detach | Self::constant | Self::parameter | Self::input => T::zero(),
                    Self::total | Self::sum => T::one(),
                    Self::product | Self::dot => unreachable!("the partials of a list depend on the whole list"),
                }
            }

            /// Whether the table makes the operation of others that programs have.
            pub(crate) fn is_composite(self) -> bool {
                matches!(self, Self::log_sigmoid | Self::softsign | Self::silu | Self::gelu | Self::gelu_tanh | Self::mish)
            }

            /// The same number from simpler operations, which may be shared with those of the derivative.
            #[allow(unused_variables)]
            pub(crate) fn lowered<T: Scalar>(self, x: T) -> Option<T> {
                if !self.is_composite() {
                    return None;
                }
                match self {
                    $(Self::$v => lowered!($vx = x, $vv $(, $vp)?),)*
                    _ => None,
                }
            }
        }
    };
}

macro_rules! one_if_float {
    (T) => {
        1
    };
    ($Other:ident) => {
        0
    };
}

/// A parameter that the table calls a `T` is the second operand, an integer is `n`.
macro_rules! parameter {
    (T $x:ident $n:ident) => {
        $x[1].data()
    };
    ($Other:ident $x:ident $n:ident) => {
        $n
    };
    (@plain T $x:ident $n:ident) => {
        $x[1]
    };
    (@plain $Other:ident $x:ident $n:ident) => {
        $n
    };
}

macro_rules! lowered {
    ($x:ident = $argument:ident, $value:expr) => {{
        let $x = $argument;
        Some($value)
    }};
    ($x:ident = $argument:ident, $value:expr, $parameter:ident) => {
        None
    };
}

macro_rules! with_auxiliary {
    ($($table:tt)*) => { auxiliary! { define $($table)* } };
}

crate::operations! { with_auxiliary }
