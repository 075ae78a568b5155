//! Checked gradients, random expressions and points.

mod check;
mod check_soundness;
mod expressions;
mod points;
mod random_expressions;
mod second_derivatives;
