//! The adjoints of all nodes, as a sweep from one output computes them.

use std::fmt;
use std::mem::take;
use std::ops::AddAssign;

use super::adjoints::{Adjoints, Kept, Reached};
use super::node::NodeId;
use super::record::read;
use super::sweep::sweep_from;
use super::value::Value;
use crate::ops::kind::is_plain;
use crate::scalar::Scalar;
use crate::tape::Tape;

/// The derivatives of one number by everything it was computed from.
///
/// [`Value::backward`] makes it. It is plain data: it outlives its tape and may go to another thread. It has the
/// derivatives by the values of that tape, up to the next [`clear`](Tape::clear).
///
/// # Examples
///
/// Gradients of several outputs of one tape add up:
///
/// ```
/// use gradtape::Tape;
///
/// let tape = Tape::new();
/// let w = tape.var(0.5);
/// let mut total = gradtape::Gradients::new();
/// for row in [1.0, 2.0, 3.0] {
///     total += &(w * row).powi(2).backward();
/// }
/// assert_eq!(total.wrt(w), 2.0 * 0.5 * (1.0 + 4.0 + 9.0));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Gradients<T> {
    /// Adjoints of the first nodes; the others are zero.
    adjoints: Adjoints<T>,
    /// The first node of the tape, or none for the gradient of a constant, which is zero everywhere.
    first: NodeId,
    /// How many nodes the tape had.
    nodes: usize,
}

impl<T: Scalar> Gradients<T> {
    /// The gradient of a constant: zero by every value. It serves as memory for [`Value::backward_into`].
    pub const fn new() -> Self {
        Self { adjoints: Adjoints::new(), first: NodeId::CONSTANT, nodes: 0 }
    }

    /// The derivative by `v`.
    ///
    /// # Panics
    ///
    /// If `v` is a constant, or belongs to another tape, or was made after the gradient was taken, or the tape was
    /// cleared between the two. Also if `v` is an intermediate result without a node: see [`Value::retain`].
    #[inline]
    #[track_caller]
    pub fn wrt(&self, v: Value<T>) -> T {
        let index = v.node.exact_index(self.first);
        match index.and_then(|index| self.adjoints.numbers.get(index as usize)) {
            Some(&adjoint) => adjoint,
            None => self.wrt_without_adjoint(v.node),
        }
    }

    /// The derivatives by each of `values`, in order.
    ///
    /// # Panics
    ///
    /// As [`wrt`](Self::wrt).
    #[track_caller]
    #[must_use]
    pub fn wrt_all(&self, values: &[Value<T>]) -> Vec<T> {
        let mut derivatives = vec![T::zero(); values.len()];
        self.wrt_into(values, &mut derivatives);
        derivatives
    }

    /// The derivatives by each of `values`, in order, written to `derivatives`.
    ///
    /// # Panics
    ///
    /// If the lengths differ, and as [`wrt`](Self::wrt).
    #[track_caller]
    pub fn wrt_into(&self, values: &[Value<T>], derivatives: &mut [T]) {
        assert_eq!(values.len(), derivatives.len(), "as many derivatives as values are needed");
        for (&v, derivative) in values.iter().zip(derivatives) {
            *derivative = self.wrt(v);
        }
    }

    /// The derivatives by variables that are nodes one after the other.
    #[track_caller]
    pub(crate) fn wrt_consecutive(&self, variables: &[Value<T>]) -> impl ExactSizeIterator<Item = T> {
        // If one of them is a node of this tape, all are.
        let first = variables.first().and_then(|&first| {
            self.wrt(first);
            first.node.exact_index(self.first)
        });
        let known = first.and_then(|first| self.adjoints.numbers.get(first as usize..)).unwrap_or_default();
        (0..variables.len()).map(|k| known.get(k).copied().unwrap_or_else(T::zero))
    }

    /// The derivative by a node without an adjoint: 0 if the node was on the tape when the gradient was taken.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn wrt_without_adjoint(&self, node: NodeId) -> T {
        assert!(!node.is_constant(), "the gradient by a constant is not known; make it a variable with `tape.var`");
        // The gradient of a constant is zero by every value.
        let was_on_tape = |index: u32| (index as usize) < self.nodes;
        assert!(
            self.first.is_constant() || node.index(self.first).is_some_and(was_on_tape),
            "the gradient by a value of another tape, or of the same tape before or after `clear`, or made after the \
             gradient was taken, is not known; take the gradient and ask it about values of one tape between two \
             calls of `clear`"
        );
        assert!(
            node.is_exact(),
            "the gradient by this intermediate result was not kept; call `retain()` on it and compute with what it \
             returns"
        );
        T::zero()
    }

    /// The gradient of `output`. With [`Kept::Variables`] it must be asked about variables alone.
    #[track_caller]
    pub(crate) fn sweep(&mut self, output: Value<T>, kept: Kept) {
        // Not in `self`, so that a panic during the sweep leaves an empty gradient and not half of one.
        let mut adjoints = take(self).adjoints;
        if output.is_constant() {
            adjoints.numbers.clear();
        } else {
            read(output.node, |records| {
                let Some(index) = output.node.index(records.first) else {
                    unreachable!("the tape of the node is read")
                };
                let end = index as usize + 1;
                let seed = |adjoints: &mut [T], reached: &mut Reached<'_, T>| {
                    adjoints[end - 1] = output.slope;
                    reached.add(end - 1);
                };
                sweep_from(records, &mut adjoints, end, seed, kept, &mut None);
                (self.first, self.nodes) = (records.first, records.variables + records.all.len());
            });
        }
        self.adjoints = adjoints;
    }
}

impl<T: Scalar> Default for Gradients<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> AddAssign<&Gradients<T>> for Gradients<T> {
    /// If the arithmetic of `T` panics, the sum stays as it was.
    ///
    /// # Panics
    ///
    /// If the two belong to different tapes, or to one tape before and after a `clear`.
    #[track_caller]
    fn add_assign(&mut self, other: &Gradients<T>) {
        if other.first.is_constant() {
            return;
        }
        assert!(
            self.first.is_constant() || self.first == other.first,
            "gradients of two tapes, or of one tape before and after `clear`, cannot be added; add what `wrt` says of \
             each"
        );
        // The arithmetic of other numbers than f32 and f64 may panic, and then the sum stays as it was.
        let (sum, others) = (&mut self.adjoints.numbers, &other.adjoints.numbers);
        let mut adjoints = if is_plain::<T>() { take(sum) } else { sum.clone() };
        adjoints.resize(adjoints.len().max(others.len()), T::zero());
        for (sum, &adjoint) in adjoints.iter_mut().zip(others) {
            *sum = *sum + adjoint;
        }
        *sum = adjoints;
        (self.first, self.nodes) = (other.first, self.nodes.max(other.nodes));
    }
}

impl<T: Scalar> AddAssign for Gradients<T> {
    #[track_caller]
    fn add_assign(&mut self, other: Gradients<T>) {
        *self += &other;
    }
}

impl<T> fmt::Debug for Gradients<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gradients")
            .field("nodes", &self.nodes)
            .field("tape", &self.first.territory())
            .finish_non_exhaustive()
    }
}

impl<T: Scalar> Value<T> {
    /// The gradient of this number by everything it depends on, in one sweep back over the tape.
    ///
    /// The tape does not change, so you can take any number of gradients, of any values.
    ///
    /// # Panics
    ///
    /// If the tape was cleared or dropped, or belongs to another thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let (x, y) = (tape.var(2.0), tape.var(5.0));
    /// assert_eq!((x * y).backward().wrt(x), 5.0);
    /// assert_eq!((x / y).backward().wrt(x), 0.2);
    /// ```
    #[track_caller]
    pub fn backward(self) -> Gradients<T> {
        let mut gradients = Gradients::new();
        self.backward_into(&mut gradients);
        gradients
    }

    /// [`backward`](Self::backward), written over old gradients to reuse their memory.
    ///
    /// # Panics
    ///
    /// If the tape was cleared or dropped, or belongs to another thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Gradients, Tape};
    ///
    /// let (tape, mut gradients) = (Tape::new(), Gradients::new());
    /// let mut x = 4.0;
    /// for _ in 0..100 {
    ///     let v = tape.var(x);
    ///     (v - 3.0).powi(2).backward_into(&mut gradients);
    ///     x -= 0.1 * gradients.wrt(v);
    ///     tape.clear();
    /// }
    /// assert!((x - 3.0_f64).abs() < 1e-9);
    /// ```
    #[track_caller]
    pub fn backward_into(self, gradients: &mut Gradients<T>) {
        gradients.sweep(self, Kept::All);
    }
}

/// The value and the gradient of `f` at `x`, computed on a new tape.
///
/// # Panics
///
/// If `f` returns a value of another tape.
///
/// # Examples
///
/// ```
/// use gradtape::gradient;
///
/// let (value, slopes) = gradient(|x| x[0] * x[0] * x[1], &[3.0, 2.0]);
/// assert_eq!(value, 18.0);
/// assert_eq!(slopes, [12.0, 9.0]);
/// ```
#[track_caller]
#[must_use]
pub fn gradient<T: Scalar>(f: impl FnOnce(&[Value<T>]) -> Value<T>, x: &[T]) -> (T, Vec<T>) {
    let tape = Tape::new();
    let x = tape.vars(x);
    let y = f(&x);
    (y.data(), y.backward().wrt_all(&x))
}
