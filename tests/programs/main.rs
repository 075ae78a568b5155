//! Functions recorded as programs: results, branches, drawings, generated code, files.

use gradtape::{CustomOperation, Number};

/// Counts the allocations of each thread, and can limit them.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod cases;
mod compiled;
mod dot;
mod indexed_rows;
mod once;
mod one_row;
mod paths;
mod program_branches;
mod program_memory;
mod program_threads;
mod pullbacks;
mod random_programs;
mod recorded_functions;
mod source;
mod stored_programs;
mod written;
mod wrt;

/// `x³`, as an operation of the user's own.
#[derive(Clone)]
struct Cube;

impl CustomOperation<1> for Cube {
    fn value(&self, [x]: [f64; 1]) -> f64 {
        x.powi(3)
    }

    fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
        [F::constant(3.0) * x * x]
    }
}
