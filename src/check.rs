//! Random expressions and points, to test number types, functions and the tape itself with.
//!
//! - [`Table`]: all operations as data.
//! - [`Expression`] and [`Smooth`]: random programs over all operations, which any [`Number`] can evaluate.
//! - [`Unit`], [`Magnitude`], [`NearKink`], [`Special`], [`Any`]: random points.
//!
//! Feature `quickcheck` makes them arguments of properties, which shrink; feature `arbitrary` makes them from the bytes
//! of a fuzzer.

mod expression;
mod generate;
mod number;
mod points;
mod print;
#[cfg(feature = "quickcheck")]
mod shrink;
mod source;
mod table;

pub use expression::{Expression, Smooth};
pub use number::Number;
pub use points::{Any, Magnitude, NearKink, Special, Unit};
pub use table::{Operation, Table};
