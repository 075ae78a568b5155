//! The bound of all code that computes with numbers.

use num_traits::Float;

/// A number that a tape can have: every `'static` [`Float`] is one, without registration.
///
/// These are f32 and f64, floats of other crates, and [`Value`](crate::Value) itself, for second derivatives.
pub trait Scalar: Float + 'static {}

impl<T: Float + 'static> Scalar for T {}

/// A float that can be stored by its bits: f32 and f64.
#[cfg(feature = "program")]
pub trait Bits: Sized {
    /// The name of the type in Rust.
    const NAME: &'static str;

    /// The bits, in the low bits of a word.
    fn bits(self) -> u64;

    /// The number with these bits, or `None` if they do not fit the type.
    fn from_bits(bits: u64) -> Option<Self>;
}

#[cfg(feature = "program")]
macro_rules! bits {
    ($($T:ident)*) => {
        $(impl Bits for $T {
            const NAME: &'static str = stringify!($T);

            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            fn from_bits(bits: u64) -> Option<Self> {
                bits.try_into().ok().map(<$T>::from_bits)
            }
        })*
    };
}

#[cfg(feature = "program")]
bits! { f32 f64 }
