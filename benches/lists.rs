//! Sums and scalar products of lists: one record of many operands against a loop of joins, both recorded and swept.
//!
//! `cargo bench -p gradtape-benches --bench lists` asserts that both have the same derivatives, and prints nanoseconds
//! for each list: the smallest of many rounds, in which both take turns.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use gradtape::{Gradients, Tape, Value};
use testing::minima::{minima, only_checks};

type List = fn(&[Value<f64>], &[Value<f64>], &[f64]) -> Value<f64>;

/// A name, the record of many operands, and the loop.
const LISTS: [(&str, List, List); 3] = [
    ("sum", |a, _, _| a.iter().sum(), |a, _, _| a[1..].iter().fold(a[0], |sum, &a| sum + a)),
    (
        "weighted_sum",
        |a, _, w| Value::weighted_sum(a, &w[..a.len()]),
        |a, _, w| (1..a.len()).fold(a[0] * w[0], |sum, k| sum + a[k] * w[k]),
    ),
    ("dot", |a, b, _| Value::dot(a, b), |a, b, _| (1..a.len()).fold(a[0] * b[0], |sum, k| sum + a[k] * b[k])),
];

/// How many lists a tape has.
const LISTS_EACH: u32 = 1000;

/// The gradient of the sum of many lists of the same variables.
fn gradient(list: List, x: &[f64], memory: &mut (Tape<f64>, Vec<Value<f64>>, Gradients<f64>)) -> Vec<f64> {
    let (tape, values, gradients) = memory;
    tape.clear();
    tape.vars_into(x, values);
    let (a, b) = black_box(&**values).split_at(x.len() / 2);
    let all = (1..LISTS_EACH).fold(list(a, b, x), |all, _| all + list(a, b, x));
    all.backward_into(gradients);
    gradients.wrt_all(values)
}

fn main() {
    println!("{:>14}{:>10}{:>16}{:>8}", "ns", "operands", "one record", "joins");
    for (name, list, joins) in LISTS {
        for len in [2, 3, 5, 8, 20, 100] {
            let x: Vec<f64> = (1..=2 * len).map(|k| 1.0 / f64::from(k)).collect();
            let mut memories = [(); 2].map(|()| Default::default());
            let [mine, theirs] = &mut memories;
            for (mine, theirs) in gradient(list, &x, mine).into_iter().zip(gradient(joins, &x, theirs)) {
                assert_eq!(mine, theirs, "{name} of {len}");
            }
            let times = minima([&mut || _ = black_box(gradient(list, &x, mine)), &mut || {
                _ = black_box(gradient(joins, &x, theirs));
            }]);
            if !only_checks() {
                let [one, many] = times.map(|seconds| seconds * 1e9 / f64::from(LISTS_EACH));
                println!("{name:>14}{len:>10}{one:>16.1}{many:>8.1}");
            }
        }
    }
}
