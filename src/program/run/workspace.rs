//! The memory of an evaluation, and its course: uniforms, rows, totals.

use std::cell::Cell;
use std::fmt;

use super::Execution;
use super::interpret::interpret;
use super::kernels::Lanes;
use super::lanes::{Frame, RowBlock};
use super::rows::Rows;
use crate::program::compile::instructions::{Bytecode, Instruction};

/// The memory of an evaluation, kept from one to the next so that nothing is allocated.
///
/// Any program may use any workspace of its precision.
pub struct Workspace<T> {
    pub(super) uniforms: Vec<T>,
    /// The uniforms, while instructions work on them.
    uniform_cells: Vec<Cell<T>>,
    /// The numbers of a single row.
    pub(super) one_row_cells: Vec<Cell<T>>,
    pub(super) workers: Vec<Worker<T>>,
    /// The totals of every task, task by task.
    pub(super) task_totals: Vec<T>,
    /// The results, column by column; old ones may follow.
    pub(crate) results: Vec<T>,
    /// The outputs that are sums over all rows.
    pub(crate) totals: Vec<T>,
    /// For each row whether a guard failed. Empty if the program has no guards.
    pub(crate) guard_failed: Vec<bool>,
    /// Whether a guard of uniforms failed. Then every row failed.
    pub(crate) uniform_guard_failed: bool,
    /// Whether all results and totals are finite, if a program must know.
    pub(crate) is_finite: bool,
}

/// The memory of one thread.
pub(super) struct Worker<T> {
    pub(super) results: Vec<T>,
    pub(super) slots: Vec<Cell<T>>,
    pub(super) totals: Vec<Cell<T>>,
    /// Whether all results are finite, if that is looked at.
    pub(super) is_finite: bool,
}

impl<T> Workspace<T> {
    /// Memory for any program; it grows when it is used first.
    pub const fn new() -> Self {
        Self {
            uniforms: Vec::new(),
            uniform_cells: Vec::new(),
            one_row_cells: Vec::new(),
            workers: Vec::new(),
            task_totals: Vec::new(),
            results: Vec::new(),
            totals: Vec::new(),
            guard_failed: Vec::new(),
            uniform_guard_failed: false,
            is_finite: true,
        }
    }
}

impl<T: Lanes> Workspace<T> {
    /// Computes the results of all rows, the totals, and for which rows a guard failed.
    pub(crate) fn run(&mut self, code: &Bytecode<T>, execution: Execution, parameters: &[T], rows: Rows<'_, T>) {
        let count = rows.len();
        // Old results need not be cleared: all are overwritten. Those that are not needed stay behind the others.
        grow(&mut self.results, count * code.width());
        self.guard_failed.clear();
        self.guard_failed.resize(if code.has_guards { count } else { 0 }, false);
        self.uniforms.clone_from(&code.uniforms);
        for &(parameter, uniform) in &code.parameters {
            self.uniforms[uniform.index()] = parameters[parameter as usize];
        }
        self.run_on_uniforms(code, &code.prologue, execution, 0);
        let uniforms = &self.uniforms;
        self.uniform_guard_failed = !code.guards.iter().all(|guard| guard.holds(|place| uniforms[place.index()]));
        if self.uniform_guard_failed {
            self.guard_failed.fill(true);
            self.is_finite = true;
        } else if count == 1 {
            self.run_one_row(code, execution, rows);
        } else {
            self.run_tasks(code, execution, rows);
        }
        let failed = self.guard_failed.iter().filter(|&&failed| failed).count();
        self.run_on_uniforms(code, &code.epilogue, execution, count - failed);
        self.totals.clear();
        for (column, &uniform) in code.outputs.iter().enumerate() {
            let Some(uniform) = uniform else { continue };
            let x = self.uniforms[uniform.index()];
            self.is_finite &= x.is_finite();
            if code.of_sum {
                self.totals.push(x);
            } else {
                self.results[column * count..][..count].fill(x);
            }
        }
    }

    /// Runs the prologue or the epilogue, whose slots are the uniforms.
    fn run_on_uniforms(
        &mut self,
        code: &Bytecode<T>,
        instructions: &[Instruction],
        execution: Execution,
        rows_of_totals: usize,
    ) {
        if instructions.is_empty() {
            return;
        }
        self.uniform_cells.clear();
        self.uniform_cells.extend(self.uniforms.iter().map(|&x| Cell::new(x)));
        let frame = Frame { slots: self.uniform_cells.as_chunks().0, chunks: 1, uniforms: &[], totals: &[] };
        let rows = Rows::of(&[], 0, 1);
        let mut block = RowBlock { rows_of_totals, ..RowBlock::new(rows, 0, 1, &mut [], &mut [], true) };
        let kernels = &T::kernels(execution.simd).one_row;
        interpret(kernels, instructions, (&code.terms, &code.customs), &frame, &mut block);
        self.uniforms.iter_mut().zip(&self.uniform_cells).for_each(|(x, cell)| *x = cell.get());
    }
}

/// Makes a vector at least so long.
pub(super) fn grow<T: Lanes>(vector: &mut Vec<T>, length: usize) {
    if vector.len() < length {
        vector.resize(length, T::zero());
    }
}

impl<T> Default for Workspace<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Workspace<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").finish_non_exhaustive()
    }
}
