//! The stamp: one call in the file of a number gives it every method, operator and trait of a number.
//!
//! | call | for a number that |
//! |---|---|
//! | `number! { calculus … }` | implements [`Calculus`](super::calculus::Calculus): it computes derivatives from partials |
//! | `number! { applied … }` | applies [operations](super::operation), and evaluates their partials in other numbers |
//! | `number! { recorded … }` | records operations by name; its file defines its inherent methods |
//!
//! The first call takes the inherent methods from [`methods`](super::methods), and the operators from
//! [`operators`](super::operators); the second takes both from [`applied`](super::applied). All calls implement the
//! traits below by the inherent methods.

/// Stamps a number over `T`. For example, `number! { calculus [T: Scalar] Value<T>; [] Value<f32>, Value<f64>; "" }`
/// gives `impl<T: Scalar> Float for Value<T> { … }`, `impl<T: Scalar> Add for Value<T> { … }`,
/// `impl Add<Value<f64>> for f64 { … }` and so on. The literal is the `# Panics` section of operations on two numbers.
macro_rules! number {
    (
        calculus [$($generics:tt)*] $Number:ty; $constants:tt $Single:ty, $Double:ty; $panics:literal
    ) => {
        const _: () = {
            #[allow(clippy::wildcard_imports, reason = "all macros of the stamp")]
            use $crate::number::{calculus::Calculus, methods::*, operators::*, stamp::*};
            use num_traits::One;
            use $crate::ops::{call::Call, operators, rules};

            $crate::operations! { calculus_methods unary binary [$($generics)*] $Number; $panics }
            custom_by_partials! { [$($generics)*] $Number }
            $crate::ops::operators! { calculus_operators [$($generics)*] $Number; }
            $crate::ops::operators! { plain_left $constants f32, $Single; }
            $crate::ops::operators! { plain_left $constants f64, $Double; }
            comparisons! { [$($generics)*] $Number; $constants $Single, $Double }
            common! { [$($generics)*] $Number; $constants $Single, $Double }
        };
    };
    (applied [$($generics:tt)*] $Number:ty; $constants:tt $Single:ty, $Double:ty) => {
        const _: () = {
            #[allow(clippy::wildcard_imports, reason = "all macros of the stamp")]
            use $crate::number::{applied::*, methods::*, operation, operators::*, stamp::*};
            use $crate::ops::{kind::is_dependence_over, operators, rules};

            $crate::operations! { calculus_methods applied_unary applied_binary [$($generics)*] $Number; "" }
            applied_functions! { [$($generics)*] $Number }
            operators! { applied_operators [$($generics)*] $Number; }
            operators! { applied_left $constants f32, $Single; }
            operators! { applied_left $constants f64, $Double; }
            comparisons! { [$($generics)*] $Number; $constants $Single, $Double }
            common! { [$($generics)*] $Number; $constants $Single, $Double }
        };
    };
    (recorded [$($generics:tt)*] $Number:ty; $constants:tt $Single:ty, $Double:ty) => {
        const _: () = {
            #[allow(clippy::wildcard_imports, reason = "all macros of the stamp")]
            use $crate::number::stamp::*;

            common! { [$($generics)*] $Number; $constants $Single, $Double }
        };
    };
}

/// Comparisons with the same number and with the one inside, by the numbers.
macro_rules! comparisons {
    ([$($generics:tt)*] $Number:ty; $constants:tt $Single:ty, $Double:ty) => {
        compared! { [$($generics)*] $Number, $Number, |left, right| (left.data(), right.data()) }
        compared! { [$($generics)*] $Number, T, |left, right| (left.data(), *right) }
        compared! { $constants f32, $Single, |left, right| (*left, right.data()) }
        compared! { $constants f64, $Double, |left, right| (*left, right.data()) }
    };
}

/// The traits of all numbers, implemented by their inherent methods.
macro_rules! common {
    ([$($generics:tt)*] $Number:ty; $constants:tt $Single:ty, $Double:ty) => {
        use std::iter::{Product, Sum};
        use std::num::FpCategory;
        use std::str::FromStr;

        use num_traits::{
            Bounded, Euclid, Float, FloatConst, FromPrimitive, Inv, MulAdd, MulAddAssign, Num, NumAssignOps, NumCast, NumOps, Pow,
            Signed, ToPrimitive,
        };
        use $crate::number::custom::CustomOperation;
        use $crate::number::{Number, Real};

        $crate::operations! { float_methods [$($generics)*] $Number; }
        $crate::operations! { real_methods [$($generics)*] $Number; }

        implement! { [$($generics)*] Number, $Number, [T: Number]
            {
                type Plain = T::Plain;

                #[inline]
                #[track_caller]
                fn apply_custom<const OPERANDS: usize>(
                    operation: &impl CustomOperation<OPERANDS, T::Plain>,
                    x: [Self; OPERANDS],
                ) -> Self {
                    Self::with_custom(operation, x)
                }
            }
            fn constant(x: T::Plain) -> Self { Self::constant(T::constant(x)) }
            fn data(self) -> T::Plain { self.data().data() }
            fn detach(self) -> Self { self.detach() }
        }
        implement! { [$($generics)*] FloatConst, $Number, [T: FloatConst]
            { constants! { FloatConst; E FRAC_1_PI FRAC_1_SQRT_2 FRAC_2_PI FRAC_2_SQRT_PI FRAC_PI_2 FRAC_PI_3 FRAC_PI_4
                FRAC_PI_6 FRAC_PI_8 LN_10 LN_2 LOG10_E LOG2_E PI SQRT_2 TAU LOG10_2 LOG2_10 } }
        }
        implement! { [$($generics)*] Bounded, $Number, [T: Bounded] { constants! { Bounded; min_value max_value } } }
        implement! { [$($generics)*] Num, $Number, []
            { type FromStrRadixErr = T::FromStrRadixErr; }
            fn from_str_radix(text: &str, radix: u32) -> Result<Self, T::FromStrRadixErr> {
                T::from_str_radix(text, radix).map(Self::constant)
            }
        }
        implement! { [$($generics)*] NumCast, $Number, []
            {}
            fn from<X: ToPrimitive>(x: X) -> Option<Self> { <T as NumCast>::from(x).map(Self::constant) }
        }
        implement! { [$($generics)*] Signed, $Number, [T: Signed]
            {}
            fn abs(&self) -> Self { Self::abs(*self) }
            fn abs_sub(&self, other: &Self) -> Self { Self::abs_sub(*self, *other) }
            fn signum(&self) -> Self { Self::signum(*self) }
            fn is_positive(&self) -> bool { self.is_sign_positive() }
            fn is_negative(&self) -> bool { self.is_sign_negative() }
        }
        implement! { [$($generics)*] Inv, $Number, [] { type Output = Self; } fn inv(self) -> Self { self.recip() } }
        implement! { [$($generics)*] Inv, &$Number, [] { type Output = $Number; } fn inv(self) -> $Number { self.recip() } }
        implement! { [$($generics)*] Pow<i32>, $Number, [] { type Output = Self; } fn pow(self, n: i32) -> Self { self.powi(n) } }
        implement! { [$($generics)*] Pow<$Number>, $Number, [] { type Output = Self; } fn pow(self, p: Self) -> Self { self.powf(p) } }
        // Rust allows a plain exponent for named types only, because `i32` could become a float in the future.
        implement! { $constants Pow<f32>, $Single, [] { type Output = Self; } fn pow(self, p: f32) -> Self { self.powf(p) } }
        implement! { $constants Pow<f64>, $Double, [] { type Output = Self; } fn pow(self, p: f64) -> Self { self.powf(p) } }
        implement! { [$($generics)*] Euclid, $Number, []
            {}
            fn div_euclid(&self, other: &Self) -> Self { Self::div_euclid(*self, *other) }
            fn rem_euclid(&self, other: &Self) -> Self { Self::rem_euclid(*self, *other) }
        }
        implement! { [$($generics)*] MulAdd, $Number, []
            { type Output = Self; }
            fn mul_add(self, a: Self, b: Self) -> Self { self.mul_add(a, b) }
        }
        implement! { [$($generics)*] MulAddAssign, $Number, []
            {}
            fn mul_add_assign(&mut self, a: Self, b: Self) -> () { *self = (*self).mul_add(a, b); }
        }
        primitives! { [$($generics)*] $Number;
            to_i8 from_i8 i8, to_i16 from_i16 i16, to_i32 from_i32 i32, to_i64 from_i64 i64, to_i128 from_i128 i128,
            to_isize from_isize isize, to_u8 from_u8 u8, to_u16 from_u16 u16, to_u32 from_u32 u32, to_u64 from_u64 u64,
            to_u128 from_u128 u128, to_usize from_usize usize, to_f32 from_f32 f32, to_f64 from_f64 f64
        }
        implement! { [$($generics)*] Default, $Number, [] {} fn default() -> Self { Self::constant(T::zero()) } }
        implement! { [$($generics)*] From<T>, $Number, [] {} fn from(x: T) -> Self { Self::constant(x) } }
        implement! { [$($generics)*] FromStr, $Number, [T: FromStr]
            { type Err = <T as FromStr>::Err; }
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self::constant) }
        }
        text! { [$($generics)*] $Number; Display }
        text! { [$($generics)*] $Number; LowerExp }
        text! { [$($generics)*] $Number; UpperExp }
        implement! { ['a, $($generics)*] Sum<&'a $Number>, $Number, []
            {}
            fn sum<I: Iterator<Item = &'a Self>>(values: I) -> Self { values.copied().sum() }
        }
        implement! { ['a, $($generics)*] Product<&'a $Number>, $Number, []
            {}
            fn product<I: Iterator<Item = &'a Self>>(values: I) -> Self { values.copied().product() }
        }
    };
}

/// Implements a trait. The arguments are generics, trait, type, bounds, other items, and [`inlined`] methods. For
/// example,
/// `implement! { [T: Scalar] Inv, Value<T>, [] { type Output = Self; } fn inv(self) -> Self { self.recip() } }` gives
/// `impl<T: Scalar> Inv for Value<T> { type Output = Self; #[inline] #[track_caller] fn inv(self) -> Self { self.recip() } }`.
macro_rules! implement {
    ([$($generics:tt)*] $Trait:path, $Type:ty, [$($bounds:tt)*] { $($items:tt)* } $($methods:tt)*) => {
        #[allow(non_snake_case, reason = "names of constants")]
        impl<$($generics)*> $Trait for $Type
        where
            $($bounds)*
        {
            $($items)*
            inlined! { $($methods)* }
        }
    };
}

/// Inlined methods whose panics name the line of the caller: `inlined! { fn real(self) -> Self { self } }` gives
/// `#[inline] #[track_caller] fn real(self) -> Self { self }`.
macro_rules! inlined {
    ($(fn $name:ident $(<$P:ident: $Bound:path>)? ($($arguments:tt)*) -> $Result:ty $body:block)*) => {
        $(#[inline] #[track_caller] fn $name $(<$P: $Bound>)? ($($arguments)*) -> $Result $body)*
    };
}

/// `Float` from the inherent methods of the same names.
macro_rules! float_methods {
    (
        $generics:tt $Number:ty;
        real_many $many:tt
        float_unary { $(
            $(#[$unary_doc:meta])*
            $unary:ident ($x:ident $(, $p:ident: $pt:ident = $sample:literal)? -> $y:ident) $uv:tt $up:tt $us:tt $uf:tt;
        )* }
        real_unary $real_unary:tt
        float_binary { $($(#[$binary_doc:meta])* $binary:ident $ba:tt $bv:tt $bp:tt $bs:tt $bf:tt;)* }
        float_choice { $($(#[$choice_doc:meta])* $choice:ident $ca:tt $cv:tt $cp:tt $cs:tt $cf:tt;)* }
        $($rest:tt)*
    ) => {
        implement! { $generics Float, $Number, []
            {
                queries! { |self| self =>
                    is_nan: bool, is_infinite: bool, is_finite: bool, is_normal: bool, is_subnormal: bool,
                    is_sign_positive: bool, is_sign_negative: bool, classify: FpCategory
                }
                constants! { Float; nan infinity neg_infinity neg_zero min_value min_positive_value epsilon max_value }

                // Otherwise the partials of sine and cosine pass through memory.
                #[inline(always)]
                #[track_caller]
                fn sin_cos(self) -> (Self, Self) {
                    self.sin_cos()
                }
            }
            $(fn $unary(self $(, $p: $pt)?) -> Self { self.$unary($($p)?) })*
            $(fn $binary(self, other: Self) -> Self { self.$binary(other) })*
            $(fn $choice(self, other: Self) -> Self { self.$choice(other) })*
            fn mul_add(self, a: Self, b: Self) -> Self { self.mul_add(a, b) }
            fn clamp(self, low: Self, high: Self) -> Self { self.clamp(low, high) }
            fn integer_decode(self) -> (u64, i16, i8) { self.data().integer_decode() }
        }
    };
}

/// `Real` from the inherent methods of the same names. A parameter named `T` in the table is a plain number.
macro_rules! real_methods {
    (
        $generics:tt $Number:ty;
        real_many { $(
            $(#[$many_doc:meta])*
            $many:ident ($mx:ident -> $my:ident: $Many:ty) $mv:tt $mp:tt $ms:tt $mf:tt;
        )* }
        float_unary $float_unary:tt
        real_unary { $(
            $(#[$unary_doc:meta])*
            $unary:ident ($x:ident $(, $p:ident: T = $sample:literal)? -> $y:ident) $uv:tt $up:tt $us:tt $uf:tt;
        )* }
        float_binary $float_binary:tt
        float_choice $float_choice:tt
        real_binary { $($(#[$binary_doc:meta])* $binary:ident $ba:tt $bv:tt $bp:tt $bs:tt $bf:tt;)* }
        $($rest:tt)*
    ) => {
        implement! { $generics Real, $Number,
            [T: Number, Self: NumOps<T::Plain> + NumAssignOps<T::Plain> + PartialOrd<T::Plain>]
            {}
            fn dot(a: &[Self], b: &[Self]) -> Self { Self::dot(a, b) }
            fn weighted_sum(values: &[Self], weights: &[T::Plain]) -> Self {
                Self::weighted(values, weights, T::constant)
            }
            $(fn $many(values: &[Self]) -> $Many { Self::$many(values) })*
            $(fn $unary(self $(, $p: T::Plain)?) -> Self { self.$unary($(T::constant($p))?) })*
            $(fn $binary(self, other: Self) -> Self { self.$binary(other) })*
            fn total_cmp(&self, other: &Self) -> std::cmp::Ordering { self.total_cmp(other) }
        }
    };
}

/// Constants of the number inside.
macro_rules! constants {
    ($Trait:path; $($name:ident)*) => {
        $(#[inline] fn $name() -> Self { Self::constant(<T as $Trait>::$name()) })*
    };
}

/// Tests of the number, by an inherent method or by the method of the number inside. They ignore derivatives.
macro_rules! queries {
    (|$self:ident| $number:expr => $($vis:vis $name:ident: $Answer:ty),*) => {
        $(
            /// As the method of [`f64`] with the same name, for the number; derivatives do not matter.
            #[inline] #[track_caller] $vis fn $name($self) -> $Answer { $number.$name() }
        )*
    };
}

/// Conversions of the number from and to all standard integers and floats.
macro_rules! primitives {
    ($generics:tt $Number:ty; $($to:ident $from:ident $N:ty),*) => {
        // Only the number is converted, without its derivatives.
        implement! { $generics ToPrimitive, $Number, [] {} $(fn $to(&self) -> Option<$N> { self.data().$to() })* }
        implement! { $generics FromPrimitive, $Number, [T: FromPrimitive]
            {}
            $(fn $from(n: $N) -> Option<Self> { T::$from(n).map(Self::constant) })*
        }
    };
}

/// The text of the number without derivatives, in the width, precision and sign of the format.
macro_rules! text {
    ($generics:tt $Number:ty; $Trait:ident) => {
        implement! { $generics std::fmt::$Trait, $Number, [T: std::fmt::$Trait]
            {}
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::$Trait::fmt(&self.shown(), f)
            }
        }
    };
}

pub(crate) use {
    common, comparisons, constants, float_methods, implement, inlined, number, primitives, queries, real_methods, text,
};
