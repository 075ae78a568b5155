//! Execution: bytecode, parameters and rows go in, results come out.
//!
//! A [`Workspace`](workspace::Workspace) runs the prologue, then the body on all rows, then the epilogue. Many rows are
//! divided into [tasks] for threads, and these into blocks of some hundred rows. The [interpreter](interpret) executes
//! each instruction on all rows of a block, by a function of the table of [kernels]. A [single row](one_row) runs in
//! batches.
//!
//! The result of a row depends neither on the other rows nor on its place among them.

// Kernels avoid branches, and index loops whose length is fixed: the compiler makes vector instructions of them.
#![allow(
    clippy::assign_op_pattern,
    clippy::eq_op,
    clippy::match_bool,
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    clippy::redundant_closure_for_method_calls
)]
#![allow(private_bounds, reason = "the methods of the public workspace are for this crate alone")]

mod batches;
pub(crate) mod index;
mod interpret;
pub(crate) mod kernels;
mod lanes;
mod one_row;
mod operations;
pub(crate) mod rows;
mod sums;
pub(crate) mod tasks;
pub(crate) mod threads;
mod transfer;
pub(crate) mod workspace;

use super::options::{Optimization, Options};

/// How bytecode is executed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Execution {
    /// Whether the kernels for this machine are used.
    simd: bool,
}

impl Execution {
    pub(crate) fn new(options: Options) -> Self {
        Self { simd: options.has(Optimization::Simd) }
    }
}
