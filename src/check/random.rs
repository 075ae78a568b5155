//! Random points and random programs for property tests, and the table of operations as data.
//!
//! Properties of a function need points; [`Unit`] gives numbers of any interval, [`Any`] all floats, and [`NearKink`],
//! [`Magnitude`] and [`Special`] difficult ones. To test a number type of your own, implement [`Arithmetic`] and
//! evaluate random [`Expression`]s with it, or loop over the operations of [`Table`].
//!
//! With the feature `quickcheck`, all of them are `quickcheck::Arbitrary` and shrink. With the feature `arbitrary`,
//! they are made from the bytes of a fuzzer.

mod expression;
mod generate;
mod number;
mod points;
mod print;
#[cfg(feature = "quickcheck")]
mod shrink;
mod source;
mod table;

pub use expression::{Expression, Singular, Smooth};
pub use number::Arithmetic;
pub use points::{Any, Magnitude, NearKink, Special, Unit};
pub use table::{Operation, Table};
