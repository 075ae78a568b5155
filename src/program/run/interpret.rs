//! The interpreter: executes instructions one after the other, each on all rows of a block.

use num_traits::NumCast;

use super::kernels::{Kernels, Lanes};
use super::lanes::{Frame, Numbers, RowBlock, zero_wins};
use super::operations::{Operation, per_lane};
use crate::program::compile::classes::Kernel;
use crate::program::compile::instructions::{Instruction, Term};

/// Executes instructions with these kernels. The terms are those of the whole program.
pub(super) fn interpret<T: Lanes, const W: usize>(
    kernels: &Kernels<T, W>,
    instructions: &[Instruction],
    terms: &[Term],
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
            Instruction::Reduce { terms: range } => (kernels.reduce)(frame, range.of(terms), block),
            Instruction::Guard(guard) => (kernels.guard)(frame, block, guard),
        }
    }
}
