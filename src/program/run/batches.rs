//! The batches of a single row.

use std::cell::Cell;

use super::lanes::{LaneNumber, fused, zero_wins};
use super::sums::add_product;
use crate::program::compile::batches::{Batches, Kind, Operand};
use crate::program::compile::classes::{Arithmetic, Kernel};

/// A function for other kinds: of the kind, its number of operands, the operands, and the places of the results.
pub(super) type Others<'f, T> = dyn FnMut(Kind, usize, &[Operand], &[Cell<T>]) + 'f;

/// Runs all batches: arithmetic here, because it takes longer to move numbers to lanes than to compute them; other
/// kinds by `others`.
#[inline(always)]
pub(super) fn run<T: LaneNumber, const FMA: bool>(
    code: &Batches,
    numbers: &[Cell<T>],
    zeros_win: bool,
    others: &mut Others<'_, T>,
) {
    let mut operands = &code.operands[..];
    let mut outs = &numbers[code.first_result..];
    for batch in &code.list {
        let (kind, width) = code.kinds[batch.kind as usize];
        let (width, count) = (width as usize, batch.count as usize);
        let (these, rest) = operands.split_at(width * count);
        let (out, behind) = outs.split_at(kind.results() * count);
        (operands, outs) = (rest, behind);
        match kind {
            Kind::Kernel { kernel: Kernel::Arithmetic(kernel), .. } => match kernel {
                Arithmetic::add => binary(numbers, these, out, |a, b| a + b),
                Arithmetic::sub => binary(numbers, these, out, |a, b| a - b),
                Arithmetic::scale if zeros_win => binary(numbers, these, out, zero_wins),
                Arithmetic::mul | Arithmetic::scale => binary(numbers, these, out, |a, b| a * b),
                Arithmetic::div => binary(numbers, these, out, |a, b| a / b),
                Arithmetic::neg => unary(numbers, these, out, |a| -a),
                Arithmetic::recip => unary(numbers, these, out, |a| T::one() / a),
                Arithmetic::sqrt => unary(numbers, these, out, T::sqrt),
                Arithmetic::abs => unary(numbers, these, out, T::abs),
                Arithmetic::detach => unary(numbers, these, out, |a| a),
                Arithmetic::powi => others(kind, width, these, out),
            },
            Kind::MulAdd => {
                for (&[a, b, c], out) in these.as_chunks().0.iter().zip(out) {
                    let sum = numbers[c.index()].get();
                    out.set(plus_product::<T, FMA>(numbers, sum, [a, b], true, zeros_win));
                }
            }
            Kind::Sum { fused } => {
                for (k, out) in out.iter().enumerate() {
                    let mut sum = T::neg_zero();
                    for &factors in these[k * width..][..width].as_chunks().0 {
                        sum = plus_product::<T, FMA>(numbers, sum, factors, fused, zeros_win);
                    }
                    out.set(sum);
                }
            }
            Kind::Kernel { .. } | Kind::Plain { .. } | Kind::Pair(_) | Kind::Custom { .. } => {
                others(kind, width, these, out);
            }
        }
    }
}

/// `sum ± a b`.
#[inline(always)]
fn plus_product<T: LaneNumber, const FMA: bool>(
    numbers: &[Cell<T>],
    sum: T,
    [a, b]: [Operand; 2],
    is_fused: bool,
    zeros_win: bool,
) -> T {
    let factors = [numbers[a.index()].get(), numbers[b.index()].get()];
    if is_fused && !zeros_win {
        let [x, y] = factors;
        fused::<T, FMA>(x.flip_if(a.has_flag()), y, sum)
    } else {
        add_product::<T, FMA>(sum, a.has_flag(), zeros_win && b.has_flag(), factors, is_fused)
    }
}

#[inline(always)]
fn unary<T: LaneNumber>(numbers: &[Cell<T>], operands: &[Operand], outs: &[Cell<T>], f: impl Fn(T) -> T) {
    for (a, out) in operands.iter().zip(outs) {
        out.set(f(numbers[a.index()].get()));
    }
}

#[inline(always)]
fn binary<T: LaneNumber>(numbers: &[Cell<T>], operands: &[Operand], outs: &[Cell<T>], f: impl Fn(T, T) -> T) {
    for ([a, b], out) in operands.as_chunks().0.iter().zip(outs) {
        out.set(f(numbers[a.index()].get(), numbers[b.index()].get()));
    }
}
