//! The two scalar types that programs compute with.

use super::record::session::Recordable;
use super::run::kernels::Lanes;
use crate::number::Plain;

/// A float that a [`Program`](super::Program) can compute with: f32 or f64.
#[diagnostic::on_unimplemented(note = "programs compute in f32 and f64; other numbers take a tape")]
pub trait Precision: Plain + Send + Sync + sealed::Sealed {}

mod sealed {
    use super::{Lanes, Recordable};

    /// What the stages of a program need of a float.
    #[allow(private_bounds, reason = "nobody else implements it")]
    pub trait Sealed: Recordable + Lanes {
        /// The one for this float.
        fn choose<F: OfFloat>(both: &'static Both<F>) -> &'static F::Of<Self>;
    }

    /// A type for each float.
    pub trait OfFloat {
        type Of<T>;
    }

    /// A thing for f32, and the same for f64.
    #[allow(missing_debug_implementations, reason = "it is not public")]
    pub struct Both<F: OfFloat> {
        pub f32: F::Of<f32>,
        pub f64: F::Of<f64>,
    }
}

pub(crate) use sealed::{Both, OfFloat};

/// Gives a generic function that is compiled with this crate, for both floats. Without this, each crate that depends on
/// this one compiles the function again. The type of the function is written with the parameter `T` of the caller. For
/// example, `compiled_here!(fn(&Graph<T>) -> usize = length)(graph)` is `length(graph)`.
macro_rules! compiled_here {
    ($Function:ty = $function:expr) => {{
        enum Function {}
        impl $crate::program::precision::OfFloat for Function {
            type Of<T> = $Function;
        }
        static BOTH: $crate::program::precision::Both<Function> =
            $crate::program::precision::Both { f32: $function, f64: $function };
        T::choose(&BOTH)
    }};
}
pub(crate) use compiled_here;

/// For example, `precisions! { f32 }` is `impl Precision for f32 {}`, and `choose` gives the field `f32`.
macro_rules! precisions {
    ($($T:ident),*) => { $(
        impl sealed::Sealed for $T {
            #[inline]
            fn choose<F: OfFloat>(both: &'static Both<F>) -> &'static F::Of<Self> {
                &both.$T
            }
        }

        impl Precision for $T {}
    )* };
}

precisions! { f32, f64 }
