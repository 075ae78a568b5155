//! What an expression can be evaluated with.

use num_traits::Float;

use super::table::{OPERATORS, Table, position};
use crate::dual::Dual;
use crate::function::derivative;
use crate::number::Real;
use crate::ops::rules::constant;
#[cfg(feature = "program")]
use crate::program::{Expr, Op};
use crate::tape::many;
use crate::tape::{Value, gradient};

/// A number that an [`Expression`](super::Expression) can be evaluated with: f32, f64, [`Value`]s and [`Dual`]s over
/// these, `Value<Value>`, `Value<Dual>` and `Dual<Dual>`, the [`Expr`](crate::program::Expr) that records a program, or a
/// reference of your own, which need not be `Copy`.
///
/// Operations are named by their index in [`Table::UNARY`] and [`Table::BINARY`]. What is provided here is made of the
/// six methods that are required.
///
/// # Examples
///
/// A reference that counts operations:
///
/// ```
/// use gradtape::check::Arithmetic;
///
/// #[derive(Clone)]
/// struct Counted(f64, usize);
///
/// impl Arithmetic for Counted {
///     fn constant(x: f64) -> Self {
///         Self(x, 0)
///     }
///     fn unary(op: usize, a: &Self) -> Self {
///         Self(f64::unary(op, &a.0), a.1 + 1)
///     }
///     fn binary(op: usize, a: &Self, b: &Self) -> Self {
///         Self(f64::binary(op, &a.0, &b.0), a.1 + b.1 + 1)
///     }
///     fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
///         Self(a.0.mul_add(b.0, c.0), a.1 + b.1 + c.1 + 1)
///     }
///     fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
///         Self(Arithmetic::clamp(&a.0, &low.0, &high.0), a.1 + low.1 + high.1 + 1)
///     }
///     fn derivative(op: usize, a: &Self) -> Self {
///         Self(f64::derivative(op, &a.0), a.1 + 1)
///     }
/// }
///
/// # #[cfg(feature = "quickcheck")] {
/// use gradtape::check::Smooth;
///
/// fn numbers_are_those_of_floats(Smooth(expression): Smooth) -> bool {
///     let x: Vec<_> = expression.inputs().iter().map(|&x| Counted(x, 0)).collect();
///     expression.eval(&x).0 == expression.eval(expression.inputs())
/// }
/// quickcheck::quickcheck(numbers_are_those_of_floats as fn(Smooth) -> bool);
/// # }
/// ```
pub trait Arithmetic: Clone {
    /// The number `x`, rounded to the precision of `Self`.
    fn constant(x: f64) -> Self;

    /// An operation of one argument.
    fn unary(op: usize, a: &Self) -> Self;

    /// An operation of two arguments.
    fn binary(op: usize, a: &Self, b: &Self) -> Self;

    /// The fused `a b + c`.
    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self;

    /// `a` within the bounds where `low <= high`, else `a`.
    fn clamp(a: &Self, low: &Self, high: &Self) -> Self;

    /// The derivative of an operation of one argument, taken with a number over `Self`: on a tape of its own, or by `Dual`s.
    fn derivative(op: usize, a: &Self) -> Self;

    /// An operator with a plain number on the right.
    fn plain_right(op: usize, a: &Self, b: f64) -> Self {
        Self::binary(op, a, &Self::constant(b))
    }

    /// An operator with a plain number on the left.
    fn plain_left(op: usize, a: f64, b: &Self) -> Self {
        Self::binary(op, &Self::constant(a), b)
    }

    /// The negative.
    fn neg(a: &Self) -> Self {
        Self::plain_left(multiplication(), -1.0, a)
    }

    /// The sine and the cosine.
    fn sin_cos(a: &Self) -> (Self, Self) {
        let index = |name| position(Table::<f64>::UNARY, name);
        (Self::unary(index("sin"), a), Self::unary(index("cos"), a))
    }

    /// `a² b`, for values an operation of a user's own with the partials `2ab` and `a²`.
    fn custom(a: &Self, b: &Self) -> Self {
        Self::product(&[a.clone(), a.clone(), b.clone()])
    }

    /// The same number, for values as a node of its own.
    fn retain(a: &Self) -> Self {
        a.clone()
    }

    /// The sum of at least one number, from the first on.
    fn sum(terms: &[Self]) -> Self {
        fold(position(Table::<f64>::BINARY, "add"), terms)
    }

    /// The product of at least one number, from the first on.
    fn product(factors: &[Self]) -> Self {
        fold(multiplication(), factors)
    }

    /// The scalar product, from the first product on.
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let products: Vec<_> = a.iter().zip(b).map(|(a, b)| Self::binary(multiplication(), a, b)).collect();
        Self::sum(&products)
    }

    /// The sum with plain weights, from the first product on.
    fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
        Self::dot(values, &weights.iter().map(|&weight| Self::constant(weight)).collect::<Vec<_>>())
    }
}

fn multiplication() -> usize {
    position(Table::<f64>::BINARY, "mul")
}

fn fold<F: Arithmetic>(op: usize, list: &[F]) -> F {
    list.iter()
        .cloned()
        .reduce(|a, b| F::binary(op, &a, &b))
        .expect("there is no sum or product of no numbers; hand over at least one")
}

/// What a node of a program has as its second operand, and what as its exponent.
#[cfg(feature = "program")]
macro_rules! parameters {
    () => {
        (0.0, 0)
    };
    (T $value:literal) => {
        ($value, 0)
    };
    ($Other:ident $value:literal) => {
        (0.0, $value)
    };
}

macro_rules! numbers {
    (
        unary { $($(#[$ud:meta])*
            $u:ident($($ua:ident),* $(; $up:ident: $upt:ident = $upv:literal)?)
            $(let $us:ident = $ub:expr =>)? $(=)? $uv:expr, $upartial:expr; at $uat:literal, $ul:literal, $uh:literal;)* }
        activation { $($(#[$vd:meta])*
            $v:ident($($va:ident),* $(; $vp:ident: $vpt:ident = $vpv:literal)?)
            $(let $vs:ident = $vb:expr =>)? $(=)? $vv:expr, $vpartial:expr; at $vat:literal, $vl:literal, $vh:literal;)* }
        binary { $($binary:tt)* } choice { $($choice:tt)* }
        operator { $($(#[$doc:meta])* $O:ident::$o:ident, $OA:ident::$oa:ident $args:tt = $ov:expr, $op:expr, $oq:expr;
            at $at:tt, $low:tt, $high:tt;)* }
    ) => {
        /// The entries of [`Table::UNARY`] as nodes of a program.
        #[cfg(feature = "program")]
        const NODES: &[(Op, (f64, i32))] = &[
            $((Op::$u, parameters!($($upt $upv)?)),)*
            $((Op::$v, parameters!($($vpt $vpv)?)),)*
        ];

        numbers! { @plain f32 [$($O::$o)*] }
        numbers! { @plain f64 [$($O::$o)*] }
        numbers! { @over f32 [$($O::$o)*] }
        numbers! { @over f64 [$($O::$o)*] }
        #[cfg(feature = "program")]
        numbers! { @expr f32 [$($O::$o)*] }
        #[cfg(feature = "program")]
        numbers! { @expr f64 [$($O::$o)*] }
    };
    (@over $T:ident [$($operators:tt)*]) => {
        numbers! { @value [] $T, constant::<$T> => [$($operators)*] }
        numbers! { @dual [const N: usize] $T, N, constant::<$T> => [$($operators)*] }
        // Rust allows a plain number on the left for named types only.
        numbers! { @value [] Value<$T>, constant::<Value<Value<$T>>> => [$($operators)*] }
        numbers! { @value [const M: usize] Dual<$T, M>, constant::<Value<Dual<$T, M>>> => [$($operators)*] }
        numbers! { @dual [const M: usize, const N: usize] Dual<$T, M>, N, constant::<Dual<Dual<$T, M>, N>> => [$($operators)*] }
    };
    (@plain $T:ty [$($operators:tt)*]) => {
        numbers! { @number [] $T, $T, constant::<$T>; [$($operators)*]
            fn derivative(op: usize, &a: &Self) -> Self {
                gradient(|x| (Table::UNARY[op].f)([x[0]]), &[a]).1[0]
            }

            fn custom(&a: &Self, &b: &Self) -> Self {
                a * a * b
            }
        }
    };
    (@expr $T:ty [$($operators:tt)*]) => {
        numbers! { @number [] Expr<$T>, $T, constant::<$T>; [$($operators)*]
            // What the table says of it: a tape would ask whether it is NaN, and the program would remember that.
            fn derivative(op: usize, &a: &Self) -> Self {
                let (op, (parameter, exponent)) = NODES[op];
                let x = [a, constant(parameter), a];
                op.partial(0, x, exponent, Self::call_any(op, x, exponent))
            }

            fn custom(&a: &Self, &b: &Self) -> Self {
                a * a * b
            }
        }
    };
    (@dual [$($generics:tt)*] $T:ty, $N:ident, $left:expr => [$($operators:tt)*]) => {
        numbers! { @number [$($generics)*] Dual<$T, $N>, $T, $left; [$($operators)*]
            fn derivative(op: usize, &a: &Self) -> Self {
                derivative(|x| (Table::UNARY[op].f)([x]), a)[1]
            }

            fn custom(&a: &Self, &b: &Self) -> Self {
                a * a * b
            }
        }
    };
    (@value [$($generics:tt)*] $T:ty, $left:expr => [$($operators:tt)*]) => {
        numbers! { @number [$($generics)*] Value<$T>, $T, $left; [$($operators)*]
            fn derivative(op: usize, &a: &Self) -> Self {
                gradient(|x| (Table::UNARY[op].f)([x[0]]), &[a]).1[0]
            }

            fn custom(&a: &Self, &b: &Self) -> Self {
                let (x, y) = (a.data(), b.data());
                many("custom", x * x * y, [(a, (x + x) * y), (b, x * x)].into_iter())
            }

            fn retain(&a: &Self) -> Self {
                a.retain()
            }
        }
    };
    (@number [$($generics:tt)*] $F:ty, $T:ty, $left:expr; [$($O:ident::$o:ident)*] $($own:item)*) => {
        impl<$($generics)*> Arithmetic for $F {
            fn constant(x: f64) -> Self {
                constant(x)
            }

            fn unary(op: usize, &a: &Self) -> Self {
                (Table::<Self>::UNARY[op].f)([a])
            }

            fn binary(op: usize, &a: &Self, &b: &Self) -> Self {
                (Table::<Self>::BINARY[op].f)([a, b])
            }

            fn mul_add(&a: &Self, &b: &Self, &c: &Self) -> Self {
                Float::mul_add(a, b, c)
            }

            fn clamp(&a: &Self, &low: &Self, &high: &Self) -> Self {
                if low <= high { Float::clamp(a, low, high) } else { a }
            }

            fn plain_right(op: usize, &a: &Self, b: f64) -> Self {
                let forms: &[fn($F, $T) -> $F] = &[$(std::ops::$O::$o),*];
                forms[op - OPERATORS.start](a, constant(b))
            }

            fn plain_left(op: usize, a: f64, &b: &Self) -> Self {
                let forms: &[fn(f64, $F) -> $F] = &[$(|a, b| std::ops::$O::$o($left(a), b)),*];
                forms[op - OPERATORS.start](a, b)
            }

            fn neg(&a: &Self) -> Self {
                -a
            }

            fn sin_cos(&a: &Self) -> (Self, Self) {
                Float::sin_cos(a)
            }

            fn sum(terms: &[Self]) -> Self {
                terms.iter().sum()
            }

            fn product(factors: &[Self]) -> Self {
                factors.iter().product()
            }

            fn dot(a: &[Self], b: &[Self]) -> Self {
                Real::dot(a, b)
            }

            fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
                Real::weighted_sum(values, &weights.iter().map(|&weight| constant(weight)).collect::<Vec<_>>())
            }

            $($own)*
        }
    };
}

crate::operations! { numbers }
