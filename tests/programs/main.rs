//! Functions recorded as programs: results, branches, drawings, generated code, files.

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
mod source;
mod stored_programs;
mod written;
mod wrt;
