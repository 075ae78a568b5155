//! From a function to a program.

use std::sync::OnceLock;

use super::expr::record;
use super::graph::{Graph, index};
use super::{Expr, Options, Precision, Program};

/// What a recorded function returns: an [`Expr`], or several as an array or a vector.
pub trait IntoOutputs<T> {
    /// The outputs, in order.
    fn into_outputs(self) -> Vec<Expr<T>>;
}

impl<T> IntoOutputs<T> for Expr<T> {
    fn into_outputs(self) -> Vec<Expr<T>> {
        vec![self]
    }
}

impl<T> IntoOutputs<T> for Vec<Expr<T>> {
    fn into_outputs(self) -> Vec<Expr<T>> {
        self
    }
}

impl<T, const N: usize> IntoOutputs<T> for [Expr<T>; N] {
    fn into_outputs(self) -> Vec<Expr<T>> {
        self.into()
    }
}

impl Options {
    /// [`Program::record`] with these options.
    #[track_caller]
    pub fn record<T: Precision, O: IntoOutputs<T>>(self, f: impl FnOnce(&[Expr<T>]) -> O, x: &[T]) -> Program<T> {
        self.record_with(|_, x| f(x), &[], x)
    }

    /// [`Program::record_with`] with these options.
    #[track_caller]
    pub fn record_with<T: Precision, O: IntoOutputs<T>>(
        self,
        f: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> O,
        parameters: &[T],
        x: &[T],
    ) -> Program<T> {
        let mut builder = self.builder(Graph::new(parameters.len(), x.len()));
        // Where numbers are known; to what comes afterwards, a choice that was made is a guard.
        builder.branches = self.is_exact();
        let (mut graph, outputs) = record(builder, true, || {
            let leaves = |numbers: &[T], first: usize| {
                (index(first)..).zip(numbers).map(|(id, &x)| Expr::node(id, x)).collect::<Vec<_>>()
            };
            let (parameters, inputs) = (leaves(parameters, 0), leaves(x, parameters.len()));
            let outputs = f(&parameters, &inputs).into_outputs();
            outputs.into_iter().map(Expr::id).collect()
        });
        graph.outputs = outputs;
        Program { graph, options: self, code: OnceLock::new() }
    }
}
