//! Competitors in one process.

use std::time::{Duration, Instant};

/// How long the rounds of a line take.
const TIME: Duration = Duration::from_secs(2);

/// Whether the benchmark is only to assert that all agree: `cargo bench --bench programs -- check`, or `cargo test --benches`,
/// which passes no `--bench`.
pub fn only_checks() -> bool {
    let has = |wanted: &str| std::env::args().skip(1).any(|argument| argument == wanted);
    has("check") || !has("--bench")
}

/// The least seconds of each competitor, over rounds that interleave them. One round where nothing is to be measured.
pub fn minima<const N: usize>(competitors: [&mut dyn FnMut(); N]) -> [f64; N] {
    minima_within(TIME, competitors)
}

/// The same with rounds for as long as this.
pub fn minima_within<const N: usize>(time: Duration, mut competitors: [&mut dyn FnMut(); N]) -> [f64; N] {
    let time = if only_checks() { Duration::ZERO } else { time };
    let mut minima = [f64::INFINITY; N];
    let start = Instant::now();
    loop {
        for (minimum, competitor) in minima.iter_mut().zip(&mut competitors) {
            let start = Instant::now();
            competitor();
            *minimum = minimum.min(start.elapsed().as_secs_f64());
        }
        if start.elapsed() >= time {
            return minima;
        }
    }
}
