//! What the fuzz targets share.

mod bounded;
pub mod expressions;
#[path = "../../tests/support/mod.rs"]
mod support;
pub mod tapes;
