//! f32 and f64 agree within the rounding errors that the expression amplifies.

#![no_main]

use gradtape_fuzz::expressions::{assert_precise, expression};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(expression) = expression(bytes) else { return Corpus::Reject };
    assert_precise(&expression);
    Corpus::Keep
});
