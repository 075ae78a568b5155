//! What is made of plain numbers, and text.

use std::fmt;
use std::str::FromStr;

use crate::dependence::Dependence;
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
#[cfg(feature = "program")]
use crate::program::{Expr, Precision};
use crate::scalar::Scalar;
use crate::tape::Value;

/// What is made of plain numbers: constants.
macro_rules! constants {
    ([$($generics:tt)*] $Bound:ident $Number:ty) => {
        impl<T: $Bound $($generics)*> Default for $Number {
            /// The constant 0.
            fn default() -> Self {
                Self::constant(T::zero())
            }
        }

        impl<T: $Bound $($generics)*> From<T> for $Number {
            /// A constant.
            #[inline]
            fn from(x: T) -> Self {
                Self::constant(x)
            }
        }

        impl<T: $Bound + FromStr $($generics)*> FromStr for $Number {
            type Err = T::Err;

            /// A constant.
            fn from_str(text: &str) -> Result<Self, T::Err> {
                text.parse().map(Self::constant)
            }
        }
    };
}

constants! { [] Scalar Value<T> }
constants! { [, const N: usize] Scalar Dual<T, N> }
constants! { [, const N: usize] Scalar Unchecked<T, N> }
constants! { [] Scalar Dependence<T> }
#[cfg(feature = "program")]
constants! { [] Precision Expr<T> }

/// Text of the number alone, with the caller's width, precision and sign.
macro_rules! text {
    (@ [$($generics:tt)*] $Number:ty: $Trait:ident) => {
        impl<T: fmt::$Trait $($generics)*> fmt::$Trait for $Number {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.data.fmt(f)
            }
        }
    };
    ($generics:tt $Number:ty: $($Trait:ident),*) => {
        $(text! { @ $generics $Number: $Trait })*
    };
}

text! { [] Value<T>: Display, LowerExp, UpperExp }
text! { [, const N: usize] Dual<T, N>: Display, LowerExp, UpperExp }
text! { [, const N: usize] Unchecked<T, N>: Display }
#[cfg(feature = "program")]
text! { [] Expr<T>: Display, LowerExp, UpperExp }
