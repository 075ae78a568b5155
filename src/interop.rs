//! Traits of other crates, each behind the feature of the crate's name; and special functions on those of another
//! crate.

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
#[cfg(feature = "special")]
pub(crate) mod special;
