//! Blocks of rows, which ranks share.

use std::ops::Range;

/// The fewest rows of a block: a program takes hardly less time for fewer.
const LEAST_ROWS: usize = 64;
/// The most blocks of a sum. Many ranks can have equally many of them: 96 is divided by 2, 3, 4, 6, 8, 12, 16, 24, 32
/// and 48.
const MOST_BLOCKS: usize = 96;

/// Rows cut into consecutive blocks, whose lengths differ by 1 at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    rows: usize,
    pub(super) count: usize,
}

impl Blocks {
    pub(super) fn new(rows: usize) -> Self {
        Self { rows, count: (rows / LEAST_ROWS).clamp(1, MOST_BLOCKS) }
    }

    /// The rows of some blocks.
    pub(super) fn rows(self, blocks: &Range<usize>) -> Range<usize> {
        let first = |part| part_start(self.rows, part, self.count);
        first(blocks.start)..first(blocks.end)
    }

    /// The blocks of a rank.
    pub(super) fn of_rank(self, rank: usize, size: usize) -> Range<usize> {
        rank * self.count / size..(rank + 1) * self.count / size
    }
}

/// Where a part begins, if a length is divided into so many parts, the longer ones first.
pub(super) fn part_start(length: usize, part: usize, parts: usize) -> usize {
    part * (length / parts) + part.min(length % parts)
}
