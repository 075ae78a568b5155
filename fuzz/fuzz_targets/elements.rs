//! Functions whose repeated parts are found have the derivatives of the tape.

#![no_main]

use libfuzzer_sys::fuzz_target;
use testing::structured::Hidden;
use testing::structured::agreement::assert_hidden;

fuzz_target!(|bytes: &[u8]| {
    let hidden = Hidden::from_bytes(bytes);
    assert_hidden::<f64>(&hidden);
    assert_hidden::<f32>(&hidden);
});
