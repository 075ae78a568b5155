//! The two scalar types that programs compute with.

use std::cell::RefCell;
use std::thread::LocalKey;

use super::expr::Session;
use super::lanes::Lanes;
use crate::Real;

/// A float that a [`Program`](super::Program) can compute with: f32 or f64.
pub trait Precision: Real<Scalar = Self> + Send + Sync + sealed::Sealed {}

pub(crate) mod sealed {
    use super::{Lanes, LocalKey, RefCell, Session};

    /// What a program has to know of a float.
    #[allow(private_bounds, reason = "nobody else implements it")]
    pub trait Sealed: Lanes + Sized + 'static {
        const NAME: &'static str;

        fn bits(self) -> u64;

        /// The number with these bits, if it has no more.
        fn from_bits(bits: u64) -> Option<Self>;

        /// The recording under way on this thread, if there is one.
        fn session() -> &'static LocalKey<RefCell<Option<Session<Self>>>>;
    }
}

macro_rules! precisions {
    ($($T:ident),*) => {
        $(
            impl Precision for $T {}

            impl sealed::Sealed for $T {
                const NAME: &'static str = stringify!($T);

                fn bits(self) -> u64 {
                    self.to_bits().into()
                }

                fn from_bits(bits: u64) -> Option<Self> {
                    bits.try_into().ok().map(<$T>::from_bits)
                }

                fn session() -> &'static LocalKey<RefCell<Option<Session<Self>>>> {
                    thread_local! {
                        static SESSION: RefCell<Option<Session<$T>>> = const { RefCell::new(None) };
                    }
                    &SESSION
                }
            }
        )*
    };
}

precisions! { f32, f64 }
