//! The standard operators and comparison, in all forms, for the numbers of this crate.

mod lifted;
mod text;

use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

use num_traits::{One, ToPrimitive};

use crate::dependence::Dependence;
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
use crate::ops::rules;
use crate::scalar::Scalar;
use crate::tape::Value;
use crate::tape::locations::Call;

/// The operators of the table between numbers, and with plain numbers on the right.
macro_rules! operators {
    (
        @ [$($generics:tt)*] $Number:ty, $join:ident;
        $(#[$doc:meta])*
        $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident ($a:ident, $b:ident, $y:ident) = $value:expr, $partial_a:expr, $partial_b:expr;
    ) => {
        impl<$($generics)*> $Op for $Number {
            type Output = Self;

            $(#[$doc])*
            #[inline(always)]
            #[track_caller]
            fn $op(self, other: Self) -> Self {
                let ($a, $b) = (self.data, other.data);
                let $y = $value;
                result!($op, $join, self, other, $y, $partial_a, $partial_b, || {
                    Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()])
                })
            }
        }

        impl<$($generics)*> $Op<T> for $Number {
            type Output = Self;

            $(#[$doc])*
            #[inline(always)]
            #[track_caller]
            fn $op(self, $b: T) -> Self {
                let $a = self.data;
                let $y = $value;
                result!($op, $join, self, $y, $partial_a, || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]))
            }
        }

        forms! { [$($generics)*] $Op::$op, $OpAssign::$op_assign, $Number, $Number }
        forms! { [$($generics)*] $Op::$op, $OpAssign::$op_assign, $Number, T }
    };
    (
        $generics:tt $Number:ty, $join:ident;
        unary { $($unary:tt)* }
        activation { $($activation:tt)* }
        binary { $($binary:tt)* }
        choice { $($choice:tt)* }
        operator { $(
            $(#[$doc:meta])*
            $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident ($a:ident, $b:ident, $y:ident) = $value:expr, $partial_a:expr, $partial_b:expr;
            at $at:tt, $low:tt, $high:tt;
        )* }
    ) => {
        $(operators! {
            @ $generics $Number, $join;
            $(#[$doc])* $Op::$op, $OpAssign::$op_assign ($a, $b, $y) = $value, $partial_a, $partial_b;
        })*
    };
}

/// The result of an operator: of sums and differences of `Dual`s, the compiler has to be told what it cannot see of
/// nested ones, that nothing is multiplied.
macro_rules! result {
    (add, operator, $a:expr, $y:expr, $partial:expr, $call:expr) => {
        Self { data: $y, ..$a }
    };
    (sub, operator, $a:expr, $y:expr, $partial:expr, $call:expr) => {
        Self { data: $y, ..$a }
    };
    ($op:ident, $join:ident, $a:expr, $y:expr, $partial:expr, $call:expr) => {
        $a.chain($y, $partial, $call)
    };
    (add, operator, $a:expr, $b:expr, $y:expr, $partial_a:expr, $partial_b:expr, $call:expr) => {
        Self::sum($y, $a, $b)
    };
    (sub, operator, $a:expr, $b:expr, $y:expr, $partial_a:expr, $partial_b:expr, $call:expr) => {
        Self::difference($y, $a, $b)
    };
    ($op:ident, $join:ident, $a:expr, $b:expr, $y:expr, $partial_a:expr, $partial_b:expr, $call:expr) => {
        Self::$join($y, $a, $b, || $partial_a, || $partial_b, $call)
    };
}

/// The same with a plain number of type `T` on the left, which Rust allows for named types only.
macro_rules! plain_left {
    (
        @ [$($generics:tt)*] $T:ident, $Number:ty;
        $(#[$doc:meta])* $Op:ident::$op:ident ($a:ident, $b:ident, $y:ident) = $value:expr, $partial_b:expr;
    ) => {
        impl<$($generics)*> $Op<$Number> for $T {
            type Output = $Number;

            $(#[$doc])*
            #[inline(always)]
            #[track_caller]
            fn $op(self, other: $Number) -> $Number {
                #[allow(dead_code, reason = "few partials name their type")]
                type T = $T;
                let ($a, $b) = (self, other.data);
                let $y = $value;
                other.chain($y, $partial_b, || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]))
            }
        }

        references! { [$($generics)*] $Op::$op, $T, $Number }
    };
    (
        $generics:tt $T:ident, $Number:ty;
        unary { $($unary:tt)* }
        activation { $($activation:tt)* }
        binary { $($binary:tt)* }
        choice { $($choice:tt)* }
        operator { $(
            $(#[$doc:meta])*
            $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident ($a:ident, $b:ident, $y:ident) = $value:expr, $partial_a:expr, $partial_b:expr;
            at $at:tt, $low:tt, $high:tt;
        )* }
    ) => {
        $(plain_left! {
            @ $generics $T, $Number;
            $(#[$doc])* $Op::$op ($a, $b, $y) = $value, $partial_b;
        })*
    };
}

/// An operator between references, and its assignment form.
macro_rules! forms {
    ([$($generics:tt)*] $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident, $Left:ty, $Right:ty) => {
        references! { [$($generics)*] $Op::$op, $Left, $Right }

        impl<$($generics)*> $OpAssign<$Right> for $Left {
            #[inline(always)]
            #[track_caller]
            fn $op_assign(&mut self, other: $Right) {
                *self = (*self).$op(other);
            }
        }

        impl<$($generics)*> $OpAssign<&$Right> for $Left {
            #[inline(always)]
            #[track_caller]
            fn $op_assign(&mut self, other: &$Right) {
                *self = (*self).$op(*other);
            }
        }
    };
}

macro_rules! references {
    ([$($generics:tt)*] $Op:ident::$op:ident, $Left:ty, $Right:ty) => {
        impl<$($generics)*> $Op<&$Right> for $Left {
            type Output = <$Left as $Op<$Right>>::Output;

            #[inline(always)]
            #[track_caller]
            fn $op(self, other: &$Right) -> Self::Output {
                self.$op(*other)
            }
        }

        impl<$($generics)*> $Op<$Right> for &$Left {
            type Output = <$Left as $Op<$Right>>::Output;

            #[inline(always)]
            #[track_caller]
            fn $op(self, other: $Right) -> Self::Output {
                (*self).$op(other)
            }
        }

        impl<$($generics)*> $Op<&$Right> for &$Left {
            type Output = <$Left as $Op<$Right>>::Output;

            #[inline(always)]
            #[track_caller]
            fn $op(self, other: &$Right) -> Self::Output {
                (*self).$op(*other)
            }
        }
    };
}

/// The negative of numbers and of references to them.
macro_rules! neg {
    ([$($generics:tt)*] $Number:ty, |$x:ident| $negative:expr) => {
        impl<$($generics)*> Neg for $Number {
            type Output = Self;

            /// The negative; derivative -1.
            #[inline(always)]
            #[track_caller]
            fn neg(self) -> Self {
                let $x = self;
                $negative
            }
        }

        impl<$($generics)*> Neg for &$Number {
            type Output = $Number;

            #[inline(always)]
            #[track_caller]
            fn neg(self) -> $Number {
                -*self
            }
        }
    };
}

#[cfg(feature = "program")]
pub(crate) use neg;
pub(crate) use {forms, references};

/// Comparison of the numbers, so that branches go the way of the plain program.
macro_rules! compared {
    ([$($generics:tt)*] $Number:ident<T $(, $N:ident)?>) => {
        impl<T: PartialEq $($generics)*> PartialEq for $Number<T $(, $N)?> {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.data == other.data
            }
        }

        impl<T: PartialEq $($generics)*> PartialEq<T> for $Number<T $(, $N)?> {
            #[inline]
            fn eq(&self, other: &T) -> bool {
                self.data == *other
            }
        }

        impl<T: PartialOrd $($generics)*> PartialOrd for $Number<T $(, $N)?> {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                self.data.partial_cmp(&other.data)
            }
        }

        impl<T: PartialOrd $($generics)*> PartialOrd<T> for $Number<T $(, $N)?> {
            #[inline]
            fn partial_cmp(&self, other: &T) -> Option<Ordering> {
                self.data.partial_cmp(other)
            }
        }
    };
}

/// The same with a plain number on the left.
macro_rules! compared_left {
    ($([$($generics:tt)*] $T:ident, $Number:ty;)*) => {
        $(
            impl<$($generics)*> PartialEq<$Number> for $T {
                #[inline]
                fn eq(&self, other: &$Number) -> bool {
                    *self == other.data
                }
            }

            impl<$($generics)*> PartialOrd<$Number> for $T {
                #[inline]
                fn partial_cmp(&self, other: &$Number) -> Option<Ordering> {
                    self.partial_cmp(&other.data)
                }
            }
        )*
    };
}

crate::operations! { operators [T: Scalar] Value<T>, join; }
crate::operations! { operators [T: Scalar, const N: usize] Dual<T, N>, operator; }
crate::operations! { operators [T: Scalar, const N: usize] Unchecked<T, N>, operator; }
crate::operations! { operators [T: Scalar] Dependence<T>, join; }
crate::operations! { plain_left [] f32, Value<f32>; }
crate::operations! { plain_left [] f64, Value<f64>; }
crate::operations! { plain_left [const N: usize] f32, Dual<f32, N>; }
crate::operations! { plain_left [const N: usize] f64, Dual<f64, N>; }

neg! { [T: Scalar] Value<T>, |x| x.chain(-x.data, -T::one(), || Call::new("neg", [x.data.to_f64()])) }
neg! { [T: Scalar, const N: usize] Dual<T, N>, |x| Self::new(-x.data, x.tangents.map(T::neg)) }
neg! { [T: Scalar, const N: usize] Unchecked<T, N>, |x| Self { data: -x.data, tangents: x.tangents.map(T::neg) } }
neg! { [T: Scalar] Dependence<T>, |x| x.chain(-x.data, T::zero(), ()) }
compared! { [] Value<T> }
compared! { [, const N: usize] Dual<T, N> }
compared! { [, const N: usize] Unchecked<T, N> }
compared_left! {
    [] f32, Value<f32>;
    [] f64, Value<f64>;
    [const N: usize] f32, Dual<f32, N>;
    [const N: usize] f64, Dual<f64, N>;
}
