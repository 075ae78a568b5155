//! Runs compiled code on rows.
//!
//! Rows are cut into tasks, by their number alone, and a task into strips. A sum over rows adds up the lanes of a task,
//! and then the tasks as a tree: always in the same order, whoever computes them.

use std::cell::Cell;
use std::fmt;

use super::Precision;
use super::code::{Code, Instruction};
use super::graph::Guard;
use super::lanes::{self, GROUP, Memory, SPARE, Strip, WIDTH, add_up};

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
    cells: Vec<Cell<T>>,
    uniforms: Vec<T>,
    narrow: Vec<Cell<T>>,
    workers: Vec<Worker<T>>,
    /// The sums of every task, task by task.
    sums: Vec<T>,
    /// The results, column by column.
    pub(crate) results: Vec<T>,
    pub(crate) totals: Vec<T>,
    pub(crate) strayed: Vec<bool>,
    /// Whether a comparison of parameters came out otherwise: then all rows strayed.
    pub(crate) is_astray: bool,
}

/// What one thread needs.
struct Worker<T: Precision> {
    results: Vec<T>,
    slots: Vec<Cell<T>>,
    totals: Vec<Cell<T>>,
}

/// The least work for a thread, in instructions times rows: less is done before it has woken up.
const THREAD: usize = 1 << 18;
/// The least rows of a task: two strips of the longest kind.
const TASK: usize = 960;
/// The most tasks.
const TASKS: usize = 256;
/// The slots of a strip should stay in the second cache, and those that are in use at a time in the first.
const STRIP_BYTES: usize = 128 << 10;
const MOST_CHUNKS: usize = 30;

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
            is_astray: false,
        }
    }

    /// Computes the results of all rows, the totals, and which rows strayed.
    pub(crate) fn run(&mut self, code: &Code<T>, manner: Manner, parameters: &[T], table: Table<'_, T>) {
        // Old results stay where they are: all are written.
        self.results.resize(table.count * code.width(), T::zero());
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
        self.is_astray = !code.guards.iter().all(holds);
        if self.is_astray {
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
                self.results[column * table.count..][..table.count].fill(x);
            }
        }
    }

    fn on_uniforms(&mut self, code: &Code<T>, instructions: &[Instruction], manner: Manner, count: usize) {
        if instructions.is_empty() {
            return;
        }
        self.cells.clear();
        self.cells.extend(self.uniforms.iter().map(|&x| Cell::new(x)));
        let memory = Memory { slots: self.cells.as_chunks().0, chunks: 1, uniforms: &[], totals: &[] };
        let table = Table { numbers: &[], stride: 1, count: 1 };
        let mut strip = Strip { all: count, ..table.strip(0, 1, &mut [], &mut [], true) };
        T::run_narrow(code, instructions, &memory, &mut strip, manner.simd);
        self.uniforms.iter_mut().zip(&self.cells).for_each(|(x, cell)| *x = cell.get());
    }

    fn one_row(&mut self, code: &Code<T>, manner: Manner, table: Table<'_, T>) {
        self.narrow.clear();
        self.narrow.resize(code.slots + code.totals.len(), Cell::new(T::zero()));
        let (slots, totals) = self.narrow.split_at(code.slots);
        let memory =
            Memory { slots: slots.as_chunks().0, chunks: 1, uniforms: &self.uniforms, totals: totals.as_chunks().0 };
        for careful in [manner.exact || code.hides_nan, true] {
            for total in totals {
                total.set(T::zero());
            }
            self.strayed.fill(false);
            let mut strip = table.strip(0, 1, &mut self.results, &mut self.strayed, careful);
            strip.height = 1;
            T::run_narrow(code, &code.body, &memory, &mut strip, manner.simd);
            let has_nan = strip.has_nan || totals.iter().any(|x| x.get().is_nan());
            if careful || !code.zero_wins || !has_nan {
                break;
            }
        }
        for (&place, total) in code.totals.iter().zip(totals) {
            self.uniforms[place as usize] = total.get();
        }
    }

    fn all_rows(&mut self, code: &Code<T>, manner: Manner, table: Table<'_, T>) {
        let rows = TASK.max(table.count.div_ceil(TASKS).next_multiple_of(TASK));
        let (tasks, totals, width) = (table.count.div_ceil(rows), code.totals.len(), code.width());
        self.sums.clear();
        self.sums.resize(tasks * totals, T::zero());
        let worth = table.count * code.body.len() / THREAD;
        let threads = threads().min(tasks).min(worth).max(1);
        if self.workers.len() < threads {
            self.workers.resize_with(threads, || Worker { results: Vec::new(), slots: Vec::new(), totals: Vec::new() });
        }
        let job = Job { code, manner, table, rows, uniforms: &self.uniforms };
        let share = tasks.div_ceil(threads);
        // A single thread writes where the results go.
        std::mem::swap(&mut self.workers[0].results, &mut self.results);
        let (mut strayed, mut sums) = (&mut self.strayed[..], &mut self.sums[..]);
        let parts = self.workers[..threads].iter_mut().enumerate().map(|(k, worker)| {
            let tasks = share.min(tasks.saturating_sub(k * share));
            let height = (tasks * rows).min(table.count.saturating_sub(k * share * rows));
            if threads > 1 {
                worker.results.resize(height * width, T::zero());
            }
            let (strayed, sums) = (split(&mut strayed, height), split(&mut sums, tasks * totals));
            Part { first: k * share, tasks, height, worker, strayed, sums }
        });
        for_each(parts, |part| job.run(part));
        std::mem::swap(&mut self.workers[0].results, &mut self.results);
        if threads > 1 {
            self.collect(threads, share * rows, table.count, width);
        }
        if tasks == 1 {
            code.totals.iter().zip(&self.sums).for_each(|(&place, &sum)| self.uniforms[place as usize] = sum);
            return;
        }
        for (k, &place) in code.totals.iter().enumerate() {
            let sums = self.sums.get(k..).unwrap_or_default();
            self.uniforms[place as usize] = tree(sums, totals, tasks);
        }
    }

    /// Puts together the columns of all workers, of which the first one's are in `results`.
    fn collect(&mut self, threads: usize, share: usize, count: usize, width: usize) {
        std::mem::swap(&mut self.workers[0].results, &mut self.results);
        self.results.resize(count * width, T::zero());
        for (k, worker) in self.workers[..threads].iter().enumerate() {
            let height = share.min(count.saturating_sub(k * share));
            for column in 0..width {
                let part = &worker.results[column * height..][..height];
                self.results[column * count + k * share..][..height].copy_from_slice(part);
            }
        }
    }
}

/// Takes the first of the rest, or all of it.
#[allow(clippy::mut_mut, reason = "the rest moves on")]
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
    if parts.len() == 1 {
        return parts.for_each(f);
    }
    rayon::in_place_scope(|scope| {
        let f = &f;
        parts.for_each(|part| scope.spawn(move |_| f(part)));
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
    /// How many rows they have.
    height: usize,
    worker: &'a mut Worker<T>,
    strayed: &'a mut [bool],
    sums: &'a mut [T],
}

impl<T: Precision> Job<'_, T> {
    fn run(&self, mut part: Part<'_, T>) {
        let (code, worker) = (self.code, &mut *part.worker);
        let chunks = chunks::<T>(code.slots, self.table.count);
        let numbers = |cells: &mut Vec<Cell<T>>, chunks: usize| {
            let needed = chunks * WIDTH + SPARE;
            if cells.len() < needed {
                cells.resize(needed, Cell::new(T::zero()));
            }
        };
        numbers(&mut worker.slots, code.slots * chunks);
        numbers(&mut worker.totals, code.totals.len());
        let memory = Memory {
            slots: lanes::chunks(&worker.slots, code.slots * chunks),
            chunks,
            uniforms: self.uniforms,
            totals: lanes::chunks(&worker.totals, code.totals.len()),
        };
        let results = &mut worker.results[..part.height * code.width()];
        for task in 0..part.tasks {
            let first = task * self.rows;
            let count = self.rows.min(part.height - first);
            let strayed = split(&mut part.strayed, count);
            let sums = split(&mut part.sums, code.totals.len());
            for careful in [self.manner.exact || code.hides_nan, true] {
                let mut has_nan = false;
                memory.totals.as_flattened().iter().for_each(|total| total.set(T::zero()));
                strayed.fill(false);
                let (rows, mut strayed) = (chunks * WIDTH, &mut *strayed);
                for start in (first..first + count).step_by(rows) {
                    let count = rows.min(first + count - start);
                    let strayed = split(&mut strayed, count);
                    let mut strip = self.table.strip(part.first * self.rows + start, count, results, strayed, careful);
                    (strip.height, strip.first) = (part.height, start);
                    // The last strip may be shorter.
                    let memory = Memory { chunks: chunks.min(count.div_ceil(WIDTH)), ..memory };
                    T::run_wide(code, &memory, &mut strip, self.manner.simd);
                    has_nan |= strip.has_nan;
                }
                sums.iter_mut().zip(memory.totals).for_each(|(sum, total)| *sum = add_up(total));
                if careful || !code.zero_wins {
                    break;
                }
                if !has_nan && !sums.iter().any(|sum| sum.is_nan()) {
                    break;
                }
            }
        }
    }
}

/// How many chunks the slots of a strip have: whole groups of those that are added up together, and an odd number of
/// groups, because slots that are a power of two apart would get into each other's way in the cache.
fn chunks<T: Precision>(slots: usize, rows: usize) -> usize {
    let group = GROUP / (WIDTH * size_of::<T>());
    let groups = (STRIP_BYTES / (slots.max(1) * GROUP)).clamp(1, MOST_CHUNKS / group);
    (group * (groups - (groups + 1) % 2)).min(rows.div_ceil(WIDTH))
}

impl<'a, T> Table<'a, T> {
    fn strip<'s>(
        &self,
        first: usize,
        count: usize,
        results: &'s mut [T],
        strayed: &'s mut [bool],
        zero_wins: bool,
    ) -> Strip<'s, T>
    where
        'a: 's,
    {
        let rows = &self.numbers[(first * self.stride).min(self.numbers.len())..];
        Strip {
            rows,
            stride: self.stride,
            count,
            all: 0,
            results,
            height: 0,
            first: 0,
            has_nan: false,
            strayed,
            zero_wins,
        }
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
