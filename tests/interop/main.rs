//! Numbers inside other crates: matrices, arrays, other floats.

mod arrays;
mod complex;
mod decompositions;
mod determinants;
mod half;
mod linear_algebra;
mod matrices;
mod matrix_calculus;
mod matrix_functions;
mod other_numbers;
mod real_field;
mod rotations;
mod sparse_matrices;
