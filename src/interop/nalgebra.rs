//! The traits of `simba`, which make a number an element of the matrices of `nalgebra`.

use num_traits::{One, Zero};
use simba::scalar::{ComplexField, Field, RealField, SubsetOf, SupersetOf};
use simba::simd::{PrimitiveSimdValue, SimdValue};

use super::cardinal;
use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::jet::Jet;
use crate::number::Number;
use crate::number::stamp::inlined;
use crate::scalar::Scalar;
use crate::tape::Value;

/// Implements all traits for a number over `T`, a SIMD value of one lane whose elementary functions are its inherent
/// methods. At a branch it follows the float's path.
///
/// Rust allows no implementation of a foreign trait for all numbers at once, hence a macro. It writes, for
/// `field! { [T: Scalar + RealField] Value<T> }`,
///
/// ```text
/// impl<T: Scalar + RealField> Field for Value<T> {}
/// impl<T: Scalar + RealField> ComplexField for Value<T> {
///     type RealField = Self;
///
///     fn sin(self) -> Self { self.sin() } // and all others that `inherent!` lists
///     fn sinc(self) -> Self {
///         self.with_slope(ComplexField::sinc(self.data()), cardinal::sinc, cardinal::sinc)
///     }
///     fn real(self) -> Self { self } // and the others that stand here
/// }
/// impl<T: Scalar + RealField> RealField for Value<T> {
///     fn pi() -> Self { Self::constant(<T as RealField>::pi()) }
///     // ...
/// }
/// // SimdValue, PrimitiveSimdValue, SubsetOf<Self>, and SubsetOf<Value<T>> for each primitive number
/// ```
macro_rules! field {
    ([$($generics:tt)*] $Number:ty) => {
        impl<$($generics)*> PrimitiveSimdValue for $Number {}
        impl<$($generics)*> Field for $Number {}

        impl<$($generics)*> SimdValue for $Number {
            const LANES: usize = 1;
            type Element = Self;
            type SimdBool = bool;
            inlined! {
                fn splat(number: Self) -> Self { number }
                fn extract(&self, _: usize) -> Self { *self }
                fn replace(&mut self, _: usize, number: Self) -> () { *self = number; }
                fn select(self, condition: bool, other: Self) -> Self { if condition { self } else { other } }
            }
            unchecked! {
                fn extract_unchecked(&self, _: usize) -> Self { *self }
                fn replace_unchecked(&mut self, _: usize, number: Self) -> () { *self = number; }
            }
        }

        impl<$($generics)*> SubsetOf<Self> for $Number {
            inlined! {
                fn to_superset(&self) -> Self { *self }
                fn from_superset_unchecked(number: &Self) -> Self { *number }
                fn is_in_subset(_: &Self) -> bool { true }
            }
        }

        subsets! { [$($generics)*] $Number: f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

        impl<$($generics)*> ComplexField for $Number {
            type RealField = Self;
            inherent! {
                floor() ceil() round() trunc() fract() recip() sin() cos() tan() asin() acos() atan() sinh() cosh() tanh()
                asinh() acosh() atanh() log2() log10() ln() ln_1p() sqrt() cbrt() exp() exp2() exp_m1() abs() signum()
                hypot(other: Self) log(base: Self) powf(exponent: Self) powi(exponent: i32) mul_add(a: Self, b: Self)
            }
            cardinal! { sinc sinhc cosc coshc }
            inlined! {
                fn from_real(number: Self) -> Self { number }
                fn real(self) -> Self { self }
                fn imaginary(self) -> Self { Self::zero() }
                fn conjugate(self) -> Self { self }
                fn modulus(self) -> Self { self.abs() }
                fn modulus_squared(self) -> Self { self * self }
                fn norm1(self) -> Self { self.abs() }
                // 0 or π, a constant.
                fn argument(self) -> Self { if self >= Self::zero() { Self::zero() } else { Self::pi() } }
                // Modulus and sign. Their product is the number, and so is the derivative of the product: at 0 the
                // modulus has the derivative of the number, not the 0 of `abs`. The reflections of decompositions need
                // that.
                fn to_exp(self) -> (Self, Self) {
                    if self >= Self::zero() { (self, Self::one()) } else { (-self, -Self::one()) }
                }
                fn scale(self, factor: Self) -> Self { self * factor }
                fn unscale(self, factor: Self) -> Self { self / factor }
                fn sin_cos(self) -> (Self, Self) { self.sin_cos() }
                fn powc(self, exponent: Self) -> Self { self.powf(exponent) }
                fn try_sqrt(self) -> Option<Self> { (self >= Self::zero()).then(|| self.sqrt()) }
                fn is_finite(&self) -> bool { (*self).is_finite() }
            }
        }

        impl<$($generics)*> RealField for $Number {
            inherent! { max(other: Self) min(other: Self) atan2(other: Self) copysign(sign: Self) }
            constants! {
                pi two_pi frac_pi_2 frac_pi_3 frac_pi_4 frac_pi_6 frac_pi_8 frac_1_pi frac_2_pi frac_2_sqrt_pi e log2_e log10_e
                ln_2 ln_10
            }
            inlined! {
                // Like the floats of simba, it accepts bounds in the wrong order.
                fn clamp(self, low: Self, high: Self) -> Self {
                    if low <= high { self.clamp(low, high) }
                    else if self < low { low }
                    else if self > high { high }
                    else { self }
                }
                fn is_sign_positive(&self) -> bool { (*self).is_sign_positive() }
                fn is_sign_negative(&self) -> bool { (*self).is_sign_negative() }
                fn min_value() -> Option<Self> { <T as RealField>::min_value().map(Self::constant) }
                fn max_value() -> Option<Self> { <T as RealField>::max_value().map(Self::constant) }
            }
        }
    };
}

/// Methods that the trait declares unsafe, because their index is not checked; there is only one lane.
///
/// `unchecked! { fn extract_unchecked(&self, _: usize) -> Self { *self } }` is
/// `unsafe fn extract_unchecked(&self, _: usize) -> Self { *self }`, inlined.
macro_rules! unchecked {
    ($(fn $name:ident($($arguments:tt)*) -> $Result:ty $body:block)*) => {
        $(#[allow(unsafe_code, reason = "the trait says so; there is only one lane")]
        #[inline]
        unsafe fn $name($($arguments)*) -> $Result $body)*
    };
}

/// Methods that call the inherent method of the same name: `sin()` is `fn sin(self) -> Self { self.sin() }`.
macro_rules! inherent {
    ($($name:ident($($argument:ident: $Argument:ty),*))*) => {
        inlined! { $(fn $name(self, $($argument: $Argument),*) -> Self { self.$name($($argument),*) })* }
    };
}

/// Functions whose number is that of the plain float, and whose partial is that of [`cardinal`]. The expansion of
/// `sinc` is at [`field!`].
macro_rules! cardinal {
    ($($name:ident)*) => {
        inlined! { $(fn $name(self) -> Self {
            self.with_slope(ComplexField::$name(self.data()), cardinal::$name)
        })* }
    };
}

/// A function of a number over `T`, from its value and its derivative.
trait WithSlope<T>: Sized {
    /// The number in which the derivative is evaluated.
    type Slope;

    fn with_slope(self, data: T, slope: impl Fn(Self::Slope) -> Self::Slope) -> Self;
}

impl<T: Scalar> WithSlope<T> for Value<T> {
    type Slope = T;

    #[inline]
    #[track_caller]
    fn with_slope(self, data: T, slope: impl Fn(T) -> T) -> Self {
        Self { data, ..self * slope(self.data) }
    }
}

impl<T: Scalar, const N: usize> WithSlope<T> for Dual<T, N> {
    type Slope = T;

    #[inline]
    fn with_slope(self, data: T, slope: impl Fn(T) -> T) -> Self {
        Self { data, ..self * slope(self.data) }
    }
}

impl<T: Number, const N: usize> WithSlope<T> for Dual2<T, N> {
    type Slope = Dual<T>;

    #[inline]
    fn with_slope(self, data: T, slope: impl Fn(Dual<T>) -> Dual<T>) -> Self {
        self.with_partial(data, slope(Dual::var(self.data())))
    }
}

impl<T: Number, const N: usize> WithSlope<T> for Jet<T, N> {
    type Slope = Self;

    #[inline]
    fn with_slope(self, data: T, slope: impl Fn(Self) -> Self) -> Self {
        self.chained(data, slope(self))
    }
}

/// Constants of `T`, lifted: `pi` is `fn pi() -> Self { Self::constant(<T as RealField>::pi()) }`.
macro_rules! constants {
    ($($name:ident)*) => {
        inlined! { $(fn $name() -> Self { Self::constant(<T as RealField>::$name()) })* }
    };
}

/// Primitive numbers are constants. The conversion back takes the number alone, as `data` does: algorithms use it to
/// decide how many steps to take, and would fail if a number with derivatives were refused.
///
/// `subsets! { [T: Scalar + RealField] Value<T>: f32 }` is
///
/// ```text
/// impl<T: Scalar + RealField> SubsetOf<Value<T>> for f32
/// where
///     T: SupersetOf<f32>,
/// {
///     fn to_superset(&self) -> Value<T> { <Value<T>>::constant(T::from_subset(self)) }
///     fn from_superset_unchecked(number: &Value<T>) -> Self { number.data().to_subset_unchecked() }
///     fn is_in_subset(number: &Value<T>) -> bool { SupersetOf::<f32>::is_in_subset(&number.data()) }
/// }
/// ```
macro_rules! subsets {
    (@ [$($generics:tt)*] $Number:ty, $Plain:ty) => {
        impl<$($generics)*> SubsetOf<$Number> for $Plain
        where
            T: SupersetOf<$Plain>,
        {
            inlined! {
                fn to_superset(&self) -> $Number { <$Number>::constant(T::from_subset(self)) }
                fn from_superset_unchecked(number: &$Number) -> Self { number.data().to_subset_unchecked() }
                fn is_in_subset(number: &$Number) -> bool { SupersetOf::<$Plain>::is_in_subset(&number.data()) }
            }
        }
    };
    ($generics:tt $Number:ty: $($Plain:ty)*) => {
        $(subsets! { @ $generics $Number, $Plain })*
    };
}

field! { [T: Scalar + RealField] Value<T> }
field! { [T: Scalar + RealField, const N: usize] Dual<T, N> }
field! { [T: Number + RealField, const N: usize] Dual2<T, N> }
field! { [T: Number + RealField, const N: usize] Jet<T, N> }
