//! Patterns, colourings, matrices, and sparse derivatives.

/// Counts the allocations of each thread, and can limit them.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod sparse;
mod sparse_derivatives;
mod sparse_paths;
mod sparse_scale;
