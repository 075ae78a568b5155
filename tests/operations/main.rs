//! The operations of the table: their numbers, derivatives and methods in both modes.

mod edges;
mod exponentials;
mod gradients;
mod hessians;
mod methods;
mod modes;
mod numbers;
mod orders;
mod standard;
