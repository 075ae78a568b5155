//! The standard operators, comparison and text, in all forms, for the numbers of this crate.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};
use std::str::FromStr;

use num_traits::{One, ToPrimitive};

use crate::ops::rules;
#[cfg(feature = "program")]
use crate::program::{Expr, Op, Precision};
use crate::trace::Call;
use crate::{Scalar, Value};

/// The operators of the table between numbers, and with plain numbers on the right.
macro_rules! operators {
    (
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
        $(
            impl<T: Scalar> $Op for Value<T> {
                type Output = Self;

                $(#[$doc])*
                #[inline(always)]
                #[track_caller]
                fn $op(self, other: Self) -> Self {
                    let ($a, $b) = (self.data, other.data);
                    let $y = $value;
                    let call = || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]);
                    Self::join($y, self, other, || $partial_a, || $partial_b, call)
                }
            }

            impl<T: Scalar> $Op<T> for Value<T> {
                type Output = Self;

                $(#[$doc])*
                #[inline(always)]
                #[track_caller]
                fn $op(self, $b: T) -> Self {
                    let $a = self.data;
                    let $y = $value;
                    self.chain($y, $partial_a, || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]))
                }
            }

            forms! { [T: Scalar] $Op::$op, $OpAssign::$op_assign, Value<T>, Value<T> }
            forms! { [T: Scalar] $Op::$op, $OpAssign::$op_assign, Value<T>, T }

            #[cfg(feature = "program")]
            impl<T: Precision> $Op for Expr<T> {
                type Output = Self;

                $(#[$doc])*
                #[track_caller]
                fn $op(self, other: Self) -> Self {
                    Self::call(Op::$op, [self, other], 0)
                }
            }

            #[cfg(feature = "program")]
            impl<T: Precision> $Op<T> for Expr<T> {
                type Output = Self;

                $(#[$doc])*
                #[track_caller]
                fn $op(self, other: T) -> Self {
                    self.$op(Self::constant(other))
                }
            }

            #[cfg(feature = "program")]
            forms! { [T: Precision] $Op::$op, $OpAssign::$op_assign, Expr<T>, Expr<T> }
            #[cfg(feature = "program")]
            forms! { [T: Precision] $Op::$op, $OpAssign::$op_assign, Expr<T>, T }
        )*
        plain_left! { f32 $($Op::$op($a, $b, $y) = $value, $partial_b;)* }
        plain_left! { f64 $($Op::$op($a, $b, $y) = $value, $partial_b;)* }
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

/// Operators and comparison with a plain number on the left, which Rust allows for named types only.
macro_rules! plain_left {
    ($T:ident $($Op:ident::$op:ident($a:ident, $b:ident, $y:ident) = $value:expr, $partial_b:expr;)*) => {
        $(
            impl $Op<Value<$T>> for $T {
                type Output = Value<$T>;

                #[inline(always)]
                #[track_caller]
                fn $op(self, other: Value<$T>) -> Value<$T> {
                    #[allow(dead_code, reason = "few partials name their type")]
                    type T = $T;
                    let ($a, $b) = (self, other.data);
                    let $y = $value;
                    other.chain($y, $partial_b, || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]))
                }
            }

            references! { [] $Op::$op, $T, Value<$T> }

            #[cfg(feature = "program")]
            impl $Op<Expr<$T>> for $T {
                type Output = Expr<$T>;

                #[track_caller]
                fn $op(self, other: Expr<$T>) -> Expr<$T> {
                    Expr::constant(self).$op(other)
                }
            }

            #[cfg(feature = "program")]
            references! { [] $Op::$op, $T, Expr<$T> }
        )*

        impl PartialEq<Value<$T>> for $T {
            #[inline]
            fn eq(&self, other: &Value<$T>) -> bool {
                *self == other.data
            }
        }

        impl PartialOrd<Value<$T>> for $T {
            #[inline]
            fn partial_cmp(&self, other: &Value<$T>) -> Option<Ordering> {
                self.partial_cmp(&other.data)
            }
        }

        #[cfg(feature = "program")]
        compare_plain! { [] $T, Expr<$T>, |x: &$T| Expr::constant(*x), |x: &Expr<$T>| *x }
    };
}

#[cfg(feature = "program")]
compare_plain! { [T: Precision] Expr<T>, T, |x: &Expr<T>| *x, |x: &T| Expr::constant(*x) }

crate::operations! { operators }

impl<T: Scalar> Neg for Value<T> {
    type Output = Self;

    /// The negative; derivative -1.
    #[inline(always)]
    #[track_caller]
    fn neg(self) -> Self {
        self.chain(-self.data, -T::one(), || Call::new("neg", [self.data.to_f64()]))
    }
}

#[cfg(feature = "program")]
impl<T: Precision> Neg for Expr<T> {
    type Output = Self;

    /// The negative; derivative -1.
    #[track_caller]
    fn neg(self) -> Self {
        Self::call(Op::neg, [self], 0)
    }
}

#[cfg(feature = "program")]
impl<T: Precision> Neg for &Expr<T> {
    type Output = Expr<T>;

    #[track_caller]
    fn neg(self) -> Expr<T> {
        -*self
    }
}

impl<T: Scalar> Neg for &Value<T> {
    type Output = Value<T>;

    #[inline(always)]
    #[track_caller]
    fn neg(self) -> Value<T> {
        -*self
    }
}

impl<T: PartialEq> PartialEq for Value<T> {
    /// Compares the numbers, so that branches go the way of the plain program.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl<T: PartialEq> PartialEq<T> for Value<T> {
    #[inline]
    fn eq(&self, other: &T) -> bool {
        self.data == *other
    }
}

impl<T: PartialOrd> PartialOrd for Value<T> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.data.partial_cmp(&other.data)
    }
}

impl<T: PartialOrd> PartialOrd<T> for Value<T> {
    #[inline]
    fn partial_cmp(&self, other: &T) -> Option<Ordering> {
        self.data.partial_cmp(other)
    }
}

/// What is made of plain numbers: constants.
macro_rules! constants {
    ($($Number:ident $Bound:ident),*) => {
        $(
            impl<T: $Bound> Default for $Number<T> {
                /// The constant 0.
                fn default() -> Self {
                    Self::constant(T::zero())
                }
            }

            impl<T: $Bound> From<T> for $Number<T> {
                /// A constant.
                #[inline]
                fn from(x: T) -> Self {
                    Self::constant(x)
                }
            }

            impl<T: $Bound + FromStr> FromStr for $Number<T> {
                type Err = T::Err;

                /// A constant.
                fn from_str(text: &str) -> Result<Self, T::Err> {
                    text.parse().map(Self::constant)
                }
            }
        )*
    };
}

constants! { Value Scalar }
#[cfg(feature = "program")]
constants! { Expr Precision }

/// Text of the number alone, with the caller's width, precision and sign.
macro_rules! text {
    ($Number:ident: $($Trait:ident),*) => {
        $(impl<T: fmt::$Trait> fmt::$Trait for $Number<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.data.fmt(f)
            }
        })*
    };
}

text! { Value: Display, LowerExp, UpperExp }
#[cfg(feature = "program")]
text! { Expr: Display, LowerExp, UpperExp }
