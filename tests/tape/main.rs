//! Tapes: their records, sweeps, misuse, and lack of memory.

/// Counts the allocations of each thread, and can limit them.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod checkpoints;
mod foreign_arithmetic;
mod histories;
mod memory;
mod micrograd;
mod scalar_types;
mod tape_misuse;
mod tapes;
