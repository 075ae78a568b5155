//! f32 and f64 agree within the rounding errors that the expression amplifies.

#![no_main]

use gradtape::check::random::Smooth;
use gradtape_fuzz::expressions::assert_precise;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|expression: Smooth| assert_precise(&expression));
