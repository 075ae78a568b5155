//! Compilation: an optimised graph goes in, [`Bytecode`](instructions::Bytecode) comes out.
//!
//! Nodes are divided into those that are computed once before the rows, for each row, and once after them. Sums and
//! their products become one instruction ([`sums`]); every number of a row has a slot as long as it is needed
//! ([`slots`]). For a single row, independent instructions of one kind become a batch ([`batching`]).

pub(crate) mod batches;
mod batching;
pub(crate) mod classes;
mod compiler;
pub(crate) mod instructions;
mod slots;
mod sums;

use num_traits::Float;

use super::graph::Graph;
use super::options::Options;
use compiler::Compiler;
use instructions::Bytecode;

/// Compiles an optimised graph. With `careful`, the bytecode is right also where a zero won against an infinity in a
/// product and the derivative of this product is needed. Both kinds compute other rows with the same bits.
pub(crate) fn compile<T: Float>(graph: &Graph<T>, options: Options, careful: bool) -> Bytecode<T> {
    let mut compiler = Compiler::new(graph, options, careful);
    compiler.find_sums();
    if !options.is_exact() {
        compiler.find_pairs();
    }
    compiler.emit();
    slots::assign(compiler)
}
