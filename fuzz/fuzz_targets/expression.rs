//! Numbers are the plain float's bit for bit, and gradients those of independent references.

#![no_main]

use gradtape_fuzz::expressions::Case;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(case) = Case::from_bytes(bytes) else { return Corpus::Reject };
    case.assert_agrees();
    Corpus::Keep
});
