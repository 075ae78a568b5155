//! Between rows and lanes.

use super::super::Precision;
use super::super::code::Place;
use super::super::graph::Comparison;
use super::super::math::Math;
use super::{Chunk, Memory, Strip, lanes};

/// Notes the rows for which a comparison does not come out as it should.
#[inline(always)]
pub(super) fn guard<T: Precision + Math, const W: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    strip: &mut Strip<'_, T>,
    comparison: Comparison,
    [a, b]: [Place; 2],
    holds: bool,
) {
    let chunks = memory.slot(a).iter().zip(memory.slot(b));
    for ((a, b), strayed) in chunks.zip(strip.strayed.chunks_mut(W)) {
        let (a, b) = (a.get(), b.get());
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
        1 => load_with::<T, W>(strip, input, out, 1),
        2 => load_with::<T, W>(strip, input, out, 2),
        3 => load_with::<T, W>(strip, input, out, 3),
        4 => load_with::<T, W>(strip, input, out, 4),
        stride => load_with::<T, W>(strip, input, out, stride),
    }
}

#[inline(always)]
fn load_with<T: Precision, const W: usize>(strip: &Strip<'_, T>, input: usize, out: &[Chunk<T, W>], stride: usize) {
    let column = &strip.rows[input..];
    for (k, out) in out.iter().enumerate() {
        let first = k * W;
        if first + W <= strip.count {
            let rows = &column[first * stride..][..(W - 1) * stride + 1];
            out.set(lanes(|i| rows[i * stride]));
        } else {
            out.set(lanes(|i| column[(first + i).min(strip.count - 1) * stride]));
        }
    }
}

/// Puts lanes into a column of the results.
#[inline(always)]
pub(super) fn store<T: Precision, const W: usize>(strip: &mut Strip<'_, T>, column: usize, lanes: &[Chunk<T, W>]) {
    let width = strip.width;
    for (results, lanes) in strip.results.chunks_mut(W * width).zip(lanes) {
        let lanes = lanes.get();
        results.chunks_mut(width).zip(lanes).for_each(|(result, x)| result[column] = x);
    }
}

/// Puts the lanes of all columns into the results.
#[inline(always)]
pub(super) fn store_all<T: Precision, const W: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    strip: &mut Strip<'_, T>,
    columns: &[Place],
) {
    match *columns {
        [a] => store_columns(memory, strip, [a]),
        [a, b] => store_columns(memory, strip, [a, b]),
        [a, b, c] => store_columns(memory, strip, [a, b, c]),
        [a, b, c, d] => store_columns(memory, strip, [a, b, c, d]),
        _ => columns.iter().enumerate().for_each(|(column, &place)| store(strip, column, memory.slot(place))),
    }
}

/// For a width that the compiler knows, it interleaves the columns in registers.
#[inline(always)]
fn store_columns<T: Precision, const W: usize, const N: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    strip: &mut Strip<'_, T>,
    columns: [Place; N],
) {
    for (k, results) in strip.results.chunks_mut(W * N).enumerate() {
        let mut lanes = [[T::zero(); W]; N];
        for (lanes, &place) in lanes.iter_mut().zip(&columns) {
            *lanes = memory.slots[place as usize * memory.chunks + k].get();
        }
        let (rows, _) = results.as_chunks_mut::<N>();
        if let Ok(rows) = <&mut [[T; N]; W]>::try_from(&mut *rows) {
            for i in 0..W {
                for j in 0..N {
                    rows[i][j] = lanes[j][i];
                }
            }
        } else {
            for (i, row) in rows.iter_mut().enumerate() {
                for j in 0..N {
                    row[j] = lanes[j][i];
                }
            }
        }
    }
}
