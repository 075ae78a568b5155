//! The memory that instructions work on, and loops over it.
//!
//! A slot holds a few *chunks* of `W` numbers, one for each row of a *block*. An instruction runs over the chunks of
//! its slots. The loop over the lanes of a chunk has a fixed length and no branch, so that the compiler makes vector
//! instructions of it. Everything here is inlined into the [kernels](super::kernels) and takes their target features.

use std::cell::Cell;

use num_traits::Float;

use super::index::Index;
use super::rows::Rows;
use crate::number::Plain;
use crate::program::compile::instructions::Place;
use crate::program::math::Math;

/// A float that lanes can hold.
pub(crate) trait LaneNumber: Math + Plain {}

impl<T: Math + Plain> LaneNumber for T {}

/// A number for each lane of a chunk. The cells are shared: an instruction may write a slot that it reads.
pub(super) type Chunk<T, const W: usize> = [Cell<T>; W];

/// Reads and writes all numbers of a chunk at once.
pub(super) trait Numbers<T, const W: usize> {
    fn read(&self) -> [T; W];

    fn write(&self, numbers: [T; W]);
}

impl<T: Float, const W: usize> Numbers<T, W> for Chunk<T, W> {
    #[inline(always)]
    fn read(&self) -> [T; W] {
        lanes(|i| self[i].get())
    }

    #[inline(always)]
    fn write(&self, numbers: [T; W]) {
        for i in 0..W {
            self[i].set(numbers[i]);
        }
    }
}

/// How many rows a chunk has.
pub(super) const WIDTH: usize = 16;

/// The first `count` chunks of the cells that begin where a cache line does.
pub(super) fn aligned_chunks<T>(cells: &[Cell<T>], count: usize) -> &[Chunk<T, WIDTH>] {
    let offset = cells.as_ptr().align_offset(CACHE_LINE).min(SPARE);
    &cells[offset..].as_chunks().0[..count]
}

/// How many cells [`aligned_chunks`] may need beside the chunks.
pub(super) const SPARE: usize = WIDTH;
const CACHE_LINE: usize = 64;

/// The numbers that instructions read and write.
pub(super) struct Frame<'a, T, const W: usize> {
    pub(super) slots: &'a [Chunk<T, W>],
    /// How many chunks a slot has.
    pub(super) chunks: usize,
    pub(super) uniforms: &'a [T],
    /// A sum for each lane of each total.
    pub(super) totals: &'a [Chunk<T, W>],
}

/// A block of rows that are computed together, and their results.
pub(super) struct RowBlock<'a, T> {
    /// The inputs, from the first row of the block on.
    pub(super) inputs: &'a [T],
    /// The distance from one row to the next.
    pub(super) stride: usize,
    /// The first row of the block among those of the index.
    pub(super) first_row: usize,
    /// The vector that has the first inputs, in two parts, and where.
    pub(super) gathered: Option<([&'a [T]; 2], &'a Index)>,
    /// How many rows the block has. Lanes behind the last row repeat it.
    pub(super) count: usize,
    /// The results, column by column of `height` rows each.
    pub(super) results: &'a mut [T],
    pub(super) height: usize,
    /// The position of the first row of the block in a column.
    pub(super) first: usize,
    /// Whether a checked result is NaN.
    pub(super) has_nan: bool,
    /// Whether all results are finite; none if nobody wants to know.
    pub(super) is_finite: Option<bool>,
    /// For each row whether a guard failed. Empty if there are no guards.
    pub(super) guard_failed: &'a mut [bool],
    /// Whether 0 · ∞ is 0 in products of derivatives.
    pub(super) zero_wins: bool,
    /// The number of rows that a total has, for
    /// [`Instruction::Count`](crate::program::compile::instructions::Instruction::Count).
    pub(super) rows_of_totals: usize,
}

impl<'a, T: Copy> RowBlock<'a, T> {
    /// `count` rows from `first_row` on, whose results are a whole column.
    #[inline]
    pub(super) fn new(
        rows: Rows<'a, T>,
        first_row: usize,
        count: usize,
        results: &'a mut [T],
        guard_failed: &'a mut [bool],
        zero_wins: bool,
    ) -> Self {
        let inputs = &rows.numbers[(first_row * rows.stride).min(rows.numbers.len())..];
        Self {
            inputs,
            stride: rows.stride,
            first_row: rows.first + first_row,
            gathered: rows.gathered,
            count,
            results,
            height: count,
            first: 0,
            has_nan: false,
            is_finite: None,
            guard_failed,
            zero_wins,
            rows_of_totals: 0,
        }
    }
}

impl<T: LaneNumber, const W: usize> Frame<'_, T, W> {
    #[inline(always)]
    pub(super) fn slot(&self, place: Place) -> &[Chunk<T, W>] {
        debug_assert!(!place.is_uniform());
        &self.slots[place.index() * self.chunks()..][..self.chunks()]
    }

    /// How many chunks a slot has. The compiler knows that it is one for a single row, and makes no loop.
    #[inline(always)]
    pub(super) fn chunks(&self) -> usize {
        if W == 1 { 1 } else { self.chunks }
    }

    #[inline(always)]
    pub(super) fn uniform(&self, place: Place) -> T {
        self.uniforms[place.index()]
    }

    #[inline(always)]
    pub(super) fn each(&self, a: Place, out: Place, f: impl Fn(T) -> T) {
        for (a, out) in self.slot(a).iter().zip(self.slot(out)) {
            let a = a.read();
            out.write(lanes(|i| f(a[i])));
        }
    }

    #[inline(always)]
    pub(super) fn each2(&self, a: Place, b: Place, out: Place, f: impl Fn(T, T) -> T) {
        for ((a, b), out) in self.slot(a).iter().zip(self.slot(b)).zip(self.slot(out)) {
            let (a, b) = (a.read(), b.read());
            out.write(lanes(|i| f(a[i], b[i])));
        }
    }

    /// Either operand may be a uniform.
    #[inline(always)]
    pub(super) fn mixed(&self, a: Place, b: Place, out: Place, f: impl Fn(T, T) -> T) {
        if !a.is_uniform() && !b.is_uniform() {
            self.each2(a, b, out, f);
        } else if b.is_uniform() {
            let b = self.uniform(b);
            self.each(a, out, |a| f(a, b));
        } else {
            let a = self.uniform(a);
            self.each(b, out, |b| f(a, b));
        }
    }

    #[inline(always)]
    pub(super) fn each3(&self, [a, b, c]: [Place; 3], out: Place, f: impl Fn(T, T, T) -> T) {
        for (((a, b), c), out) in self.slot(a).iter().zip(self.slot(b)).zip(self.slot(c)).zip(self.slot(out)) {
            let (a, b, c) = (a.read(), b.read(), c.read());
            out.write(lanes(|i| f(a[i], b[i], c[i])));
        }
    }
}

/// The chunks of a slot. The compiler knows that it is one for a single row, and makes no loop.
#[inline(always)]
pub(super) fn chunks_of<T, const W: usize>(slot: &[Chunk<T, W>]) -> &[Chunk<T, W>] {
    if W == 1 { &slot[..1] } else { slot }
}

/// `f` of the index of each lane. (`std::array::from_fn` is not always inlined, and then it is compiled without the
/// target features of its caller.)
#[inline(always)]
pub(super) fn lanes<T: Float, const W: usize>(f: impl Fn(usize) -> T) -> [T; W] {
    let mut lanes = [T::zero(); W];
    for i in 0..W {
        lanes[i] = f(i);
    }
    lanes
}

/// `a b + c`, rounded once where the target has an instruction for that.
#[inline(always)]
pub(super) fn fused<T: LaneNumber, const FMA: bool>(a: T, b: T, c: T) -> T {
    if FMA { Float::mul_add(a, b, c) } else { a * b + c }
}

/// A product in which 0 · ∞ is 0, without a branch.
#[inline(always)]
pub(super) fn zero_wins<T: LaneNumber>(a: T, b: T) -> T {
    let product = a * b;
    let nothing = (a == T::zero()) | (b == T::zero());
    if nothing & (product != product) { T::zero() } else { product }
}

#[inline(always)]
pub(super) fn choose<T>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}

/// The sum of the lanes, halves first.
pub(super) fn add_up<T: Float>(chunk: &Chunk<T, WIDTH>) -> T {
    let (mut lanes, mut half) = (chunk.read(), WIDTH / 2);
    while half > 0 {
        for i in 0..half {
            lanes[i] = lanes[i] + lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}
