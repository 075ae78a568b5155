//! Numbers are the plain float's bit for bit, and gradients those of independent references.

#![no_main]

use gradtape_fuzz::expressions::{assert_agrees, expression};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(expression) = expression(bytes) else { return Corpus::Reject };
    assert_agrees(&expression);
    Corpus::Keep
});
