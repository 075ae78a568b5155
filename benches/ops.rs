//! Every operation of the table: the plain float beside the value, which computes its slope too.
//!
//! `cargo bench -p gradtape-benches --bench ops -- tanh` measures one.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::Criterion;
use gradtape::{Real, Tape, Value};
use num_traits::Float;
use testing::{names, read_names};

/// One group for each entry: a call on plain floats, on values of one variable, which records nothing, and on values
/// of two, which makes a record.
macro_rules! bench {
    (
        real_many $real_many:tt
        float_unary { $($float_unary:tt)* }
        real_unary { $($real_unary:tt)* }
        float_binary { $($float_binary:tt)* }
        float_choice { $($float_choice:tt)* }
        real_binary { $($real_binary:tt)* }
        operator { $($Op:ident::$op:ident $OpAssign:ident::$op_assign:ident at $at:expr;)* }
    ) => {
        fn all(criterion: &mut Criterion) {
            bench! { @unary Float criterion $($float_unary)* }
            bench! { @unary Real criterion $($real_unary)* }
            bench! { @binary Float criterion $($float_binary)* $($float_choice)* }
            bench! { @binary Real criterion $($real_binary)* }
            $(pair(criterion, stringify!($op), $at, std::ops::$Op::$op, std::ops::$Op::$op);)*
        }
    };
    (@unary $Trait:ident $criterion:ident $($name:ident($($parameter:literal: $type:ident)?) at $at:expr;)*) => {
        $(one($criterion, stringify!($name), $at, |x| $Trait::$name(x $(, $parameter)?), |x| x.$name($($parameter)?));)*
    };
    (@binary $Trait:ident $criterion:ident $($name:ident at $at:expr;)*) => {
        $(pair($criterion, stringify!($name), $at, $Trait::$name, Value::$name);)*
    };
}

fn one(
    criterion: &mut Criterion,
    name: &str,
    at: f64,
    plain: impl Fn(f64) -> f64,
    value: impl Fn(Value<f64>) -> Value<f64>,
) {
    let tape = Tape::new();
    let x = tape.var(at);
    let mut group = criterion.benchmark_group(name);
    group.bench_function("plain", |b| b.iter(|| plain(black_box(at))));
    group.bench_function("value", |b| b.iter(|| value(*black_box(&x))));
    group.finish();
}

fn pair(
    criterion: &mut Criterion,
    name: &str,
    at: (f64, f64),
    plain: impl Fn(f64, f64) -> f64,
    value: impl Fn(Value<f64>, Value<f64>) -> Value<f64>,
) {
    let tape = Tape::new();
    let mut group = criterion.benchmark_group(name);
    group.bench_function("plain", |b| b.iter(|| plain(black_box(at.0), black_box(at.1))));
    group.bench_function("value, one node", |b| {
        let x = tape.var(at.0);
        let y = x / at.0 * at.1;
        b.iter(|| value(*black_box(&x), *black_box(&y)));
    });
    group.bench_function("value, joined", |b| {
        // A thousand joins between two clears: the memory of the tape stays in the cache.
        b.iter_custom(|count| {
            let mut elapsed = std::time::Duration::ZERO;
            for start in (0..count).step_by(1000) {
                tape.clear();
                let (x, y) = (tape.var(at.0), tape.var(at.1));
                let clock = std::time::Instant::now();
                for _ in start..count.min(start + 1000) {
                    black_box(value(*black_box(&x), *black_box(&y)));
                }
                elapsed += clock.elapsed();
            }
            elapsed
        });
    });
    group.finish();
}

names! { bench }

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    all(&mut criterion);
    criterion.final_summary();
}
