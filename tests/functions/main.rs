//! Functions written once, and the derivatives that drivers make of them.

/// Counts what each thread allocates, and can limit it.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod drivers_at_exceptions;
mod function_macro;
mod function_memory;
mod functions;
mod preaccumulate;
mod univariate;
mod vector_functions;
