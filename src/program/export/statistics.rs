//! The size of programs.

use std::fmt;

use crate::program::compile::compile;
use crate::program::compile::instructions::{Bytecode, Instruction};
use crate::program::graph::Graph;
use crate::program::options::{Optimization, Options};
use crate::program::precision::Precision;
use crate::program::transform::lower::{lower, rebuild};
use crate::program::transform::pruned;

/// The size of a program, and the effect of each optimisation.
///
/// # Examples
///
/// ```
/// use gradtape::program::{Optimization, Program};
///
/// let program = Program::record_with(|w, x| w[0].exp() * x[0] + x[1], &[0.5], &[1.0, 2.0]);
/// let statistics = program.statistics();
/// assert_eq!(statistics.recorded, 3);
/// assert_eq!(statistics.left[0], (Optimization::Pruning, 3));
/// // The exponential is computed once for all rows.
/// assert!(statistics.left.iter().any(|&(after, left)| after == Optimization::Hoisting && left < 3));
/// assert!(statistics.slots <= statistics.slots_without_reuse);
/// println!("{statistics}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// The number of recorded operations, derivatives included.
    pub recorded: usize,
    /// What is left after each optimisation of the program's options, applied one after the other: operations after
    /// pruning, folding and sharing, instructions after fusion, and instructions for each row after hoisting.
    pub left: Vec<(Optimization, usize)>,
    /// The instructions that are executed once before the rows, for each row, and once after them, those included that
    /// only move numbers.
    pub instructions: [usize; 3],
    /// How many numbers of each row are kept at the same time.
    pub slots: usize,
    /// The same if numbers kept their memory when they are no longer needed.
    pub slots_without_reuse: usize,
    /// How many numbers all rows share: constants, parameters, and numbers computed from these.
    pub uniforms: usize,
    /// The comparisons that each row must pass.
    pub guards: usize,
    /// The memory of the operations, in bytes.
    pub graph_bytes: usize,
    /// The memory of the instructions, in bytes.
    pub code_bytes: usize,
}

/// The optimisations in the order in which they are applied.
const ORDER: [Optimization; 5] =
    [Optimization::Pruning, Optimization::Folding, Optimization::Sharing, Optimization::Fusion, Optimization::Hoisting];

impl Statistics {
    /// The statistics of a graph that was compiled with these options.
    pub(crate) fn new<T: Precision>(graph: &Graph<T>, options: Options, code: &Bytecode<T>) -> Self {
        let optimized = |options: Options| rebuild(&pruned(graph, options), options);
        let compiled = |options: Options| compile(&lower(optimized(options), options), options, false);
        let left = |(k, &optimization): (usize, &Optimization)| {
            let only_earlier = ORDER[k + 1..].iter().fold(options, |options, &later| options.without(later));
            let count = match optimization {
                Optimization::Fusion => compiled(only_earlier).sections().into_iter().map(count_computing).sum(),
                Optimization::Hoisting => count_computing(&compiled(only_earlier).body),
                _ => optimized(only_earlier).operations(),
            };
            (optimization, count)
        };
        let used = ORDER.iter().enumerate().filter(|&(_, &optimization)| options.has(optimization));
        Self {
            recorded: graph.operations(),
            left: used.map(left).collect(),
            instructions: code.sections().map(<[_]>::len),
            slots: code.slots,
            slots_without_reuse: compiled(options.without(Optimization::Reuse)).slots,
            uniforms: code.uniforms.len(),
            guards: graph.guards().len(),
            graph_bytes: size_of_val(&graph.nodes[..])
                + size_of_val(&graph.constants[..])
                + size_of_val(&graph.lists[..])
                + size_of_val(graph.guards())
                + size_of_val(&graph.outputs[..]),
            code_bytes: bytes(code),
        }
    }
}

/// How many of the instructions compute something.
fn count_computing(instructions: &[Instruction]) -> usize {
    let computes = |instruction: &&Instruction| match instruction {
        Instruction::Count { .. }
        | Instruction::Kernel { .. }
        | Instruction::PerLane { .. }
        | Instruction::Pair { .. }
        | Instruction::MulAdd { .. }
        | Instruction::Sum { .. }
        | Instruction::Custom { .. }
        | Instruction::Reduce { .. } => true,
        Instruction::Load { .. } | Instruction::Splat { .. } | Instruction::Guard(_) | Instruction::Store { .. } => {
            false
        }
    };
    instructions.iter().filter(computes).count()
}

fn bytes<T>(code: &Bytecode<T>) -> usize {
    code.sections().into_iter().map(size_of_val).sum::<usize>()
        + size_of_val(&code.uniforms[..])
        + size_of_val(&code.parameters[..])
        + size_of_val(&code.terms[..])
        + size_of_val(&code.guards[..])
        + size_of_val(&code.totals[..])
        + size_of_val(&code.outputs[..])
}

impl fmt::Display for Statistics {
    /// One line for each count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>8} operations recorded", self.recorded)?;
        for (optimization, count) in &self.left {
            writeln!(f, "{count:>8} left after {}", format!("{optimization:?}").to_lowercase())?;
        }
        let [before, body, behind] = self.instructions;
        writeln!(f, "{body:>8} instructions for each row, {before} before and {behind} after all rows")?;
        writeln!(f, "{:>8} slots, {} without reuse", self.slots, self.slots_without_reuse)?;
        writeln!(f, "{:>8} uniforms", self.uniforms)?;
        writeln!(f, "{:>8} guards", self.guards)?;
        writeln!(f, "{:>8} bytes of the graph", self.graph_bytes)?;
        writeln!(f, "{:>8} bytes of the code", self.code_bytes)
    }
}
