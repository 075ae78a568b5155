//! Tapes of three scalar types, made, used, misused, cleared and dropped in any order, beside a model of them.

#![no_main]

use gradtape::{Tape, Value};
use gradtape_fuzz::tapes::{Step, World};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let tape = Tape::new();
    let inner = tape.vars(&[3.0, -2.0]);
    let mut single = World::<f32>::new(&inner);
    let mut double = World::<f64>::new(&inner);
    let mut nested = World::<Value<f64>>::new(&inner);
    for [world, step @ ..] in bytes.as_chunks::<10>().0 {
        let step = Step::from(step);
        match world % 3 {
            0 => single.act(&step),
            1 => double.act(&step),
            _ => nested.act(&step),
        };
    }
    single.ask_all();
    double.ask_all();
    nested.ask_all();
});
