//! The bounds for generic code: [`Scalar`], what a tape computes with, and [`Real`], what a function is written over.

use std::fmt::{Debug, Display};
use std::iter::{Product, Sum};

use num_traits::{Float, FloatConst, NumAssign, NumAssignOps, NumOps};

use crate::Value;
use crate::ops::rules;
#[cfg(feature = "program")]
use crate::program::{Expr, Op, Precision};

/// A number that can live on a tape: every `'static` [`Float`], without registration.
///
/// That is f32 and f64, floats of other crates, and [`Value`] itself, for second derivatives.
pub trait Scalar: Float + 'static {}

impl<T: Float + 'static> Scalar for T {}

/// States the trait and implements it for the plain floats, from the activations of the table.
macro_rules! real {
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
        /// fn neuron<F: Real<Scalar = f64>>(x: &[F]) -> F {
        ///     (x[0] * x[1] - 6.0).sigmoid()
        /// }
        ///
        /// assert_eq!(neuron(&[2.0, 3.0]), 0.5);
        /// assert_eq!(gradient(neuron, &[2.0, 3.0]), (0.5, vec![0.75, 0.5]));
        /// ```
        pub trait Real:
            Float
            + FloatConst
            + NumAssign
            + NumOps<<Self as Real>::Scalar, Self>
            + NumAssignOps<<Self as Real>::Scalar>
            + Sum
            + Product
            + for<'a> Sum<&'a Self>
            + for<'a> Product<&'a Self>
            + Debug
            + Display
            + 'static
        {
            /// The plain number inside: the type of data, parameters and results.
            type Scalar: Scalar;

            /// The number `x`, which depends on nothing.
            fn constant(x: Self::Scalar) -> Self;

            /// The plain number inside.
            fn data(self) -> Self::Scalar;

            /// The same number, without its derivative: what depends on it is computed as if it were a constant.
            ///
            /// ```
            /// use gradtape::{Real, gradient};
            ///
            /// assert_eq!(gradient(|x| x[0] * x[0].detach(), &[3.0]), (9.0, vec![3.0]));
            /// ```
            #[must_use]
            fn detach(self) -> Self;

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
            fn weighted_sum(values: &[Self], weights: &[Self::Scalar]) -> Self;

            $($(#[$doc])* #[must_use] fn $name(self $(, $p: parameter!($pt))?) -> Self;)*
        }

        plain! { f32 $($name($x $(; $p)?) = $value;)* }
        plain! { f64 $($name($x $(; $p)?) = $value;)* }

        delegate! { Value [Scalar + FloatConst + Debug + Display] |x| Value::constant(x.data);
            $($name($($p: $pt)?))* }
        #[cfg(feature = "program")]
        delegate! { Expr [Precision] |x| Expr::call(Op::detach, [x], 0); $($name($($p: $pt)?))* }
    };
}

/// The trait for a number that has all of it as methods.
macro_rules! delegate {
    ($Number:ident [$($bound:tt)*] |$x:ident| $detached:expr; $($name:ident($($p:ident: $pt:ty)?))*) => {
        impl<T: $($bound)*> Real for $Number<T> {
            type Scalar = T;

            #[inline]
            fn constant(x: T) -> Self {
                Self::constant(x)
            }

            #[inline]
            #[track_caller]
            fn data(self) -> T {
                self.data()
            }

            #[inline]
            #[track_caller]
            fn detach(self) -> Self {
                let $x = self;
                $detached
            }

            #[inline]
            #[track_caller]
            fn dot(a: &[Self], b: &[Self]) -> Self {
                Self::dot(a, b)
            }

            #[inline]
            #[track_caller]
            fn weighted_sum(values: &[Self], weights: &[T]) -> Self {
                Self::weighted_sum(values, weights)
            }

            $(#[inline] #[track_caller] fn $name(self $(, $p: $pt)?) -> Self { self.$name($($p)?) })*
        }
    };
}

/// A parameter of an activation, named `T` in the table, is a plain number.
macro_rules! parameter {
    (T) => {
        Self::Scalar
    };
}

macro_rules! plain {
    ($T:ident $($name:ident($x:ident $(; $p:ident)?) = $value:expr;)*) => {
        impl Real for $T {
            type Scalar = $T;

            #[inline]
            fn constant(x: $T) -> $T {
                x
            }

            #[inline]
            fn data(self) -> $T {
                self
            }

            #[inline]
            fn detach(self) -> $T {
                self
            }

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

            $(#[inline] fn $name(self $(, $p: $T)?) -> Self { let $x = self; $value })*
        }
    };
}

crate::operations! { real }
