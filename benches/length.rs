//! How time grows with the length of a tape: nanoseconds per join to record it and to sweep it, from 10^5 joins to 10^8
//! (2.4 GB of records and 0.8 GB of adjoints) as one chain, which is as deep as it is long.
//!
//! `cargo bench -p gradtape-benches --bench length`; the largest power of ten can be given:
//! `cargo bench -p gradtape-benches --bench length -- 7`.

#![allow(missing_docs, reason = "a benchmark")]

use std::time::Instant;

use gradtape::{Gradients, Tape};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    // `cargo test --benches` passes no `--bench`: a glance is enough.
    let largest = arguments.find_map(|argument| argument.parse().ok()).unwrap_or(if is_bench { 8 } else { 5 });
    println!("{:>11}  {:>13}  {:>12}  {:>12}", "joins", "record anew", "record again", "sweep");
    for joins in (5..=largest).map(|power| 10_u32.pow(power)) {
        let (tape, mut gradients) = (Tape::new(), Gradients::new());
        let rounds = [(); 2].map(|()| {
            tape.clear();
            let (x, y) = (tape.var(0.5), tape.var(1e-9));
            let start = Instant::now();
            let mut z = x;
            for _ in 0..joins {
                z += y;
            }
            let recorded = start.elapsed();
            let start = Instant::now();
            z.backward_into(&mut gradients);
            let swept = start.elapsed();
            assert_eq!((gradients.wrt(x), gradients.wrt(y)), (1.0, f64::from(joins)));
            [recorded, swept].map(|time| format!("{:.2} ns", time.as_secs_f64() * 1e9 / f64::from(joins)))
        });
        let [[anew, _], [again, sweep]] = rounds;
        println!("{joins:>11}  {anew:>13}  {again:>12}  {sweep:>12}");
    }
}
