//! Random expressions and points, and the table of operations as data.

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
pub use number::Arithmetic;
pub use points::{Any, Magnitude, NearKink, Special, Unit};
pub use table::{Operation, Table};
