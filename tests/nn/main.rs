//! Networks, training, data sets, and the example that trains.

/// Counts the allocations of each thread, and can limit them.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod datasets;
mod engines;
mod exported_models;
mod gpt;
mod losses;
mod networks;
mod parts;
mod pictures;
mod ranks;
mod saved_models;
mod stored_networks;
mod train_example;
mod training;
mod trajectory;

// The lesson `14_gpt`. Its modules import each other from the module above.
#[path = "../../examples/14_gpt"]
mod lesson_14 {
    pub(crate) mod batch;
    pub(crate) mod model;
    pub(crate) mod names;
    pub(crate) mod recorded;
    pub(crate) mod sample;
    pub(crate) mod train;
}
