//! The stamp of truncated series: methods and operators from the table of operations.

/// Stamps a [`Series`](super::series::Series) over `T`. The methods that are the same for every number, and the traits, are
/// those of the [stamp](crate::number::stamp) of all numbers.
macro_rules! series_number {
    ([$($generics:tt)*] $Number:ty; $constants:tt $Single:ty, $Double:ty) => {
        const _: () = {
            #[allow(clippy::wildcard_imports, reason = "all macros of the stamp")]
            use $crate::{jet::stamp::*, number::methods::*, number::operators::*, number::stamp::*};
            use $crate::jet::operation;
            use $crate::ops::{operators, rules};

            $crate::operations! { calculus_methods series_unary series_binary [$($generics)*] $Number; "" }
            operators! { series_operators [$($generics)*] $Number; }
            operators! { series_left $constants f32, $Single; }
            operators! { series_left $constants f64, $Double; }
            compared! { [$($generics)*] $Number, $Number, |left, right| (left.data(), right.data()) }
            compared! { [$($generics)*] $Number, T, |left, right| (left.data(), *right) }
            compared! { $constants f32, $Single, |left, right| (*left, right.data()) }
            compared! { $constants f64, $Double, |left, right| (*left, right.data()) }
            common! { [$($generics)*] $Number; $constants $Single, $Double }

            impl<$($generics)*> $Number {
                /// An operation of the user's own.
                #[inline]
                #[track_caller]
                pub(crate) fn with_custom<const OPERANDS: usize>(
                    operation: &impl CustomOperation<OPERANDS, T::Plain>,
                    x: [Self; OPERANDS],
                ) -> Self {
                    Self::apply(operation::Custom(operation), x)
                }
            }
        };
    };
}

/// Methods of one argument. For example, the entry `exp(x -> y) …` becomes
/// `pub fn exp(self) -> Self { Self::apply(operation::exp(()), [self]) }`.
macro_rules! series_unary {
    ($(
        $(#[$doc:meta])*
        $name:ident ($x:ident $(, $p:ident: $P:ident = $sample:literal)? -> $y:ident) $value:tt $partial:tt $samples:tt $facts:tt;
    )*) => { $(
        $(#[$doc])*
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $name(self $(, $p: $P)?) -> Self {
            series_method!($name self $($p)?)
        }
    )* };
}

/// The reciprocal is a quotient; all others are applied.
macro_rules! series_method {
    (recip $x:ident) => {
        $x.inverse()
    };
    ($name:ident $x:ident) => {
        Self::apply(operation::$name(()), [$x])
    };
    ($name:ident $x:ident $p:ident) => {
        Self::apply(operation::$name($p), [$x])
    };
}

/// Methods of two arguments, of which the second may be plain: `x.powf(1.5)`. A series chooses as it joins.
macro_rules! series_binary {
    ($combine:ident $panics:literal $(
        $(#[$doc:meta])*
        $name:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;
    )*) => { $(
        $(#[$doc])*
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $name(self, other: impl Into<Self>) -> Self {
            Self::apply(operation::$name, [self, other.into()])
        }
    )* };
}

/// The operators, also with the number inside on the right.
macro_rules! series_operators {
    (
        $generics:tt $Number:ty;
        $($(#[$doc:meta])* $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $OpAssign:ident::$op_assign:ident)
        $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(
            operation! { $generics $Op::$op, $Number, $Number => Self, |left, right| {
                series_operator!($op left, right)
            } }
            operation! { $generics $Op::$op, $Number, T => Self, |left, right| {
                series_operator!($op left, right, plain)
            } }
            forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, $Number }
            forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, T }
        )*
        negatives! { $generics $Number, |x| x.negative() }
    };
}

/// The definitions of Taylor arithmetic. Those with a constant act on each coefficient.
macro_rules! series_operator {
    (add $a:ident, $b:ident) => {
        $a.sum($b)
    };
    (sub $a:ident, $b:ident) => {
        $a.difference($b)
    };
    (mul $a:ident, $b:ident) => {
        $a.product($b)
    };
    (div $a:ident, $b:ident) => {
        $a.quotient($b)
    };
    ($op:ident $a:ident, $b:ident) => {
        Self::apply(operation::$op, [$a, $b])
    };
    (add $a:ident, $b:ident, plain) => {
        $a.shifted($a.data() + $b)
    };
    (sub $a:ident, $b:ident, plain) => {
        $a.shifted($a.data() - $b)
    };
    (mul $a:ident, $b:ident, plain) => {
        $a.stretched($a.data() * $b, $b)
    };
    (div $a:ident, $b:ident, plain) => {
        $a.stretched($a.data() / $b, $b.recip())
    };
    ($op:ident $a:ident, $b:ident, plain) => {
        Self::apply(operation::$op, [$a, Self::constant($b)])
    };
}

/// The operators with a plain number on the left, which Rust allows for named types only.
macro_rules! series_left {
    (
        $generics:tt $Plain:ident, $Number:ty;
        $($(#[$doc:meta])* $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $($assign:tt)*)
        $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(
            operation! { $generics $Op::$op, $Plain, $Number => $Number, |left, right| {
                series_left!(@ $Op $op left, right, $Number)
            } }
            references! { $generics $Op::$op, $Plain, $Number, $Number }
        )*
    };
    (@ $Op:ident add $a:ident, $b:ident, $Number:ty) => { $b.shifted($a + $b.data()) };
    (@ $Op:ident sub $a:ident, $b:ident, $Number:ty) => { $b.negative().shifted($a - $b.data()) };
    (@ $Op:ident mul $a:ident, $b:ident, $Number:ty) => { $b.stretched($a * $b.data(), $a) };
    (@ $Op:ident $op:ident $a:ident, $b:ident, $Number:ty) => { std::ops::$Op::$op(<$Number>::constant($a), $b) };
}

pub(crate) use {
    series_binary, series_left, series_method, series_number, series_operator, series_operators, series_unary,
};
