//! Competitors in one process.

use std::time::{Duration, Instant};

/// The duration of the rounds of a line.
const TIME: Duration = Duration::from_secs(2);

/// Whether the benchmark only asserts that all results agree:
/// `cargo bench -p gradtape-benches --bench programs -- check`, or `cargo test --benches`, which passes no `--bench`.
pub fn only_checks() -> bool {
    let has = |wanted: &str| std::env::args().skip(1).any(|argument| argument == wanted);
    has("check") || !has("--bench")
}

/// The minimum of the seconds of each competitor, over interleaved rounds. Without measurement, there is one round.
pub fn minima<const N: usize>(competitors: [&mut dyn FnMut(); N]) -> [f64; N] {
    minima_within(TIME, competitors)
}

/// The same for competitors that are called again and again in practice: each is called once more before it is
/// measured, so that what it needs is in the caches.
pub fn warm_minima<const N: usize>(competitors: [&mut dyn FnMut(); N]) -> [f64; N] {
    rounds(TIME, competitors, true)
}

/// The same, with rounds for this duration.
pub fn minima_within<const N: usize>(time: Duration, competitors: [&mut dyn FnMut(); N]) -> [f64; N] {
    rounds(time, competitors, false)
}

fn rounds<const N: usize>(time: Duration, mut competitors: [&mut dyn FnMut(); N], warm: bool) -> [f64; N] {
    let time = if only_checks() { Duration::ZERO } else { time };
    let mut minima = [f64::INFINITY; N];
    let start = Instant::now();
    loop {
        for (minimum, competitor) in minima.iter_mut().zip(&mut competitors) {
            if warm && !time.is_zero() {
                competitor();
            }
            let start = Instant::now();
            competitor();
            *minimum = minimum.min(start.elapsed().as_secs_f64());
        }
        if start.elapsed() >= time {
            return minima;
        }
    }
}
