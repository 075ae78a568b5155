//! Approximate comparison of the numbers, without their derivatives. `Epsilon` is the number type itself, because
//! crates for linear algebra require that.
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["approx"] }
//! approx = "0.5.1"
//! ```
//!
//! ```
//! use approx::assert_relative_eq;
//! use gradtape::{Dual, Tape, Value};
//!
//! let tape = Tape::new();
//! assert_relative_eq!(tape.var(0.1) + 0.2, Value::from(0.3), max_relative = Value::from(1e-12));
//! assert_relative_eq!(Dual::var(0.1) + 0.2, Dual::<f64>::from(0.3), max_relative = Dual::from(1e-12));
//! ```

use approx::{AbsDiffEq, RelativeEq, UlpsEq};

use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::jet::Jet;
use crate::number::Number;
use crate::number::stamp::inlined;
use crate::scalar::Scalar;
use crate::tape::Value;

/// Implements the three traits for a number over `T`: each method calls that of `T` with the data.
///
/// The first implementation of `approximate! { [] Value<T> }` is
///
/// ```text
/// impl<T: Scalar + AbsDiffEq<Epsilon = T>> AbsDiffEq for Value<T> {
///     type Epsilon = Self;
///
///     fn default_epsilon() -> Self { Self::constant(T::default_epsilon()) }
///     fn abs_diff_eq(&self, other: &Self, epsilon: Self) -> bool { self.data().abs_diff_eq(&other.data(), epsilon.data()) }
/// }
/// ```
macro_rules! approximate {
    ([$($generics:tt)*] $Number:ty) => {
        impl<T: Scalar + AbsDiffEq<Epsilon = T> $($generics)*> AbsDiffEq for $Number {
            type Epsilon = Self;
            inlined! {
                fn default_epsilon() -> Self { Self::constant(T::default_epsilon()) }
                fn abs_diff_eq(&self, other: &Self, epsilon: Self) -> bool {
                    self.data().abs_diff_eq(&other.data(), epsilon.data())
                }
            }
        }

        impl<T: Scalar + RelativeEq<Epsilon = T> $($generics)*> RelativeEq for $Number {
            inlined! {
                fn default_max_relative() -> Self { Self::constant(T::default_max_relative()) }
                fn relative_eq(&self, other: &Self, epsilon: Self, max_relative: Self) -> bool {
                    self.data().relative_eq(&other.data(), epsilon.data(), max_relative.data())
                }
            }
        }

        impl<T: Scalar + UlpsEq<Epsilon = T> $($generics)*> UlpsEq for $Number {
            inlined! {
                fn default_max_ulps() -> u32 { T::default_max_ulps() }
                fn ulps_eq(&self, other: &Self, epsilon: Self, max_ulps: u32) -> bool {
                    self.data().ulps_eq(&other.data(), epsilon.data(), max_ulps)
                }
            }
        }
    };
}

approximate! { [] Value<T> }
approximate! { [, const N: usize] Dual<T, N> }
approximate! { [+ Number, const N: usize] Dual2<T, N> }
approximate! { [+ Number, const N: usize] Jet<T, N> }
