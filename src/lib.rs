//! Exact gradients of ordinary Rust code.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod gradients;
mod many;
#[cfg(feature = "nn")]
#[cfg_attr(docsrs, doc(cfg(feature = "nn")))]
pub mod nn;
mod node;
mod num;
mod operators;
mod ops;
mod real;
mod tape;
mod value;

pub use error::Error;
pub use gradients::{Gradients, gradient};
pub use real::{Real, Scalar};
pub use tape::Tape;
pub use value::Value;
