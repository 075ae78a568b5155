//! Runs compiled code on rows.
//!
//! Rows are cut into tasks, by their number alone, and a task into strips. A sum over rows adds up the lanes of a task,
//! and then the tasks as a tree: always in the same order, whoever computes them.

use std::cell::Cell;
use std::fmt;

use super::Precision;
use super::code::{Code, Instruction};
use super::graph::Guard;
use super::lanes::{Chunk, Lanes, Memory, Strip};

/// Rows in a flat slice: row `k` begins at `k · stride` and has `width` numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a, T> {
    pub(crate) numbers: &'a [T],
    pub(crate) stride: usize,
    pub(crate) count: usize,
}

/// The memory of an evaluation, kept from one to the next so that nothing is allocated.
///
/// Any program may use any workspace of its precision.
pub struct Workspace<T: Precision> {
    /// The uniforms, while instructions work on them.
    cells: Vec<Chunk<T, 1>>,
    uniforms: Vec<T>,
    narrow: Vec<Chunk<T, 1>>,
    workers: Vec<Worker<T>>,
    /// The sums of every task, task by task.
    sums: Vec<T>,
    pub(crate) results: Vec<T>,
    pub(crate) totals: Vec<T>,
    pub(crate) strayed: Vec<bool>,
}

/// What one thread needs.
struct Worker<T: Precision> {
    slots: Vec<<T as Lanes>::Chunk>,
    totals: Vec<<T as Lanes>::Chunk>,
}

/// The least rows of a task.
const TASK: usize = 256;
/// The most tasks.
const TASKS: usize = 256;
/// The slots of a strip should stay in the first cache.
const STRIP_BYTES: usize = 20 << 10;
const FEWEST_CHUNKS: usize = 4;
const MOST_CHUNKS: usize = 16;

/// How code is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) exact: bool,
    pub(crate) simd: bool,
}

impl<T: Precision> Workspace<T> {
    /// Memory for any program; it grows when it is used first.
    pub const fn new() -> Self {
        Self {
            cells: Vec::new(),
            uniforms: Vec::new(),
            narrow: Vec::new(),
            workers: Vec::new(),
            sums: Vec::new(),
            results: Vec::new(),
            totals: Vec::new(),
            strayed: Vec::new(),
        }
    }

    /// Computes the results of all rows, the totals, and which rows strayed.
    pub(crate) fn run(&mut self, code: &Code<T>, manner: Manner, parameters: &[T], table: Table<'_, T>) {
        let width = code.width();
        self.results.clear();
        self.results.resize(table.count * width, T::zero());
        self.strayed.clear();
        self.strayed.resize(if code.has_guards { table.count } else { 0 }, false);
        self.uniforms.clone_from(&code.uniforms);
        for &(parameter, place) in &code.parameters {
            self.uniforms[place as usize] = parameters[parameter as usize];
        }
        self.on_uniforms(code, &code.prologue, manner, 0);
        let holds = |guard: &Guard| {
            let [a, b] = guard.operands.map(|k| self.uniforms[k as usize]);
            guard.comparison.of(a, b) == guard.holds
        };
        if !code.guards.iter().all(holds) {
            self.strayed.fill(true);
        } else if table.count == 1 {
            self.one_row(code, manner, table);
        } else {
            self.all_rows(code, manner, table);
        }
        let strayed = self.strayed.iter().filter(|&&strayed| strayed).count();
        self.on_uniforms(code, &code.epilogue, manner, table.count - strayed);
        self.totals.clear();
        for (column, &place) in code.outputs.iter().enumerate() {
            let Some(place) = place else { continue };
            let x = self.uniforms[place as usize];
            if code.of_sum {
                self.totals.push(x);
            } else {
                self.results.iter_mut().skip(column).step_by(width).for_each(|result| *result = x);
            }
        }
    }

    fn on_uniforms(&mut self, code: &Code<T>, instructions: &[Instruction], manner: Manner, count: usize) {
        if instructions.is_empty() {
            return;
        }
        self.cells.clear();
        self.cells.extend(self.uniforms.iter().map(|&x| Cell::new([x])));
        let memory = Memory { slots: &self.cells[..], chunks: 1, uniforms: &[], totals: &[] };
        let table = Table { numbers: &[], stride: 1, count: 1 };
        let mut strip = Strip { all: count, ..table.strip(0, 1, &mut [], 1, &mut [], true) };
        T::run_narrow(code, instructions, &memory, &mut strip, manner.simd);
        self.uniforms.iter_mut().zip(&self.cells).for_each(|(x, cell)| *x = cell.get()[0]);
    }

    fn one_row(&mut self, code: &Code<T>, manner: Manner, table: Table<'_, T>) {
        self.narrow.clear();
        self.narrow.resize(code.slots + code.totals.len(), Cell::new([T::zero()]));
        let (slots, totals) = self.narrow.split_at(code.slots);
        let memory = Memory { slots, chunks: 1, uniforms: &self.uniforms, totals };
        for careful in [manner.exact, true] {
            totals.iter().for_each(|total| total.set([T::zero()]));
            self.strayed.fill(false);
            let mut strip = table.strip(0, 1, &mut self.results, code.width(), &mut self.strayed, careful);
            T::run_narrow(code, &code.body, &memory, &mut strip, manner.simd);
            let has_nan = self.results.iter().any(|x| x.is_nan()) || totals.iter().any(|x| x.get()[0].is_nan());
            if careful || !code.zero_wins || !has_nan {
                break;
            }
        }
        for (&place, total) in code.totals.iter().zip(totals) {
            self.uniforms[place as usize] = total.get()[0];
        }
    }

    fn all_rows(&mut self, code: &Code<T>, manner: Manner, table: Table<'_, T>) {
        let rows = TASK.max(table.count.div_ceil(TASKS).next_multiple_of(TASK));
        let (tasks, totals, width) = (table.count.div_ceil(rows), code.totals.len(), code.width());
        self.sums.clear();
        self.sums.resize(tasks * totals, T::zero());
        let threads = threads().min(tasks).max(1);
        if self.workers.len() < threads {
            self.workers.resize_with(threads, || Worker { slots: Vec::new(), totals: Vec::new() });
        }
        let job = Job { code, manner, table, rows, uniforms: &self.uniforms };
        let share = tasks.div_ceil(threads);
        let mut rest = (&mut self.results[..], &mut self.strayed[..], &mut self.sums[..]);
        let parts = self.workers[..threads].iter_mut().enumerate().map(|(k, worker)| Part {
            first: k * share,
            worker,
            results: split(&mut rest.0, share * rows * width),
            strayed: split(&mut rest.1, share * rows),
            sums: split(&mut rest.2, share * totals),
            tasks: share.min(tasks.saturating_sub(k * share)),
        });
        for_each(parts, |part| job.run(part));
        for (k, &place) in code.totals.iter().enumerate() {
            self.uniforms[place as usize] = tree(self.sums.get(k..).unwrap_or_default(), totals, tasks);
        }
    }
}

/// Takes the first of the rest, or all of it.
fn split<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let count = count.min(rest.len());
    let (first, behind) = std::mem::take(rest).split_at_mut(count);
    *rest = behind;
    first
}

/// The sum of `count` numbers that are `stride` apart, halves first.
fn tree<T: Precision>(sums: &[T], stride: usize, count: usize) -> T {
    match count {
        0 => T::zero(),
        1 => sums[0],
        _ => {
            let half = count.div_ceil(2);
            tree(sums, stride, half) + tree(&sums[half * stride..], stride, count - half)
        }
    }
}

#[cfg(feature = "rayon")]
fn threads() -> usize {
    rayon::current_num_threads()
}

#[cfg(not(feature = "rayon"))]
fn threads() -> usize {
    1
}

/// Calls `f` for each part, each on a thread of its own if there are several.
#[cfg(feature = "rayon")]
fn for_each<P: Send>(parts: impl ExactSizeIterator<Item = P>, f: impl Fn(P) + Sync) {
    rayon::in_place_scope(|scope| {
        let f = &f;
        for part in parts {
            scope.spawn(move |_| f(part));
        }
    });
}

#[cfg(not(feature = "rayon"))]
fn for_each<P>(parts: impl ExactSizeIterator<Item = P>, f: impl Fn(P)) {
    parts.for_each(f);
}

/// What all tasks share.
struct Job<'a, T> {
    code: &'a Code<T>,
    manner: Manner,
    table: Table<'a, T>,
    /// How many rows a task has.
    rows: usize,
    uniforms: &'a [T],
}

/// The tasks of one thread.
struct Part<'a, T: Precision> {
    first: usize,
    tasks: usize,
    worker: &'a mut Worker<T>,
    results: &'a mut [T],
    strayed: &'a mut [bool],
    sums: &'a mut [T],
}

impl<T: Precision> Job<'_, T> {
    fn run(&self, mut part: Part<'_, T>) {
        let (code, worker) = (self.code, &mut *part.worker);
        let chunks = chunks::<T>(code.slots, self.table.count);
        if worker.slots.len() < code.slots * chunks {
            worker.slots = T::chunks(code.slots * chunks);
        }
        if worker.totals.len() < code.totals.len() {
            worker.totals = T::chunks(code.totals.len());
        }
        let memory = Memory {
            slots: &worker.slots[..code.slots * chunks],
            chunks,
            uniforms: self.uniforms,
            totals: &worker.totals[..code.totals.len()],
        };
        for task in part.first..part.first + part.tasks {
            let first = task * self.rows;
            let count = self.rows.min(self.table.count - first);
            let results = split(&mut part.results, count * code.width());
            let strayed = split(&mut part.strayed, count);
            for careful in [self.manner.exact, true] {
                T::wipe(memory.totals);
                strayed.fill(false);
                let rows = chunks * T::WIDTH;
                let mut rest = (&mut *results, &mut *strayed);
                for start in (0..count).step_by(rows) {
                    let count = rows.min(count - start);
                    let results = split(&mut rest.0, count * code.width());
                    let strayed = split(&mut rest.1, count);
                    let mut strip = self.table.strip(first + start, count, results, code.width(), strayed, careful);
                    T::run_wide(code, &memory, &mut strip, self.manner.simd);
                }
                if careful || !code.zero_wins {
                    break;
                }
                let is_nan = |total: &T::Chunk| T::add_up(total).is_nan();
                if !results.iter().any(|x| x.is_nan()) && !memory.totals.iter().any(is_nan) {
                    break;
                }
            }
            let sums = split(&mut part.sums, code.totals.len());
            sums.iter_mut().zip(memory.totals).for_each(|(sum, total)| *sum = T::add_up(total));
        }
    }
}

/// How many chunks the slots of a strip have.
fn chunks<T: Precision>(slots: usize, rows: usize) -> usize {
    let bytes = slots.max(1) * T::WIDTH * size_of::<T>();
    let fitting = (STRIP_BYTES / bytes).clamp(FEWEST_CHUNKS, MOST_CHUNKS);
    let needed = rows.div_ceil(T::WIDTH).next_power_of_two();
    (1 << fitting.ilog2()).min(needed)
}

impl<'a, T> Table<'a, T> {
    fn strip<'s>(
        &self,
        first: usize,
        count: usize,
        results: &'s mut [T],
        width: usize,
        strayed: &'s mut [bool],
        zero_wins: bool,
    ) -> Strip<'s, T>
    where
        'a: 's,
    {
        let rows = &self.numbers[(first * self.stride).min(self.numbers.len())..];
        Strip { rows, stride: self.stride, count, all: 0, results, width, strayed, zero_wins }
    }
}

impl<T: Precision> Default for Workspace<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Precision> fmt::Debug for Workspace<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").finish_non_exhaustive()
    }
}
