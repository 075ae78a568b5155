//! Lanes: the interpreter of [`Instruction`]s on many rows at once.
//!
//! A slot holds a few *chunks* of `W` numbers, one for each row of a *strip*. An instruction runs over the chunks of its
//! slots; the loop over the lanes of a chunk has a fixed length and no branch, so that the compiler makes vector
//! instructions of it. Each family of instructions is inlined into a function that is compiled once for each set of vector
//! instructions, of which the machine chooses when it runs.
//!
//! What a row becomes does not depend on its neighbours, nor on its place among them.

// What looks clumsy here has no branch, and is a loop that the compiler makes vector instructions of.
#![allow(
    clippy::assign_op_pattern,
    clippy::eq_op,
    clippy::match_bool,
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    clippy::redundant_closure_for_method_calls
)]

mod operations;
mod rows;
mod sums;

use std::cell::Cell;

use num_traits::Float;

use super::Precision;
use super::code::{Code, Instruction, Place, Term, UNIFORM as UNIFORM_BIT};
use super::math::Math;
use crate::ops::op::Op;
use operations::{Family, Operation, family};
pub(crate) use sums::GROUP;

/// A number for each lane of a chunk. Shared cells, because an instruction may write a slot that it reads.
pub(crate) type Chunk<T, const W: usize> = [Cell<T>; W];

/// The numbers of a chunk, all at once.
trait Numbers<T, const W: usize> {
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
pub(crate) const WIDTH: usize = 16;

/// Of cells with some to spare: `count` chunks that begin where a cache line does.
pub(crate) fn chunks<T>(cells: &[Cell<T>], count: usize) -> &[Chunk<T, WIDTH>] {
    let offset = cells.as_ptr().align_offset(CACHE_LINE).min(SPARE);
    &cells[offset..].as_chunks().0[..count]
}

/// How many cells [`chunks`] may need beside the chunks.
pub(crate) const SPARE: usize = WIDTH;
const CACHE_LINE: usize = 64;

/// What instructions work on.
pub(crate) struct Memory<'a, T, const W: usize> {
    pub(crate) slots: &'a [Chunk<T, W>],
    /// How many chunks a slot has.
    pub(crate) chunks: usize,
    pub(crate) uniforms: &'a [T],
    /// A sum for each lane of each total.
    pub(crate) totals: &'a [Chunk<T, W>],
}

/// The rows of a strip, and where their results go.
pub(crate) struct Strip<'a, T> {
    /// The numbers of the first row and all behind it.
    pub(crate) rows: &'a [T],
    /// How far apart rows are.
    pub(crate) stride: usize,
    /// How many rows there are. Lanes behind them repeat the last one.
    pub(crate) count: usize,
    /// The rows of the whole call, for [`Instruction::Count`].
    pub(crate) all: usize,
    /// The results, column by column of `height` rows each.
    pub(crate) results: &'a mut [T],
    pub(crate) height: usize,
    /// Where the rows of the strip begin in a column.
    pub(crate) first: usize,
    /// Whether a result is NaN.
    pub(crate) has_nan: bool,
    /// The rows of which a guard did not hold.
    pub(crate) strayed: &'a mut [bool],
    /// Whether zeros win against infinities in products of derivatives.
    pub(crate) zero_wins: bool,
}

impl<T: Precision + Math, const W: usize> Memory<'_, T, W> {
    #[inline(always)]
    fn slot(&self, place: Place) -> &[Chunk<T, W>] {
        &self.slots[place as usize * self.chunks()..][..self.chunks()]
    }

    /// One for a single row, which the compiler should know: no loop then.
    #[inline(always)]
    fn chunks(&self) -> usize {
        if W == 1 { 1 } else { self.chunks }
    }

    #[inline(always)]
    fn uniform(&self, place: Place) -> T {
        self.uniforms[(place & !UNIFORM_BIT) as usize]
    }

    #[inline(always)]
    fn each(&self, a: Place, out: Place, f: impl Fn(T) -> T) {
        for (a, out) in self.slot(a).iter().zip(self.slot(out)) {
            let a = a.read();
            out.write(lanes(|i| f(a[i])));
        }
    }

    #[inline(always)]
    fn each2(&self, a: Place, b: Place, out: Place, f: impl Fn(T, T) -> T) {
        for ((a, b), out) in self.slot(a).iter().zip(self.slot(b)).zip(self.slot(out)) {
            let (a, b) = (a.read(), b.read());
            out.write(lanes(|i| f(a[i], b[i])));
        }
    }

    /// Either operand may be a uniform.
    #[inline(always)]
    fn mixed(&self, a: Place, b: Place, out: Place, f: impl Fn(T, T) -> T) {
        if (a | b) & UNIFORM_BIT == 0 {
            self.each2(a, b, out, f);
        } else if b & UNIFORM_BIT != 0 {
            let b = self.uniform(b);
            self.each(a, out, |a| f(a, b));
        } else {
            let a = self.uniform(a);
            self.each(b, out, |b| f(a, b));
        }
    }

    #[inline(always)]
    fn each3(&self, [a, b, c]: [Place; 3], out: Place, f: impl Fn(T, T, T) -> T) {
        for (((a, b), c), out) in self.slot(a).iter().zip(self.slot(b)).zip(self.slot(c)).zip(self.slot(out)) {
            let (a, b, c) = (a.read(), b.read(), c.read());
            out.write(lanes(|i| f(a[i], b[i], c[i])));
        }
    }
}

/// What `f` makes of the index of each lane. (The array of the standard library is not always inlined, and then it is
/// compiled without the vector instructions of its caller.)
#[inline(always)]
fn lanes<T: Float, const W: usize>(f: impl Fn(usize) -> T) -> [T; W] {
    let mut lanes = [T::zero(); W];
    for i in 0..W {
        lanes[i] = f(i);
    }
    lanes
}

/// `a b + c`, rounded once where the target has an instruction for that.
#[inline(always)]
fn fused<T: Precision, const FMA: bool>(a: T, b: T, c: T) -> T {
    if FMA { num_traits::Float::mul_add(a, b, c) } else { a * b + c }
}

/// A product in which a zero wins, without a branch.
#[inline(always)]
fn zero_wins<T: Precision>(a: T, b: T) -> T {
    let product = a * b;
    let nothing = (a == T::zero()) | (b == T::zero());
    if nothing & (product != product) { T::zero() } else { product }
}

#[inline(always)]
fn choose<T>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}

/// Adds the lanes up, halves first.
pub(crate) fn add_up<T: Float>(chunk: &Chunk<T, WIDTH>) -> T {
    let (mut lanes, mut half) = (chunk.read(), WIDTH / 2);
    while half > 0 {
        for i in 0..half {
            lanes[i] = lanes[i] + lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// A float for which the interpreter is compiled, with many lanes and with one.
pub(crate) trait Lanes: Math {
    /// Runs the body of the code on a strip of rows, with the machine's own instructions if `simd`.
    fn run_wide(code: &Code<Self>, memory: &Memory<'_, Self, WIDTH>, strip: &mut Strip<'_, Self>, simd: bool);

    /// Runs instructions on one row.
    fn run_narrow(
        code: &Code<Self>,
        instructions: &[Instruction],
        memory: &Memory<'_, Self, 1>,
        strip: &mut Strip<'_, Self>,
        simd: bool,
    );
}

/// Whether all code may use fused instructions.
const FMA_EVERYWHERE: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

/// Runs the instructions, whose families become functions of their own with the `attribute` of each.
macro_rules! interpret {
    ($T:ident $W:tt $fma:expr; $code:ident $instructions:expr, $memory:ident $strip:ident; $(#[$attribute:meta])*) => {{
        type Lane<'a> = Memory<'a, $T, $W>;

        const FMA: bool = $fma;

        families! { $T $W arithmetic choice exponential elementary; $(#[$attribute])* }

        $(#[$attribute])*
        #[inline(never)]
        fn pair(memory: &Lane<'_>, op: Op, a: Place, outs: [Place; 2]) {
            operations::pair::<$T, $W, FMA>(memory, op, a, outs);
        }

        $(#[$attribute])*
        #[inline(never)]
        fn mul_add(memory: &Lane<'_>, product: &Term, c: Place, out: Place, careful: bool) {
            sums::mul_add::<$T, $W, FMA>(memory, product, c, out, careful);
        }

        $(#[$attribute])*
        #[inline(never)]
        fn sum(memory: &Lane<'_>, terms: &[Term], out: Place) {
            sums::sum::<$T, $W, FMA>(memory, terms, out);
        }

        $(#[$attribute])*
        #[inline(never)]
        fn sum_carefully(memory: &Lane<'_>, terms: &[Term], out: Place, fused: bool, careful: bool) {
            sums::sum_carefully::<$T, $W, FMA>(memory, terms, out, fused, careful);
        }

        $(#[$attribute])*
        #[inline(never)]
        fn reduce(memory: &Lane<'_>, terms: &[Term], strip: &Strip<'_, $T>) {
            sums::reduce::<$T, $W, FMA>(memory, terms, strip);
        }

        $(#[$attribute])*
        #[inline(never)]
        fn load(strip: &Strip<'_, $T>, input: u32, out: &[Chunk<$T, $W>]) {
            rows::load(strip, input as usize, out);
        }

        $(#[$attribute])*
        #[inline(never)]
        fn store(strip: &mut Strip<'_, $T>, column: u32, lanes: &[Chunk<$T, $W>], checks: bool) {
            rows::store(strip, column as usize, lanes, checks);
        }

        for instruction in $instructions {
            match *instruction {
                Instruction::Load { input, out } => load($strip, input, $memory.slot(out)),
                Instruction::Store { column, a, checks } => store($strip, column, $memory.slot(a), checks),
                Instruction::Splat { a, out } => {
                    let x = $memory.uniform(a);
                    $memory.slot(out).iter().for_each(|out| out.write([x; $W]));
                }
                Instruction::Count { a, out } => {
                    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts are small")]
                    let count = $strip.all as $T;
                    $memory.each(a, out, |a| zero_wins(a, count));
                }
                Instruction::Fast { op, args, exponent, out } => {
                    let operation = Operation { op, args, exponent, out, careful: $strip.zero_wins };
                    match family(op) {
                        Family::Arithmetic => arithmetic($memory, operation),
                        Family::Choice => choice($memory, operation),
                        Family::Exponential => exponential($memory, operation),
                        Family::Elementary => elementary($memory, operation),
                    }
                }
                Instruction::Plain { op, args, exponent, out } => {
                    operations::plain($memory, Operation { op, args, exponent, out, careful: true });
                }
                Instruction::Pair { op, a, outs } => pair($memory, op, a, outs),
                Instruction::MulAdd { ref product, c, out } => mul_add($memory, product, c, out, $strip.zero_wins),
                Instruction::Sum { start, len, out, fused } => {
                    let terms = &$code.terms[start as usize..][..len as usize];
                    if fused && !$strip.zero_wins {
                        sum($memory, terms, out);
                    } else {
                        sum_carefully($memory, terms, out, fused, $strip.zero_wins);
                    }
                }
                Instruction::Reduce { start, len } => {
                    reduce($memory, &$code.terms[start as usize..][..len as usize], $strip);
                }
                Instruction::Guard { comparison, a, b, holds } => {
                    rows::guard($memory, $strip, comparison, [a, b], holds);
                }
            }
        }
    }};
}

macro_rules! families {
    ($T:ident $W:tt $($family:ident)*; $(#[$attribute:meta])*) => {
        families! { @each $T $W [$($family)*] [$(#[$attribute])*] }
    };
    (@each $T:ident $W:tt [$($family:ident)*] $attributes:tt) => {
        $(families! { @one $T $W $family $attributes })*
    };
    (@one $T:ident $W:tt $family:ident [$(#[$attribute:meta])*]) => {
        $(#[$attribute])*
        #[inline(never)]
        fn $family(memory: &Lane<'_>, operation: Operation) {
            operations::$family::<$T, $W, FMA>(memory, operation);
        }
    };
}

macro_rules! versions {
    ($($T:ident $wide:ident $narrow:ident $wide_plain:ident $narrow_plain:ident;)*) => {
        $(
            impl Lanes for $T {
                fn run_wide(
                    code: &Code<Self>,
                    memory: &Memory<'_, Self, WIDTH>,
                    strip: &mut Strip<'_, Self>,
                    simd: bool,
                ) {
                    if simd { $wide(code, memory, strip) } else { $wide_plain(code, memory, strip) }
                }

                fn run_narrow(
                    code: &Code<Self>,
                    instructions: &[Instruction],
                    memory: &Memory<'_, Self, 1>,
                    strip: &mut Strip<'_, Self>,
                    simd: bool,
                ) {
                    let run = if simd { $narrow } else { $narrow_plain };
                    run(code, instructions, memory, strip);
                }
            }

            #[inline(never)]
            fn $wide_plain(code: &Code<$T>, memory: &Memory<'_, $T, WIDTH>, strip: &mut Strip<'_, $T>) {
                interpret! { $T WIDTH FMA_EVERYWHERE; code &code.body, memory strip; }
            }

            #[inline(never)]
            fn $narrow_plain(
                code: &Code<$T>,
                instructions: &[Instruction],
                memory: &Memory<'_, $T, 1>,
                strip: &mut Strip<'_, $T>,
            ) {
                interpret! { $T 1 FMA_EVERYWHERE; code instructions, memory strip; }
            }

            #[cfg(feature = "simd")]
            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
                "x86_64+avx2+fma"
            ))]
            fn $wide(code: &Code<$T>, memory: &Memory<'_, $T, WIDTH>, strip: &mut Strip<'_, $T>) {
                multiversion::target::match_target! {
                    "x86_64+avx2+fma" => {
                        interpret! {
                            $T WIDTH true; code &code.body, memory strip;
                            #[multiversion::inherit_target]
                        }
                    }
                    _ => $wide_plain(code, memory, strip),
                }
            }

            #[cfg(feature = "simd")]
            #[multiversion::multiversion(targets("x86_64+avx2+fma"))]
            fn $narrow(
                code: &Code<$T>,
                instructions: &[Instruction],
                memory: &Memory<'_, $T, 1>,
                strip: &mut Strip<'_, $T>,
            ) {
                multiversion::target::match_target! {
                    "x86_64+avx2+fma" => {
                        interpret! {
                            $T 1 true; code instructions, memory strip;
                            #[multiversion::inherit_target]
                        }
                    }
                    _ => $narrow_plain(code, instructions, memory, strip),
                }
            }

            #[cfg(not(feature = "simd"))]
            use {$narrow_plain as $narrow, $wide_plain as $wide};
        )*
    };
}

versions! {
    f32 wide_f32 narrow_f32 wide_plain_f32 narrow_plain_f32;
    f64 wide_f64 narrow_f64 wide_plain_f64 narrow_plain_f64;
}
