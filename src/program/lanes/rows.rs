//! Between rows and lanes.

use super::super::Precision;
use super::super::code::Place;
use super::super::graph::Comparison;
use super::super::math::Math;
use super::{Chunk, Memory, Numbers, Strip, lanes};

/// Notes the rows for which a comparison does not come out as it should.
#[inline(always)]
pub(super) fn guard<T: Precision + Math, const W: usize>(
    memory: &Memory<'_, T, W>,
    strip: &mut Strip<'_, T>,
    comparison: Comparison,
    [a, b]: [Place; 2],
    holds: bool,
) {
    let chunks = memory.slot(a).iter().zip(memory.slot(b));
    for ((a, b), strayed) in chunks.zip(strip.strayed.chunks_mut(W)) {
        let (a, b) = (a.read(), b.read());
        let mut strays = [false; W];
        for i in 0..W {
            strays[i] = comparison.of(a[i], b[i]) != holds;
        }
        strayed.iter_mut().zip(strays).for_each(|(strayed, strays)| *strayed |= strays);
    }
}

/// Brings an input of the rows into lanes.
#[inline(always)]
pub(super) fn load<T: Precision, const W: usize>(strip: &Strip<'_, T>, input: usize, out: &[Chunk<T, W>]) {
    match strip.stride {
        1 => {
            let (whole, _) = strip.rows[input..][..strip.count].as_chunks::<W>();
            out.iter().zip(whole).for_each(|(out, x)| out.write(*x));
            if let Some(last) = out.get(whole.len()..) {
                load_with::<T, W>(strip, input, last, whole.len() * W, 1);
            }
        }
        2 => load_with::<T, W>(strip, input, out, 0, 2),
        stride => load_with::<T, W>(strip, input, out, 0, stride),
    }
}

/// Loads chunks from the row `start` on.
#[inline(always)]
fn load_with<T: Precision, const W: usize>(
    strip: &Strip<'_, T>,
    input: usize,
    out: &[Chunk<T, W>],
    start: usize,
    stride: usize,
) {
    let column = &strip.rows[input..];
    for (k, out) in out.iter().enumerate() {
        let first = start + k * W;
        if first + W <= strip.count {
            let rows = &column[first * stride..][..=(W - 1) * stride];
            out.write(lanes(|i| rows[i * stride]));
        } else {
            out.write(lanes(|i| column[(first + i).min(strip.count - 1) * stride]));
        }
    }
}

/// Puts lanes into a column of the results, and `checks` whether there is a NaN.
#[inline(always)]
pub(super) fn store<T: Precision, const W: usize>(
    strip: &mut Strip<'_, T>,
    column: usize,
    lanes: &[Chunk<T, W>],
    checks: bool,
) {
    let column = &mut strip.results[column * strip.height + strip.first..][..strip.count];
    let (whole, rest) = column.as_chunks_mut::<W>();
    // Sums are NaN where a number was. Where they are for other reasons, too, the rows are computed carefully in vain.
    let mut sums = [T::zero(); W];
    for (results, chunk) in whole.iter_mut().zip(lanes) {
        let chunk = chunk.read();
        if checks {
            sums = super::lanes(|i| sums[i] + chunk[i]);
        }
        *results = chunk;
    }
    if let Some(last) = lanes.get(whole.len()) {
        let last = last.read();
        last[..rest.len()].iter().for_each(|&x| sums[0] = sums[0] + x);
        rest.copy_from_slice(&last[..rest.len()]);
    }
    strip.has_nan |= checks && sums.iter().any(|x| x.is_nan());
}
