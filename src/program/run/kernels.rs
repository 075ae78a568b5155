//! The kernels: the functions that execute instructions, compiled for several sets of vector instructions.
//!
//! A [`Kernels`] is a table of function pointers for one set. The interpreter takes a table and is itself compiled
//! once. At run time the machine chooses the table. All code of a kernel is inlined into it and takes its target
//! features.

use std::sync::OnceLock;

use super::lanes::{Chunk, Frame, LaneNumber, RowBlock, WIDTH};
use super::operations::Operation;
use crate::program::compile::classes::{Arithmetic, Choice, Elementary, Exponential, Pair};
use crate::program::compile::instructions::{Place, Term};
use crate::program::graph::Guard;

/// A float with kernels: f32 and f64.
pub(crate) trait Lanes: LaneNumber + Send + Sync {
    /// The kernels for this machine, or without `simd` those for all machines of its kind.
    fn kernels(simd: bool) -> &'static KernelSet<Self>;
}

/// The kernels for blocks of rows, and those for one row.
pub(crate) struct KernelSet<T> {
    pub(super) rows: Kernels<T, WIDTH>,
    pub(super) one_row: Kernels<T, 1>,
}

/// The functions that execute instructions, for chunks of `W` rows.
pub(super) struct Kernels<T, const W: usize> {
    pub(super) arithmetic: fn(&Frame<'_, T, W>, Arithmetic, Operation),
    pub(super) choice: fn(&Frame<'_, T, W>, Choice, Operation),
    pub(super) exponential: fn(&Frame<'_, T, W>, Exponential, Operation),
    pub(super) elementary: fn(&Frame<'_, T, W>, Elementary, Operation),
    pub(super) pair: fn(&Frame<'_, T, W>, Pair, Place, [Place; 2]),
    pub(super) mul_add: fn(&Frame<'_, T, W>, &Term, Place, Place, bool),
    pub(super) sum: fn(&Frame<'_, T, W>, &[Term], Place),
    pub(super) sum_exactly: fn(&Frame<'_, T, W>, &[Term], Place, bool, bool),
    pub(super) reduce: fn(&Frame<'_, T, W>, &[Term], &RowBlock<'_, T>),
    pub(super) load: fn(&RowBlock<'_, T>, usize, &[Chunk<T, W>]),
    pub(super) splat: fn(T, &[Chunk<T, W>]),
    pub(super) store: fn(&mut RowBlock<'_, T>, usize, &[Chunk<T, W>], bool),
    pub(super) guard: fn(&Frame<'_, T, W>, &mut RowBlock<'_, T>, Guard<Place>),
}

/// The module `$module` with the kernels for some target features. `$FMA` says whether these have fused instructions.
macro_rules! kernels {
    ($module:ident, $FMA:expr $(, $(#[$target:meta])+)?) => {
        mod $module {
            use crate::program::run::lanes::{Chunk, Frame, RowBlock};
            use crate::program::run::operations::{self, Operation};
            use crate::program::run::{sums, transfer};
            use super::*;

            const FMA: bool = $FMA;

            $($(#[$target])+)?
            #[inline(never)]
            fn arithmetic<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, kernel: Arithmetic, operation: Operation) {
                operations::arithmetic(frame, kernel, operation);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn choice<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, kernel: Choice, operation: Operation) {
                operations::choice(frame, kernel, operation);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn exponential<T: Lanes, const W: usize>(
                frame: &Frame<'_, T, W>,
                kernel: Exponential,
                operation: Operation,
            ) {
                operations::exponential::<T, W, FMA>(frame, kernel, operation);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn elementary<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, kernel: Elementary, operation: Operation) {
                operations::elementary::<T, W, FMA>(frame, kernel, operation);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn pair<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, pair: Pair, a: Place, outs: [Place; 2]) {
                operations::pair::<T, W, FMA>(frame, pair, a, outs);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn mul_add<T: Lanes, const W: usize>(
                frame: &Frame<'_, T, W>,
                product: &Term,
                c: Place,
                out: Place,
                zeros_win: bool,
            ) {
                sums::mul_add::<T, W, FMA>(frame, product, c, out, zeros_win);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn sum<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, terms: &[Term], out: Place) {
                sums::sum::<T, W, FMA>(frame, terms, out);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn sum_exactly<T: Lanes, const W: usize>(
                frame: &Frame<'_, T, W>,
                terms: &[Term],
                out: Place,
                fused: bool,
                zeros_win: bool,
            ) {
                sums::sum_exactly::<T, W, FMA>(frame, terms, out, fused, zeros_win);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn reduce<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, terms: &[Term], block: &RowBlock<'_, T>) {
                sums::reduce::<T, W, FMA>(frame, terms, block);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn load<T: Lanes, const W: usize>(block: &RowBlock<'_, T>, input: usize, out: &[Chunk<T, W>]) {
                transfer::load(block, input, out);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn splat<T: Lanes, const W: usize>(x: T, out: &[Chunk<T, W>]) {
                transfer::splat(x, out);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn store<T: Lanes, const W: usize>(
                block: &mut RowBlock<'_, T>,
                column: usize,
                slot: &[Chunk<T, W>],
                checks: bool,
            ) {
                transfer::store(block, column, slot, checks);
            }

            $($(#[$target])+)?
            #[inline(never)]
            fn guard<T: Lanes, const W: usize>(
                frame: &Frame<'_, T, W>,
                block: &mut RowBlock<'_, T>,
                guard: Guard<Place>,
            ) {
                transfer::guard(frame, block, guard);
            }

            /// All kernels.
            $($(#[$target])+)?
            pub(super) fn kernels<T: Lanes, const W: usize>() -> Kernels<T, W> {
                Kernels {
                    arithmetic,
                    choice,
                    exponential,
                    elementary,
                    pair,
                    mul_add,
                    sum,
                    sum_exactly,
                    reduce,
                    load,
                    splat,
                    store,
                    guard,
                }
            }
        }
    };
}

kernels!(portable, cfg!(any(target_feature = "fma", target_arch = "aarch64")));
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
kernels!(avx2, true, #[target_feature(enable = "avx2,fma")]);
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
kernels!(avx512, true, #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]);

/// The kernels of both types.
struct AllKernels {
    f32: KernelSet<f32>,
    f64: KernelSet<f64>,
}

/// The kernels for all machines of this kind.
fn portable_kernels() -> AllKernels {
    AllKernels {
        f32: KernelSet { rows: portable::kernels(), one_row: portable::kernels() },
        f64: KernelSet { rows: portable::kernels(), one_row: portable::kernels() },
    }
}

/// The kernels for this machine.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn machine_kernels() -> AllKernels {
    multiversion::target::match_target! {
        // One row has no use for longer vectors.
        "x86_64+avx512f" => AllKernels {
            f32: KernelSet { rows: avx512::kernels(), one_row: avx2::kernels() },
            f64: KernelSet { rows: avx512::kernels(), one_row: avx2::kernels() },
        },
        "x86_64+avx2+fma" => AllKernels {
            f32: KernelSet { rows: avx2::kernels(), one_row: avx2::kernels() },
            f64: KernelSet { rows: avx2::kernels(), one_row: avx2::kernels() },
        },
        _ => portable_kernels(),
    }
}

#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
use portable_kernels as machine_kernels;

/// The kernels for this machine, or without `simd` those for all machines of its kind.
#[inline]
fn kernels(simd: bool) -> &'static AllKernels {
    static MACHINE: OnceLock<AllKernels> = OnceLock::new();
    static PORTABLE: OnceLock<AllKernels> = OnceLock::new();
    if simd { MACHINE.get_or_init(machine_kernels) } else { PORTABLE.get_or_init(portable_kernels) }
}

impl Lanes for f32 {
    #[inline]
    fn kernels(simd: bool) -> &'static KernelSet<Self> {
        &kernels(simd).f32
    }
}

impl Lanes for f64 {
    #[inline]
    fn kernels(simd: bool) -> &'static KernelSet<Self> {
        &kernels(simd).f64
    }
}
