//! Programs: recorded functions that run on many points at a time.

// The interpreter is to come.
#![allow(dead_code, reason = "not yet called")]

pub(crate) mod math;
