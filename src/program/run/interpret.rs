//! The interpreter: executes instructions one after the other, each on all rows of a block.

use num_traits::NumCast;

use super::kernels::{Kernels, Lanes};
use super::lanes::{Frame, Numbers, RowBlock, zero_wins};
use super::operations::{Operation, per_lane};
use crate::program::compile::classes::Kernel;
use crate::program::compile::instructions::{Instruction, Place, Term};
use crate::program::graph::custom::Custom;

/// Executes instructions with these kernels. The terms and the operations of the user's own are those of the whole
/// program.
pub(super) fn interpret<T: Lanes, const W: usize>(
    kernels: &Kernels<T, W>,
    instructions: &[Instruction],
    (terms, customs): (&[Term], &[Custom<T>]),
    frame: &Frame<'_, T, W>,
    block: &mut RowBlock<'_, T>,
) {
    for instruction in instructions {
        match *instruction {
            Instruction::Load { input, out } => (kernels.load)(block, input as usize, frame.slot(out)),
            Instruction::Store { column, a, checks } => {
                (kernels.store)(block, column as usize, frame.slot(a), checks);
            }
            Instruction::Splat { a, out } => (kernels.splat)(frame.uniform(a), frame.slot(out)),
            Instruction::Count { a, out } => {
                let count: T = NumCast::from(block.rows_of_totals).expect("floats have room for any count");
                for (a, out) in frame.slot(a).iter().zip(frame.slot(out)) {
                    out.write(a.read().map(|a| zero_wins(a, count)));
                }
            }
            Instruction::Kernel { op, kernel, args, exponent, out } => {
                let operation = Operation { op, args, exponent, out, zero_wins: block.zero_wins };
                match kernel {
                    Kernel::Arithmetic(kernel) => (kernels.arithmetic)(frame, kernel, operation),
                    Kernel::Choice(kernel) => (kernels.choice)(frame, kernel, operation),
                    Kernel::Exponential(kernel) => (kernels.exponential)(frame, kernel, operation),
                    Kernel::Elementary(kernel) => (kernels.elementary)(frame, kernel, operation),
                }
            }
            Instruction::PerLane { op, args, exponent, out } => {
                per_lane(frame, Operation { op, args, exponent, out, zero_wins: true });
            }
            Instruction::Pair { pair, a, outs } => (kernels.pair)(frame, pair, a, outs),
            Instruction::MulAdd { ref product, c, out } => (kernels.mul_add)(frame, product, c, out, block.zero_wins),
            Instruction::Sum { terms: range, out, fused } => {
                let terms = range.of(terms);
                if fused && !block.zero_wins {
                    (kernels.sum)(frame, terms, out);
                } else {
                    (kernels.sum_exactly)(frame, terms, out, fused, block.zero_wins);
                }
            }
            Instruction::Custom { index, terms: range, out } => {
                call_custom(frame, &customs[index as usize], range.of(terms), out);
            }
            Instruction::Reduce { terms: range } => (kernels.reduce)(frame, range.of(terms), block),
            Instruction::Guard(guard) => (kernels.guard)(frame, block, guard),
        }
    }
}

/// Calls an operation of the user's own, lane by lane.
fn call_custom<T: Lanes, const W: usize>(frame: &Frame<'_, T, W>, custom: &Custom<T>, operands: &[Term], out: Place) {
    for (k, out) in frame.slot(out).iter().enumerate() {
        let operand = |i: usize| move |operand: &Term| frame.slot(operand.a)[k].read()[i];
        let mut results = [T::zero(); W];
        for (i, result) in results.iter_mut().enumerate() {
            *result = custom_value(custom, operands.iter().map(operand(i)));
        }
        out.write(results);
    }
}

/// The value of an operation of the user's own.
pub(super) fn custom_value<T: Lanes>(custom: &Custom<T>, operands: impl ExactSizeIterator<Item = T>) -> T {
    // Long lists of operands are on the heap.
    let mut few = [T::zero(); 8];
    match few.get_mut(..operands.len()) {
        Some(x) => {
            x.iter_mut().zip(operands).for_each(|(x, operand)| *x = operand);
            custom.value(x)
        }
        None => custom.value(&operands.collect::<Vec<T>>()),
    }
}
