//! Methods and operators of a number that applies whole [operations](super::operation), whose partials are evaluated in
//! numbers of its choice. A number of first order needs their values only, see [`calculus`](super::calculus).
//!
//! The number has these functions:
//!
//! | function | gives |
//! |---|---|
//! | `apply(operation, operands)` | the result of any operation |
//! | `sum`, `difference`, `product`, `quotient`, `inverse`, `negative`, `root` | those of arithmetic |
//! | `shifted(number)` | the sum or difference with a constant |
//! | `stretched(number, factor)` | the product or quotient with a constant |
//! | `sine_and_cosine()` | the pair |

/// Methods of one argument. For example, the entry `exp(x -> y) …` becomes
/// `pub fn exp(self) -> Self { Self::apply(operation::exp(()), [self]) }`.
macro_rules! applied_unary {
    ($(
        $(#[$doc:meta])*
        $name:ident ($x:ident $(, $p:ident: $P:ident = $sample:literal)? -> $y:ident) $value:tt $partial:tt $samples:tt $facts:tt;
    )*) => { $(
        $(#[$doc])*
        #[inline]
        #[track_caller]
        #[must_use]
        pub fn $name(self $(, $p: $P)?) -> Self {
            applied_method!($name self $($p)?)
        }
    )* };
}

/// The reciprocal and the square root have functions of their own; all others are applied.
macro_rules! applied_method {
    (recip $x:ident) => {
        $x.inverse()
    };
    (sqrt $x:ident) => {
        $x.root()
    };
    ($name:ident $x:ident) => {
        Self::apply(operation::$name(()), [$x])
    };
    ($name:ident $x:ident $p:ident) => {
        Self::apply(operation::$name($p), [$x])
    };
}

/// Methods of two arguments, of which the second may be plain: `x.powf(1.5)`.
macro_rules! applied_binary {
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

/// What the other methods and traits call, and the number as one in which partials are evaluated.
macro_rules! applied_functions {
    ([$($generics:tt)*] $Number:ty) => {
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

            /// `self · a + b`, rounded once.
            #[inline]
            #[track_caller]
            fn fused(self, a: Self, b: Self) -> Self {
                self.product(a).sum(b).shifted(self.data().mul_add(a.data(), b.data()))
            }

            /// The number within two bounds.
            #[inline]
            #[track_caller]
            fn clamped(self, low: Self, high: Self) -> Self {
                let [x, a, b] = [self.data(), low.data(), high.data()];
                assert!(a <= b, "`clamp` needs a lower bound that is not above the upper one, and neither NaN");
                if is_dependence_over::<Self, T>() {
                    // At another point, it may return another of the three.
                    Self::apply(operation::min, [Self::apply(operation::max, [self, low]), high])
                } else if x < a {
                    low
                } else if x > b {
                    high
                } else {
                    self
                }
            }
        }

        impl<$($generics)*> operation::Inner<T> for $Number {
            #[inline(always)]
            fn lift(x: T) -> Self {
                Self::constant(x)
            }
        }
    };
}

/// The operators, also with the number inside on the right.
macro_rules! applied_operators {
    (
        $generics:tt $Number:ty;
        $($(#[$doc:meta])* $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $OpAssign:ident::$op_assign:ident)
        $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(
            operation! { $generics $Op::$op, $Number, $Number => Self, |left, right| {
                applied_operator!($op left, right)
            } }
            operation! { $generics $Op::$op, $Number, T => Self, |left, right| {
                applied_operator!($op left, right, plain)
            } }
            forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, $Number }
            forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, T }
        )*
        negatives! { $generics $Number, |x| x.negative() }
    };
}

macro_rules! applied_operator {
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
macro_rules! applied_left {
    (
        $generics:tt $Plain:ident, $Number:ty;
        $($(#[$doc:meta])* $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $($assign:tt)*)
        $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(
            operation! { $generics $Op::$op, $Plain, $Number => $Number, |left, right| {
                applied_left!(@ $Op $op left, right, $Number)
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
    applied_binary, applied_functions, applied_left, applied_method, applied_operator, applied_operators, applied_unary,
};
