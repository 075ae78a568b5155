//! What the fuzz targets share.

pub mod expressions;
pub mod programs;
#[path = "../../tests/support/mod.rs"]
mod support;
pub mod tapes;
