//! Between rows and lanes: inputs, results, guards.

use super::index::{Column, Part, Steps};
use super::lanes::{Chunk, Frame, LaneNumber, Numbers, RowBlock, chunks_of, lanes};
use crate::program::compile::instructions::Place;
use crate::program::graph::Guard;

/// Notes the rows for which a guard fails.
#[inline(always)]
pub(super) fn guard<T: LaneNumber, const W: usize>(
    frame: &Frame<'_, T, W>,
    block: &mut RowBlock<'_, T>,
    guard: Guard<Place>,
) {
    let Guard { comparison, operands: [a, b], outcome } = guard;
    let chunks = frame.slot(a).iter().zip(frame.slot(b));
    for ((a, b), failed) in chunks.zip(block.guard_failed.chunks_mut(W)) {
        let (a, b) = (a.read(), b.read());
        let mut fails = [false; W];
        for i in 0..W {
            fails[i] = comparison.of(a[i], b[i]) != outcome;
        }
        failed.iter_mut().zip(fails).for_each(|(failed, fails)| *failed |= fails);
    }
}

/// Reads an input of the rows into lanes.
#[inline(always)]
pub(super) fn load<T: LaneNumber, const W: usize>(block: &RowBlock<'_, T>, input: usize, out: &[Chunk<T, W>]) {
    let out = chunks_of(out);
    let Some((parts, index)) = block.gathered else {
        return load_strided(&block.inputs[input..], block.stride, block.count, out);
    };
    match input.checked_sub(index.width()) {
        Some(own) => load_strided(&block.inputs[own..], block.stride, block.count, out),
        None => load_gathered(block, parts, index.column(input), out),
    }
}

/// Reads the numbers at the places of a column.
#[inline(always)]
fn load_gathered<T: LaneNumber, const W: usize>(
    block: &RowBlock<'_, T>,
    [front, back]: [&[T]; 2],
    column: &Column,
    out: &[Chunk<T, W>],
) {
    let vector = match column.part(front.len()) {
        Part::Front => &front[column.first..],
        Part::Back(first) => &back[first..],
        Part::Both => {
            for (k, out) in out.iter().enumerate() {
                out.write(lanes(|i| {
                    let place = column.place(block.first_row + (k * W + i).min(block.count - 1));
                    if place < front.len() { front[place] } else { back[place - front.len()] }
                }));
            }
            return;
        }
    };
    match &column.steps {
        Steps::Even(stride) => load_strided(&vector[block.first_row * stride..], *stride, block.count, out),
        Steps::Listed(places) => load_scattered(vector, &places[block.first_row..][..block.count], out),
    }
}

/// Reads `count` numbers that are `stride` apart.
#[inline(always)]
fn load_strided<T: LaneNumber, const W: usize>(numbers: &[T], stride: usize, count: usize, out: &[Chunk<T, W>]) {
    match stride {
        1 => {
            let (whole, _) = numbers[..count].as_chunks::<W>();
            out.iter().zip(whole).for_each(|(out, x)| out.write(*x));
            if let Some(last) = out.get(whole.len()..) {
                load_from::<T, W>(numbers, 1, count, last, whole.len() * W);
            }
        }
        2 => load_from::<T, W>(numbers, 2, count, out, 0),
        stride => load_from::<T, W>(numbers, stride, count, out, 0),
    }
}

/// Reads chunks from the row `start` on.
#[inline(always)]
fn load_from<T: LaneNumber, const W: usize>(
    numbers: &[T],
    stride: usize,
    count: usize,
    out: &[Chunk<T, W>],
    start: usize,
) {
    for (k, out) in out.iter().enumerate() {
        let first = start + k * W;
        if first + W <= count {
            let rows = &numbers[first * stride..][..=(W - 1) * stride];
            out.write(lanes(|i| rows[i * stride]));
        } else {
            out.write(lanes(|i| numbers[(first + i).min(count - 1) * stride]));
        }
    }
}

/// Reads the numbers at these places.
#[inline(always)]
fn load_scattered<T: LaneNumber, const W: usize>(vector: &[T], places: &[u32], out: &[Chunk<T, W>]) {
    let (whole, rest) = places.as_chunks::<W>();
    for (out, places) in out.iter().zip(whole) {
        out.write(lanes(|i| vector[places[i] as usize]));
    }
    if let (Some(out), false) = (out.get(whole.len()), rest.is_empty()) {
        out.write(lanes(|i| vector[rest[i.min(rest.len() - 1)] as usize]));
    }
}

/// Writes lanes to a column of the results. With `checks`, notes whether there is a NaN; and if the block wants to
/// know, whether all are finite.
#[inline(always)]
pub(super) fn store<T: LaneNumber, const W: usize>(
    block: &mut RowBlock<'_, T>,
    column: usize,
    slot: &[Chunk<T, W>],
    checks: bool,
) {
    let slot = chunks_of(slot);
    let checks_finite = block.is_finite.is_some();
    let column = &mut block.results[column * block.height + block.first..][..block.count];
    let (whole, rest) = column.as_chunks_mut::<W>();
    // A sum is NaN if one of its numbers is. It may also be NaN for another reason; then the rows are redone in vain.
    let mut sums = [T::zero(); W];
    // NaN if one of the numbers is not finite.
    let mut zeros = [T::zero(); W];
    for (results, chunk) in whole.iter_mut().zip(slot) {
        let chunk = chunk.read();
        if checks {
            sums = lanes(|i| sums[i] + chunk[i]);
        }
        if checks_finite {
            zeros = lanes(|i| zeros[i] + (chunk[i] - chunk[i]));
        }
        *results = chunk;
    }
    if let Some(last) = slot.get(whole.len()) {
        let last = last.read();
        for &x in &last[..rest.len()] {
            sums[0] = sums[0] + x;
            zeros[0] = zeros[0] + (x - x);
        }
        rest.copy_from_slice(&last[..rest.len()]);
    }
    block.has_nan |= checks && sums.iter().any(|x| x.is_nan());
    block.is_finite = block.is_finite.map(|is_finite| is_finite && !zeros.iter().any(|x| x.is_nan()));
}

/// Writes a number to all lanes of a slot.
#[inline(always)]
pub(super) fn splat<T: LaneNumber, const W: usize>(x: T, out: &[Chunk<T, W>]) {
    for out in chunks_of(out) {
        out.write([x; W]);
    }
}
