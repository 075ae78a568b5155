//! Memory that drivers keep from call to call.

use std::fmt;

use crate::{Dual, Gradients, Real, Scalar, Tape, Value};

/// How many directions forward mode takes at a time, where there are more.
pub(crate) const LANES: usize = 8;
/// How many columns of a Hessian are computed at a time.
pub(crate) const COLUMNS: usize = 4;

/// The memory of the `_into` forms of [`Function`](crate::Function) and [`VectorFunction`](crate::VectorFunction): make
/// one before the loop. It may serve any functions in turn, and belongs to one thread.
pub struct Scratch<T: Scalar> {
    pub(super) reverse: Reverse<T>,
    pub(super) hvp: Reverse<Dual<T>>,
    pub(super) hessian: Reverse<Dual<T, COLUMNS>>,
    pub(super) one: Forward<Dual<T>>,
    pub(super) two: Forward<Dual<Dual<T>>>,
    pub(super) many: Forward<Dual<T, LANES>>,
    /// Outputs that nobody asked for.
    pub(super) value: Vec<T>,
}

/// The numbers of forward mode.
pub(super) struct Forward<F> {
    pub(super) x: Vec<F>,
    pub(super) y: Vec<F>,
}

/// A tape, made when it is first used, and what belongs to it.
pub(super) struct Reverse<S: Scalar> {
    tape: Option<Tape<S>>,
    pub(super) x: Vec<Value<S>>,
    pub(super) y: Vec<Value<S>>,
    pub(super) gradients: Gradients<S>,
}

impl<T: Real<Scalar = T>> Scratch<T> {
    /// No memory yet.
    pub fn new() -> Self {
        Self {
            reverse: Reverse::new(),
            hvp: Reverse::new(),
            hessian: Reverse::new(),
            one: Forward::new(),
            two: Forward::new(),
            many: Forward::new(),
            value: Vec::new(),
        }
    }

    /// The point `x`, which moves along `v`.
    #[track_caller]
    pub(super) fn along(&mut self, x: &[T], v: &[T]) -> &[Dual<T>] {
        assert_eq!(v.len(), x.len(), "a direction is as long as the point; make `v` so");
        self.one.start(x.iter().zip(v).map(|(&x, &v)| Dual::new(x, [v])))
    }

    /// The same for second derivatives.
    #[track_caller]
    pub(super) fn twice_along(&mut self, x: &[T], v: &[T]) -> &[Dual<Dual<T>>] {
        assert_eq!(v.len(), x.len(), "a direction is as long as the point; make `v` so");
        self.two.start(x.iter().zip(v).map(|(&x, &v)| Dual::new(Dual::new(x, [v]), [Dual::constant(v)])))
    }
}

impl<F: Real> Forward<F> {
    fn new() -> Self {
        Self { x: Vec::new(), y: Vec::new() }
    }

    /// The inputs of the next evaluation.
    pub(super) fn start(&mut self, x: impl Iterator<Item = F>) -> &[F] {
        self.x.clear();
        self.x.extend(x);
        &self.x
    }

    /// Inputs, and outputs that are zero.
    pub(super) fn numbers(&mut self, outputs: usize) -> (&mut [F], &mut [F]) {
        self.y.clear();
        self.y.resize(outputs, F::zero());
        (&mut self.x, &mut self.y)
    }
}

impl<S: Scalar> Reverse<S> {
    fn new() -> Self {
        Self { tape: None, x: Vec::new(), y: Vec::new(), gradients: Gradients::new() }
    }

    /// Makes the inputs of the next evaluation variables of an empty tape.
    pub(super) fn start(&mut self, x: impl Iterator<Item = S>) {
        let tape = self.tape.get_or_insert_with(Tape::new);
        tape.clear();
        self.x.clear();
        self.x.extend(x.map(|x| tape.var(x)));
    }

    /// Inputs, and outputs that are zero.
    pub(super) fn numbers(&mut self, outputs: usize) -> (&[Value<S>], &mut [Value<S>]) {
        self.y.clear();
        self.y.resize(outputs, Value::constant(S::zero()));
        (&self.x, &mut self.y)
    }

    /// The derivatives of `y` by all inputs.
    #[track_caller]
    pub(super) fn sweep(&mut self, y: Value<S>) -> impl Iterator<Item = S> {
        y.backward_into(&mut self.gradients);
        self.x.iter().map(|&x| self.gradients.wrt(x))
    }
}

impl<T: Real<Scalar = T>> Default for Scratch<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> fmt::Debug for Scratch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}
