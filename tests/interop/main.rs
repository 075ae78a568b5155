//! Numbers inside other crates: matrices, arrays, other floats.

/// Counts the allocations of each thread.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod arrays;
mod complex;
mod decompositions;
mod determinants;
mod half;
mod linear_algebra;
mod manifolds;
mod matrices;
mod matrix_calculus;
mod matrix_functions;
mod other_numbers;
mod real_field;
mod rotations;
mod sparse_matrices;
