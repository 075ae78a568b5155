//! A single row: the instructions of a batch are the lanes.

use std::cell::Cell;

use super::Execution;
use super::interpret::{custom_value, interpret};
use super::kernels::{KernelSet, Kernels, Lanes};
use super::lanes::{Frame, RowBlock, SPARE, WIDTH, aligned_chunks, choose, zero_wins};
use super::rows::Rows;
use super::workspace::Workspace;
use crate::program::compile::batches::{Batches, Kind, Operand};
use crate::program::compile::instructions::{Bytecode, Instruction, Place, Slot};
use crate::program::graph::custom::Custom;

/// How many instructions of a batch are computed together.
const TOGETHER: usize = 4 * WIDTH;
/// Fewer are computed one by one: that is faster than the lanes that they would leave empty.
const FEW: usize = 4;
/// The most operands and results of an instruction that is computed in lanes.
const MOST_PLACES: usize = 4;
/// The memory for lanes.
const SCRATCH: usize = MOST_PLACES * TOGETHER + SPARE;

impl<T: Lanes> Workspace<T> {
    pub(super) fn run_one_row(&mut self, code: &Bytecode<T>, execution: Execution, rows: Rows<'_, T>) {
        let batches = code.batches();
        let needed = SCRATCH + batches.numbers;
        if self.one_row_cells.len() < needed {
            self.one_row_cells.resize(needed, Cell::new(T::zero()));
        }
        let (scratch, numbers) = self.one_row_cells[..needed].split_at(SCRATCH);
        let (before, inputs) = numbers[Batches::UNIFORMS..].split_at(self.uniforms.len());
        numbers[0].set(T::one());
        before.iter().zip(&self.uniforms).for_each(|(number, &x)| number.set(x));
        inputs.iter().zip(&batches.inputs).for_each(|(number, &input)| number.set(rows.number(input as usize)));
        let number = |operand: Operand| numbers[operand.index()].get();
        let set = T::kernels(execution.simd);
        for zeros_win in code.fast_then_careful() {
            (set.batches)(batches, numbers, zeros_win, &mut |kind, width, operands, outs| {
                let lanes = Scratch { set, cells: scratch, numbers, zeros_win };
                lanes.run(&code.customs, (kind, width), operands, outs);
            });
            let mut has_nan = false;
            for column in &batches.columns {
                let x = number(column.number);
                has_nan |= column.checks && x.is_nan();
                self.results[column.output as usize] = x;
            }
            let failed = !batches.guards.iter().all(|guard| guard.holds(number));
            self.guard_failed.fill(failed);
            for (&uniform, &[a, b]) in code.totals.iter().zip(&batches.totals) {
                let [x, y] = [a, b].map(number);
                let share = choose(zeros_win && b.has_flag(), zero_wins(x, y), x * y);
                let total = if failed { T::zero() } else { T::zero() + choose(a.has_flag(), -share, share) };
                has_nan |= total.is_nan();
                self.uniforms[uniform.index()] = total;
            }
            if zeros_win || !code.zero_wins || !has_nan {
                break;
            }
        }
        self.is_finite = self.results[..code.width()].iter().all(|x| x.is_finite());
    }
}

/// What batches in lanes are computed with.
struct Scratch<'a, T> {
    set: &'a KernelSet<T>,
    cells: &'a [Cell<T>],
    numbers: &'a [Cell<T>],
    zeros_win: bool,
}

impl<T: Lanes> Scratch<'_, T> {
    fn run(&self, customs: &[Custom<T>], (kind, width): (Kind, usize), operands: &[Operand], outs: &[Cell<T>]) {
        let count = outs.len() / kind.results();
        let numbers =
            |k: usize| operands[k * width..][..width].iter().map(|operand| self.numbers[operand.index()].get());
        let slot = |k: usize| Place::from(Slot::new(k));
        let args = [slot(0), slot(1.min(width.saturating_sub(1))), slot(2.min(width.saturating_sub(1)))];
        let instruction = match kind {
            Kind::Kernel { op, kernel, exponent } => {
                Instruction::Kernel { op, kernel, args, exponent, out: slot(width) }
            }
            Kind::Pair(pair) => Instruction::Pair { pair, a: slot(0), outs: [slot(1), slot(2)] },
            Kind::Plain { op, exponent } => {
                for (k, out) in outs.iter().enumerate() {
                    let mut x = [T::zero(); 3];
                    x.iter_mut().zip(numbers(k)).for_each(|(x, number)| *x = number);
                    out.set(op.value(x, exponent));
                }
                return;
            }
            Kind::Custom { index } => {
                let custom = &customs[index as usize];
                outs.iter().enumerate().for_each(|(k, out)| out.set(custom_value(custom, numbers(k))));
                return;
            }
            Kind::MulAdd | Kind::Sum { .. } => unreachable!("sums are not computed in lanes"),
        };
        let few = count < FEW;
        let most = if few { 1 } else { TOGETHER };
        for start in (0..count).step_by(most) {
            let some = most.min(count - start);
            let operands = &operands[start * width..][..some * width];
            let outs = outs.chunks_exact(count).map(|outs| &outs[start..][..some]);
            match few {
                true => self.in_lanes(&self.set.one_row, instruction, operands, width, outs),
                false => self.in_lanes(&self.set.rows, instruction, operands, width, outs),
            }
        }
    }

    /// Copies operands to slots, executes the instruction on them, and copies the results back.
    #[inline]
    fn in_lanes<'o, const W: usize>(
        &self,
        kernels: &Kernels<T, W>,
        instruction: Instruction,
        operands: &[Operand],
        width: usize,
        outs: impl Iterator<Item = &'o [Cell<T>]>,
    ) where
        T: 'o,
    {
        let count = operands.len() / width;
        let chunks = count.div_ceil(W);
        let cells = aligned_chunks(self.cells, MOST_PLACES * TOGETHER / WIDTH).as_flattened();
        let slot = |k: usize| &cells[k * chunks * W..][..chunks * W];
        for k in 0..width {
            let (lanes, behind) = slot(k).split_at(count);
            for (lane, operands) in lanes.iter().zip(operands.chunks_exact(width)) {
                lane.set(self.numbers[operands[k].index()].get());
            }
            for lane in behind {
                lane.set(lanes[count - 1].get());
            }
        }
        let frame = Frame { slots: cells.as_chunks().0, chunks, uniforms: &[], totals: &[] };
        let mut block = RowBlock::new(Rows::of(&[], 0, 1), 0, 1, &mut [], &mut [], self.zeros_win);
        interpret(kernels, &[instruction], (&[], &[]), &frame, &mut block);
        for (k, outs) in outs.enumerate() {
            outs.iter().zip(slot(width + k)).for_each(|(out, lane)| out.set(lane.get()));
        }
    }
}
