//! What the fuzz targets share.

#[cfg(feature = "references")]
pub mod expressions;
#[allow(dead_code, reason = "what only tests need")]
#[path = "../../testing/src/panics.rs"]
mod panics;
#[cfg(feature = "references")]
pub mod programs;
pub mod tapes;
