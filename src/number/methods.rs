//! The inherent methods of a [`Calculus`](super::calculus::Calculus) number, from the table of operations.

/// The inherent methods. For example, the entry `sqrt(x -> y) { y = x.sqrt() } [half / y.abs()] …` becomes
/// `pub fn sqrt(self) -> Self { let x = self.number(); let y = x.sqrt(); self.chain(y, half / y.abs(), call) }`.
macro_rules! calculus_methods {
    (
        $unary:ident $binary:ident [$($generics:tt)*] $Number:ty; $panics:literal
        real_many { $($many:tt)* }
        float_unary { $($float_unary:tt)* }
        real_unary { $($real_unary:tt)* }
        float_binary { $($float_binary:tt)* }
        float_choice { $($float_choice:tt)* }
        real_binary { $($real_binary:tt)* }
        $($rest:tt)*
    ) => {
        #[allow(unreachable_pub, dead_code, reason = "some numbers are not public")]
        impl<$($generics)*> $Number {
            many! { $($many)* }
            $unary! { $($float_unary)* $($real_unary)* }
            $binary! { join $panics $($float_binary)* $($real_binary)* }
            $binary! { choose $panics $($float_choice)* }

            /// The fused `self · a + b`, rounded once; partials `a`, `self` and 1.
            #[doc = $panics]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn mul_add(self, a: impl Into<Self>, b: impl Into<Self>) -> Self {
                self.fused(a.into(), b.into())
            }

            /// The sine and the cosine.
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn sin_cos(self) -> (Self, Self) {
                self.sine_and_cosine()
            }

            /// The number itself if it is in `[low, high]`, else the nearer bound. The partial is 1 by the number that
            /// is returned, at a tie by `self`.
            ///
            /// # Panics
            ///
            /// If `low > high`, or either is NaN, like the standard floats.
            #[doc = $panics]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn clamp(self, low: impl Into<Self>, high: impl Into<Self>) -> Self {
                self.clamped(low.into(), high.into())
            }

            /// The sum `Σ wᵢ vᵢ` with plain weights, added up from the first product on.
            ///
            /// # Panics
            ///
            /// If the lengths differ.
            #[doc = $panics]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn weighted_sum(values: &[Self], weights: &[T]) -> Self {
                Self::weighted(values, weights, |weight| weight)
            }

            queries! { |self| self.data() =>
                pub is_nan: bool, pub is_infinite: bool, pub is_finite: bool, pub is_normal: bool, pub is_subnormal: bool,
                pub is_sign_positive: bool, pub is_sign_negative: bool, pub classify: std::num::FpCategory
            }

            /// The order of the numbers, with -0 below 0, -NaN below all others, and NaN above all others. Two NaN with
            /// the same sign are equal.
            #[track_caller]
            pub fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
                $crate::ops::rules::total_cmp(*self, *other)
            }

            /// The number that is printed.
            #[inline]
            fn shown(self) -> T {
                self.data()
            }
        }

        implement! { [$($generics)*] num_traits::Zero, $Number, []
            { constants! { num_traits::Zero; zero } }
            fn is_zero(&self) -> bool { self.data().is_zero() }
        }
        implement! { [$($generics)*] num_traits::One, $Number, []
            { constants! { num_traits::One; one } }
            fn is_one(&self) -> bool { self.data().is_one() }
        }
    };
}

/// An operation of the user's own, from its partials.
macro_rules! custom_by_partials {
    ([$($generics:tt)*] $Number:ty) => {
        impl<$($generics)*> $Number
        where
            T: $crate::number::Number,
        {
            /// An operation of the user's own.
            #[inline]
            #[track_caller]
            pub(crate) fn with_custom<const OPERANDS: usize>(
                operation: &impl $crate::number::custom::CustomOperation<OPERANDS, T::Plain>,
                x: [Self; OPERANDS],
            ) -> Self {
                let inner = x.map(Self::number);
                let data = T::apply_custom(operation, inner);
                Self::combined(data, x, || operation.partials(inner, data))
            }
        }
    };
}

/// Methods of one argument, and of a parameter if the entry has one.
macro_rules! unary {
    ($(
        $(#[$doc:meta])*
        $name:ident ($x:ident $(, $p:ident: $P:ident = $sample:literal)? -> $y:ident)
        { $shared:pat_param = $value:expr } [$partial:expr] $samples:tt $facts:tt;
    )*) => { $(
        $(#[$doc])*
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $name(self $(, $p: $P)?) -> Self {
            let $x = self.number();
            let $shared = $value;
            let partial = $partial;
            self.chain($y, partial, || Call::new(stringify!($name), [$x.to_f64() $(, $p.to_f64())?]))
        }
    )* };
}

/// Methods of two arguments, of which the second may be plain: `x.powf(1.5)`. `$combine` makes the result: `join`, or
/// `choose` for methods that return an argument.
macro_rules! binary {
    ($combine:ident $panics:literal $(
        $(#[$doc:meta])*
        $name:ident ($a:ident, $b:ident -> $y:ident)
        { $shared:pat_param = $value:expr } [$partial_a:expr, $partial_b:expr] $samples:tt $facts:tt;
    )*) => { $(
        $(#[$doc])*
        #[doc = $panics]
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $name(self, other: impl Into<Self>) -> Self {
            let other = other.into();
            let ($a, $b) = (self.number(), other.number());
            let $shared = $value;
            let call = || Call::new(stringify!($name), [$a.to_f64(), $b.to_f64()]);
            <Self as Calculus<T>>::$combine($y, self, other, || $partial_a, || $partial_b, call)
        }
    )* };
}

/// Functions of a list. Their values are formulas of other operations.
macro_rules! many {
    ($(
        $(#[$doc:meta])*
        $name:ident ($x:ident -> $y:ident: $Result:ty) { $r:ident = $value:expr } $partials:tt $samples:tt $facts:tt;
    )*) => { $(
        $(#[$doc])*
        #[track_caller]
        #[must_use]
        pub fn $name($x: &[Self]) -> $Result {
            $value
        }
    )* };
}

/// Sums, products and scalar products of a number that combines two numbers at a time.
macro_rules! sums_in_pairs {
    ([$($generics:tt)*] $Number:ty) => {
        #[allow(unreachable_pub, dead_code, reason = "some numbers are not public")]
        impl<$($generics)*> $Number {
            /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
            ///
            /// # Panics
            ///
            /// If the lengths differ.
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn dot(a: &[Self], b: &[Self]) -> Self {
                $crate::ops::rules::dot(a, b)
            }

            #[inline]
            #[track_caller]
            fn weighted<W: Copy>(values: &[Self], weights: &[W], number: impl Fn(W) -> T) -> Self {
                assert_eq!(values.len(), weights.len(), "a weighted sum needs as many weights as values");
                $crate::ops::rules::total(values.iter().zip(weights).map(|(&value, &weight)| value * number(weight)))
            }
        }

        implement! { [$($generics)*] std::iter::Sum, $Number, []
            {}
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::constant(T::neg_zero()), |sum, value| sum + value)
            }
        }
        implement! { [$($generics)*] std::iter::Product, $Number, []
            {}
            fn product<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::constant(T::one()), |product, value| product * value)
            }
        }
    };
}

pub(crate) use {binary, calculus_methods, custom_by_partials, many, sums_in_pairs, unary};
