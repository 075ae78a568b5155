//! The memory that drivers reuse from call to call.

use std::any::Any;
use std::cell::Cell;

use crate::number::Real;
use crate::scalar::Scalar;
use crate::tape::{Gradients, Kept, Tape, Value};

/// The memory of a [`Driver`](super::Driver). It is one pointer, because a driver takes it out and puts it back at
/// every call, and some calls take a few nanoseconds.
#[derive(Default)]
pub(super) struct Memory(Option<Box<Buffers>>);

/// Buffers, one for each type that a driver asked for.
#[derive(Default)]
struct Buffers(Vec<Box<dyn Any>>);

/// Inputs and outputs of forward mode.
pub(super) struct ForwardMemory<F> {
    x: Vec<F>,
    y: Vec<F>,
}

/// The tape, inputs, outputs and gradients of reverse mode.
pub(super) struct ReverseMemory<S: Scalar> {
    tape: Tape<S>,
    x: Vec<Value<S>>,
    y: Vec<Value<S>>,
    gradients: Gradients<S>,
}

impl Memory {
    /// Empty memory, which is allocated at the first use.
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// The buffer of type `B`.
    pub(super) fn get<B: Default + 'static>(&mut self) -> &mut B {
        let buffers = &mut self.0.get_or_insert_default().0;
        let found = buffers.iter().position(|buffer| buffer.is::<B>());
        let index = found.unwrap_or_else(|| {
            buffers.push(Box::new(B::default()));
            buffers.len() - 1
        });
        buffers[index].downcast_mut().expect("the buffer was found by its type")
    }
}

impl<F: Real> ForwardMemory<F> {
    /// Sets the inputs.
    pub(super) fn set_inputs(&mut self, x: impl Iterator<Item = F>) -> &mut Self {
        self.x.clear();
        self.x.extend(x);
        self
    }

    /// The inputs, and as many outputs, all zero.
    pub(super) fn inputs_and_outputs(&mut self, outputs: usize) -> (&mut [F], &mut [F]) {
        self.y.clear();
        self.y.resize(outputs, F::zero());
        (&mut self.x, &mut self.y)
    }
}

impl<S: Scalar> ReverseMemory<S> {
    /// Clears the tape, and makes the inputs its variables.
    pub(super) fn set_inputs(&mut self, x: impl ExactSizeIterator<Item = S>) -> &mut Self {
        self.tape.clear();
        self.tape.vars_of(x, &mut self.x);
        self
    }

    /// The inputs, and as many outputs, all zero.
    pub(super) fn inputs_and_outputs(&mut self, outputs: usize) -> (&[Value<S>], &mut [Value<S>]) {
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
        self.gradients.sweep(y, Kept::Variables);
        self.gradients.wrt_consecutive(&self.x)
    }
}

impl<F> Default for ForwardMemory<F> {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new() }
    }
}

impl<S: Scalar> Default for ReverseMemory<S> {
    fn default() -> Self {
        Self { tape: Tape::new(), x: Vec::new(), y: Vec::new(), gradients: Gradients::new() }
    }
}

/// What a cell contains, during a call. It is put back at the end, also if the call panics.
pub(super) struct Lent<'a, M: Default> {
    content: M,
    place: &'a Cell<M>,
}

impl<'a, M: Default> Lent<'a, M> {
    #[inline]
    pub(super) fn new(place: &'a Cell<M>) -> Self {
        Self { content: place.take(), place }
    }
}

impl<M: Default> std::ops::Deref for Lent<'_, M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.content
    }
}

impl<M: Default> std::ops::DerefMut for Lent<'_, M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.content
    }
}

impl<M: Default> Drop for Lent<'_, M> {
    fn drop(&mut self) {
        self.place.set(std::mem::take(&mut self.content));
    }
}
