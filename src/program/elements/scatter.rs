//! A program on the rows of a group, whose results are added to vectors.
//!
//! Rows run in chunks, whose results are collected while they are in the cache. Each thread has a part of each vector,
//! and runs all rows that have numbers for it; rows at the border of two parts run on both threads. So no thread waits
//! for another, and a place gets its numbers in the same order, whatever the number of threads.

mod aim;
mod band;
mod first;
mod memory;
mod part;

use std::iter::repeat_n;
use std::ops::Range;

pub(super) use aim::Aim;
use band::{Band, Results};
pub(super) use first::{Cleared, Places, write_first};
pub(super) use memory::Memory;
use memory::Worker;
pub(super) use part::Part;

use super::making::{Making, Stage};
use super::run::{Branched, run, uniforms};
use crate::program::compile::instructions::ResultPlace;
use crate::program::precision::Precision;
use crate::program::run::index::Index;
use crate::program::run::tasks::LEAST_ROWS;
use crate::program::run::threads::{for_each, threads};
use crate::program::{Program, Rows, Workspace};

/// A program on the rows of a group, and where its results go.
pub(super) struct Scatter<T> {
    program: Program<T>,
    index: Index,
    /// The places of the parameters.
    uniforms: Vec<u32>,
    /// Where each output of the program is found, and how many of them are totals.
    places: Vec<ResultPlace>,
    totals: usize,
    aims: Vec<Aim>,
    bands: Vec<Band>,
    /// How many rows a chunk has, and how many a piece. All columns of a piece are collected before those of the next.
    height: usize,
    piece: usize,
    /// The fewest results that are worth a thread.
    least_results: usize,
    /// Piece by piece, the places of its numbers in each vector.
    reach: Vec<Range<usize>>,
    making: Making,
}

/// What a thread does.
struct Share<'a, T, const V: usize> {
    /// The chunks whose totals it computes.
    own: Range<usize>,
    totals: &'a mut [T],
    parts: [Part<'a, T>; V],
    worker: &'a mut Worker<T>,
}

/// How rows are cut into chunks and pieces.
struct Cut {
    /// Chunks are whole tasks of so many rows, or several.
    least_rows: usize,
    /// The results of a chunk should stay in the second cache until they are collected.
    chunk_bytes: usize,
    /// The results of a piece should stay in the first cache.
    piece_bytes: usize,
    /// The fewest results that are worth a thread.
    least_results: usize,
}

const LONG: Cut = Cut { least_rows: LEAST_ROWS, chunk_bytes: 256 << 10, piece_bytes: 48 << 10, least_results: 1 << 15 };
/// Pieces of one row.
const SHORT: Cut = Cut { least_rows: 15, chunk_bytes: 1, piece_bytes: 1, least_results: 1 };
/// How many pieces the rows of the shortest chunk have.
const PIECES: [usize; 3] = [1, 3, 15];
/// The places of no numbers.
const NOWHERE: Range<usize> = Range { start: usize::MAX, end: 0 };

impl<T: Precision> Scatter<T> {
    /// `vectors` is the number of vectors that the aims are in.
    pub(super) fn new(
        program: Program<T>,
        index: Index,
        uniforms: Vec<u32>,
        mut aims: Vec<Aim>,
        vectors: usize,
        making: Making,
    ) -> Self {
        let index = making.index(index);
        if !making.has(Stage::EvenColumns) {
            let columns = aims.iter_mut().filter(|aim| !aim.is_total);
            columns.for_each(|aim| aim.places = aim.places.listed(index.len()));
        }
        let columns = aims.iter().filter(|aim| !aim.is_total).count();
        let cut = if making.has(Stage::LongChunks) { LONG } else { SHORT };
        let bytes = cut.least_rows * (columns * size_of::<T>()).max(1);
        let height = (cut.chunk_bytes / bytes).max(1) * cut.least_rows;
        let pieces = PIECES.into_iter().find(|pieces| bytes / pieces <= cut.piece_bytes).unwrap_or(PIECES[2]);
        let places: Vec<ResultPlace> = program.places().collect();
        let totals = places.iter().filter(|place| matches!(place, ResultPlace::Total(_))).count();
        let (piece, least_results) = (cut.least_rows / pieces, cut.least_results);
        let (bands, reach) = (Vec::new(), Vec::new());
        let mut scatter =
            Self { program, index, uniforms, places, totals, aims, bands, height, piece, least_results, reach, making };
        let rows = scatter.index.len();
        for start in (0..rows).step_by(piece) {
            for vector in 0..vectors {
                let aims = scatter.aims.iter().filter(|aim| aim.vector == vector && !aim.is_total);
                let ranges = aims.map(|aim| aim.places.places_of(start..rows.min(start + piece)));
                let union = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
                scatter.reach.push(ranges.reduce(union).unwrap_or(NOWHERE));
            }
        }
        scatter
    }

    /// Finds out which numbers are the first at their places. `vectors` tells what went there before.
    pub(super) fn write_first<const V: usize>(&mut self, vectors: &mut [Places; V]) {
        let piece = self.making.has(Stage::WrittenFirst).then_some(self.piece);
        write_first(&mut self.aims, self.index.len(), piece, vectors);
        self.bands = Band::all(&self.aims, &self.places);
    }

    fn chunks(&self) -> usize {
        self.index.len().div_ceil(self.height)
    }

    fn rows(&self, chunk: usize) -> Range<usize> {
        let start = chunk * self.height;
        start..self.index.len().min(start + self.height)
    }

    /// Computes all rows, and adds the results to the vectors. None of the numbers that are read are in these.
    pub(super) fn evaluate<const V: usize>(
        &self,
        numbers: [&[T]; 2],
        memory: &mut Memory<T>,
        mut vectors: [Part<'_, T>; V],
    ) -> Result<(), Branched> {
        let threads = self.divide(&vectors, &mut memory.borders);
        memory.take_workers(threads);
        let Memory { parameters, workers, borders, totals } = memory;
        let (workers, parameters) = (&mut workers[..threads], uniforms(numbers, &self.uniforms, parameters));
        let share = self.chunks().div_ceil(threads);
        totals.resize(self.chunks() * self.totals, T::zero());
        let mut totals_of_shares = totals.chunks_mut((share * self.totals).max(1));
        let mut rest = vectors.each_mut().map(Part::reborrow);
        let shares = workers.iter_mut().zip(borders.chunks_exact(V)).enumerate().map(|(k, (worker, borders))| {
            let mut borders = borders.iter();
            Share {
                own: k * share..self.chunks().min((k + 1) * share),
                totals: totals_of_shares.next().unwrap_or_default(),
                parts: rest.each_mut().map(|vector| vector.take_before(*borders.next().expect("one for each vector"))),
                worker,
            }
        });
        for_each(shares, |share| self.run_share(numbers, parameters, share));
        if let Some(branched) = workers.iter().find_map(|worker| worker.branched) {
            return Err(branched);
        }
        totals.chunks_exact(self.totals.max(1)).for_each(|totals| self.add_totals(totals, &mut vectors));
        Ok(())
    }

    /// Finds the borders between the parts of threads. Returns how many threads are worthwhile.
    fn divide<const V: usize>(&self, vectors: &[Part<'_, T>; V], borders: &mut Vec<usize>) -> usize {
        let chunks = self.chunks();
        let threads = threads().min(self.index.len() * self.aims.len() / self.least_results).clamp(1, chunks);
        borders.clear();
        let share = chunks.div_ceil(threads);
        for k in 1..chunks.div_ceil(share) {
            // No later chunk has numbers before the border.
            let later = self.reach[k * share * self.height / self.piece * V..].chunks_exact(V);
            let first = |v: usize| later.clone().map(|reach| reach[v].start).min().unwrap_or(usize::MAX);
            borders.extend(vectors.iter().enumerate().map(|(v, vector)| first(v).clamp(vector.start, vector.end())));
        }
        borders.extend(vectors.iter().map(Part::end));
        let threads = borders.len() / V;
        // How many rows each thread runs.
        let runs = |k: usize| {
            let start = |v: usize| if k == 0 { vectors[v].start } else { borders[(k - 1) * V + v] };
            let part = std::array::from_fn::<_, V, _>(|v| start(v)..borders[k * V + v]);
            (0..chunks).map(|chunk| self.needed(chunk, chunk / share == k, &part).len()).sum::<usize>()
        };
        if threads > 1 && (0..threads).any(|k| 2 * runs(k) > 3 * share * self.height) {
            borders.drain(..(threads - 1) * V);
            return 1;
        }
        threads
    }

    /// The rows of a chunk that a thread runs: its own, and those of others that have numbers for its parts.
    fn needed<const V: usize>(&self, chunk: usize, is_own: bool, parts: &[Range<usize>; V]) -> Range<usize> {
        let rows = self.rows(chunk);
        if is_own {
            return rows;
        }
        let meets =
            |(reach, part): (&Range<usize>, &Range<usize>)| reach.start.max(part.start) < reach.end.min(part.end);
        let reaches = |start: &usize| self.reach[start / self.piece * V..][..V].iter().zip(parts).any(meets);
        let first = rows.clone().step_by(self.piece).find(reaches);
        let last = rows.clone().step_by(self.piece).rfind(reaches);
        first.zip(last).map_or(0..0, |(first, last)| first..rows.end.min(last + self.piece))
    }

    fn run_share<const V: usize>(&self, numbers: [&[T]; 2], parameters: &[T], mut share: Share<'_, T, V>) {
        let Share { own, totals, parts, worker: Worker { workspace, branched } } = &mut share;
        let places = parts.each_ref().map(|part| part.start..part.end());
        *branched = None;
        for chunk in 0..self.chunks() {
            let is_own = own.contains(&chunk);
            let rows = self.needed(chunk, is_own, &places);
            if rows.is_empty() {
                continue;
            }
            let some = Rows::gathered_of(numbers, &self.index).some(rows.clone());
            *branched = run(&self.program, some, parameters, workspace).err();
            if branched.is_some() {
                return;
            }
            if is_own {
                totals[(chunk - own.start) * self.totals..][..self.totals].copy_from_slice(&workspace.totals);
            }
            self.collect(rows, workspace, parts);
        }
    }

    /// Computes all rows. The numbers that are read may be in the vectors that the results are added to, by
    /// [`collect_all`](Self::collect_all).
    pub(super) fn compute_all(&self, numbers: [&[T]; 2], memory: &mut Memory<T>) -> Result<(), Branched> {
        memory.run(&self.program, &self.index, &self.uniforms, numbers).map(|_| ())
    }

    pub(super) fn collect_all<const V: usize>(&self, memory: &Memory<T>, mut vectors: [Part<'_, T>; V]) {
        let workspace = &memory.workers[0].workspace;
        self.collect(0..self.index.len(), workspace, &mut vectors);
        self.add_totals(&workspace.totals, &mut vectors);
    }

    fn add_totals<const V: usize>(&self, totals: &[T], vectors: &mut [Part<'_, T>; V]) {
        for aim in self.aims.iter().filter(|aim| aim.is_total) {
            if let ResultPlace::Total(total) = self.places[aim.output] {
                vectors[aim.vector].add(aim.places.place(0), totals[total]);
            }
        }
    }

    /// Adds the results of some rows to parts of the vectors.
    fn collect<const V: usize>(&self, rows: Range<usize>, workspace: &Workspace<T>, parts: &mut [Part<'_, T>; V]) {
        let count = rows.len();
        for start in (0..count).step_by(self.piece) {
            let some = start..count.min(start + self.piece);
            let rows = rows.start + some.start..rows.start + some.end;
            for band in &self.bands {
                let columns = workspace.results.get(some.start..).unwrap_or_default();
                let results = Results { columns, count, totals: &workspace.totals };
                if band.is_by_rows() && band.write(rows.clone(), results, parts) {
                    continue;
                }
                for aim in self.aims[band.aims.clone()].iter().filter(|aim| !aim.is_total) {
                    let part = &mut parts[aim.vector];
                    match self.places[aim.output] {
                        _ if part.numbers.is_empty() => {}
                        ResultPlace::Column(column) => {
                            let results = &workspace.results[column * count..][..count][some.clone()];
                            aim.update(rows.clone(), |skip| results[skip].iter().copied(), part);
                        }
                        // The same number in all rows.
                        ResultPlace::Total(total) => {
                            aim.update(rows.clone(), |some| repeat_n(workspace.totals[total], some.len()), part);
                        }
                    }
                }
            }
        }
    }
}
