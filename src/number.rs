//! The traits of every number: [`Number`], [`Plain`] and [`Real`], what a function is written over.

use std::fmt::{Debug, Display};
use std::iter::{Product, Sum};

#[cfg(feature = "half")]
use num_traits::Float;
use num_traits::{FloatConst, NumAssign, NumAssignOps, NumOps};

use crate::dependence::Dependence;
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
use crate::ops::rules;
#[cfg(feature = "program")]
use crate::program::{Expr, Op, Precision};
use crate::scalar::Scalar;
use crate::tape::Value;

/// A number that plain numbers can be lifted to: a plain number itself, or one of this crate over a `Number`.
///
/// However deep numbers are nested, the plain number is the innermost one: f64 for `Value<Dual<f64>>`. A float of your own
/// that implements this, with itself as `Scalar`, can be the plain number of [`Real`] functions over `Value`s and `Dual`s.
///
/// # Examples
///
/// ```
/// use gradtape::{Number, Value};
///
/// let x = <Value<Value<f64>> as Number>::constant(2.0);
/// assert_eq!(Number::data(x), 2.0);
/// ```
pub trait Number: Scalar + FloatConst + Debug + Display {
    /// The plain number inside: the type of data, parameters and results.
    type Plain: Scalar;

    /// The number `x`, which depends on nothing.
    fn constant(x: Self::Plain) -> Self;

    /// The plain number inside.
    fn data(self) -> Self::Plain;

    /// The same number, without its derivatives: what depends on it is computed as if it were a constant.
    ///
    /// ```
    /// use gradtape::gradient;
    ///
    /// assert_eq!(gradient(|x| x[0] * x[0].detach(), &[3.0]), (9.0, vec![3.0]));
    /// ```
    #[must_use]
    fn detach(self) -> Self;
}

macro_rules! lift {
    ($([$($generics:tt)*] $Number:ty, |$x:ident| $detached:expr;)*) => {
        $(impl<$($generics)*> Number for $Number {
            type Plain = T::Plain;

            #[inline]
            fn constant(x: T::Plain) -> Self {
                Self::constant(T::constant(x))
            }

            #[inline]
            #[track_caller]
            fn data(self) -> T::Plain {
                self.data().data()
            }

            #[inline]
            #[track_caller]
            fn detach(self) -> Self {
                self.detach()
            }
        }

        #[allow(unreachable_pub, reason = "one of the numbers is not public")]
        impl<$($generics)*> $Number {
            /// The same number, without its derivatives: what depends on it is computed as if it were a constant.
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn detach(self) -> Self {
                let $x = self;
                $detached
            }
        })*
    };
}

lift! {
    [T: Number] Value<T>, |x| Self::constant(x.data.detach());
    [T: Number, const N: usize] Dual<T, N>, |x| Self::constant(x.data.detach());
    [T: Number, const N: usize] Unchecked<T, N>, |x| Self::constant(x.data.detach());
    [T: Number] Dependence<T>, |x| x.detached();
}
#[cfg(feature = "program")]
lift! { [T: Precision] Expr<T>, |x| Self::call(Op::detach, [x], 0); }

/// A plain number: f64, f32, or another float whose innermost number is itself.
///
/// The data, parameters and results of functions are of such a type.
pub trait Plain: Real<Plain = Self> {}

impl<T: Real<Plain = T>> Plain for T {}

macro_rules! plain {
    ($($T:ty),*) => {
        $(impl Number for $T {
            type Plain = Self;

            #[inline]
            fn constant(x: Self) -> Self {
                x
            }

            #[inline]
            fn data(self) -> Self {
                self
            }

            #[inline]
            fn detach(self) -> Self {
                self
            }
        })*
    };
}

plain! { f32, f64 }
#[cfg(feature = "half")]
plain! { half::f16, half::bf16 }
#[cfg(feature = "twofloat")]
plain! { twofloat::TwoFloat }

/// States the trait and implements it for the plain floats, from the activations of the table.
macro_rules! real {
    (@plain $T:ty, $($name:ident($x:ident $(; $p:ident)?) = $value:expr;)*) => {
        impl Real for $T {
            #[inline]
            #[track_caller]
            fn dot(a: &[Self], b: &[Self]) -> Self {
                rules::dot(a, b)
            }

            #[inline]
            #[track_caller]
            fn weighted_sum(values: &[Self], weights: &[Self]) -> Self {
                rules::dot(values, weights)
            }

            $(#[inline] fn $name(self $(, $p: Self)?) -> Self { let $x = self; $value })*
        }
    };
    (
        unary { $($unary:tt)* }
        activation { $(
            $(#[$doc:meta])*
            $name:ident($x:ident, $y:ident $(; $p:ident: $pt:ident = $pv:literal)?) $(let $shared:ident = $both:expr =>)? $(=)? $value:expr, $partial:expr;
            at $at:literal, $($interval:literal),*;
        )* }
        $($rest:tt)*
    ) => {
        /// A number for functions that are written once: [`Float`] with constants, assignment operators, plain numbers
        /// on the right of all operators, sums, and the activations of neural networks, for plain floats and for the
        /// numbers of this crate alike.
        ///
        /// # Examples
        ///
        /// ```
        /// use gradtape::{Real, gradient};
        ///
        /// fn neuron<F: Real<Plain = f64>>(x: &[F]) -> F {
        ///     (x[0] * x[1] - 6.0).sigmoid()
        /// }
        ///
        /// assert_eq!(neuron(&[2.0, 3.0]), 0.5);
        /// assert_eq!(gradient(neuron, &[2.0, 3.0]), (0.5, vec![0.75, 0.5]));
        /// ```
        pub trait Real:
            Number
            + NumAssign
            + NumOps<<Self as Number>::Plain, Self>
            + NumAssignOps<<Self as Number>::Plain>
            + PartialOrd<<Self as Number>::Plain>
            + Sum
            + Product
            + for<'a> Sum<&'a Self>
            + for<'a> Product<&'a Self>
        {
            /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
            ///
            /// # Panics
            ///
            /// If the lengths differ.
            fn dot(a: &[Self], b: &[Self]) -> Self;

            /// The sum `Σ wᵢ vᵢ` with plain weights, added up from the first product on.
            ///
            /// # Panics
            ///
            /// If the lengths differ.
            fn weighted_sum(values: &[Self], weights: &[Self::Plain]) -> Self;

            $($(#[$doc])* #[must_use] fn $name(self $(, $p: parameter!($pt))?) -> Self;)*
        }

        real! { @plain f32, $($name($x $(; $p)?) = $value;)* }
        real! { @plain f64, $($name($x $(; $p)?) = $value;)* }
        #[cfg(feature = "half")]
        real! { @plain half::f16, $($name($x $(; $p)?) = $value;)* }
        #[cfg(feature = "half")]
        real! { @plain half::bf16, $($name($x $(; $p)?) = $value;)* }
        delegate! { [T: Number] Value<T>; $($name($($p: $pt)?))* }
        delegate! { [T: Number, const N: usize] Dual<T, N>; $($name($($p: $pt)?))* }
        delegate! { [T: Number, const N: usize] Unchecked<T, N>; $($name($($p: $pt)?))* }
        delegate! { [T: Number] Dependence<T>; $($name($($p: $pt)?))* }
        #[cfg(feature = "program")]
        delegate! { [T: Precision] Expr<T>; $($name($($p: $pt)?))* }
    };
}

/// The trait for a number over `T` that has all of it as methods.
macro_rules! delegate {
    ([$($generics:tt)*] $Number:ty; $($name:ident($($p:ident: $pt:ident)?))*) => {
        impl<$($generics)*> Real for $Number
        where
            Self: NumOps<T::Plain> + NumAssignOps<T::Plain> + PartialOrd<T::Plain>,
        {
            #[inline]
            #[track_caller]
            fn dot(a: &[Self], b: &[Self]) -> Self {
                Self::dot(a, b)
            }

            #[inline]
            #[track_caller]
            fn weighted_sum(values: &[Self], weights: &[T::Plain]) -> Self {
                Self::weighted(values, weights.iter().map(|&weight| T::constant(weight)))
            }

            $(delegate! { @ $name($($p: $pt)?) })*
        }
    };
    (@ $name:ident()) => {
        #[inline] #[track_caller] fn $name(self) -> Self { self.$name() }
    };
    (@ $name:ident($p:ident: T)) => {
        #[inline] #[track_caller] fn $name(self, $p: T::Plain) -> Self { self.$name(T::constant($p)) }
    };
}

/// A parameter of an activation, named `T` in the table, is a plain number.
macro_rules! parameter {
    (T) => {
        Self::Plain
    };
}

crate::operations! { real }
