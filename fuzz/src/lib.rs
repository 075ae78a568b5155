//! What the fuzz targets share.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/support/panics.rs"]
mod panics;
pub mod tapes;
