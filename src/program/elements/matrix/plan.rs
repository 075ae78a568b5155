//! Makes the programs of elements.

use super::arrangement::{Arrangement, BlockGraph};
use super::{Block, MatrixPlan, Stored, VECTORS, Wanted};
use crate::program::Program;
use crate::program::elements::making::Making;
use crate::program::elements::scatter::{Memory, Places, Scatter};
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::run::index::Index;
use crate::sparse::pattern::Local;

/// An element with more variables has too large a matrix. If it is a sum, it is taken apart.
const MOST_VARIABLES: usize = 48;

impl<T: Precision> MatrixPlan<T> {
    /// The plan of a graph whose nodes are all needed, and whose outputs are leaves or have nodes of their own; or none
    /// if its elements are too large, or too few of a kind and it need not be made `always`.
    pub(crate) fn of(graph: &Graph<T>, wanted: Wanted, stored: Stored<'_>, making: Making) -> Option<Self> {
        let arrangement = Arrangement::of(graph, wanted, stored, making, MOST_VARIABLES)?;
        let mut vectors = arrangement.vectors();
        let Arrangement { blocks, state, given, pattern, linear, slopes, .. } = arrangement;
        let blocks = blocks.into_iter().map(|block| {
            let BlockGraph { rows, operations, mut graph, uniforms, columns, aims, .. } = block;
            // What is the same for all rows has no column.
            graph.of_sum = true;
            let program = Program::optimized(&graph, Options::new());
            let mut scatter = Scatter::new(program, Index::of_columns(columns, rows), uniforms, aims, VECTORS, making);
            scatter.write_first(&mut vectors);
            Block { size: [rows, operations], scatter }
        });
        let blocks = blocks.collect();
        let cleared = vectors.map(Places::cleared);
        // Elements are those of one path through the function.
        let branch = graph.guards_and_origins().next();
        let local = branch.map(|(_, origin)| Local(origin.map(|origin| origin.location)));
        let pattern = pattern.with(local);
        Some(Self { blocks, state, given, pattern, cleared, linear, slopes, memory: Memory::new() })
    }
}
