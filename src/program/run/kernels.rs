//! The kernels: the functions that execute instructions, compiled for several sets of vector instructions.
//!
//! A [`Kernels`] is a table of function pointers for one set. The interpreter takes a table and is itself compiled
//! once. At run time the machine chooses the table. All code of a kernel is inlined into it and takes its target
//! features.

use std::cell::Cell;
use std::sync::OnceLock;

use super::batches::Others;
use super::lanes::{Chunk, Frame, LaneNumber, RowBlock, WIDTH};
use super::operations::Operation;
use crate::program::compile::batches::Batches;
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
    pub(super) batches: BatchesKernel<T>,
}

/// The function that runs the batches of a row: on these numbers, with or without 0 · ∞ = 0, and with a function for
/// batches in lanes.
type BatchesKernel<T> = fn(&Batches, &[Cell<T>], bool, &mut Others<'_, T>);

/// Passes all kernels to the macro `$consumer`, after the tokens that follow its name: the arguments of each, and the
/// function that does the work. For example, `each_kernel! { table }` is
/// `table! { arithmetic(frame: &Frame<'_, T, W>, …) = operations::arithmetic::<T, W>; … }`.
macro_rules! each_kernel {
    ($consumer:ident $($tokens:tt)*) => {
        $consumer! {
            $($tokens)*
            arithmetic(frame: &Frame<'_, T, W>, kernel: Arithmetic, operation: Operation) = operations::arithmetic::<T, W>;
            choice(frame: &Frame<'_, T, W>, kernel: Choice, operation: Operation) = operations::choice::<T, W>;
            exponential(frame: &Frame<'_, T, W>, kernel: Exponential, operation: Operation)
                = operations::exponential::<T, W, FMA>;
            elementary(frame: &Frame<'_, T, W>, kernel: Elementary, operation: Operation)
                = operations::elementary::<T, W, FMA>;
            pair(frame: &Frame<'_, T, W>, pair: Pair, a: Place, outs: [Place; 2]) = operations::pair::<T, W, FMA>;
            mul_add(frame: &Frame<'_, T, W>, product: &Term, c: Place, out: Place, zeros_win: bool)
                = sums::mul_add::<T, W, FMA>;
            sum(frame: &Frame<'_, T, W>, terms: &[Term], out: Place) = sums::sum::<T, W, FMA>;
            sum_exactly(frame: &Frame<'_, T, W>, terms: &[Term], out: Place, fused: bool, zeros_win: bool)
                = sums::sum_exactly::<T, W, FMA>;
            reduce(frame: &Frame<'_, T, W>, terms: &[Term], block: &RowBlock<'_, T>) = sums::reduce::<T, W, FMA>;
            load(block: &RowBlock<'_, T>, input: usize, out: &[Chunk<T, W>]) = transfer::load::<T, W>;
            splat(x: T, out: &[Chunk<T, W>]) = transfer::splat::<T, W>;
            store(block: &mut RowBlock<'_, T>, column: usize, slot: &[Chunk<T, W>], checks: bool) = transfer::store::<T, W>;
            guard(frame: &Frame<'_, T, W>, block: &mut RowBlock<'_, T>, guard: Guard<Place>) = transfer::guard::<T, W>;
        }
    };
}

/// The type of the table: `load(…) = …;` becomes the field `load: fn(&RowBlock<'_, T>, usize, &[Chunk<T, W>])`.
macro_rules! table {
    ($($name:ident($($argument:ident: $Argument:ty),*) = $function:expr;)*) => {
        /// The functions that execute instructions, for chunks of `W` rows.
        pub(super) struct Kernels<T, const W: usize> {
            $(pub(super) $name: fn($($Argument),*),)*
        }
    };
}

/// The module `$module` with the kernels for some target features, which its attribute enables. `$FMA` says whether
/// these have fused instructions. For example, `splat(…) = …;` becomes
/// `#[target_feature(…)] fn splat<T: Lanes, const W: usize>(x: T, out: &[Chunk<T, W>]) { transfer::splat::<T, W>(x, out) }`.
macro_rules! module {
    (
        $module:ident, $FMA:expr, $target:meta;
        $($name:ident($($argument:ident: $Argument:ty),*) = $function:expr;)*
    ) => {
        mod $module {
            use crate::program::run::{batches, operations, sums, transfer};
            use super::*;

            const FMA: bool = $FMA;

            $(#[$target]
            #[inline(never)]
            fn $name<T: Lanes, const W: usize>($($argument: $Argument),*) {
                $function($($argument),*);
            })*

            /// All kernels.
            #[$target]
            pub(super) fn kernels<T: Lanes, const W: usize>() -> Kernels<T, W> {
                Kernels { $($name),* }
            }

            /// Runs the batches of a row.
            #[$target]
            #[inline(never)]
            fn run_batches<T: Lanes>(
                code: &Batches,
                numbers: &[Cell<T>],
                zeros_win: bool,
                in_lanes: &mut Others<'_, T>,
            ) {
                batches::run::<T, FMA>(code, numbers, zeros_win, in_lanes);
            }

            /// The function that runs the batches of a row.
            #[$target]
            pub(super) fn batches<T: Lanes>() -> BatchesKernel<T> {
                run_batches
            }
        }
    };
}

each_kernel! { table }
each_kernel! { module portable, cfg!(any(target_feature = "fma", target_arch = "aarch64")), doc = "For all machines."; }
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
each_kernel! { module avx2, true, target_feature(enable = "avx2,fma"); }
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
each_kernel! { module avx512, true, target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"); }

/// The kernels of both types.
struct AllKernels {
    f32: KernelSet<f32>,
    f64: KernelSet<f64>,
}

/// The kernels for all machines of this kind. If they were inlined, each dependent would compile all kernels.
#[inline(never)]
fn portable_kernels() -> AllKernels {
    AllKernels {
        f32: KernelSet { rows: portable::kernels(), one_row: portable::kernels(), batches: portable::batches() },
        f64: KernelSet { rows: portable::kernels(), one_row: portable::kernels(), batches: portable::batches() },
    }
}

/// The kernels for this machine.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn machine_kernels() -> AllKernels {
    multiversion::target::match_target! {
        // One row has no use for longer vectors.
        "x86_64+avx512f" => AllKernels {
            f32: KernelSet { rows: avx512::kernels(), one_row: avx2::kernels(), batches: avx512::batches() },
            f64: KernelSet { rows: avx512::kernels(), one_row: avx2::kernels(), batches: avx512::batches() },
        },
        "x86_64+avx2+fma" => AllKernels {
            f32: KernelSet { rows: avx2::kernels(), one_row: avx2::kernels(), batches: avx2::batches() },
            f64: KernelSet { rows: avx2::kernels(), one_row: avx2::kernels(), batches: avx2::batches() },
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
