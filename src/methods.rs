//! The inherent methods of the numbers, stamped from the table of operations.
//!
//! A number says how it is changed by an operation in three functions, and has all methods and operators:
//!
//! | function | makes the result of |
//! |---|---|
//! | `chain(self, data, partial, call)` | an operation on this number alone |
//! | `join(data, a, b, partial_a, partial_b, call)` | an operation on two; partials are computed if they are needed |
//! | `meet(a, b)` | nothing: panics if the two cannot be operands of one operation |

/// The inherent methods of a number. `$fence` opens the examples, in which `$variable` makes `v` a variable at `x`, and
/// `u` and `v` numbers at `a` and `b`, of which `u` at least is a variable; `$slope` is the derivative of `y`. `$panics`
/// says when an operation on two panics.
macro_rules! methods {
    (
        $fence:literal $use:literal $variable:literal $variables:literal [$slope:literal $slope_u:literal] $panics:literal
        unary { $($unary:tt)* }
        activation { $($activation:tt)* }
        binary { $($binary:tt)* }
        choice { $($choice:tt)* }
        operator { $($operator:tt)* }
    ) => {
        methods! { @unary [$fence concat!("use gradtape::", $use, ";"), $variable, $slope] $($unary)* }
        methods! { @unary [$fence concat!("use gradtape::{Real, ", $use, "};"), $variable, $slope] $($activation)* }
        methods! { @binary join [$fence concat!("use gradtape::", $use, ";"), $variables, $slope_u, $panics] $($binary)* }
        methods! { @binary choose [$fence concat!("use gradtape::", $use, ";"), $variables, $slope_u, $panics] $($choice)* }

        /// The result of an operation that returns one of two numbers; a join only where both have a share.
        #[inline(always)]
        #[track_caller]
        pub(crate) fn choose(
            data: T,
            a: Self,
            b: Self,
            partial_a: impl FnOnce() -> T,
            partial_b: impl FnOnce() -> T,
            call: impl FnOnce() -> crate::tape::locations::Call,
        ) -> Self {
            Self::meet(a, b);
            let (partial_a, partial_b) = (partial_a(), partial_b());
            if crate::dependence::is_traced_over::<Self, T>() {
                // At another point it may be the other one.
                Self::join(data, a, b, || partial_a, || partial_b, call)
            } else if partial_b.is_zero() {
                a.chain(data, partial_a, call)
            } else if partial_a.is_zero() {
                b.chain(data, partial_b, call)
            } else {
                Self::join(data, a, b, || partial_a, || partial_b, call)
            }
        }
    };
    (@unary [$fence:literal $use:expr, $variable:literal, $slope:literal] $(
        $(#[$doc:meta])*
        $name:ident($x:ident, $y:ident $(; $p:ident: $pt:ident = $pv:literal)?) $(let $shared:ident = $both:expr =>)? $(=)? $value:expr, $partial:expr;
        at $at:literal, $($interval:literal),*;
    )*) => {
        $(
            $(#[$doc])*
            ///
            #[doc = $fence]
            #[doc = $use]
            ///
            #[doc = concat!("let f = |x: f64| x.", stringify!($name), "(", $(stringify!($pv),)? ");")]
            #[doc = concat!("let x = ", $at, ";")]
            #[doc = $variable]
            #[doc = concat!("let y = v.", stringify!($name), "(", $(stringify!($pv),)? ");")]
            /// assert_eq!(y.data(), f(x));
            /// let difference = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;
            #[doc = concat!("assert!((", $slope, " - difference).abs() < 1e-8);")]
            /// ```
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn $name(self $(, $p: $pt)?) -> Self {
                let $x = self.data;
                $(let $shared = $both;)?
                let $y = $value;
                let partial = $partial;
                let call = || crate::tape::locations::Call::new(stringify!($name), [$x.to_f64() $(, $p.to_f64())?]);
                self.chain($y, partial, call)
            }
        )*
    };
    (@binary $combine:ident [$fence:literal $use:expr, $variables:literal, $slope:literal, $panics:literal] $(
        $(#[$doc:meta])*
        $name:ident($a:ident, $b:ident, $y:ident) = $value:expr, $partial_a:expr, $partial_b:expr;
        at ($at:literal, $bt:literal), $low:tt, $high:tt;
    )*) => {
        $(
            $(#[$doc])*
            ///
            #[doc = $fence]
            #[doc = $use]
            ///
            #[doc = concat!("let f = |a: f64, b| num_traits::Float::", stringify!($name), "(a, b);")]
            #[doc = concat!("let (a, b) = (", $at, ", ", $bt, ");")]
            #[doc = $variables]
            #[doc = concat!("let y = u.", stringify!($name), "(v);")]
            /// assert_eq!(y.data(), f(a, b));
            /// let difference = (f(a + 1e-5, b) - f(a - 1e-5, b)) / 2e-5;
            #[doc = concat!("assert!((", $slope, " - difference).abs() < 1e-8);")]
            /// ```
            #[doc = $panics]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn $name(self, other: Self) -> Self {
                let ($a, $b) = (self.data, other.data);
                let $y = $value;
                let call = || crate::tape::locations::Call::new(stringify!($name), [$a.to_f64(), $b.to_f64()]);
                Self::$combine($y, self, other, || $partial_a, || $partial_b, call)
            }
        )*
    };
}

pub(crate) use methods;
