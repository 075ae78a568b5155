//! Sums over rows that are shared among ranks, in an order that does not depend on the number of ranks.

use std::fmt;
use std::ops::Range;

use super::blocks::{Blocks, part_start};
use super::communicator::Communicator;
use super::precision::Precision;
use crate::error::Error;
use crate::scalar::Scalar;

/// The nodes of the tree over `tree` that a part of its blocks consists of, from left to right.
fn cover(tree: Range<usize>, part: &Range<usize>, nodes: &mut Vec<Range<usize>>) {
    if part.start <= tree.start && tree.end <= part.end {
        nodes.push(tree);
    } else if part.start < tree.end && tree.start < part.end {
        let [left, right] = halves(&tree);
        cover(left, part, nodes);
        cover(right, part, nodes);
    }
}

fn halves(node: &Range<usize>) -> [Range<usize>; 2] {
    let middle = node.start + node.len() / 2;
    [node.start..middle, middle..node.end]
}

fn add<T: Scalar>(sum: &mut [T], other: &[T]) {
    sum.iter_mut().zip(other).for_each(|(sum, &other)| *sum = *sum + other);
}

/// The memory of sums over blocks.
///
/// Each rank adds up the blocks of its nodes. Then each rank gets a segment of the sums of all nodes, adds them up, and
/// sends the total to all: so a rank sends about twice the length of a sum, whatever the number of ranks is.
pub(crate) struct SumOfBlocks<T> {
    /// Appends the bytes of numbers.
    write: fn(&[T], &mut Vec<u8>),
    /// Reads numbers from their bytes.
    read: fn(&[u8], &mut [T]),
    /// Those of all ranks, from left to right, and where those of each rank end.
    nodes: Vec<Range<usize>>,
    ends: Vec<usize>,
    /// The sums of the nodes of this rank.
    sums: Vec<T>,
    /// A sum for each level of the tree.
    levels: Vec<Vec<T>>,
    /// A segment of the sums of all nodes.
    segments: Vec<T>,
    sent: Vec<u8>,
    parts: Vec<Range<usize>>,
    received: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl<T> fmt::Debug for SumOfBlocks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SumOfBlocks").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl<T: Precision> SumOfBlocks<T> {
    pub(crate) fn new() -> Self {
        Self {
            write: |numbers, bytes| {
                let start = bytes.len();
                bytes.resize(start + size_of_val(numbers), 0);
                for (bytes, x) in bytes[start..].chunks_exact_mut(size_of::<T>()).zip(numbers) {
                    bytes.copy_from_slice(&x.bits().to_le_bytes()[..size_of::<T>()]);
                }
            },
            read: |bytes, numbers| {
                for (x, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(size_of::<T>())) {
                    let mut word = [0; size_of::<u64>()];
                    word[..bytes.len()].copy_from_slice(bytes);
                    *x = T::from_bits(u64::from_le_bytes(word)).expect("as many bytes as were written");
                }
            },
            nodes: Vec::new(),
            ends: Vec::new(),
            sums: Vec::new(),
            levels: Vec::new(),
            segments: Vec::new(),
            sent: Vec::new(),
            parts: Vec::new(),
            received: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl<T: Scalar> SumOfBlocks<T> {
    /// Writes the sum over so many rows to `total`. `of_rows` adds the sum over some rows of this rank to zeros.
    pub(crate) fn sum(
        &mut self,
        communicator: &mut (impl Communicator + ?Sized),
        rows: usize,
        total: &mut [T],
        mut of_rows: impl FnMut(Range<usize>, &mut [T]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (rank, size, width) = (communicator.rank(), communicator.size(), total.len());
        let blocks = Blocks::new(rows);
        self.nodes.clear();
        self.ends.clear();
        for rank in 0..size {
            cover(0..blocks.count, &blocks.of_rank(rank, size), &mut self.nodes);
            self.ends.push(self.nodes.len());
        }
        let depth = blocks.count.next_power_of_two().ilog2() as usize;
        self.levels.resize_with(depth, Vec::new);
        self.levels.iter_mut().for_each(|level| level.resize(width, T::zero()));
        let mut of_block = |block, sum: &mut [T]| {
            sum.fill(T::zero());
            of_rows(blocks.rows(&(block..block + 1)), sum)
        };
        if size == 1 {
            return sum_of_node(&(0..blocks.count), total, &mut self.levels, &mut of_block);
        }
        let first = if rank == 0 { 0 } else { self.ends[rank - 1] };
        let own = &self.nodes[first..self.ends[rank]];
        self.sums.resize(own.len() * width, T::zero());
        for (node, sum) in own.iter().zip(self.sums.chunks_exact_mut(width)) {
            sum_of_node(node, sum, &mut self.levels, &mut of_block)?;
        }
        self.exchange(communicator, total)
    }

    /// Writes the sum of all nodes to `total`.
    fn exchange(&mut self, communicator: &mut (impl Communicator + ?Sized), total: &mut [T]) -> Result<(), Error> {
        let (rank, size, width) = (communicator.rank(), communicator.size(), total.len());
        let segment = |rank: usize| part_start(width, rank, size)..part_start(width, rank + 1, size);
        // To each rank, its segment of each sum.
        self.sent.clear();
        self.parts.clear();
        for other in 0..size {
            let start = self.sent.len();
            self.sums.chunks_exact(width).for_each(|sum| (self.write)(&sum[segment(other)], &mut self.sent));
            self.parts.push(start..self.sent.len());
        }
        let length = segment(rank).len();
        let bytes = |numbers: usize| numbers * size_of::<T>();
        self.places.clear();
        self.places.extend((0..size).map(|other| {
            let first = if other == 0 { 0 } else { self.ends[other - 1] };
            bytes(first * length)..bytes(self.ends[other] * length)
        }));
        self.received.resize(bytes(self.nodes.len() * length), 0);
        communicator.exchange(&self.sent, &self.parts, &mut self.received, &self.places)?;
        self.segments.resize(self.nodes.len() * length, T::zero());
        (self.read)(&self.received, &mut self.segments);
        let blocks = self.nodes.last().map_or(0, |node| node.end);
        combine(&(0..blocks), &self.nodes, &mut 0, length, &mut self.segments);

        // The total of the segment, to all.
        self.sent.clear();
        (self.write)(&self.segments[..length], &mut self.sent);
        self.parts.clear();
        self.parts.resize(size, 0..self.sent.len());
        self.places.clear();
        self.places.extend((0..size).map(|other| bytes(segment(other).start)..bytes(segment(other).end)));
        self.received.resize(bytes(width), 0);
        communicator.exchange(&self.sent, &self.parts, &mut self.received, &self.places)?;
        (self.read)(&self.received, total);
        Ok(())
    }
}

/// Writes the sum of the blocks of a node to `sum`.
fn sum_of_node<T: Scalar>(
    node: &Range<usize>,
    sum: &mut [T],
    levels: &mut [Vec<T>],
    of_block: &mut impl FnMut(usize, &mut [T]) -> Result<(), Error>,
) -> Result<(), Error> {
    if node.len() == 1 {
        return of_block(node.start, sum);
    }
    let [left, right] = halves(node);
    sum_of_node(&left, sum, levels, of_block)?;
    let (level, below) = levels.split_first_mut().expect("the tree has as many levels");
    sum_of_node(&right, level, below, of_block)?;
    add(sum, level);
    Ok(())
}

/// Adds up the sums of the nodes below `tree`, each of `length` numbers; returns the place of the sum, which is that of
/// its first node. `next` counts the nodes.
fn combine<T: Scalar>(
    tree: &Range<usize>,
    nodes: &[Range<usize>],
    next: &mut usize,
    length: usize,
    sums: &mut [T],
) -> usize {
    if nodes[*next] == *tree {
        *next += 1;
        return *next - 1;
    }
    let [left, right] = halves(tree).map(|half| combine(&half, nodes, next, length, sums));
    let (before, after) = sums.split_at_mut(right * length);
    add(&mut before[left * length..][..length], &after[..length]);
    left
}
