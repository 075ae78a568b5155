//! Compilation: an optimised graph goes in, [`Bytecode`](instructions::Bytecode) comes out.
//!
//! Nodes are divided into those that are computed once before the rows, for each row, and once after them. Sums and
//! their products become one instruction ([`sums`]); every number of a row has a slot as long as it is needed
//! ([`slots`]).

pub(crate) mod classes;
pub(crate) mod compiler;
pub(crate) mod instructions;
mod slots;
mod sums;
