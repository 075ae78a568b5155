//! Operators and comparison with plain numbers, for the numbers that take these as constants of their own: those of a
//! recording, and those that are nested.

use std::cmp::Ordering;
#[cfg(feature = "program")]
use std::ops::Neg;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Sub, SubAssign};

#[cfg(feature = "program")]
use super::neg;
use super::{forms, references};
use crate::dependence::Dependence;
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
use crate::number::Number;
#[cfg(feature = "program")]
use crate::program::{Expr, Op, Precision};
use crate::scalar::Scalar;
use crate::tape::Value;

/// Hands the operators' names of the table to a macro, after some tokens.
macro_rules! names {
    (
        $consumer:ident [$($tokens:tt)*]
        unary { $($unary:tt)* }
        activation { $($activation:tt)* }
        binary { $($binary:tt)* }
        choice { $($choice:tt)* }
        operator { $(
            $(#[$doc:meta])*
            $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident $args:tt = $value:expr, $partial_a:expr, $partial_b:expr;
            at $at:tt, $low:tt, $high:tt;
        )* }
    ) => {
        $consumer! { $($tokens)* $($(#[$doc])* $Op::$op, $OpAssign::$op_assign;)* }
    };
}

#[cfg(feature = "program")]
macro_rules! recorded {
    ($($(#[$doc:meta])* $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident;)*) => {
        $(
            impl<T: Precision> $Op for Expr<T> {
                type Output = Self;

                $(#[$doc])*
                #[track_caller]
                fn $op(self, other: Self) -> Self {
                    Self::call(Op::$op, [self, other], 0)
                }
            }

            forms! { [T: Precision] $Op::$op, $OpAssign::$op_assign, Expr<T>, Expr<T> }
        )*
    };
}

macro_rules! right {
    (@ [$($generics:tt)*] $Number:ty, $Inner:ty; $(#[$doc:meta])* $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident;) => {
        impl<$($generics)*> $Op<T> for $Number {
            type Output = Self;

            $(#[$doc])*
            #[inline]
            #[track_caller]
            fn $op(self, other: T) -> Self {
                self.$op(<$Inner as Number>::constant(other))
            }
        }

        forms! { [$($generics)*] $Op::$op, $OpAssign::$op_assign, $Number, T }
    };
    ($generics:tt $Number:ty, $Inner:ty; $($(#[$doc:meta])* $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident;)*) => {
        $(right! { @ $generics $Number, $Inner; $(#[$doc])* $Op::$op, $OpAssign::$op_assign; })*
    };
}

macro_rules! left {
    (@ [$($generics:tt)*] $T:ident, $Number:ty; $(#[$doc:meta])* $Op:ident::$op:ident;) => {
        impl<$($generics)*> $Op<$Number> for $T {
            type Output = $Number;

            $(#[$doc])*
            #[inline]
            #[track_caller]
            fn $op(self, other: $Number) -> $Number {
                <$Number as Number>::constant(self).$op(other)
            }
        }

        references! { [$($generics)*] $Op::$op, $T, $Number }
    };
    ($generics:tt $T:ident, $Number:ty; $($(#[$doc:meta])* $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident;)*) => {
        $(left! { @ $generics $T, $Number; $(#[$doc])* $Op::$op; })*
    };
}

#[cfg(feature = "program")]
crate::operations! { names recorded [] }
#[cfg(feature = "program")]
crate::operations! { names right [[T: Precision] Expr<T>, Expr<T>;] }
#[cfg(feature = "program")]
crate::operations! { names left [[] f32, Expr<f32>;] }
#[cfg(feature = "program")]
crate::operations! { names left [[] f64, Expr<f64>;] }

#[cfg(feature = "program")]
neg! { [T: Precision] Expr<T>, |x| Self::call(Op::neg, [x], 0) }

/// Comparison of a plain number and an [`Expr`], which remembers each of these questions as it is asked.
#[cfg(feature = "program")]
macro_rules! compare_plain {
    ([$($generics:tt)*] $Left:ty, $Right:ty, $left:expr, $right:expr) => {
        impl<$($generics)*> PartialEq<$Right> for $Left {
            #[track_caller]
            fn eq(&self, other: &$Right) -> bool {
                $left(self) == $right(other)
            }
        }

        impl<$($generics)*> PartialOrd<$Right> for $Left {
            #[track_caller]
            fn partial_cmp(&self, other: &$Right) -> Option<Ordering> {
                $left(self).partial_cmp(&$right(other))
            }

            #[track_caller]
            fn lt(&self, other: &$Right) -> bool {
                $left(self) < $right(other)
            }

            #[track_caller]
            fn le(&self, other: &$Right) -> bool {
                $left(self) <= $right(other)
            }

            #[track_caller]
            fn gt(&self, other: &$Right) -> bool {
                $left(self) > $right(other)
            }

            #[track_caller]
            fn ge(&self, other: &$Right) -> bool {
                $left(self) >= $right(other)
            }
        }
    };
}

#[cfg(feature = "program")]
compare_plain! { [T: Precision] Expr<T>, T, |x: &Expr<T>| *x, |x: &T| Expr::constant(*x) }
#[cfg(feature = "program")]
compare_plain! { [] f32, Expr<f32>, |x: &f32| Expr::constant(*x), |x: &Expr<f32>| *x }
#[cfg(feature = "program")]
compare_plain! { [] f64, Expr<f64>, |x: &f64| Expr::constant(*x), |x: &Expr<f64>| *x }

type ValueOfValue<T> = Value<Value<T>>;
type ValueOfDependence<T> = Value<Dependence<T>>;
type ValueOfUnchecked<T, const M: usize> = Value<Unchecked<T, M>>;
type UncheckedOfUnchecked<T, const M: usize, const N: usize> = Unchecked<Unchecked<T, M>, N>;
type ValueOfDual<T, const M: usize> = Value<Dual<T, M>>;
type DualOfValue<T, const N: usize> = Dual<Value<T>, N>;
type DualOfDual<T, const M: usize, const N: usize> = Dual<Dual<T, M>, N>;
type ValueOfValueOfValue<T> = Value<Value<Value<T>>>;
type ValueOfValueOfDual<T, const M: usize> = Value<Value<Dual<T, M>>>;
type ValueOfDualOfDual<T, const L: usize, const M: usize> = Value<Dual<Dual<T, L>, M>>;
type DualOfDualOfDual<T, const L: usize, const M: usize, const N: usize> = Dual<Dual<Dual<T, L>, M>, N>;

/// Numbers over numbers, with the plain numbers that are innermost.
macro_rules! nested {
    ($([$($generics:tt)*] $Number:ident [$($arguments:tt)*] over $Inner:ty;)*) => {
        $(
            crate::operations! { names right [[$($generics)* T: Number<Plain = T>] $Number<T $($arguments)*>, $Inner;] }
            crate::operations! { names left [[$($generics)*] f32, $Number<f32 $($arguments)*>;] }
            crate::operations! { names left [[$($generics)*] f64, $Number<f64 $($arguments)*>;] }

            impl<$($generics)* T: Scalar> PartialEq<T> for $Number<T $($arguments)*> {
                #[inline]
                fn eq(&self, other: &T) -> bool {
                    self.data == *other
                }
            }

            impl<$($generics)* T: Scalar> PartialOrd<T> for $Number<T $($arguments)*> {
                #[inline]
                fn partial_cmp(&self, other: &T) -> Option<Ordering> {
                    self.data.partial_cmp(other)
                }
            }
        )*
    };
}

nested! {
    [] ValueOfValue [] over Value<T>;
    [] ValueOfDependence [] over Dependence<T>;
    [const M: usize,] ValueOfUnchecked [, M] over Unchecked<T, M>;
    [const M: usize, const N: usize,] UncheckedOfUnchecked [, M, N] over Unchecked<T, M>;
    [const M: usize,] ValueOfDual [, M] over Dual<T, M>;
    [const N: usize,] DualOfValue [, N] over Value<T>;
    [const M: usize, const N: usize,] DualOfDual [, M, N] over Dual<T, M>;
    [] ValueOfValueOfValue [] over Value<Value<T>>;
    [const M: usize,] ValueOfValueOfDual [, M] over Value<Dual<T, M>>;
    [const L: usize, const M: usize,] ValueOfDualOfDual [, L, M] over Dual<Dual<T, L>, M>;
    [const L: usize, const M: usize, const N: usize,] DualOfDualOfDual [, L, M, N] over Dual<Dual<T, L>, M>;
}
