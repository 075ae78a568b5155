//! Traits and types of other crates, each behind a feature.

#[cfg(feature = "approx")]
mod approx;
#[cfg(feature = "nalgebra")]
mod cardinal;
#[cfg(feature = "complex")]
pub mod complex;
#[cfg(feature = "nalgebra")]
pub mod linalg;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "nalgebra")]
mod sparse;
