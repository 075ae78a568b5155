//! Tapes of three scalar types, made, used, misused, cleared and dropped in any order, beside a model of them.

#![no_main]

use gradtape::{Tape, Value};
use gradtape_fuzz::tapes::{Action, World};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|actions: Vec<(u8, Action)>| {
    let inner = Tape::new();
    let inner = (inner.vars(&[3.0, -2.0]), inner);
    let mut single = World::<f32>::new(&inner.0);
    let mut double = World::<f64>::new(&inner.0);
    let mut nested = World::<Value<f64>>::new(&inner.0);
    for (number, action) in &actions {
        match number % 3 {
            0 => single.act(action),
            1 => double.act(action),
            _ => nested.act(action),
        };
    }
    single.ask_all();
    double.ask_all();
    nested.ask_all();
});
