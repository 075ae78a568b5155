//! Exact gradients of ordinary Rust code.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod gradients;
mod many;
mod num;
mod operators;
mod ops;
mod real;
mod tape;
mod value;

pub use gradients::{Gradients, gradient};
pub use real::{Real, Scalar};
pub use tape::Tape;
pub use value::Value;
