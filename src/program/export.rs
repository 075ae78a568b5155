//! Export: a graph goes in, and text, a picture, Rust source, a file or statistics come out.

pub(crate) mod dot;
#[cfg(feature = "serde")]
pub(crate) mod file;
pub(crate) mod listing;
pub(crate) mod rust;
pub(crate) mod statistics;
