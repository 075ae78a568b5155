//! Functions whose repeated parts are found have the derivatives of the tape.

#![no_main]

use gradtape::Stage;
use libfuzzer_sys::fuzz_target;
use testing::structured::Hidden;
use testing::structured::agreement::assert_hidden;

fuzz_target!(|bytes: &[u8]| {
    let hidden = Hidden::from_bytes(bytes);
    // Now and then, one of the stages is left out.
    let without = bytes.last().and_then(|&byte| Stage::ALL.get(usize::from(byte) % 16).copied());
    assert_hidden::<f64>(&hidden, without);
    assert_hidden::<f32>(&hidden, without);
});
