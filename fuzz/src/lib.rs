//! What the fuzz targets share.

pub mod expressions;
pub mod programs;
pub mod tapes;
