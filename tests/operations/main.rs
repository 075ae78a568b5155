//! The operations of the table: their numbers, first derivatives and methods in both modes.

mod edges;
mod exponentials;
mod gradients;
mod jets;
mod methods;
mod modes;
mod numbers;
mod second_order;
mod standard;
