//! The bound of everything that computes with numbers.

use num_traits::Float;

/// A number that can live on a tape: every `'static` [`Float`], without registration.
///
/// That is f32 and f64, floats of other crates, and [`Value`](crate::Value) itself, for second derivatives.
pub trait Scalar: Float + 'static {}

impl<T: Float + 'static> Scalar for T {}

/// A float whose bits are its identity: f32 and f64.
#[cfg(feature = "program")]
pub trait Bits: Sized {
    /// What Rust calls the type.
    const NAME: &'static str;

    /// The bits, in the low end of a word.
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
