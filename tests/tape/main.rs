//! Tapes: what they record, how they are swept, misused, and short of memory.

/// Counts what each thread allocates, and can limit it.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod checkpoints;
mod foreign_arithmetic;
mod histories;
mod memory;
mod micrograd;
mod tape_misuse;
mod tapes;
