//! Patterns, colourings, matrices, and sparse derivatives.

/// Counts what each thread allocates, and can limit it.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod sparse;
mod sparse_derivatives;
mod sparse_paths;
mod sparse_scale;
