//! Functions written once, and the derivatives that drivers compute of them.

/// Counts the allocations of each thread, and can limit them.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod custom_operations;
mod drivers;
mod drivers_at_exceptions;
mod forward;
mod function_macro;
mod function_memory;
mod functions;
mod nested;
mod objectives;
mod preaccumulate;
mod special;
mod special_literals;
mod structured;
mod univariate;
mod vector_functions;
