//! The two scalar types that programs compute with.

use std::cell::RefCell;
use std::thread::LocalKey;

use super::expr::Session;
use super::lanes::Lanes;
use crate::number::Plain;
use crate::ops::kind::Recorded;
use crate::scalar::Bits;

/// A float that a [`Program`](super::Program) can compute with: f32 or f64.
pub trait Precision: Plain + Send + Sync + sealed::Sealed {}

pub(crate) mod sealed {
    use super::{Bits, Lanes, LocalKey, Recorded, RefCell, Session};

    /// What a program has to know of a float.
    #[allow(private_bounds, reason = "nobody else implements it")]
    pub trait Sealed: Lanes + Bits + Recorded + Sized + 'static {
        /// The recording under way on this thread, if there is one.
        fn session() -> &'static LocalKey<RefCell<Option<Session<Self>>>>;
    }
}

macro_rules! precisions {
    ($($T:ident),*) => {
        $(
            impl Precision for $T {}

            impl sealed::Sealed for $T {
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
