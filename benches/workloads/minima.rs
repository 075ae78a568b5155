//! Competitors in one process.

use std::time::{Duration, Instant};

/// How long the rounds of a line take.
const TIME: Duration = Duration::from_secs(2);

/// The least seconds of each competitor, over rounds that interleave them.
pub(crate) fn minima<const N: usize>(mut competitors: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut minima = [f64::INFINITY; N];
    let start = Instant::now();
    while start.elapsed() < TIME {
        for (minimum, competitor) in minima.iter_mut().zip(&mut competitors) {
            let start = Instant::now();
            competitor();
            *minimum = minimum.min(start.elapsed().as_secs_f64());
        }
    }
    minima
}
