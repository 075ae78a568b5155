//! What the fuzz targets share.

pub mod expressions;
#[path = "../../tests/support/mod.rs"]
mod support;
pub mod tapes;
