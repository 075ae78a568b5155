//! Programs compute what the tape does, row by row, with and without each optimisation.

#![no_main]

use gradtape_fuzz::programs::Case;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: Case| case.assert_agrees());
