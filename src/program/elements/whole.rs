//! A function that repeats no elements, as a program on one row.

use super::gradient::GradientPlan;
use super::making::Making;
use super::run::{Branched, run};
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::transform::reverse::reverse;
use crate::program::{Program, Rows, Workspace};

/// How value and gradient of a recorded function are computed.
pub(crate) enum Recorded<T> {
    Elements(Box<GradientPlan<T>>),
    Whole(Box<Whole<T>>),
}

/// The value of a function, and its derivatives by the variables.
pub(crate) struct Whole<T> {
    /// How many operations the function has, without derivatives.
    operations: usize,
    program: Program<T>,
    workspace: Workspace<T>,
}

/// Functions of fewer variables are differentiated faster forward.
const FEWEST_VARIABLES: usize = 17;
/// If a batch has fewer operations, dispatching takes longer than a tape.
const FEWEST_IN_BATCH: usize = 4;
/// Larger programs leave the cache.
const MOST_NODES: usize = 1 << 18;

impl<T: Precision> Recorded<T> {
    /// The plan of a graph whose nodes are all needed, of one output; or none if a driver is faster and it need not be
    /// made `always`.
    pub(crate) fn of(graph: &Graph<T>, making: Making) -> Option<Self> {
        GradientPlan::of(graph, graph.operations(), making)
            .map(Box::new)
            .map(Self::Elements)
            .or_else(|| Whole::of(graph, making).map(Box::new).map(Self::Whole))
    }

    /// The value; none if the plain function is faster.
    pub(crate) fn value(&mut self, x: &[T]) -> Result<Option<T>, Branched> {
        match self {
            Self::Elements(plan) => plan.value(x).map(Some),
            Self::Whole(_) => Ok(None),
        }
    }

    /// The value; writes the gradient.
    pub(crate) fn gradient(&mut self, x: &[T], gradient: &mut [T]) -> Result<T, Branched> {
        match self {
            Self::Elements(plan) => plan.gradient(x, gradient),
            Self::Whole(whole) => whole.gradient(x, gradient),
        }
    }
}

impl<T> Recorded<T> {
    /// How many elements each template has, and how many operations an element.
    pub(crate) fn templates(&self) -> Vec<[usize; 2]> {
        match self {
            Self::Elements(plan) => plan.templates().collect(),
            Self::Whole(whole) => vec![[1, whole.operations]],
        }
    }
}

impl<T: Precision> Whole<T> {
    fn of(graph: &Graph<T>, making: Making) -> Option<Self> {
        let variables = making.variables.of(graph.inputs as usize);
        if variables.len() < FEWEST_VARIABLES || graph.nodes.len() > MOST_NODES {
            return None;
        }
        let leaves = graph.leaves()[variables].to_vec();
        let program = Program::optimized(&reverse(graph, Options::new(), &leaves, None), Options::new());
        let is_wide = program.instructions_in_batch() >= FEWEST_IN_BATCH;
        is_wide.then(|| Self { operations: graph.operations(), program, workspace: Workspace::new() })
    }

    fn gradient(&mut self, x: &[T], gradient: &mut [T]) -> Result<T, Branched> {
        let row = Rows::new(x, x.len()).expect("there are inputs");
        run(&self.program, row, &[], &mut self.workspace)?;
        gradient.copy_from_slice(&self.workspace.results[1..]);
        Ok(self.workspace.results[0])
    }
}
