//! The traits of `num-traits`, for the numbers of this crate.

use std::num::FpCategory;

use num_traits::{
    Bounded, Float, FloatConst, FromPrimitive, Inv, MulAdd, MulAddAssign, Num, NumCast, One, Pow, Signed, ToPrimitive,
    Zero,
};

use crate::dependence::Dependence;
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
#[cfg(feature = "program")]
use crate::program::{Expr, Precision};
use crate::scalar::Scalar;
use crate::tape::Value;

/// Questions about the number alone.
macro_rules! queries {
    (|$self:ident| $number:expr => $($vis:vis $name:ident: $Answer:ty),*) => {
        $(/// Of the number, as the plain float has it.
        #[inline] #[track_caller] $vis fn $name($self) -> $Answer { $number.$name() })*
    };
}

mod methods;

macro_rules! float {
    (
        [$($generics:tt)*] $Number:ty;
        unary { $(
            $(#[$doc:meta])*
            $unary:ident($x:ident, $y:ident $(; $p:ident: $pt:ident = $pv:literal)?) $(let $shared:ident = $both:expr =>)? $(=)? $value:expr, $partial:expr;
            at $at:literal, $($interval:literal),*;
        )* }
        activation { $($activation:tt)* }
        binary { $(
            $(#[$binary_doc:meta])*
            $binary:ident($($ba:ident),*) = $bv:expr, $bp:expr, $bq:expr;
            at $bat:tt, $blow:tt, $bhigh:tt;
        )* }
        choice { $(
            $(#[$choice_doc:meta])*
            $choice:ident($($ca:ident),*) = $cv:expr, $cp:expr, $cq:expr;
            at $cat:tt, $clow:tt, $chigh:tt;
        )* }
        operator { $($operator:tt)* }
    ) => {
        impl<$($generics)*> Float for $Number {
            $(#[inline] #[track_caller] fn $unary(self $(, $p: $pt)?) -> Self { self.$unary($($p)?) })*
            $(#[inline] #[track_caller] fn $binary(self, other: Self) -> Self { self.$binary(other) })*
            $(#[inline] #[track_caller] fn $choice(self, other: Self) -> Self { self.$choice(other) })*

            #[inline]
            #[track_caller]
            fn mul_add(self, a: Self, b: Self) -> Self {
                self.mul_add(a, b)
            }

            #[inline]
            #[track_caller]
            fn sin_cos(self) -> (Self, Self) {
                self.sin_cos()
            }

            #[inline]
            #[track_caller]
            fn clamp(self, low: Self, high: Self) -> Self {
                self.clamp(low, high)
            }

            constants! {
                Float: nan infinity neg_infinity neg_zero min_value min_positive_value epsilon max_value
            }
            queries! { |self| self =>
                is_nan: bool, is_infinite: bool, is_finite: bool, is_normal: bool, is_subnormal: bool,
                is_sign_positive: bool, is_sign_negative: bool, classify: FpCategory
            }

            #[track_caller]
            fn integer_decode(self) -> (u64, i16, i8) {
                self.data().integer_decode()
            }
        }
    };
}

/// Constants of the scalar type.
macro_rules! constants {
    ($Trait:ident: $($name:ident)*) => {
        $(#[inline] fn $name() -> Self { Self::constant(<T as $Trait>::$name()) })*
    };
}

/// The neutral elements. The number alone decides.
macro_rules! neutral {
    ($([$($generics:tt)*] $Number:ty;)*) => {
        $(
            impl<T: Scalar $($generics)*> Zero for $Number {
                constants! { Zero: zero }

                #[inline]
                fn is_zero(&self) -> bool {
                    self.data().is_zero()
                }
            }

            impl<T: Scalar $($generics)*> One for $Number {
                constants! { One: one }

                #[inline]
                fn is_one(&self) -> bool {
                    self.data().is_one()
                }
            }
        )*
    };
}

crate::operations! { float [T: Scalar] Value<T>; }
crate::operations! { float [T: Scalar, const N: usize] Dual<T, N>; }
crate::operations! { float [T: Scalar, const N: usize] Unchecked<T, N>; }
crate::operations! { float [T: Scalar] Dependence<T>; }
#[cfg(feature = "program")]
crate::operations! { float [T: Precision] Expr<T>; }
neutral! { [] Value<T>; [, const N: usize] Dual<T, N>; [, const N: usize] Unchecked<T, N>; [] Dependence<T>; }

/// Conversions of the number, in every width that the standard integers and floats have.
macro_rules! primitives {
    ([$($generics:tt)*] $Bound:ident $Number:ty: $($to:ident $from:ident $N:ty),*) => {
        /// The number alone: what it depends on is lost.
        impl<T: $Bound $($generics)*> ToPrimitive for $Number {
            $(#[inline] #[track_caller] fn $to(&self) -> Option<$N> { self.data().$to() })*
        }

        /// A constant.
        impl<T: $Bound + FromPrimitive $($generics)*> FromPrimitive for $Number {
            $(#[inline] fn $from(n: $N) -> Option<Self> { T::$from(n).map(Self::constant) })*
        }
    };
}

/// The traits that say no more than the methods and operators of a number.
macro_rules! traits {
    ($([$($generics:tt)*] $Bound:ident $Number:ty;)*) => {
        $(
            #[allow(non_snake_case)]
            impl<T: $Bound + FloatConst $($generics)*> FloatConst for $Number {
                constants! {
                    FloatConst: E FRAC_1_PI FRAC_1_SQRT_2 FRAC_2_PI FRAC_2_SQRT_PI FRAC_PI_2 FRAC_PI_3 FRAC_PI_4 FRAC_PI_6 FRAC_PI_8
                    LN_10 LN_2 LOG10_E LOG2_E PI SQRT_2 TAU LOG10_2 LOG2_10
                }
            }

            impl<T: $Bound + Bounded $($generics)*> Bounded for $Number {
                constants! { Bounded: min_value max_value }
            }

            impl<T: $Bound $($generics)*> Num for $Number {
                type FromStrRadixErr = T::FromStrRadixErr;

                fn from_str_radix(text: &str, radix: u32) -> Result<Self, T::FromStrRadixErr> {
                    T::from_str_radix(text, radix).map(Self::constant)
                }
            }

            impl<T: $Bound $($generics)*> NumCast for $Number {
                #[inline]
                fn from<X: ToPrimitive>(x: X) -> Option<Self> {
                    <T as NumCast>::from(x).map(Self::constant)
                }
            }

            impl<T: $Bound + Signed $($generics)*> Signed for $Number {
                #[inline]
                #[track_caller]
                fn abs(&self) -> Self {
                    Self::abs(*self)
                }

                #[inline]
                #[track_caller]
                fn abs_sub(&self, other: &Self) -> Self {
                    Self::abs_sub(*self, *other)
                }

                #[inline]
                #[track_caller]
                fn signum(&self) -> Self {
                    Self::signum(*self)
                }

                #[inline]
                #[track_caller]
                fn is_positive(&self) -> bool {
                    self.is_sign_positive()
                }

                #[inline]
                #[track_caller]
                fn is_negative(&self) -> bool {
                    self.is_sign_negative()
                }
            }

            impl<T: $Bound $($generics)*> Inv for $Number {
                type Output = Self;

                #[inline]
                #[track_caller]
                fn inv(self) -> Self {
                    self.recip()
                }
            }

            impl<T: $Bound $($generics)*> Inv for &$Number {
                type Output = $Number;

                #[inline]
                #[track_caller]
                fn inv(self) -> $Number {
                    self.recip()
                }
            }

            impl<T: $Bound $($generics)*> Pow<i32> for $Number {
                type Output = Self;

                #[inline]
                #[track_caller]
                fn pow(self, exponent: i32) -> Self {
                    self.powi(exponent)
                }
            }

            impl<T: $Bound $($generics)*> Pow<$Number> for $Number {
                type Output = Self;

                #[inline]
                #[track_caller]
                fn pow(self, exponent: Self) -> Self {
                    self.powf(exponent)
                }
            }

            impl<T: $Bound $($generics)*> MulAdd for $Number {
                type Output = Self;

                #[inline]
                #[track_caller]
                fn mul_add(self, a: Self, b: Self) -> Self {
                    self.mul_add(a, b)
                }
            }

            impl<T: $Bound $($generics)*> MulAddAssign for $Number {
                #[inline]
                #[track_caller]
                fn mul_add_assign(&mut self, a: Self, b: Self) {
                    *self = (*self).mul_add(a, b);
                }
            }

            primitives! {
                [$($generics)*] $Bound $Number:
                to_i8 from_i8 i8, to_i16 from_i16 i16, to_i32 from_i32 i32, to_i64 from_i64 i64, to_i128 from_i128 i128,
                to_isize from_isize isize, to_u8 from_u8 u8, to_u16 from_u16 u16, to_u32 from_u32 u32, to_u64 from_u64 u64,
                to_u128 from_u128 u128, to_usize from_usize usize, to_f32 from_f32 f32, to_f64 from_f64 f64
            }
        )*
    };
}

traits! { [] Scalar Value<T>; [, const N: usize] Scalar Dual<T, N>; [, const N: usize] Scalar Unchecked<T, N>; [] Scalar Dependence<T>; }
#[cfg(feature = "program")]
traits! { [] Precision Expr<T>; }

/// Rust allows a plain exponent for named types only, because `i32` could become a float one day.
macro_rules! plain_exponent {
    ($([$($generics:tt)*] $T:ty, $Number:ty;)*) => {
        $(impl<$($generics)*> Pow<$T> for $Number {
            type Output = Self;

            #[inline]
            #[track_caller]
            fn pow(self, exponent: $T) -> Self {
                self.powf(Self::constant(exponent))
            }
        })*
    };
}

plain_exponent! {
    [] f32, Value<f32>;
    [] f64, Value<f64>;
    [const N: usize] f32, Dual<f32, N>;
    [const N: usize] f64, Dual<f64, N>;
}
#[cfg(feature = "program")]
plain_exponent! { [] f32, Expr<f32>; [] f64, Expr<f64>; }
