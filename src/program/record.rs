//! Recording: a function goes in, a graph comes out.
//!
//! The function runs once, with [`Expr`]s as its numbers. Each operation on them becomes a node of the graph of the
//! [session] under way on the thread. On the way constants are folded, and operations that change nothing are
//! left out ([`simplify`], which records the simpler ones, so that it and [`expr`] call each other).

pub(crate) mod expr;
pub(crate) mod outputs;
pub(crate) mod session;
mod simplify;

use super::graph::Graph;
use super::graph::builder::Builder;
use super::options::Options;
use expr::Expr;
use outputs::IntoOutputs;
use session::Recordable;

/// The graph of a function of parameters and inputs. These numbers decide which branches it takes.
#[track_caller]
pub(crate) fn record<T: Recordable, O: IntoOutputs<T>>(
    options: Options,
    f: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> O,
    parameters: &[T],
    inputs: &[T],
) -> Graph<T> {
    let graph = Graph::new(parameters.len(), inputs.len());
    let leaves: Vec<_> = graph.indices().collect();
    let mut builder = Builder::new(graph, options);
    // Exact programs turn `max`, `min` and `clamp` into guards while recording, the only pass that knows the numbers.
    builder.branches = options.is_exact();
    let (mut graph, outputs) = session::record(builder, true, || {
        let leaves = leaves.into_iter().zip(parameters.iter().chain(inputs)).map(|(id, &x)| Expr::node(id, x));
        let leaves: Vec<Expr<T>> = leaves.collect();
        let (parameters, inputs) = leaves.split_at(parameters.len());
        f(parameters, inputs).into_outputs().into_iter().map(Expr::id).collect()
    });
    graph.outputs = outputs;
    graph
}
