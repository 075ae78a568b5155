//! Traits of other crates, each behind the feature of the crate's name.

#[cfg(feature = "approx")]
mod approx;
