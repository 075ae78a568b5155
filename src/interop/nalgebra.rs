//! The traits of `simba`, which make a number an element of the matrices of `nalgebra`.

use num_traits::{One, Zero};
use simba::scalar::{ComplexField, Field, RealField, SubsetOf, SupersetOf};
use simba::simd::{PrimitiveSimdValue, SimdValue};

use super::cardinal;
use crate::dual::Dual;
use crate::scalar::Scalar;
use crate::tape::Value;

/// A number of one lane, with elementary functions from its inherent methods.
macro_rules! field {
    ([$($generics:tt)*] $Number:ty) => {
        impl<$($generics)*> SimdValue for $Number {
            const LANES: usize = 1;
            type Element = Self;
            type SimdBool = bool;

            #[inline]
            fn splat(number: Self) -> Self {
                number
            }

            #[inline]
            fn extract(&self, _: usize) -> Self {
                *self
            }

            #[allow(unsafe_code, reason = "the trait says so; there is only one lane")]
            #[inline]
            unsafe fn extract_unchecked(&self, _: usize) -> Self {
                *self
            }

            #[inline]
            fn replace(&mut self, _: usize, number: Self) {
                *self = number;
            }

            #[allow(unsafe_code, reason = "the trait says so; there is only one lane")]
            #[inline]
            unsafe fn replace_unchecked(&mut self, _: usize, number: Self) {
                *self = number;
            }

            #[inline]
            fn select(self, condition: bool, other: Self) -> Self {
                if condition { self } else { other }
            }
        }

        impl<$($generics)*> PrimitiveSimdValue for $Number {}

        impl<$($generics)*> Field for $Number {}

        impl<$($generics)*> SubsetOf<Self> for $Number {
            #[inline]
            fn to_superset(&self) -> Self {
                *self
            }

            #[inline]
            fn from_superset_unchecked(number: &Self) -> Self {
                *number
            }

            #[inline]
            fn is_in_subset(_: &Self) -> bool {
                true
            }
        }

        subsets! { [$($generics)*] $Number: f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

        /// The functions of one real number. At a branch the float's way is taken.
        impl<$($generics)*> ComplexField for $Number {
            type RealField = Self;

            same! {
                floor() ceil() round() trunc() fract() recip() sin() cos() tan() asin() acos() atan() sinh() cosh() tanh()
                asinh() acosh() atanh() log2() log10() ln() ln_1p() sqrt() cbrt() exp() exp2() exp_m1() abs() signum()
                hypot(other: Self) log(base: Self) powf(exponent: Self) powi(exponent: i32) mul_add(a: Self, b: Self)
            }
            cardinal! { sinc sinhc cosc coshc }

            #[inline]
            fn from_real(number: Self) -> Self {
                number
            }

            #[inline]
            fn real(self) -> Self {
                self
            }

            #[inline]
            fn imaginary(self) -> Self {
                Self::zero()
            }

            #[inline]
            fn conjugate(self) -> Self {
                self
            }

            #[inline]
            #[track_caller]
            fn modulus(self) -> Self {
                self.abs()
            }

            #[inline]
            #[track_caller]
            fn modulus_squared(self) -> Self {
                self * self
            }

            #[inline]
            #[track_caller]
            fn norm1(self) -> Self {
                self.abs()
            }

            /// 0 or π, which depends on nothing.
            #[inline]
            fn argument(self) -> Self {
                if self >= Self::zero() { Self::zero() } else { Self::pi() }
            }

            /// Modulus and sign, whose product is the number, also in its derivative: at 0 the modulus has that of the
            /// number, not the 0 of `abs`. The reflections of decompositions count on it.
            #[inline]
            #[track_caller]
            fn to_exp(self) -> (Self, Self) {
                if self >= Self::zero() { (self, Self::one()) } else { (-self, -Self::one()) }
            }

            #[inline]
            #[track_caller]
            fn scale(self, factor: Self) -> Self {
                self * factor
            }

            #[inline]
            #[track_caller]
            fn unscale(self, factor: Self) -> Self {
                self / factor
            }

            #[inline]
            #[track_caller]
            fn sin_cos(self) -> (Self, Self) {
                self.sin_cos()
            }

            #[inline]
            #[track_caller]
            fn powc(self, exponent: Self) -> Self {
                self.powf(exponent)
            }

            #[inline]
            #[track_caller]
            fn try_sqrt(self) -> Option<Self> {
                (self >= Self::zero()).then(|| self.sqrt())
            }

            #[inline]
            fn is_finite(&self) -> bool {
                (*self).is_finite()
            }
        }

        impl<$($generics)*> RealField for $Number {
            same! { max(other: Self) min(other: Self) atan2(other: Self) copysign(sign: Self) }
            constants! {
                pi two_pi frac_pi_2 frac_pi_3 frac_pi_4 frac_pi_6 frac_pi_8 frac_1_pi frac_2_pi frac_2_sqrt_pi e log2_e log10_e
                ln_2 ln_10
            }

            /// As the floats have it here, bounds in the wrong order are no misuse.
            #[inline]
            #[track_caller]
            fn clamp(self, low: Self, high: Self) -> Self {
                if low <= high {
                    self.clamp(low, high)
                } else if self < low {
                    low
                } else if self > high {
                    high
                } else {
                    self
                }
            }

            #[inline]
            fn is_sign_positive(&self) -> bool {
                (*self).is_sign_positive()
            }

            #[inline]
            fn is_sign_negative(&self) -> bool {
                (*self).is_sign_negative()
            }

            #[inline]
            fn min_value() -> Option<Self> {
                <T as RealField>::min_value().map(Self::constant)
            }

            #[inline]
            fn max_value() -> Option<Self> {
                <T as RealField>::max_value().map(Self::constant)
            }
        }
    };
}

/// What the number has as an inherent method.
macro_rules! same {
    ($($name:ident($($argument:ident: $Argument:ty),*))*) => {
        $(#[inline] #[track_caller] fn $name(self, $($argument: $Argument),*) -> Self { self.$name($($argument),*) })*
    };
}

/// The number is the plain float's, the partial our own.
macro_rules! cardinal {
    ($($name:ident)*) => {
        $(#[inline] #[track_caller] fn $name(self) -> Self {
            Self { data: ComplexField::$name(self.data), ..self * cardinal::$name(self.data) }
        })*
    };
}

macro_rules! constants {
    ($($name:ident)*) => {
        $(#[inline] fn $name() -> Self { Self::constant(<T as RealField>::$name()) })*
    };
}

/// Plain numbers are constants. The way back takes the number alone, as `data` does: algorithms use it to decide how far
/// to go, and could not if a number that depends on something were refused.
macro_rules! subsets {
    (@ [$($generics:tt)*] $Number:ty, $Plain:ty) => {
        impl<$($generics)*> SubsetOf<$Number> for $Plain
        where
            T: SupersetOf<$Plain>,
        {
            #[inline]
            fn to_superset(&self) -> $Number {
                <$Number>::constant(T::from_subset(self))
            }

            #[inline]
            fn from_superset_unchecked(number: &$Number) -> Self {
                number.data.to_subset_unchecked()
            }

            #[inline]
            fn is_in_subset(number: &$Number) -> bool {
                SupersetOf::<$Plain>::is_in_subset(&number.data)
            }
        }
    };
    ($generics:tt $Number:ty: $($Plain:ty)*) => {
        $(subsets! { @ $generics $Number, $Plain })*
    };
}

field! { [T: Scalar + RealField] Value<T> }
field! { [T: Scalar + RealField, const N: usize] Dual<T, N> }
