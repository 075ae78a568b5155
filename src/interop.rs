//! Traits of other crates, each behind the feature of the crate's name.

#[cfg(feature = "approx")]
mod approx;
#[cfg(feature = "nalgebra")]
mod cardinal;
#[cfg(feature = "nalgebra")]
pub mod linalg;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "nalgebra")]
mod sparse;

/// Methods that are inlined and report the line of their caller.
///
/// `inlined! { fn real(self) -> Self { self } }` is
///
/// ```text
/// #[inline]
/// #[track_caller]
/// fn real(self) -> Self { self }
/// ```
#[cfg(feature = "approx")]
macro_rules! inlined {
    ($(fn $name:ident($($arguments:tt)*) -> $Result:ty $body:block)*) => {
        $(#[inline] #[track_caller] fn $name($($arguments)*) -> $Result $body)*
    };
}

#[cfg(feature = "approx")]
use inlined;
