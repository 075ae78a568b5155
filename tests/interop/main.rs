//! Numbers inside other crates: matrices, arrays, other floats.

mod arrays;
mod complex;
mod half;
mod linear_algebra;
mod matrices;
mod matrix_calculus;
mod other_numbers;
mod real_field;
mod rotations;
mod sparse_matrices;
