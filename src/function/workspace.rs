//! Memory that drivers keep from call to call.

use std::any::Any;
use std::fmt;

use crate::number::Real;
use crate::scalar::Scalar;
use crate::tape::{Gradients, Tape, Value};

/// The memory of the `_into` forms of [`Function`](crate::Function) and [`VectorFunction`](crate::VectorFunction): make
/// one before the loop. It may serve any functions in turn, and belongs to one thread.
#[derive(Default)]
pub struct Workspace {
    /// One for each kind of number that came up.
    memories: Vec<Box<dyn Any>>,
}

/// Inputs and outputs of forward mode.
pub(super) struct Forward<F> {
    x: Vec<F>,
    y: Vec<F>,
}

/// A tape, and what belongs to it.
pub(super) struct Reverse<S: Scalar> {
    tape: Tape<S>,
    x: Vec<Value<S>>,
    y: Vec<Value<S>>,
    gradients: Gradients<S>,
}

impl Workspace {
    /// No memory yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { memories: Vec::new() }
    }

    /// The memory of this type.
    pub(crate) fn of<M: Default + 'static>(&mut self) -> &mut M {
        let found = self.memories.iter().position(|memory| memory.is::<M>());
        let index = found.unwrap_or_else(|| {
            self.memories.push(Box::new(M::default()));
            self.memories.len() - 1
        });
        self.memories[index].downcast_mut().expect("the memory was found by its type")
    }
}

impl<F: Real> Forward<F> {
    /// Sets the inputs.
    pub(super) fn start(&mut self, x: impl Iterator<Item = F>) -> &mut Self {
        self.x.clear();
        self.x.extend(x);
        self
    }

    /// Inputs, and outputs that are zero.
    pub(super) fn numbers(&mut self, outputs: usize) -> (&mut [F], &mut [F]) {
        self.y.clear();
        self.y.resize(outputs, F::zero());
        (&mut self.x, &mut self.y)
    }
}

impl<S: Scalar> Reverse<S> {
    /// Makes the inputs variables of an empty tape.
    pub(super) fn start(&mut self, x: impl Iterator<Item = S>) -> &mut Self {
        self.tape.clear();
        self.x.clear();
        self.x.extend(x.map(|x| self.tape.var(x)));
        self
    }

    /// Inputs, and outputs that are zero.
    pub(super) fn numbers(&mut self, outputs: usize) -> (&[Value<S>], &mut [Value<S>]) {
        self.y.clear();
        self.y.resize(outputs, Value::constant(S::zero()));
        (&self.x, &mut self.y)
    }

    /// The outputs.
    pub(super) fn outputs(&self) -> &[Value<S>] {
        &self.y
    }

    /// The derivatives of `y` by all inputs.
    #[track_caller]
    pub(super) fn sweep(&mut self, y: Value<S>) -> impl ExactSizeIterator<Item = S> {
        y.backward_into(&mut self.gradients);
        self.x.iter().map(|&x| self.gradients.wrt(x))
    }
}

impl<F> Default for Forward<F> {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new() }
    }
}

impl<S: Scalar> Default for Reverse<S> {
    fn default() -> Self {
        Self { tape: Tape::new(), x: Vec::new(), y: Vec::new(), gradients: Gradients::new() }
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").finish_non_exhaustive()
    }
}
