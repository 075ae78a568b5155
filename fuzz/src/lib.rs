//! What the fuzz targets share.

mod bounded;
pub mod expressions;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/support/mod.rs"]
mod support;
pub mod tapes;
