//! Many rows: tasks for threads, and blocks of rows within a task.
//!
//! Rows are divided into tasks by their number alone, and a task into blocks. A sum over rows adds up the lanes of a
//! task, and then the tasks as a tree: always in the same order, with any number of threads.

use std::cell::Cell;

use super::Execution;
use super::interpret::interpret;
use super::kernels::Lanes;
use super::lanes::{Frame, RowBlock, SPARE, WIDTH, add_up, aligned_chunks};
use super::rows::Rows;
use super::sums::GROUP;
use super::threads::{for_each, threads};
use super::workspace::{Worker, Workspace, grow};
use crate::program::compile::instructions::Bytecode;

/// The least work for a thread, in instructions times rows. Less is done before the thread has woken up.
const LEAST_WORK: usize = 1 << 18;
/// The fewest rows of a task: two blocks of the most rows.
pub(crate) const LEAST_ROWS: usize = 960;
const MOST_TASKS: usize = 256;
/// The slots of a block should stay in the second cache, and those that are in use at a time in the first.
const BLOCK_BYTES: usize = 128 << 10;
const MOST_CHUNKS: usize = 30;

impl<T: Lanes> Workspace<T> {
    /// Runs the body on any number of rows but one.
    pub(super) fn run_tasks(&mut self, code: &Bytecode<T>, execution: Execution, rows: Rows<'_, T>) {
        let count = rows.len();
        let task_rows = LEAST_ROWS.max(count.div_ceil(MOST_TASKS).next_multiple_of(LEAST_ROWS));
        let (tasks, totals, width) = (count.div_ceil(task_rows), code.totals.len(), code.width());
        self.task_totals.clear();
        self.task_totals.resize(tasks * totals, T::zero());
        let worthwhile = count * code.body.len() / LEAST_WORK;
        let threads = threads().min(tasks).min(worthwhile).max(1);
        if self.workers.len() < threads {
            self.workers.resize_with(threads, || Worker {
                results: Vec::new(),
                slots: Vec::new(),
                totals: Vec::new(),
                is_finite: true,
            });
        }
        let evaluation = Evaluation { code, execution, rows, task_rows, uniforms: &self.uniforms };
        let share = tasks.div_ceil(threads);
        // A single thread writes directly to the results.
        std::mem::swap(&mut self.workers[0].results, &mut self.results);
        let (mut guard_failed, mut task_totals) = (&mut self.guard_failed[..], &mut self.task_totals[..]);
        let shares = self.workers[..threads].iter_mut().enumerate().map(|(k, worker)| {
            let tasks = share.min(tasks.saturating_sub(k * share));
            let height = (tasks * task_rows).min(count.saturating_sub(k * share * task_rows));
            if threads > 1 {
                grow(&mut worker.results, height * width);
            }
            let guard_failed = take_first(&mut guard_failed, height);
            let task_totals = take_first(&mut task_totals, tasks * totals);
            ThreadTasks { first: k * share, count: tasks, height, worker, guard_failed, task_totals }
        });
        for_each(shares, |share| evaluation.run(share));
        self.is_finite = self.workers[..threads].iter().all(|worker| worker.is_finite);
        std::mem::swap(&mut self.workers[0].results, &mut self.results);
        if threads > 1 {
            self.collect_results(threads, share * task_rows, count, width);
        }
        if tasks == 1 {
            code.totals.iter().zip(&self.task_totals).for_each(|(&k, &total)| self.uniforms[k.index()] = total);
            return;
        }
        for (k, &uniform) in code.totals.iter().enumerate() {
            let task_totals = self.task_totals.get(k..).unwrap_or_default();
            self.uniforms[uniform.index()] = tree_sum(task_totals, totals, tasks);
        }
    }

    /// Joins the columns of all threads. Those of the first one are in `results`.
    fn collect_results(&mut self, threads: usize, share: usize, count: usize, width: usize) {
        std::mem::swap(&mut self.workers[0].results, &mut self.results);
        grow(&mut self.results, count * width);
        let workers: Vec<&[T]> = self.workers[..threads].iter().map(|worker| &worker.results[..]).collect();
        for_each(self.results[..count * width].chunks_exact_mut(count).enumerate(), |(column, results)| {
            for (results, worker) in results.chunks_mut(share).zip(&workers) {
                let height = results.len();
                results.copy_from_slice(&worker[column * height..][..height]);
            }
        });
    }
}

/// Removes the first `count` elements, or all if there are fewer, and returns them.
#[allow(clippy::mut_mut, reason = "the rest moves on")]
fn take_first<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let count = count.min(rest.len());
    let (first, behind) = std::mem::take(rest).split_at_mut(count);
    *rest = behind;
    first
}

/// The sum of `count` numbers that are `stride` apart, halves first.
fn tree_sum<T: Lanes>(numbers: &[T], stride: usize, count: usize) -> T {
    match count {
        0 => T::zero(),
        1 => numbers[0],
        _ => {
            let half = count.div_ceil(2);
            tree_sum(numbers, stride, half) + tree_sum(&numbers[half * stride..], stride, count - half)
        }
    }
}

/// What all threads read.
struct Evaluation<'a, T> {
    code: &'a Bytecode<T>,
    execution: Execution,
    rows: Rows<'a, T>,
    /// How many rows a task has.
    task_rows: usize,
    uniforms: &'a [T],
}

/// The tasks of one thread, and what it writes.
struct ThreadTasks<'a, T> {
    /// The number of the first task.
    first: usize,
    count: usize,
    /// How many rows the tasks have.
    height: usize,
    worker: &'a mut Worker<T>,
    guard_failed: &'a mut [bool],
    task_totals: &'a mut [T],
}

impl<T: Lanes> Evaluation<'_, T> {
    fn run(&self, mut tasks: ThreadTasks<'_, T>) {
        let (code, worker) = (self.code, &mut *tasks.worker);
        worker.is_finite = true;
        let chunks = chunks_of_slot::<T>(code.slots, self.rows.len());
        let grow = |cells: &mut Vec<Cell<T>>, chunks: usize| {
            let needed = chunks * WIDTH + SPARE;
            if cells.len() < needed {
                cells.resize(needed, Cell::new(T::zero()));
            }
        };
        grow(&mut worker.slots, code.slots * chunks);
        grow(&mut worker.totals, code.totals.len());
        let frame = Frame {
            slots: aligned_chunks(&worker.slots, code.slots * chunks),
            chunks,
            uniforms: self.uniforms,
            totals: aligned_chunks(&worker.totals, code.totals.len()),
        };
        let results = &mut worker.results[..tasks.height * code.width()];
        for task in 0..tasks.count {
            let first = task * self.task_rows;
            let rows = first..tasks.height.min(first + self.task_rows);
            let guard_failed = take_first(&mut tasks.guard_failed, rows.len());
            let totals = take_first(&mut tasks.task_totals, code.totals.len());
            for zero_wins in code.fast_then_careful() {
                let (mut has_nan, mut is_finite) = (false, true);
                frame.totals.as_flattened().iter().for_each(|total| total.set(T::zero()));
                guard_failed.fill(false);
                let mut guard_failed = &mut *guard_failed;
                for start in rows.clone().step_by(chunks * WIDTH) {
                    let count = (chunks * WIDTH).min(rows.end - start);
                    let failed = take_first(&mut guard_failed, count);
                    let first_row = tasks.first * self.task_rows + start;
                    let mut block = RowBlock {
                        height: tasks.height,
                        first: start,
                        is_finite: code.leaves_out_kept.then_some(true),
                        ..RowBlock::new(self.rows, first_row, count, results, failed, zero_wins)
                    };
                    // The last block may be shorter.
                    let frame = Frame { chunks: chunks.min(count.div_ceil(WIDTH)), ..frame };
                    let kernels = &T::kernels(self.execution.simd).rows;
                    interpret(kernels, &code.body, (&code.terms, &code.customs), &frame, &mut block);
                    has_nan |= block.has_nan;
                    is_finite &= block.is_finite.unwrap_or(true);
                }
                totals.iter_mut().zip(frame.totals).for_each(|(sum, lanes)| *sum = add_up(lanes));
                let is_right = !has_nan && !totals.iter().any(|sum| sum.is_nan());
                if zero_wins || !code.zero_wins || is_right {
                    worker.is_finite &= is_finite;
                    break;
                }
            }
        }
    }
}

/// How many chunks the slots of a block have: whole groups of those that are added up together, and an odd number of
/// groups. Slots that are a power of two apart would evict each other from the cache.
fn chunks_of_slot<T>(slots: usize, rows: usize) -> usize {
    let group = GROUP / (WIDTH * size_of::<T>());
    let groups = (BLOCK_BYTES / (slots.max(1) * GROUP)).clamp(1, MOST_CHUNKS / group);
    (group * (groups - (groups + 1) % 2)).min(rows.div_ceil(WIDTH))
}
